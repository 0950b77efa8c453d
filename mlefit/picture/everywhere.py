"""Everywhere: sums over all rows of a fit, of which pictures are else computed from some.

Whatever the number of rows these sums have a fixed size: rows in groups, and what adds up in each.
"""

from collections.abc import Callable
from functools import cached_property

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.noise.model import NoiseModel
from mlefit.records import record


@record(frozen=True, eq=False)
class Part:
    """Some of all rows under the fitted law, in natural units: y (n,), eta (n, m), free (s,), and how often each is there (n,)."""

    noise: NoiseModel
    y: Array
    eta: Array
    free: Array
    weight: Array

    @cached_property
    def probabilities(self) -> Array:
        """Those (K, n) of the levels."""
        return self.noise.probabilities(self.eta, self.free)

    @cached_property
    def centre(self) -> Array:
        """What is predicted (n,) of numbers."""
        return self.noise.centre(self.eta, self.free)


Count = Callable[[Part], Array]
Everywhere = Callable[[tuple[Count, ...]], tuple[Array, ...]]       # the total over all rows of what each count makes of a part


@record(frozen=True, eq=False)
class Totals:
    """What counts add up to."""

    values: tuple[Array, ...]

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(tuple(mine + theirs for mine, theirs in zip(self.values, other.values, strict=True)))


def counted(part: Part, counts: tuple[Count, ...]) -> Totals:
    """Those of a part of the rows."""
    return Totals(tuple(count(part) for count in counts))


def grouped(place: Index, groups: int, *numbers: Array) -> Array:
    """Sums (q, G) of q numbers (n,) of the rows in each of G groups."""
    return np.stack([np.bincount(place, each, groups) for each in numbers])


def between(values: Array, cuts: Array) -> Index:
    """The group (n,) of each value, of those that begin at the cuts (G - 1,)."""
    return np.searchsorted(cuts, values, side="right")
