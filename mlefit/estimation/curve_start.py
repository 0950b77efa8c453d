"""Where the search for the parameters of a curve begins.

    projected   the parameters in which f is linear, by least squares, the others as they are given
    screened    many values of the others, between a hundredth and a hundred times the given ones, with their sign, and where
                that leads nowhere with either; the best few

The points are those of an additive recurrence (Kronecker's sequence with the generalised golden ratio), which fill a box evenly
in any dimension; the seed shifts them.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.mean.nonlinear import NonlinearMean, columns_of
from mlefit.rows.chunk import Chunk

POINTS = 512
DECADES = (2.0, 0.5)    # each way, for one point and the next
BEST = 5                # of the points, from which searches begin
AROUND = 8
SMALL = 1e-13           # of the largest singular value: directions below it are left alone


class Given(NamedTuple):
    """`f`: the curve itself, in the units of the response, whatever the link. `theta` (p,): the start, NaN for what is not given.

    `linear`: places of parameters in which f is linear, `rows`: some rows, `bounds` (2, p): where parameters may lie.
    """

    f: NonlinearMean
    theta: Array
    linear: tuple[int, ...]
    rows: Chunk
    bounds: Array

    def start(self) -> Array:
        """What was given, with the rest by least squares."""
        missing = tuple(np.flatnonzero(np.isnan(self.theta)).tolist())
        return np.clip(self.projected(self.theta, missing), *self.bounds) if missing else self.theta

    def inside(self, theta: Array) -> bool:
        """Whether theta is within the bounds."""
        return bool((self.bounds[0] <= theta).all() and (theta <= self.bounds[1]).all())

    def projected(self, theta: Array, places: tuple[int, ...] | None = None) -> Array:
        """theta with the parameters at `places`, all linear ones unless said, by least squares; as it is where that fails."""
        places = self.linear if places is None else places
        if not places:
            return theta
        where, rows = list(places), self.rows
        base = theta.copy()
        base[where] = 0.0
        found = self.f.curve(base, rows, 1)
        y, weight = rows.y, rows.weight
        if rows.trials is not None:         # f is the probability of a success
            y, weight = y / rows.trials, rows.trials if weight is None else weight * rows.trials
        rest = y * self.f.unit - found.value
        columns = columns_of(found, rows.rows, self.f.size)[:, where]
        if weight is not None:
            root = np.sqrt(weight)
            columns, rest = columns * root[:, None], rest * root
        lengths = np.linalg.norm(columns, axis=0)
        if not (np.isfinite(lengths).all() and np.isfinite(rest).all()):
            return theta
        lengths[lengths == 0.0] = 1.0
        base[where] = np.linalg.lstsq(columns / lengths, rest, rcond=SMALL)[0] / lengths
        return base

    def screened(self, value: Callable[[Array], float], seed: int, *, turned: bool = False) -> list[Array]:
        """The best few of many points by `value`, each with its linear parameters projected. `turned`: of either sign each."""
        found = [(value(point), k, point) for k, point in enumerate(self._points(seed, turned=turned))]
        found = sorted((each for each in found if np.isfinite(each[0])), key=lambda each: each[:2])
        return [point for _, _, point in found[:BEST]]

    def _points(self, seed: int, *, turned: bool) -> Iterator[Array]:
        bent = [j for j in range(self.theta.size) if j not in self.linear]
        start = self.start()
        for k, u in enumerate(evenly(POINTS, 2 * len(bent), seed)):
            factor = 10.0 ** (DECADES[k % len(DECADES)] * (2.0 * u[: len(bent)] - 1.0))
            sign = np.where(u[len(bent) :] < 0.5, -1.0, 1.0)
            theta = start.copy()
            theta[bent] = np.where(start[bent] == 0.0, sign, start[bent] * (sign if turned else 1.0)) * factor
            yield np.clip(self.projected(theta), *self.bounds)


def around(theta: Array) -> list[Array]:
    """Some points within a factor of ten of theta, which stand for all others."""
    return [np.where(theta == 0.0, 1.0, theta) * 10.0 ** (2.0 * u - 1.0) for u in evenly(AROUND, theta.size, 0)]


def evenly(count: int, dimensions: int, seed: int) -> Array:
    """Points (count, dimensions) of the unit cube."""
    ratio = 1.0
    for _ in range(64):     # the root above 1 of x^(d + 1) = x + 1
        ratio = (1.0 + ratio) ** (1.0 / (dimensions + 1.0))
    steps = ratio ** -np.arange(1.0, dimensions + 1.0)
    return np.asarray((np.random.default_rng(seed).random(dimensions) + np.outer(np.arange(1.0, count + 1.0), steps)) % 1.0)
