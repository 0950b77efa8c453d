"""Profile-likelihood intervals of many coefficients at once, for a likelihood with one maximum.

The end of an interval of a'theta is the point farthest along a at which -log L is no more than t = its minimum + q^2 / 2. There

    g = m a,   -log L = t

with m of the sign of the side; as the points with -log L <= t are convex, no other point is such. Newton steps on both equations,
with the second one to second order (Venzon and Moolgavkar 1988, Applied Statistics 37, 87-94):

    step = -H^-1 g + m H^-1 a,   m^2 = 2 (t - [-log L] + g' H^-1 g / 2) / (a' H^-1 a)

The least -log L with a'theta held at a value takes the same steps, with the m that leads there. It gives p-values, and where the
steps above do not settle, the end by the secant that `inference.profile.end` goes.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Index, Mask
from mlefit.groups.newton import Criterion, Point, Rows, point, solved

STEPS = 60
HELD_STEPS = 80
ROOT = 1e-9         # in standard errors, that is in the signed root of 2 (t - minimum)
REACH = 2.0         # of a predictor, in one step; twice as far with every one
RISE = 0.5          # nats, after which steps are short again
EVALUATIONS = 80    # of a secant



class Asked(NamedTuple):
    """Of C coefficients the `rows` of their groups, the maximum theta (C, k) with its `minimum` (C,) of -log L, and the directions
    a (C, k) with the standard `error` (C,) of a'theta."""

    rows: Rows
    theta: Array
    minimum: Array
    a: Array
    error: Array

    def take(self, places: Index) -> "Asked":
        """Some of them (indices)."""
        return Asked(self.rows.take(places), *(part[places] for part in self[1:]))

    @property
    def estimate(self) -> Array:
        """a'theta (C,)."""
        return np.asarray((self.a * self.theta).sum(axis=1))


class Ends(NamedTuple):
    """The ends of the interval of a'theta (C,), the signed root of the likelihood ratio to 0, and where all of them were found."""

    low: Array
    high: Array
    root: Array
    found: Mask


def profiled(criterion: Criterion, asked: Asked, width: float) -> Ends:
    """`width`: the normal quantile q."""
    (low, low_found), (high, high_found) = (_end(criterion, asked, width, sign) for sign in (-1.0, 1.0))
    _, least, held = _held(criterion, asked, asked.theta, np.zeros(len(low)))
    root = np.sqrt(2.0 * np.maximum(least - asked.minimum, 0.0)) * np.sign(asked.estimate)
    return Ends(low, high, root, low_found & high_found & held)


def _end(criterion: Criterion, asked: Asked, width: float, sign: float) -> tuple[Array, Mask]:
    """a'theta at one end (C,), and where it was found."""
    level = asked.minimum + 0.5 * width**2

    def multiplier(live: Index, here: Point, s: Array, length: Array, _at: Array) -> Array:
        rest = level[live] - here.value + 0.5 * (here.gradient * s).sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(sign * np.sqrt(np.maximum(2.0 * rest, 0.0) / length))

    theta, _, found = _steps(criterion, asked, asked.theta, multiplier, STEPS)
    found &= sign * ((asked.a * theta).sum(axis=1) - asked.estimate) > 0.0
    ends = (asked.a * theta).sum(axis=1)
    lost = np.flatnonzero(~found)
    if lost.size:
        ends[lost], found[lost] = _by_secant(criterion, asked.take(lost), width, sign)
    return ends, found


def _held(criterion: Criterion, asked: Asked, start: Array, held: Array) -> tuple[Array, Array, Mask]:
    """From `start`, theta (C, k) with a'theta at `held` (C,), the least -log L there, and where it was found."""
    def multiplier(live: Index, here: Point, s: Array, length: Array, at: Array) -> Array:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((held[live] - at + (asked.a[live] * s).sum(axis=1)) / length)

    return _steps(criterion, asked, start, multiplier, HELD_STEPS)


def _steps(
    criterion: Criterion, asked: Asked, start: Array, multiplier: Callable[[Index, Point, Array, Array, Array], Array], most: int
) -> tuple[Array, Array, Mask]:
    """Steps m H^-1 a - H^-1 g from `start` until one is less than ROOT long: theta, the value there, and where that was so."""
    theta, live, rows = start.copy(), np.arange(len(start)), asked.rows
    value, found = np.full(live.size, np.inf), np.zeros(live.size, bool)
    reach, before = np.full(live.size, REACH), np.full(live.size, np.inf)
    for _ in range(most):
        a, here = asked.a[live], point(criterion, rows, theta[live])
        tame = here.value <= before[live] + RISE        # false of what is no number
        reach[live] = np.where(tame, 2.0 * reach[live], np.maximum(0.25 * reach[live], REACH))
        before[live] = here.value
        w, bent = solved(here.curvature, a, rows.n)
        s, _ = solved(here.curvature, here.gradient, rows.n)
        length = (a * w).sum(axis=1)
        step = multiplier(live, here, s, length, (a * theta[live]).sum(axis=1))[:, None] * w - s
        bent = bent & np.isfinite(step).all(axis=1) & np.isfinite(here.value)
        step = np.where(bent[:, None], step, 0.0)
        size = np.sqrt(np.maximum((step * (here.curvature @ step[:, :, None])[:, :, 0]).sum(axis=1), 0.0))
        done = bent & (size <= ROOT)
        value[live[done]], found[live[done]] = here.value[done], True
        farthest = np.abs(rows.eta(step)).max(axis=1)
        theta[live] += (reach[live] / np.maximum(farthest, reach[live]))[:, None] * step
        live = live[bent & ~done]
        if not live.size:
            break
        rows = asked.rows.take(live)
    return theta, value, found


def _by_secant(criterion: Criterion, asked: Asked, width: float, sign: float) -> tuple[Array, Mask]:
    """The end (C,) by Illinois' secant in the distance, as `inference.profile.end`, and where it was found."""
    count = len(asked.theta)
    near, far = np.array([np.zeros(count), np.full(count, -width)]), np.full((2, count), np.inf)
    distance, last, theta = np.full(count, width), np.zeros(count), asked.theta
    found, open_ = np.zeros(count, bool), np.ones(count, bool)
    for _ in range(EVALUATIONS):
        at = asked.estimate + sign * distance * asked.error
        reached, least, held = _held(criterion, asked, theta, at)
        theta = np.where(held[:, None], reached, asked.theta)
        excess = np.sqrt(2.0 * np.maximum(least - asked.minimum, 0.0)) - width
        found |= open_ & held & ((np.abs(excess) <= ROOT) | (far[0] - near[0] <= ROOT))
        open_ &= held & ~found
        if not open_.any():
            break
        beyond = excess > 0.0
        near[1] = np.where(beyond & (last > 0.0), 0.5 * near[1], near[1])
        far[1] = np.where(~beyond & (last < 0.0), 0.5 * far[1], far[1])
        far = np.where(beyond, np.array([distance, excess]), far)
        near = np.where(beyond, near, np.array([distance, excess]))
        last = np.where(beyond, 1.0, -1.0)
        with np.errstate(invalid="ignore"):
            secant = near[0] + (far[0] - near[0]) * near[1] / (near[1] - far[1])
        distance = np.where(open_, np.where(np.isfinite(far[0]), secant, 2.0 * distance), distance)
    return asked.estimate + sign * distance * asked.error, found
