"""Corners: the places where a loss has two slopes, or is not continuous, among those where it may bend.

Slopes on either side are compared at two distances: the difference of those of a corner stays, that of a mere bend goes to 0.
At a cusp, such as that of |r|^0.5 at 0, there is no slope, and that on a side grows without bound.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array

NEAR, NEARER = 1e-5, 1e-9           # of |k|: distances from a place k
AT_ZERO = 1e-4                      # stands for |k| at 0
STAYS = 0.9                         # of the difference of slopes, from one distance to the other
ROUNDING = 1e-7                     # of the slopes, what their difference must exceed
GROWS = 1.05                        # times the farther slope is the nearer one of a cusp: |r|^0.99 makes 1.1 of it
GAP = 1e-3                          # of the way that slopes explain: what is more is a jump

Slope = Callable[[Array], tuple[Array, Array]]


class Corner(NamedTuple):
    """At `place` the slopes `below` and `above`, infinite at a cusp, and by how much the value jumps: 0 where it is continuous."""

    place: float
    below: float
    above: float
    jump: float = 0.0


def corners(slope: Slope, places: Sequence[float]) -> list[Corner]:
    """Those among the places; `slope` gives value and slope (n,)."""
    if not places:
        return []
    k = np.array(places)
    size = np.where(k == 0.0, AT_ZERO, np.abs(k))
    with np.errstate(all="ignore"):
        (low, down), (high, up) = ((value, first.copy()) for value, first in (slope(k - NEARER * size), slope(k + NEARER * size)))
        (_, far_down), (_, far_up) = slope(k - NEAR * size), slope(k + NEAR * size)
        difference, farther = up - down, far_up - far_down
        bent = (np.abs(difference) > ROUNDING * (np.abs(up) + np.abs(down))) & (np.abs(difference) > STAYS * np.abs(farther))
        step = high - low
        way = NEARER * size * (np.abs(up) + np.abs(down) + np.abs(far_up) + np.abs(far_down))
        torn = np.isfinite(step) & (np.abs(step) > way + GAP * NEARER * (np.abs(high) + np.abs(low)))
        one_sided = np.isfinite(low) != np.isfinite(high)
        at, none = slope(k)
        sharp = np.isfinite(at) & ~np.isfinite(none)
        for near, far in ((down, far_down), (up, far_up)):
            near[sharp & (np.abs(near) > GROWS * np.abs(far))] *= np.inf
    return [Corner(place, float(down[i]), float(up[i]), float(step[i]) if torn[i] else 0.0)
            for i, place in enumerate(places) if (bent[i] or torn[i]) and not one_sided[i]]
