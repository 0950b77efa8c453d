"""Rows with equal predictors: the cells in which a discrete response has frequencies of its own."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array


class Patterns(NamedTuple):
    """J patterns of predictors: `row` (J,), one row of each; `counts` (J, K), rows of each class in each pattern."""

    row: np.ndarray
    counts: Array

    @property
    def number(self) -> int:
        """J."""
        return self.row.size

    @property
    def totals(self) -> Array:
        """Rows (J,) of each pattern."""
        totals: Array = self.counts.sum(axis=1)
        return totals


def group(columns: Sequence[Array], most: float) -> np.ndarray | None:
    """The pattern (n,) of each row, numbered from 0; None as soon as there are more than `most` patterns.

    `columns` holds at least one column (n,).
    """
    pattern = np.zeros(columns[0].size, dtype=np.int64)
    for column in columns:
        values, inverse = np.unique(column, return_inverse=True)
        if values.size > most:
            return None
        known, pattern = np.unique(pattern * values.size + inverse, return_inverse=True)
        if known.size > most:
            return None
    return pattern


def tabulate(pattern: np.ndarray, y: Array, weight: Array | None, classes: int) -> Patterns:
    """Counts of the classes in each pattern; patterns whose rows all have weight 0 are left out."""
    number, row = int(pattern.max()) + 1, np.unique(pattern, return_index=True)[1]
    cell = pattern * classes + np.rint(y).astype(np.int64)
    counts = np.bincount(cell, weights=weight, minlength=number * classes).reshape(number, classes).astype(np.float64)
    kept = counts.sum(axis=1) > 0
    return Patterns(row[kept], counts[kept])
