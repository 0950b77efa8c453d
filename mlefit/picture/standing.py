"""Standing: few places that stand for all rows of a fit, where a law is wanted for each row and rows are too many for that.

Rows are put into groups of nearly equal predictors. In the place of a group stand two values of each predictor, as far from its
mean as its standard deviation: errors of a sum over rows are of the fourth power of the width of a group.
"""

import math
from itertools import product
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.picture.everywhere import Part, grouped
from mlefit.picture.scene import Scene

GROUPS = 4096       # in all, as many along one predictor as along another
MOST = 2            # predictors
NARROW = 0.5        # of its standard error: how wide a group of one row's predictor may be, in the mean of the fourth powers


class Places(NamedTuple):
    """Predictors `eta` (r, m), and how many rows each place stands for (r,)."""

    eta: Array
    rows: Array


class Groups(NamedTuple):
    """Groups along each predictor: where they begin (m,) and how wide they are (m,)."""

    low: Array
    step: Array

    @property
    def along(self) -> int:
        """Groups along one predictor."""
        return math.isqrt(GROUPS) if self.low.size == MOST else GROUPS

    def sums(self, part: Part) -> Array:
        """Rows in each group, and of each predictor how far they are from its middle, and the squares (1 + 2 m, GROUPS)."""
        at = np.clip((part.eta - self.low) / self.step, 0.0, self.along - 1.0).astype(np.intp)
        away = part.eta - (self.low + (at + 0.5) * self.step)
        place = np.ravel_multi_index(tuple(at.T), (self.along,) * self.low.size)
        moments = (part.weight * one for column in away.T for one in (column, np.square(column)))
        return grouped(place, GROUPS, part.weight, *moments)

    def places(self, sums: Array) -> Places:
        """Those of the groups that have rows."""
        full = np.flatnonzero(sums[0] > 0.0)
        rows, away, square = sums[0, full], sums[1::2, full] / sums[0, full], sums[2::2, full] / sums[0, full]
        at = np.stack(np.unravel_index(full, (self.along,) * self.low.size), axis=1)
        middle = self.low + (at + 0.5) * self.step + away.T
        apart = np.sqrt(np.maximum(square - np.square(away), 0.0)).T
        corners = np.array(list(product((-1.0, 1.0), repeat=self.low.size)))
        eta = middle[:, None, :] + corners * apart[:, None, :]
        return Places(eta.reshape(-1, self.low.size), np.repeat(rows / len(corners), len(corners)))


def groups_of(scene: Scene) -> Groups | None:
    """Groups for all rows of which the scene has some; None where they were too wide, or one law is not that of all in them."""
    m = scene.eta.shape[1]
    if scene.noise.bound or m > MOST:
        return None
    low, high = scene.eta.min(axis=0), scene.eta.max(axis=0)
    groups = Groups(low, np.maximum(high - low, 1.0))
    groups = Groups(low, groups.step / groups.along)
    for a, step in enumerate(groups.step):
        information, _ = scene.noise.score_moments(np.broadcast_to(np.eye(m)[a], scene.eta.shape), scene.eta, scene.free)
        if not float(np.mean(np.square(step * step * information))) <= NARROW**4:
            return None
    return groups
