"""Pairs: the weights of rows by two levels that they have, as a table once there are as many rows as it has cells."""


import numpy as np

from mlefit.arrays import Array, Index
from mlefit.records import record


@record(frozen=True, eq=False)
class Pairs:
    """Of `shape` (L, E): the cells (k,) of rows that are not in the `table` (L, E) yet, with their weights (k,)."""

    shape: tuple[int, int]
    cells: Index
    weight: Array
    table: Array | None = None

    @classmethod
    def of(cls, level: Index, other: Index, weight: Array | None, shape: tuple[int, int]) -> "Pairs":
        """Those of rows with two levels (n,)."""
        return cls(shape, level * shape[1] + other, np.ones(len(level)) if weight is None else weight)._settled()

    def __add__(self, other: "Pairs") -> "Pairs":
        tables = [one for one in (self.table, other.table) if one is not None]
        table = tables[0] + tables[1] if len(tables) > 1 else tables[0] if tables else None
        return Pairs(self.shape, np.concatenate([self.cells, other.cells]), np.concatenate([self.weight, other.weight]),
                     table)._settled()

    def scaled(self, factor: float) -> "Pairs":
        """With weights times `factor`."""
        return Pairs(self.shape, self.cells, self.weight * factor, None if self.table is None else self.table * factor)

    def _settled(self) -> "Pairs":
        if self.cells.size < self.shape[0] * self.shape[1]:
            return self
        return Pairs(self.shape, self.cells[:0], self.weight[:0], self.whole)

    @property
    def whole(self) -> Array:
        """The table of all rows."""
        if self.table is not None and not self.cells.size:
            return self.table
        count = self.shape[0] * self.shape[1]
        found = np.bincount(self.cells, self.weight, count).reshape(self.shape)
        return np.asarray(found if self.table is None else found + self.table, dtype=np.float64)
