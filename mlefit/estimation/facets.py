"""Facets: the least loss of rows in memory where the loss of a residual is curved and has corners.

    L(gamma) = sum_i w_i l(y_i - z_i'gamma),   l = a smooth function + sum_k (J_k / 2) |r - k|

A row on a corner k may pull with any slope between those on either side. The shortest vector that such slopes make of the gradient
is 0 at a minimum, and else the steepest way down (Clarke 1983, Optimization and Nonsmooth Analysis). Rows whose slope is strictly
inside stay on their corners, which are linear equations, and in the space that is left the step is Newton's. Along it the minimum
is exact: between the corners that rows cross, in order.
"""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import numpy as np

from mlefit.arrays import Array, Index, Mask
from mlefit.losses.corners import Corner
from mlefit.records import record

ROUNDING = 1e-13        # of what a residual is made of: a row on a corner
ALMOST = (1e-9, 1e-10, 1e-11, 1e-12)        # of what a residual is made of: a row that is almost on a corner
BESIDE = 16.0           # times that: just beside it
SMALL = 1e-13           # of the sum of slopes: a shortest vector that is 0
RIDGE = 1e-11           # of the curvature that the steepest slope would have over the middle residual
TIGHT = 1e-15           # the tolerance of `lsq_linear`: it goes on as long as it can
AT_END = 1e-9           # of its range: a slope that is at one end
SPANNED = 1e-10         # of the largest singular value: a direction that rows on corners do not hold
STEPS = 500
SHORTER = 20            # times that a step is shortened
SECTIONS = 100          # of a line
BOUNDED = 300           # rows on corners up to which their slopes are found exactly
Curve = Callable[[Array], tuple[Array, Array, Array]]


class Ended(NamedTuple):
    """Where a search ended: the loss in total, the shortest vector (p,) of its slopes, 0 at a minimum, and the steps it took.

    `free`: whether some direction is left in which nothing holds the minimum, no row on a corner and no curvature: `kept` (p, q).
    `below`, `above`: rows on a corner whose slope is that below it, or above, so that they may leave it on that side alone.
    """

    gamma: Array
    value: float
    slope: Array
    steps: int
    free: bool
    kept: Array
    below: Index
    above: Index


class _On(NamedTuple):
    """Rows on corners: which, on which corner, and the slopes (m,) that they may have at least and at most, with weights."""

    rows: Index
    corner: Index
    low: Array
    high: Array


@record(frozen=True, eq=False)
class Facets:
    """Rows: `z` (n, p) in whitened coordinates, `y` (n,), `weight` (n,). `curve`: l, l' and l'' (n,) of residuals. `convex`:
    whether l is proved to be; else the loss may rise and fall along a line, and a step that does not lower it is shortened."""

    z: Array
    y: Array
    weight: Array
    curve: Curve
    corners: Sequence[Corner]
    convex: bool = True

    def residual(self, gamma: Array) -> Array:
        """r (n,)."""
        return self.y - self.z @ gamma

    def value(self, r: Array) -> float:
        """The loss in total."""
        with np.errstate(all="ignore"):
            found = float(self.weight @ self.curve(r)[0])
        return found if np.isfinite(found) else np.inf

    def rounded(self, r: Array, width: float) -> tuple[float, Array, Array]:
        """Value, slopes and curvatures (n,) with every corner rounded to this width: |r - k| as sqrt((r - k)^2 + width^2)."""
        with np.errstate(all="ignore"):
            value, slope, bend = (np.array(part) for part in self.curve(r))
            for one in self.corners:
                half, away = 0.5 * (one.above - one.below), r - one.place
                root = np.hypot(away, width)
                value += half * (root - np.abs(away))
                slope += half * (away / root - np.sign(away))
                bend += half * width * width / root**3
            bend = np.where(np.isfinite(bend), np.maximum(bend, 0.0), 0.0)
            total = float(self.weight @ value)
        return (total if np.isfinite(total) else np.inf), self.weight * slope, self.weight * bend

    def settled(self, gamma: Array, limit: int = STEPS) -> Ended:
        """From `gamma` down to a minimum, or to where rounding or the limit of steps ends it."""
        value = np.inf
        for step in range(limit):
            gamma = self._snapped(gamma)
            r = self.residual(gamma)
            near = ROUNDING * self._size(gamma) + np.finfo(float).tiny
            on = self._on(r, near)
            with np.errstate(all="ignore"):
                _, slope, bend = self.curve(r)
            slope, bend = self.weight * slope, self.weight * np.where(np.isfinite(bend), bend, 0.0)
            slope[on.rows], bend[on.rows] = 0.0, 0.0
            inside, low, high, shortest = self._shortest(on, -(slope @ self.z))
            hessian = (self.z * np.maximum(bend, 0.0)[:, None]).T @ self.z
            steep = float(np.abs(slope).sum()) + float(np.maximum(np.abs(on.low), np.abs(on.high)).sum())
            kept = self._kept(on.rows[inside])
            ridge = RIDGE * (float(np.trace(hessian)) / len(gamma) + steep / (float(np.median(np.abs(r))) + near.min()))
            within = kept.T @ hessian @ kept
            curved, ways = np.linalg.eigh(within) if kept.size else (np.zeros(0), np.zeros((0, 0)))
            loose = kept @ ways[:, curved <= 10.0 * ridge]
            free = loose.shape[1] > 0
            now = self.value(r)
            if float(np.abs(shortest).max(initial=0.0)) <= SMALL * steep or not now < value:
                return Ended(gamma, min(now, value), shortest, step, free, loose, on.rows[low], on.rows[high])
            value = now
            way = -kept @ np.linalg.solve(within + ridge * np.eye(kept.shape[1]), kept.T @ shortest)
            moved = self.z @ way
            length = self._along(r, moved, near)
            for _ in range(0 if self.convex else SHORTER):
                if length == 0.0 or self.value(r - length * moved) < now:
                    break
                length = self._along(r, moved, near, 0.25 * length)
            if length == 0.0:
                return Ended(gamma, value, shortest, step, free, loose, on.rows[low], on.rows[high])
            gamma = gamma + length * way
        return Ended(gamma, value, shortest, limit, free, loose, on.rows[low], on.rows[high])

    def _size(self, gamma: Array) -> Array:
        """What residuals (n,) are made of."""
        each = np.abs(self.y)
        return np.asarray(each + np.abs(self.z) @ np.abs(gamma) + float(each.mean()))

    def _snapped(self, gamma: Array) -> Array:
        """With rows that are almost on a corner on it, where all of them can be: what a step has left beside one is rounding."""
        r = self.residual(gamma)
        scale = self._size(gamma)
        for loose in ALMOST:
            rows, away = [], []
            for one in self.corners:
                at = np.flatnonzero(np.abs(r - one.place) <= loose * scale)
                rows.append(at)
                away.append(r[at] - one.place)
            some, wanted = np.concatenate(rows), np.concatenate(away)
            if not some.size:
                return gamma
            moved = gamma + np.linalg.lstsq(self.z[some], wanted)[0]
            left = wanted - self.z[some] @ (moved - gamma)
            if (np.abs(left) <= 0.1 * ROUNDING * scale[some]).all():
                return np.asarray(moved)
        return gamma

    def _on(self, r: Array, near: Array) -> _On:
        found = [np.flatnonzero(np.abs(r - one.place) <= near) for one in self.corners]
        rows = np.concatenate(found)
        corner = np.repeat(np.arange(len(found)), [part.size for part in found])
        slopes = np.array([(one.below, one.above) for one in self.corners])[corner] * self.weight[rows, None]
        return _On(rows, corner, slopes.min(axis=1, initial=np.inf), slopes.max(axis=1, initial=-np.inf))

    def _shortest(self, on: _On, rest: Array) -> tuple[Mask, Mask, Mask, Array]:
        """Of rest - sum lambda_i z_i with slopes lambda within their bounds the shortest, and which lambda are strictly inside, at
        the lower bound and at the upper one."""
        none = np.zeros(on.rows.size, dtype=bool)
        if not on.rows.size:
            return none, none, none, rest
        from scipy.optimize import lsq_linear

        at = self.z[on.rows].T
        plain = np.linalg.lstsq(at, rest)[0]
        margin = SMALL * (on.high - on.low)
        if ((plain > on.low + margin) & (plain < on.high - margin)).all():
            return ~none, none, none, rest - at @ plain
        method: Literal["bvls", "trf"] = "bvls" if on.rows.size <= BOUNDED else "trf"
        found = lsq_linear(at, rest, (on.low, on.high), method=method, tol=TIGHT).x
        least, most = found <= on.low + AT_END * (on.high - on.low), found >= on.high - AT_END * (on.high - on.low)
        return ~(least | most), least, most, np.asarray(rest - at @ found)

    def _kept(self, rows: Index) -> Array:
        """Directions (p, q) that leave these rows where they are."""
        p = self.z.shape[1]
        if not rows.size:
            return np.eye(p)
        _, singular, right = np.linalg.svd(self.z[rows], full_matrices=True)
        rank = int((singular > SPANNED * singular[0]).sum())
        return np.asarray(right[rank:].T)

    def _slope_at(self, r: Array, moved: Array, t: float, near: Array, after: bool) -> float:
        """The slope along r - t moved, just after or just before t."""
        q = r - t * moved
        for one in self.corners:
            at = np.abs(q - one.place) <= BESIDE * near
            q[at] = one.place + (-1.0 if after else 1.0) * 2.0 * BESIDE * near[at] * np.sign(moved[at])
        with np.errstate(all="ignore"):
            slope = self.curve(q)[1]
        found = -float((self.weight * slope) @ moved)
        return found if np.isfinite(found) else np.inf

    def _along(self, r: Array, moved: Array, near: Array, most: float = np.inf) -> float:
        """How far along r - t moved the minimum is, `most` at most; 0 where there is no way down."""
        if self._slope_at(r, moved, 0.0, near, after=True) >= 0.0:
            return 0.0
        with np.errstate(all="ignore"):
            crossed = np.concatenate([(r - one.place) / moved for one in self.corners])
        least = float(np.max(near) / (np.abs(moved).max() + np.finfo(float).tiny))
        crossed = np.unique(crossed[np.isfinite(crossed) & (crossed > least) & (crossed < most)])
        low, high = -1, crossed.size        # the slope after crossing `low` is negative, after `high` it is not
        while high - low > 1:
            middle = (low + high) // 2
            if self._slope_at(r, moved, float(crossed[middle]), near, after=True) >= 0.0:
                high = middle
            else:
                low = middle
        start = 0.0 if low < 0 else float(crossed[low])
        if high < crossed.size and self._slope_at(r, moved, float(crossed[high]), near, after=False) < 0.0:
            return float(crossed[high])
        if high >= crossed.size and np.isfinite(most):
            if self._slope_at(r, moved, most, near, after=False) < 0.0:
                return most
            return self._between(r, moved, near, start, most)
        end = float(crossed[high]) if high < crossed.size else max(1.0, 2.0 * start)
        while high >= crossed.size and self._slope_at(r, moved, end, near, after=True) < 0.0 and end < 1e300:
            start, end = end, 2.0 * end
        return self._between(r, moved, near, start, end)

    def _between(self, r: Array, moved: Array, near: Array, start: float, end: float) -> float:
        """Where the slope is 0 between two places without a corner between them: regula falsi (Illinois)."""
        low, high = self._slope_at(r, moved, start, near, after=True), self._slope_at(r, moved, end, near, after=False)
        for _ in range(SECTIONS):
            t = 0.5 * (start + end) if not np.isfinite(high) or high <= low else start - low * (end - start) / (high - low)
            if not start < t < end:
                break
            now = self._slope_at(r, moved, t, near, after=True)
            if now == 0.0 or end - start <= 4.0 * np.finfo(float).eps * end:
                return t
            if now < 0.0:
                start, low, high = t, now, 0.5 * high
            else:
                end, high, low = t, now, 0.5 * low
        return 0.5 * (start + end)
