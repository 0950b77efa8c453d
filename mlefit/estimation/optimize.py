"""The searches: scipy.optimize finds the optimum, a Newton polish sharpens it, EDM judges it.

The optimisers' own flags are not believed: trust-exact stops on an absolute gradient and reports failure at the
rounding floor; L-BFGS-B may end ABNORMAL at the optimum. The estimated distance to the minimum is

    EDM = g' H^-1 g / 2   in total nats

(F. James, MINUIT). Polishing uses derivatives of the route's own criterion only.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mlefit.arrays import Array
from mlefit.estimation.memo import Memo
from mlefit.estimation.outcome import Outcome

CERTIFIED = 1e-10        # nats in total: a likelihood ratio of 1 + 1e-10
SHARP = 1e-28            # nats per row; polishing goes on to here, 1e-14 standard deviations of a row from the optimum
STEADY = 1e-2            # a Newton step that changes no row's predictor by more than this leaves the Hessian as it is
EXACT = 1e-6             # and by more than this, the standard errors: log p(1 - p) changes no faster than the logit
POLISHABLE = 1e-1        # nats in total: within half a standard error Newton steps need no safeguard
NEAR = 1e-4              # nats in total: where a search in the metric of a subsample hands over to the polish
POLISH_STEPS = 30
SEARCH_STEPS = 500       # a whitened Newton search needs about ten
QUICK_STEPS = 30         # after which it is worth asking whether there is an optimum to be found
FIRST_ORDER_STEPS = 20_000
PRODUCTS_GRADIENT = 1e-9  # gradient of the mean at which a search without a Hessian hands over to the polish
DENSE = 1000             # up to here the Hessian is formed in every step (trust-exact), beyond it only multiplied


def distance(gradient: Array, hessian: Array) -> tuple[float, Array]:
    """EDM = g' H^-1 g / 2 and the Newton step -H^-1 g. Raises numpy.linalg.LinAlgError unless H is positive definite."""
    from scipy.linalg import cho_factor, cho_solve

    step = -np.asarray(cho_solve(cho_factor(hessian, check_finite=False), gradient, check_finite=False))
    return float(-0.5 * gradient @ step), step


def smallest_eigenvalue(hessian: Array) -> float:
    """The smallest eigenvalue of H (P, P); of a large one a lower bound, 1 / trace(H^-1), thirty times as fast."""
    from scipy.linalg.lapack import dpotrf, dtrtri

    if len(hessian) <= DENSE:
        return float(np.linalg.eigvalsh(hessian)[0])
    lower, failed = dpotrf(hessian, lower=1, clean=1)
    if failed:
        return 0.0
    inverse, _ = dtrtri(lower, lower=1, overwrite_c=1)
    return float(1.0 / np.square(np.linalg.norm(inverse)))


def reach(edm: float, hessian: Array, n: float, predictors: int) -> float:
    """A bound on what a Newton step changes in any row: lambda max_i ||x_i||_{H^-1}, lambda^2 = 2 EDM, all totals.

    In whitened coordinates ||x_i||^2 <= n, so it is at most lambda sqrt(n / smallest eigenvalue of H), and sqrt 2 times
    that for the difference of two predictors of one row. The rounding of the gradient, some eps n in each direction,
    counts into lambda: far out on a separated sample it is all that is left. Infinite unless H is positive definite.
    """
    smallest = smallest_eigenvalue(hessian)
    if not (smallest > 0.0 and np.isfinite(edm)):
        return np.inf
    rounding = 8.0 * float(np.finfo(float).eps) * n
    square = 2.0 * edm + len(hessian) * rounding**2 / smallest
    return float(np.sqrt(square * n * (1.0 if predictors == 1 else 2.0) / smallest))


def second_order(
    memo: Memo, start: Array, limit: int = SEARCH_STEPS, curvature: Memo | None = None
) -> tuple[Array, int]:
    """A trust-region Newton search: where it ended and how many steps it took.

    With `curvature`, the same criterion on a subsample, steps are made with the Hessian of that: a pass then takes a value
    and a gradient. The last step, from within NEAR, is not evaluated here: it leads to where the polish begins, with the
    one pass that takes a Hessian of all rows.
    """
    from scipy.optimize import OptimizeResult, minimize

    search: Any = minimize      # its stubs do not know that options differ by method
    bent, near = (memo, CERTIFIED) if curvature is None else (curvature, NEAR)
    dense = bent.order == 2
    size = memo.at(start, 0).weight
    reached: list[Array] = [start]

    def stop(intermediate_result: OptimizeResult) -> None:
        theta = intermediate_result.x
        reached.append(np.array(theta))
        try:
            edm, step = distance(memo.gradient(theta), bent.hessian(theta))
        except np.linalg.LinAlgError:
            return
        if size * edm <= near:
            if curvature is not None:
                reached[-1] += step
            raise StopIteration

    options: dict[str, Any] = {"maxiter": limit, "gtol": 1e-14 if dense else PRODUCTS_GRADIENT, "initial_trust_radius": 1.0}
    method: dict[str, Any] = {"method": "trust-krylov", "hessp": memo.product}
    if dense:
        method = {"method": "trust-exact", "hess": bent.hessian, "callback": stop}
    with np.errstate(over="ignore", invalid="ignore"):
        try:
            found = search(memo.value, start, jac=memo.gradient, options=options, **method)
        except (UnboundLocalError, ValueError, np.linalg.LinAlgError):
            # On a Hessian that is singular but for rounding scipy's subproblem fails with one of these instead of ending;
            # EDM judges the last point accepted.
            return reached[-1], len(reached) - 1
    return np.asarray(found.x) if curvature is None else reached[-1], int(found.nit)


def first_order(
    memo: Memo, start: Array, curvature: Memo | None = None, scale: float = 1.0
) -> tuple[Array, int]:
    """L-BFGS-B: where it ended and how many steps it took; `scale` is that of `polish`.

    With `curvature`, as in `second_order`, the search is in coordinates u in which the Hessian of the subsample at the
    start, L L', is the identity: u = L' theta / |L^-1 g|. In this unit the first step that L-BFGS-B tries, which has
    length 1, is Newton's.
    """
    from scipy.linalg import cholesky, solve_triangular
    from scipy.optimize import OptimizeResult, minimize

    search: Any = minimize
    options: dict[str, Any] = {"ftol": 0.0, "gtol": 1e-8, "maxcor": 20, "maxiter": FIRST_ORDER_STEPS,
                               "maxfun": 2 * FIRST_ORDER_STEPS}
    if curvature is None:
        with np.errstate(over="ignore", invalid="ignore"):
            found = search(lambda theta: (memo.value(theta), memo.gradient(theta)), start, method="L-BFGS-B", jac=True,
                           options=options)
        return np.asarray(found.x), int(found.nit)

    lower = np.asarray(cholesky(curvature.hessian(start), lower=True, check_finite=False))
    first = np.asarray(solve_triangular(lower, memo.gradient(start), lower=True, check_finite=False))
    size, unit = memo.at(start, 0).weight, float(np.linalg.norm(first)) or 1.0
    ahead = np.zeros(start.size)        # the step that is left to the polish

    def theta(u: Array) -> Array:
        return np.asarray(solve_triangular(lower, u * unit, lower=True, trans="T", check_finite=False))

    def both(u: Array) -> tuple[float, Array]:
        point = theta(u)
        gradient = np.asarray(solve_triangular(lower, memo.gradient(point), lower=True, check_finite=False))
        return memo.value(point) / unit**2, gradient / unit

    def stop(intermediate_result: OptimizeResult) -> None:
        point, gradient = theta(intermediate_result.x), both(intermediate_result.x)[1] * unit
        if 0.5 * size * scale * float(gradient @ gradient) > NEAR:      # in the metric of the start, which costs nothing
            return
        try:
            edm, step = distance(memo.gradient(point), curvature.hessian(point))
        except np.linalg.LinAlgError:
            return
        if size * scale * edm <= NEAR:
            ahead[:] = step
            raise StopIteration

    with np.errstate(over="ignore", invalid="ignore"):
        found = search(both, lower.T @ start / unit, method="L-BFGS-B", jac=True, callback=stop, options=options)
    return theta(found.x) + ahead, int(found.nit)


@dataclass(frozen=True, slots=True)
class Point:
    """Where polishing ended: totals over `weight` rows of value, gradient and Hessian, EDM in total nats, the outcome."""

    theta: Array
    weight: float
    value: float
    gradient: Array
    hessian: Array
    edm: float
    outcome: Outcome


def polish(memo: Memo, theta: Array, scale: float = 1.0, steady: float = STEADY) -> Point:
    """Newton steps from `theta` until EDM is sharp or stops falling.

    `scale` turns the criterion's total into nats: 1 for a likelihood, a(shapes) for a loss. A second-order memo has the
    Hessian of every point anyway; a first-order one renews it only after a step that may move some row's predictor by
    more than `steady`: a certificate bears more of that than the standard errors do.
    """
    best: Point | None = None
    weight, hessian = memo.at(theta, 2).weight, memo.hessian(theta)
    for _ in range(POLISH_STEPS):
        gradient, value = memo.gradient(theta), memo.at(theta, 1).value
        if memo.order == 2:
            hessian = memo.hessian(theta)
        here = Point(theta, weight, value, weight * gradient, weight * hessian, np.inf, Outcome.NOT_FINITE)
        if not (np.all(np.isfinite(gradient)) and np.all(np.isfinite(hessian))):
            return best or here
        try:
            edm, step = distance(gradient, hessian)
        except np.linalg.LinAlgError:
            return best or replace(here, outcome=Outcome.FLAT)
        edm *= weight * scale
        if edm > POLISHABLE:
            return best or replace(here, edm=edm, outcome=Outcome.ITERATIONS)
        if best is not None and edm >= best.edm:      # rounding has the word now: the point before was better
            break
        best = replace(here, edm=edm, outcome=Outcome.CERTIFIED if edm <= CERTIFIED else Outcome.INEXACT)
        if edm <= SHARP * weight:
            break
        theta = theta + step
        if memo.order == 1 and _moved(edm, scale * here.hessian, weight, memo.objective.mean.predictors, steady):
            hessian = memo.hessian(theta)
    assert best is not None
    return best


def _moved(edm: float, hessian: Array, n: float, predictors: int, steady: float) -> bool:
    """Whether a Newton step may have moved some row's predictor by more than `steady`, so that the Hessian must be renewed.

    With many parameters a new Hessian costs a hundred gradients, and the step length in standard errors decides: a row of
    leverage h <= 1 moves by sqrt(h) of it at most, in units of the row's own noise.
    """
    if len(hessian) > DENSE:
        return float(np.sqrt(2.0 * edm)) > STEADY
    return reach(edm, hessian, n, predictors) > steady


@dataclass(frozen=True, slots=True)
class Optimum(Point):
    """Where a route ended, in whitened coordinates, and what the search took; passes over the data are `evaluations`."""

    method: str
    iterations: int
    evaluations: int
