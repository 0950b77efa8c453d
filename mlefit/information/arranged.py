"""Arranged: the order of rows by a number, found once: a sort takes as long as most of what is asked of it."""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array


class Arranged(NamedTuple):
    """The rows (n,) from the least value to the largest, those of one value in any order, and the `rank` (n,) of their values in
    this order: 0 for the least, the same for equal ones."""

    rows: np.ndarray
    rank: np.ndarray

    @classmethod
    def of(cls, values: Array) -> "Arranged":
        """That of at least one value (n,)."""
        rows = np.argsort(values)       # the quick way, which leaves equal ones in any order
        known = values[rows]
        rank = np.zeros(rows.size, np.intp)
        np.cumsum(known[1:] != known[:-1], out=rank[1:])
        return cls(rows, rank)

    @property
    def distinct(self) -> int:
        """How many values there are."""
        return int(self.rank[-1]) + 1

    @property
    def counts(self) -> np.ndarray:
        """Rows (distinct,) of each value."""
        return np.bincount(self.rank)

    def by_row(self, each: np.ndarray) -> np.ndarray:
        """What the values (distinct,) have, by row (n,)."""
        found = np.empty(self.rows.size, each.dtype)
        found[self.rows] = each[self.rank]
        return found

    def within(self, order: np.ndarray) -> np.ndarray:
        """The rows in this order, those of one value as they stand in `order`, which has each row once."""
        if self.distinct == self.rows.size:
            return self.rows
        alike = self.rank[1:] == self.rank[:-1]
        among = np.flatnonzero(np.append(alike, False) | np.append(False, alike))
        place = np.empty_like(order)
        place[order] = np.arange(order.size)
        key = self.rank[among] * order.size + place[self.rows[among]]
        key.sort()
        found = self.rows.copy()
        found[among] = order[key - self.rank[among] * order.size]
        return found
