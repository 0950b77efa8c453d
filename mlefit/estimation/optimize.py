"""The searches: scipy.optimize finds the optimum; how near it came is not its own flags' to say (`certificate`)."""

from typing import Any

import numpy as np

from mlefit.arrays import Array
from mlefit.estimation.certificate import CERTIFIED, distance
from mlefit.estimation.memo import Memo

HANDOVER = 1e-4          # nats in total: where a search in the metric of a subsample hands over to the polish
SEARCH_STEPS = 500       # a whitened Newton search needs about ten
LENGTHS = 60             # steps that are tried each way
QUICK_STEPS = 30         # after which it is worth asking whether there is an optimum to be found
MOST = 20_000           # steps of L-BFGS-B
FIRST_ORDER = {"ftol": 0.0, "gtol": 1e-8, "maxcor": 20, "maxiter": MOST, "maxfun": 2 * MOST}    # for L-BFGS-B
PRODUCTS_GRADIENT = 1e-9  # gradient of the mean at which a search without a Hessian hands over to the polish


def second_order(
    memo: Memo, start: Array, limit: int = SEARCH_STEPS, curvature: Memo | None = None, near: float = CERTIFIED
) -> tuple[Array, int, str]:
    """A trust-region Newton search: where it ended, how many steps it took, and scipy's name of the method.

    With `curvature`, the same criterion on a subsample, steps are made with the Hessian of that: a pass then takes a value
    and a gradient. The search ends within `near` nats, with a `curvature` within HANDOVER: the last step, from there, is not
    evaluated here; it leads to where the polish begins, with the one pass that takes a Hessian of all rows.
    """
    from scipy.optimize import OptimizeResult, minimize

    search: Any = minimize      # its stubs do not know that options differ by method
    bent, near = (memo, near) if curvature is None else (curvature, HANDOVER)
    formed = bent.order == 2
    size = memo.at(start, 0).weight
    reached: list[Array] = [start]

    def stop(intermediate_result: OptimizeResult) -> None:
        theta = intermediate_result.x
        reached.append(np.array(theta))
        try:
            edm, step = distance(memo.gradient(theta), bent.curvature(theta))
        except np.linalg.LinAlgError:
            return
        if size * edm <= near:
            if curvature is not None:
                reached[-1] += step
            raise StopIteration

    options: dict[str, Any] = {"maxiter": limit, "gtol": 1e-14 if formed else PRODUCTS_GRADIENT, "initial_trust_radius": 1.0}
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        method = _method(bent, start)
        try:
            found = search(memo.value, start, jac=memo.gradient, options=options, callback=stop if formed else None, **method)
        except (UnboundLocalError, ValueError, np.linalg.LinAlgError):
            # On a Hessian that is singular but for rounding scipy's subproblem fails with one of these instead of ending;
            # EDM judges the last point accepted.
            return reached[-1], len(reached) - 1, method["method"]
    return np.asarray(found.x) if curvature is None else reached[-1], int(found.nit), method["method"]


def _method(memo: Memo, start: Array) -> dict[str, Any]:
    """How scipy is given second derivatives: as a matrix, as products with a curvature, or as products that take a pass each."""
    if memo.order == 2 and memo.curvature(start).whole() is not None:
        return {"method": "trust-exact", "hess": lambda theta: memo.curvature(theta).whole()}

    def times(theta: Array, direction: Array) -> Array:
        found = memo.product(theta, direction) if memo.order < 2 else memo.curvature(theta).times(direction)
        if not np.isfinite(found).all():        # with which conjugate gradients would never end
            raise np.linalg.LinAlgError
        return found

    # Not trust-krylov, whose steps near the end depend on what its memory held before: the same call gives others.
    return {"method": "trust-ncg", "hessp": times}


def first_order(memo: Memo, start: Array, limit: int = MOST) -> tuple[Array, int]:
    """L-BFGS-B: where it ended and how many steps it took, `limit` at most."""
    from scipy.optimize import minimize

    search: Any = minimize
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        found = search(lambda theta: (memo.value(theta), memo.gradient(theta)), start, method="L-BFGS-B", jac=True,
                       options={**FIRST_ORDER, "maxiter": limit})
    return np.asarray(found.x), int(found.nit)


def downhill(memo: Memo, start: Array) -> Array:
    """The best of some points on the way of steepest descent from `start`, by halves and doubles of a step of length 1.

    Where one row has all the say at the start, a line search that believes the slope there ends before its first step.
    """
    gradient = memo.gradient(start)
    way, best, value = -gradient / float(np.linalg.norm(gradient)), start, memo.value(start)
    for factor in (2.0, 0.5):
        length = 1.0 if factor > 1.0 else 0.5
        for _ in range(LENGTHS):
            point = start + length * way
            if not (found := memo.value(point)) < value:
                break
            best, value, length = point, found, length * factor
    return best


def first_order_guided(memo: Memo, start: Array, curvature: Memo, scale: float) -> tuple[Array, int]:
    """L-BFGS-B in the metric of a Hessian, for a few steps: where it ended and how many it took.

    With F F' the inverse Hessian of `curvature`, a subsample or all rows, at the start, the search is in coordinates u in which
    that is the identity: u = F^-1 theta / |F'g|. In this unit the first step that L-BFGS-B tries, which has length 1, is Newton's.
    `scale` is that of `polish`, to which the last step is left, as in `second_order`.
    """
    from scipy.optimize import OptimizeResult, minimize

    search: Any = minimize
    metric = curvature.curvature(start)
    try:
        first = metric.root(memo.gradient(start))
    except np.linalg.LinAlgError:
        return start, 0     # no metric to be had here
    size, unit = memo.at(start, 0).weight, float(np.linalg.norm(first)) or 1.0
    ahead = np.zeros(start.size)        # the step that is left to the polish

    def theta(u: Array) -> Array:
        return metric.unsphered(u * unit)

    def both(u: Array) -> tuple[float, Array]:
        point = theta(u)
        return memo.value(point) / unit**2, metric.root(memo.gradient(point)) / unit

    def stop(intermediate_result: OptimizeResult) -> None:
        point, gradient = theta(intermediate_result.x), both(intermediate_result.x)[1] * unit
        if 0.5 * size * scale * float(gradient @ gradient) > HANDOVER:      # in the metric of the start, which costs nothing
            return
        try:
            edm, step = distance(memo.gradient(point), curvature.curvature(point))
        except np.linalg.LinAlgError:
            return
        if size * scale * edm <= HANDOVER:
            ahead[:] = step
            raise StopIteration

    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        found = search(both, metric.sphered(start) / unit, method="L-BFGS-B", jac=True, callback=stop,
                       options={**FIRST_ORDER, "maxiter": QUICK_STEPS})
    return theta(found.x) + ahead, int(found.nit)
