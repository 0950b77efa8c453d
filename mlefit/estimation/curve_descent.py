"""Descents: how each route comes down to a minimum from a point theta, by a search of its own.

likelihood   trust-exact with the Hessian of Gauss and Newton (Fisher's), in which the columns of the Jacobian at the start have
             one length, within a radius as large as the start itself
loss         for sums of squares scipy's `least_squares` (trf) on the residuals with their exact Jacobian; else L-BFGS-B

What stops either is not believed.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.estimation.careful import Careful
from mlefit.estimation.certificate import distance
from mlefit.estimation.curve_rows import SECOND_ORDER, Rows
from mlefit.estimation.memo import Memo
from mlefit.estimation.optimize import first_order
from mlefit.mean.bent import Bent
from mlefit.mean.nonlinear import NonlinearMean
from mlefit.objective import Objective

STEPS = 1000            # of the trust region: curved valleys take hundreds
SHARE = 5               # evaluations of residuals for each of them
EVALUATIONS = 5000
LEAST_RADIUS = 1e-3     # and
RADIUS = 1e9            # the largest first radius
NEAR = 1e-2             # nats in total, from which on the exact Hessian takes over
TIGHT = 1e-15           # tolerances of `least_squares`: it goes on as long as it can
FAR_OFF = 1e150         # a residual that is no number


class Low(NamedTuple):
    """Where a descent came to: theta (p,), free shapes (s,) and the total nats there, by `method` in so many steps."""

    theta: Array
    free: Array
    nats: float
    method: str
    steps: int
    evaluations: int


Descent = Callable[[Rows, NonlinearMean, Array, int], Low]


def by_likelihood(rows: Rows, mean: NonlinearMean, theta: Array, limit: int = STEPS) -> Low:
    """Down the likelihood from theta: by the coefficients at the shapes of the start, or where the loss contains these by both."""
    noise, mean = rows.noise, replace(mean.at(Bent.scaled(rows.lengths(mean, theta))), straight=True)
    gamma, lossy = mean.coordinates.of(theta), Objective.second(noise, mean)
    free = rows.shapes(lossy, gamma, mean)[0]
    held = not noise.loss_has_shapes
    memo = Careful(Objective.loss(noise, mean, free) if held else Objective.likelihood(noise, mean), rows.all, 2)
    point, steps = trust(memo, gamma if held else np.concatenate([gamma, free]), NEAR, None if held else 1.0, rows, limit)
    return _low(rows, mean, memo, point, SECOND_ORDER, steps)


def by_loss(rows: Rows, mean: NonlinearMean, theta: Array, limit: int = STEPS) -> Low:
    """Down the loss from theta."""
    noise = rows.noise
    if noise.compresses:
        theta, steps, evaluations = _least_squares(rows, mean, theta, limit)
        natural = mean.at(Bent(np.eye(mean.size), np.zeros(mean.size), 0))
        low = _low(rows, natural, Careful(Objective.second(noise, natural), rows.all, 0), theta, "least_squares", steps)
        return low._replace(evaluations=evaluations)
    mean = mean.at(Bent.scaled(rows.lengths(mean, theta)))
    objective, gamma = Objective.second(noise, mean), mean.coordinates.of(theta)
    free = rows.shapes(objective, gamma, mean)[0] if noise.loss_has_shapes else np.empty(0)
    memo = Careful(objective, rows.all, 1, 0.0)
    point, steps = first_order(memo, np.concatenate([gamma, free]), limit * SHARE)
    return _low(rows, mean, memo, point, "L-BFGS-B", steps)


def _low(rows: Rows, mean: NonlinearMean, memo: Memo, point: Array, method: str, steps: int) -> Low:
    total = memo.at(point, 0)
    theta = mean.coordinates.encoded(point[: mean.size])
    if rows.noise.loss_has_shapes:
        return Low(theta, point[mean.size :], total.value, method, steps, memo.evaluations)
    return Low(theta, rows.implied(total), rows.nats(total), method, steps, memo.evaluations)


def trust(
    memo: Memo, start: Array, near: float, scale: float | None, rows: Rows, limit: int = STEPS
) -> tuple[Array, int]:
    """trust-exact from `start` until within `near` nats: where it ended and how many steps it took.

    `scale`: nats per unit of the criterion, None for those that the loss implies as it falls.
    """
    from scipy.optimize import OptimizeResult, minimize

    search: Any = minimize
    reached = [start]

    def stop(intermediate_result: OptimizeResult) -> None:
        point = np.array(intermediate_result.x)
        reached.append(point)
        try:
            edm, _ = distance(memo.gradient(point), memo.curvature(point))
        except np.linalg.LinAlgError:
            return
        total = memo.at(point, 0)
        if edm * total.weight * (rows.per_loss(total) if scale is None else scale) <= near:
            raise StopIteration

    radius = min(max(float(np.linalg.norm(start)), LEAST_RADIUS), RADIUS)
    options = {"maxiter": limit, "gtol": TIGHT, "initial_trust_radius": radius, "max_trust_radius": 10.0 * RADIUS}
    with np.errstate(all="ignore"):
        try:
            found = search(memo.value, start, jac=memo.gradient, hess=lambda at: memo.curvature(at).whole(), method=SECOND_ORDER,
                           options=options, callback=stop)
        except (UnboundLocalError, ValueError, np.linalg.LinAlgError):      # a Hessian that is singular, or no number
            return reached[-1], len(reached) - 1
    return np.asarray(found.x), int(found.nit)


def _least_squares(rows: Rows, mean: NonlinearMean, theta: Array, limit: int) -> tuple[Array, int, int]:
    """Where `least_squares` ends, its steps and its evaluations."""
    from scipy.optimize import least_squares

    search: Any = least_squares
    natural = mean.at(Bent(np.eye(mean.size), np.zeros(mean.size), 1))
    data = rows.joined()
    root = 1.0 if data.weight is None else np.sqrt(data.weight)

    def residuals(at: Array) -> Array:
        found = (natural.eta(at, data)[:, 0] - data.y) * root
        return np.where(np.isfinite(found), found, FAR_OFF)

    def jacobian(at: Array) -> Array:
        return np.nan_to_num((natural.jacobian(at, data, 0).T * root).T, nan=0.0, posinf=0.0, neginf=0.0)

    with np.errstate(all="ignore"):
        found = search(residuals, theta, jac=jacobian, method="trf", x_scale="jac", xtol=TIGHT, ftol=TIGHT, gtol=TIGHT,
                       max_nfev=min(limit * SHARE, EVALUATIONS))
    return np.asarray(found.x), int(found.njev), int(found.nfev)
