"""Panels: the divergence of two laws that are gaussian in the middle and fall as exp(-k |z|) beyond a threshold of k scales.

Between the thresholds of both laws the integrand is smooth, and Gauss and Legendre's rule takes it in panels that are as wide as it
takes a density to change: a scale, and beyond a threshold of less than a scale what its flat tail falls over.
"""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array

NODES, WEIGHTS = np.polynomial.legendre.leggauss(16)
PANEL = 4.0         # scales that a panel of the quadrature is wide, at most
REACH = 40.0        # e-folds of the tails that it takes
DEEP = 9.0          # scales from the middle at which a gaussian density has fallen by as many


class Side(NamedTuple):
    """A law at `location`: its scale, its threshold in scales, and -log q (n,) of numbers (n,)."""

    location: float
    scale: float
    threshold: float
    nll: Callable[[Array], Array]

    @property
    def corners(self) -> tuple[float, float]:
        """Where its tails begin."""
        return self.location - self.threshold * self.scale, self.location + self.threshold * self.scale

    def width(self, y: float) -> float:
        """Over what its density changes at y."""
        inside = abs(y - self.location) <= self.threshold * self.scale
        return self.scale if inside else self.scale * max(1.0, 1.0 / self.threshold)


def divergence(mine: Side, other: Side) -> float:
    """E d, d the log-ratio of one law, which is at 0, to the other."""
    bend = min(mine.threshold, DEEP)
    far = mine.scale * (bend + REACH / bend)
    kinks = sorted(x for x in (*mine.corners, *other.corners) if abs(x) < far)
    total = 0.0
    for low, high in pairwise([-far, *kinks, far]):
        if high <= low:
            continue
        middle = 0.5 * (low + high)
        panels = max(1, math.ceil((high - low) / (PANEL * min(mine.width(middle), other.width(middle)))))
        ends = np.linspace(low, high, panels + 1)
        half = 0.5 * np.diff(ends)[:, None]
        y = (half * NODES + 0.5 * (ends[1:] + ends[:-1])[:, None]).ravel()
        cost = mine.nll(y)
        total += float(((half * WEIGHTS).ravel() * np.exp(-cost)) @ (other.nll(y) - cost))
    return max(total, 0.0)
