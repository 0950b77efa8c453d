"""Lines: a loss that is straight on either side of each response, over some rows in memory, and what all other rows pull.

    L(gamma) = sum_i w_i c(y_i - z_i'gamma) - pull'gamma,   c(r) = above r for r >= 0, below |r| for r < 0

The other rows are those whose residual is taken to keep its sign: each adds a straight line, whose slope is in `pull`. A line
lies nowhere above the loss that it stands for, so that the least L is never above the least loss of all rows.
"""

from functools import cached_property
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.mean import Coordinates, LinearMean
from mlefit.records import record
from mlefit.rows.chunk import Chunk

MIXER = np.uint64(0x9E3779B97F4A7C15)      # odd, its bits without order: two rows of 2^17 share a key with chance 1e-9


class Slopes(NamedTuple):
    """Those of the loss below and above 0, both positive."""

    below: float
    above: float

    def loss(self, r: Array) -> Array:
        """c(r) (n,)."""
        return np.maximum(self.above * r, -self.below * r)

    def side(self, r: Array) -> Array:
        """The slope (n,) of each row: above for r >= 0, minus below for r < 0."""
        return np.where(r >= 0.0, self.above, -self.below)


@record(frozen=True)
class Lines:
    """`rows`: those in memory, without offset; `place` (k,): where they stand among all. `pull` (p,) in whitened coordinates."""

    mean: LinearMean
    slopes: Slopes
    rows: Chunk
    place: Index
    pull: Array

    @property
    def coordinates(self) -> Coordinates:
        """Those of the one predictor that there is."""
        return self.mean.part(0)

    @property
    def size(self) -> int:
        """k."""
        return self.rows.rows

    @cached_property
    def z(self) -> Array:
        """The whitened rows (k, p)."""
        return np.asarray(self.coordinates.whiten(self.coordinates.columns(self.rows).T).T)

    @cached_property
    def weight(self) -> Array:
        """w (k,)."""
        return np.ones(self.size) if self.rows.weight is None else self.rows.weight

    def residual(self, gamma: Array) -> Array:
        """r (k,) in the way in which all rows are predicted."""
        return self.rows.y - self.mean.eta(gamma, self.rows)[:, 0]

    def of(self, near: Index, pull: Array, weight: Array | None = None) -> "Lines":
        """The rows at `near` with another pull, and other weights where these are given."""
        kept = Chunk(self.rows.y[near], np.take(self.rows.x.T, near, axis=1).T, self.weight[near] if weight is None else weight)
        return Lines(self.mean, self.slopes, kept, self.place[near], pull)

    def merged(self) -> tuple["Lines", Index]:
        """Equal rows as one with their weights, in an order that only their numbers decide, and which of those each row is."""
        columns = [*self.coordinates.design(self.rows).T, self.rows.y]
        key = np.zeros(self.size, np.uint64)
        for column in columns:      # as integers, which wrap around
            key = (key ^ (column + 0.0).view(np.uint64)) * MIXER
            key ^= key >> np.uint64(29)
        _, first, of = np.unique(key, return_index=True, return_inverse=True)
        kept = Chunk(self.rows.y[first], np.take(self.rows.x.T, first, axis=1).T, np.bincount(of, self.weight).astype(np.float64))
        return Lines(self.mean, self.slopes, kept, self.place[first], self.pull), of
