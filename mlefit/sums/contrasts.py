"""Contrasts: combinations of coordinates of which each has at most two levels of a factor."""


import numpy as np

from mlefit.arrays import Array, Index
from mlefit.records import record
from mlefit.rows.chunk import ABSENT


@record(frozen=True, eq=False)
class Contrasts:
    """k combinations of the coordinates of one predictor: `plus` (k,) times the level `to`, less `minus` times the level
    `by` (ABSENT for none), and `dense` (k, d) times the others."""

    to: Index
    plus: Array
    by: Index
    minus: Array
    dense: Array

    def __len__(self) -> int:
        return len(self.to)

    def times(self, coordinates: Array) -> Array:
        """a'gamma (k,) of the coordinates (L + d,)."""
        levels = np.append(coordinates[: coordinates.size - self.dense.shape[1]], 0.0)      # ABSENT is the last
        return np.asarray(
            self.plus * levels[self.to] - self.minus * levels[self.by] + self.dense @ coordinates[levels.size - 1 :])

    def some(self, places: Index) -> "Contrasts":
        """Those at some places."""
        return Contrasts(self.to[places], self.plus[places], self.by[places], self.minus[places], self.dense[places])

    def whole(self, size: int) -> Array:
        """The rows (k, L + d), which a few of them may be."""
        rows = np.zeros((len(self), size))
        rows[:, size - self.dense.shape[1] :] = self.dense
        for places, weights in ((self.to, self.plus), (self.by, -self.minus)):
            there = np.flatnonzero(places != ABSENT)
            np.add.at(rows, (there, places[there]), weights[there])
        return rows
