"""The linear programme of a loss of straight lines, for a few rows: its dual is solved, the multipliers are the coefficients.

    maximise r'u  subject to  Z'u + pull = 0,  -w below <= u <= w above

(Koenker and Bassett 1978; Portnoy and Koenker 1997.) The solver knows both to its own tolerance. Rows whose u is strictly
between its bounds have residual 0, so p independent ones give the vertex to the last digit, and the same equations give their u.
"""

from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from mlefit.arrays import Array, Index, Mask
from mlefit.estimation.lines import Lines

FEASIBLE = 1e-10        # of the solver, in units of the largest residual and of the mean weight
INSIDE = 1e-8           # of a weight: a dual variable further from its bounds is between them
TIED = 1e-7             # of the largest residual: rows nearer to the plane may be on it
ROUNDING = 1e-12        # of the largest response: residuals below are 0
OPTIMAL, INFEASIBLE, ROUNDED = 0, 2, 4      # of scipy's `status`; the last: solved, but not to the tolerances asked for

Method = Literal["highs-ds", "highs-ipm"]
METHODS: tuple[Method, ...] = get_args(Method)
OPTIONS = {"primal_feasibility_tolerance": FEASIBLE, "dual_feasibility_tolerance": FEASIBLE, "maxiter": 1_000_000}


class Vertex(NamedTuple):
    """A point of least loss `gamma` (p,), a dual vector u (k,) of the rows, and how many `steps` the solver took.

    `inside`: rows whose u is strictly between its bounds, so that every point of least loss has them on its plane.
    """

    gamma: Array
    dual: Array
    inside: Index
    steps: int


def solved(lines: Lines, gamma: Array, method: Method) -> Vertex | None:
    """The least loss; None where the lines fall without end, so that they are too few. `gamma`: near it.

    Raises ArithmeticError where the solver gives up.
    """
    slopes, weight, z, r = lines.slopes, lines.weight, lines.z, lines.residual(gamma)
    unit = float(np.abs(r).max(initial=0.0))
    if unit <= ROUNDING * float(np.abs(lines.rows.y).max(initial=0.0)):     # all are on the plane: their residuals are rounding
        r, unit = np.zeros_like(r), 1.0
    mass = float(weight.mean())
    low, high = -slopes.below * weight, slopes.above * weight
    found = _programme(r / unit, z, lines.pull / mass, np.stack([low, high], axis=1) / mass, method)
    if found is None:
        return None
    dual = np.asarray(found.x) * mass
    inside = np.minimum(dual - low, high - dual) > INSIDE * weight
    dual = np.where(inside, dual, np.where(2.0 * dual > low + high, high, low))
    dual[inside] += missing(z[inside], z.T @ dual + lines.pull)
    point = vertex(lines, inside, gamma - unit * np.asarray(found.eqlin.marginals), TIED * unit)
    return Vertex(point, dual, np.flatnonzero(inside), int(found.nit))


def _programme(r: Array, z: Array, pull: Array, bounds: Array, method: Method) -> Any:
    """What the solver found, by the other method where one gives up; None where no u fits. Raises ArithmeticError if both do."""
    from scipy.optimize import linprog

    solve: Any = linprog
    for each in (method, *(other for other in METHODS if other != method)):
        found = solve(-r, A_eq=z.T, b_eq=-pull, bounds=bounds, method=each, options=OPTIONS)
        if found.x is not None and found.status in (OPTIMAL, ROUNDED):
            return found
        if found.status == INFEASIBLE:
            return None
    raise ArithmeticError("the linear programme was not solved")


def missing(z: Array, left: Array) -> Array:
    """The change of the dual variables of these rows that makes Z'u + pull vanish: twice, for the rounding of the first."""
    change = np.zeros(len(z))
    if len(z):
        for _ in range(2):
            change = change - np.linalg.lstsq(z.T, left + z.T @ change)[0]
    return change


def vertex(lines: Lines, inside: Mask, near: Array, tied: float) -> Array:
    """The point through p independent rows of residual 0: those inside, and as many of the nearest as they lack."""
    from scipy.linalg import qr

    rank = lines.coordinates.rank
    r = np.abs(lines.residual(near))
    on = np.flatnonzero(inside)
    if on.size != rank:
        on = np.flatnonzero(inside | (r <= tied))
    if on.size < rank:
        return near
    x, y = lines.coordinates.design(lines.rows)[on], lines.rows.y[on]
    if on.size > rank:
        scale = np.abs(x).max(axis=0)
        chosen = np.sort(qr((x / np.where(scale > 0.0, scale, 1.0)).T, mode="r", pivoting=True)[1][:rank])
        x, y = x[chosen], y[chosen]
    try:
        b = np.linalg.solve(x, y)
        b = b + np.linalg.solve(x, y - x @ b)
    except np.linalg.LinAlgError:
        return near
    point = lines.coordinates.triangle @ b
    return point if _loss(lines, point) <= _loss(lines, near) + tied * float(lines.weight.sum()) else near


def _loss(lines: Lines, gamma: Array) -> float:
    return float(lines.weight @ lines.slopes.loss(lines.residual(gamma)) - lines.pull @ gamma)
