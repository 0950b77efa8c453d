"""Searches of all groups of a block at once, for a law with one predictor and no shapes.

With q the rows (B, k, M) in coordinates in which the columns are orthonormal, eta = theta'q, a criterion of rows c(y, eta) with
derivatives c' and c'' gives each group

    value = sum c,   g = sum c' q,   H = sum c'' q q',   EDM = g' H^-1 g / 2

Maximum likelihood is searched by Newton steps, shortened where they would move a predictor by more than REACH or where the value
would rise. Least loss goes first-order steps on the loss alone (BFGS), from zero, and Newton steps on the loss sharpen its end, as
the routes of one fit do. A group leaves the search when it has ended.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Index, Mask
from mlefit.noise.model import Derivatives

REACH = 100.0           # of a predictor, in one step
STEPS = 40
SHARP = 1e-20           # nats in total: one Newton step more is then as exact as doubles are
NEAR = 1e-2             # nats in total, by the metric of BFGS, where Newton steps take over
ARMIJO = 1e-4           # of the slope: a step must gain as much
HALVINGS = 30
FLAT = 1e-10            # of the rows: curvature below this in all directions is that of a search that runs away

Criterion = Callable[[Array, Array, Array, int], Derivatives]


class Rows(NamedTuple):
    """q (B, k, M), y (B, M), and `there` (B, M), 0 where there is no row; `n` (B,)."""

    q: Array
    y: Array
    there: Array
    n: Array

    def take(self, groups: Index) -> "Rows":
        """Those of some groups (indices)."""
        return Rows(self.q[groups], self.y[groups], self.there[groups], self.n[groups])

    def eta(self, theta: Array) -> Array:
        """Predictors (B, M)."""
        return np.asarray((theta[:, None] @ self.q)[:, 0])

    def pull(self, slopes: Array) -> Array:
        """sum slope q (B, k)."""
        return np.asarray((self.q @ slopes[:, :, None])[:, :, 0])


class Point(NamedTuple):
    """Totals (B,), (B, k) and (B, k, k) at theta."""

    value: Array
    gradient: Array
    curvature: Array


class End(NamedTuple):
    """Where a search came to: `edm` of the last point that was looked at, infinite where there is none; theta is a step further."""

    theta: Array
    value: Array
    gradient: Array
    curvature: Array
    edm: Array


def value(criterion: Criterion, rows: Rows, eta: Array) -> Array:
    """Totals (B,); infinite where they are no numbers."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        each = criterion(rows.y.ravel(), eta.reshape(-1, 1), np.empty(0), 0).value.reshape(eta.shape)
        total = (each * rows.there).sum(axis=1)
    return np.where(np.isfinite(total), total, np.inf)


def slopes(criterion: Criterion, rows: Rows, eta: Array) -> tuple[Array, Array]:
    """Totals (B,) and first derivatives of rows (B, M)."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        found = criterion(rows.y.ravel(), eta.reshape(-1, 1), np.empty(0), 1)
        assert found.d1 is not None
        return (found.value.reshape(eta.shape) * rows.there).sum(axis=1), found.d1[:, 0].reshape(eta.shape) * rows.there


def point(criterion: Criterion, rows: Rows, theta: Array) -> Point:
    """Value, gradient and curvature."""
    eta = rows.eta(theta)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        found = criterion(rows.y.ravel(), eta.reshape(-1, 1), np.empty(0), 2)
        assert found.d1 is not None
        assert found.curvature is not None
        bend = found.curvature(np.ones((eta.size, 1)))[:, 0].reshape(eta.shape) * rows.there
        slope, total = found.d1[:, 0].reshape(eta.shape) * rows.there, (found.value.reshape(eta.shape) * rows.there).sum(axis=1)
        return Point(total, rows.pull(slope), (rows.q * bend[:, None]) @ rows.q.transpose(0, 2, 1))


def solved(curvature: Array, right: Array, n: Array) -> tuple[Array, Mask]:
    """H^-1 g (B, k), and where H is a curvature to go by."""
    size = np.trace(curvature, axis1=1, axis2=2)
    with np.errstate(invalid="ignore"):
        bent = np.isfinite(curvature).all(axis=(1, 2)) & np.isfinite(right).all(axis=1) & (size > FLAT * n)
    safe = np.where(bent[:, None, None], curvature, np.eye(curvature.shape[1]))
    safe = safe + (np.finfo(float).eps * np.where(bent, size, 0.0))[:, None, None] * np.eye(curvature.shape[1])
    return np.asarray(np.linalg.solve(safe, right[:, :, None])[:, :, 0]), bent


def newton(criterion: Criterion, rows: Rows, start: Array) -> End:
    """To the least value of each group, or until it runs away."""
    b, k = start.shape
    theta, live = start.copy(), np.arange(b)
    end = End(theta, np.full(b, np.inf), np.zeros((b, k)), np.zeros((b, k, k)), np.full(b, np.inf))
    own, previous = rows, np.full(b, np.inf)
    for _ in range(STEPS):
        here = point(criterion, own, theta[live])
        step, bent = solved(here.curvature, here.gradient, own.n)
        edm = np.where(bent, 0.5 * (here.gradient * step).sum(axis=1), np.inf)
        end.value[live], end.gradient[live], end.curvature[live] = here
        end.edm[live] = edm
        sharp = edm <= SHARP
        over = sharp | ~bent | ~np.isfinite(here.value) | ((edm < np.sqrt(SHARP)) & (edm >= previous))
        theta[live[sharp]] -= step[sharp]
        previous = edm[~over]
        live, step, here = live[~over], step[~over], Point(*(part[~over] for part in here))
        if not live.size:
            break
        own = rows.take(live)
        theta[live] = _shortened(criterion, own, theta[live], -step, here)
    return end


def _shortened(criterion: Criterion, rows: Rows, theta: Array, step: Array, here: Point) -> Array:
    """The step taken as far as REACH, and by halves until the value falls; a step near the end needs no such care."""
    moved = rows.eta(step)
    most = np.abs(moved).max(axis=1)
    length = REACH / np.maximum(most, REACH)
    careful = np.flatnonzero(most > 0.1)
    if careful.size:
        own, slope = rows.take(careful), (here.gradient * step).sum(axis=1)[careful]
        base, way = rows.eta(theta)[careful], moved[careful]
        length[careful] = _falling(criterion, own, base, way, length[careful], here.value[careful], slope)
    return np.asarray(theta + length[:, None] * step)


def _falling(
    criterion: Criterion, rows: Rows, eta: Array, way: Array, length: Array, top: Array, slope: Array
) -> Array:
    """The length (B,), halved where the value does not fall by ARMIJO of the slope."""
    length, open_ = length.copy(), np.arange(length.size)
    for _ in range(HALVINGS):
        own = rows if open_.size == length.size else rows.take(open_)
        reached = value(criterion, own, eta[open_] + length[open_, None] * way[open_])
        open_ = open_[~(reached <= (top + ARMIJO * length * slope)[open_])]
        if not open_.size:
            break
        length[open_] *= 0.5
    return length


def quasi_newton(criterion: Criterion, rows: Rows) -> Array:
    """BFGS from zero: theta (B, k), where the metric that first derivatives have made says that the end is within NEAR nats."""
    b, k = rows.q.shape[:2]
    theta, live, own = np.zeros((b, k)), np.arange(b), rows
    eta = np.zeros(rows.y.shape)
    top, slope = slopes(criterion, own, eta)
    gradient = own.pull(slope)
    metric = np.broadcast_to(np.eye(k), (b, k, k)) / rows.n[:, None, None]
    for _ in range(STEPS):
        step = -(metric @ gradient[:, :, None])[:, :, 0]
        fall = (gradient * step).sum(axis=1)
        way = own.eta(step)
        length = REACH / np.maximum(np.abs(way).max(axis=1), REACH)
        length = _falling(criterion, own, eta, way, length, top, fall)
        theta[live] += length[:, None] * step
        eta = eta + length[:, None] * way
        top, slope = slopes(criterion, own, eta)
        after = own.pull(slope)
        metric = _updated(metric, length[:, None] * step, after - gradient)
        gradient = after
        near = 0.5 * (gradient * (metric @ gradient[:, :, None])[:, :, 0]).sum(axis=1)
        going = near > NEAR
        if not going.any():
            break
        if not going.all():
            keep = np.flatnonzero(going)
            live, own, eta, top, gradient, metric = live[keep], own.take(keep), eta[keep], top[keep], gradient[keep], metric[keep]
    return theta


def _updated(metric: Array, s: Array, y: Array) -> Array:
    """The inverse Hessian (B, k, k) after steps s with changes y of the gradient; as it was where these say nothing."""
    sy = (s * y).sum(axis=1)
    moved = (metric @ y[:, :, None])[:, :, 0]
    told = sy > 1e-14 * np.linalg.norm(s, axis=1) * np.linalg.norm(y, axis=1)
    rho = np.where(told, 1.0 / np.where(told, sy, 1.0), 0.0)
    both = (1.0 + rho * (y * moved).sum(axis=1)) * rho
    cross = moved[:, :, None] * s[:, None, :]
    return np.asarray(metric + both[:, None, None] * s[:, :, None] * s[:, None, :]
                      - rho[:, None, None] * (cross + cross.transpose(0, 2, 1)))
