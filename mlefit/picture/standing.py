"""Standing: few places that stand for all rows of a fit, where a law is wanted for each row and rows are too many for that.

Rows are put into groups of nearly equal predictors, and of equal trials where they have any. In the place of a group stand two
values of each predictor, as far from its mean as its standard deviation: errors of a sum over rows are of the fourth power of the
width of a group.
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
KINDS = 64          # numbers of trials
NARROW = 0.5        # of its standard error: how wide a group of one row's predictor may be, in the mean of the fourth powers


class Places(NamedTuple):
    """Predictors `eta` (r, m), how many rows each place stands for (r,), and their trials (r,), if any."""

    eta: Array
    rows: Array
    trials: Array | None


class Groups(NamedTuple):
    """Groups along each predictor: where they begin (m,) and how wide they are (m,); for each of the `trials` (t,), if any. Trials
    that are none of these, as rows that were not drawn may have, count as the next of them."""

    low: Array
    step: Array
    trials: Array | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """How many groups there are: along each predictor, and before them of trials."""
        if self.trials is not None:
            return self.trials.size, GROUPS // self.trials.size
        return (math.isqrt(GROUPS) if self.low.size == MOST else GROUPS,) * self.low.size

    def sums(self, part: Part) -> Array:
        """Rows in each group, and of each predictor how far they are from its middle, and the squares (1 + 2 m, GROUPS)."""
        at = np.clip((part.eta - self.low) / self.step, 0.0, self.shape[-1] - 1.0).astype(np.intp)
        away = part.eta - (self.low + (at + 0.5) * self.step)
        places = list(at.T)
        if self.trials is not None:
            assert part.noise.trials is not None
            kind = np.searchsorted(self.trials, np.broadcast_to(part.noise.trials, part.y.shape))
            places.insert(0, np.minimum(kind, self.trials.size - 1))
        place = np.ravel_multi_index(tuple(places), self.shape)
        moments = (part.weight * one for column in away.T for one in (column, np.square(column)))
        return grouped(place, GROUPS, part.weight, *moments)

    def places(self, sums: Array) -> Places:
        """Those of the groups that have rows."""
        full = np.flatnonzero(sums[0] > 0.0)
        rows, away, square = sums[0, full], sums[1::2, full] / sums[0, full], sums[2::2, full] / sums[0, full]
        kinds, at = np.split(np.stack(np.unravel_index(full, self.shape), axis=1), [len(self.shape) - self.low.size], axis=1)
        middle = self.low + (at + 0.5) * self.step + away.T
        apart = np.sqrt(np.maximum(square - np.square(away), 0.0)).T
        corners = np.array(list(product((-1.0, 1.0), repeat=self.low.size)))
        eta = middle[:, None, :] + corners * apart[:, None, :]
        trials = None if self.trials is None else np.repeat(self.trials[kinds[:, 0]], len(corners))
        return Places(eta.reshape(-1, self.low.size), np.repeat(rows / len(corners), len(corners)), trials)


def groups_of(scene: Scene) -> Groups | None:
    """Groups for all rows of which the scene has some; None where they were too wide, or rows have too many numbers of trials."""
    m, trials = scene.eta.shape[1], None
    if scene.noise.bound:
        assert scene.noise.trials is not None
        trials = np.unique(scene.noise.trials)
    if m > MOST or (trials is not None and (trials.size > KINDS or m > 1)):
        return None
    low, high = scene.eta.min(axis=0), scene.eta.max(axis=0)
    groups = Groups(low, np.maximum(high - low, 1.0), trials)
    groups = groups._replace(step=groups.step / groups.shape[-1])
    for a, step in enumerate(groups.step):
        information, _ = scene.noise.score_moments(np.broadcast_to(np.eye(m)[a], scene.eta.shape), scene.eta, scene.free)
        if not float(np.mean(np.square(step * step * information))) <= NARROW**4:
            return None
    return groups
