"""The two routes of a loss that is curved and has corners. Both end where the shortest vector of its slopes is 0.

Maximum likelihood begins at zero and comes near by Newton steps on the loss with rounded corners; least loss begins at the least
squares fit and comes near by L-BFGS-B. From there each goes its own exact steps (`facets`). The curvature is the information of
the law, n a^2 E l'^2, as corners have none of their own. Where the loss is not proved convex, each route begins at several points
more, and the lowest end counts.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.errors import NoEstimateError
from mlefit.estimation.certificate import CERTIFIED, Certificate
from mlefit.estimation.facets import Ended, Facets
from mlefit.estimation.outcome import Outcome
from mlefit.estimation.polish import Optimum
from mlefit.estimation.several import weight_of
from mlefit.estimation.starts import starts
from mlefit.execution import Execution
from mlefit.mean import LinearMean, MeanFunction
from mlefit.noise.model import NoiseModel
from mlefit.objective import Objective
from mlefit.records import record
from mlefit.rows.chunk import Chunk, join
from mlefit.sums.curvature import Dense
from mlefit.sums.tally import Tally

if TYPE_CHECKING:
    from mlefit.estimation.face import Face

WIDTHS = tuple(4.0**-i for i in (1, 3, 5, 7))       # of the middle residual, to which corners are rounded in turn
NEWTON = 30
HALVES = 40
FIRST_SEED, SECOND_SEED = 0, 1      # of the starts: neither route knows those of the other
SAME = 1e-9             # relative: losses that are one
STILL = 1e-7            # relative: a step that lowers the loss by less has arrived near enough
ENOUGH = 1e-4           # of the decrease that the slope promises, of which a step of Newton's has to keep that much (Armijo 1966)
ROUNDED = 1e-13         # relative: a loss that is more by less is no more
RIDGE = 1e-12           # of the mean curvature: where a Hessian is singular, its steps go along the rest
NUMBERS = 1 << 27       # that are held in memory at one time
QUICK = {"ftol": 1e-12, "gtol": 1e-9, "maxiter": 200}


@record(frozen=True)
class Subgradient(Certificate):
    """g' I^-1 g / 2 of the shortest vector g of slopes, in nats, I the information."""

    kind: ClassVar[str] = "subgradient"
    short: float

    @property
    def reach(self) -> float:
        """Not known: corners have no curvature."""
        return np.inf


@record(frozen=True)
class _All:
    chunks: tuple[Chunk, ...]

    def __add__(self, other: "_All") -> "_All":
        return _All(self.chunks + other.chunks)


class _Tried(NamedTuple):
    """The lowest end of several searches and how many steps it took to come near; how many there were, how many of them ended
    higher, and by how much the loss of the best of these is larger."""

    ended: Ended
    steps: int
    starts: int
    higher: int
    behind: float | None


def maximum_likelihood(noise: NoiseModel, mean: MeanFunction, execution: Execution) -> Optimum:
    """The point of least loss and the a that it implies, from zero."""
    facets = _facets(noise, mean, execution)
    tried = _tried(facets, _begun(noise, mean, execution, np.zeros(mean.size), FIRST_SEED), _by_newton)
    return _optimum(noise, mean, execution, tried, "active-set Newton", of_loss=False)


def _begun(noise: NoiseModel, mean: MeanFunction, execution: Execution, first: Array, seed: int) -> list[tuple[Array, int]]:
    """Where searches begin, each with how many starts have met there."""
    more = [] if noise.log_concave else starts(noise, mean, execution, seed)
    return [(first, 1), *((start.point[: mean.size], start.met) for start in more)]


def _tried(facets: Facets, begun: list[tuple[Array, int]], near: Callable[[Facets, Array], tuple[Array, int]]) -> _Tried:
    """The best of the searches from these points, which come `near` and then settle."""
    ends = []
    for start, met in begun:
        gamma, steps = near(facets, start)
        ends.append((facets.settled(gamma), steps, met))
    best, steps, _ = min(ends, key=lambda end: end[0].value)
    above = [(end.value, met) for end, _, met in ends if end.value > best.value + SAME * abs(best.value)]
    return _Tried(best, steps, sum(met for _, met in begun), sum(met for _, met in above),
                  min(value for value, _ in above) - best.value if above else None)


def middle(noise: NoiseModel, mean: LinearMean, execution: Execution) -> "tuple[Optimum, Face | None]":
    """The maximum of the likelihood, in the middle of all points of least loss, and their range where there are more than one."""
    facets = _facets(noise, mean, execution)
    tried = _tried(facets, _begun(noise, mean, execution, np.zeros(mean.size), FIRST_SEED), _by_newton)
    ended = tried.ended
    best = _optimum(noise, mean, execution, tried, "active-set Newton", of_loss=False)
    if not ended.free or best.outcome is not Outcome.CERTIFIED:
        return best, None
    from mlefit.estimation.face import WIDE, Face
    from mlefit.estimation.flat import extremes

    directions = mean.natural(ended.gamma)[0].directions
    points = extremes(facets, ended, directions)
    values = points @ directions.T
    if not (np.ptp(values, axis=0) > WIDE * np.linalg.norm(best.curvature.root(directions), axis=1)).any():
        return best, None
    natural = np.stack([mean.natural(point)[0].value for point in points])
    inner = tried._replace(ended=ended._replace(gamma=points.mean(axis=0)))
    return (_optimum(noise, mean, execution, inner, "active-set Newton", of_loss=False),
            Face(natural.min(axis=0), natural.max(axis=0)))


def least_loss(noise: NoiseModel, mean: MeanFunction, execution: Execution) -> Optimum:
    """The point of least loss, from least squares."""
    facets = _facets(noise, mean, execution)
    root = np.sqrt(facets.weight)
    start = np.asarray(np.linalg.lstsq(facets.z * root[:, None], facets.y * root)[0])
    tried = _tried(facets, _begun(noise, mean, execution, start, SECOND_SEED), _by_first_order)
    return _optimum(noise, mean, execution, tried, "L-BFGS-B", of_loss=True)


def _facets(noise: NoiseModel, mean: MeanFunction, execution: Execution) -> Facets:
    cusp = next((one.place for one in noise.corners if not np.isfinite(one.below) or not np.isfinite(one.above)), None)
    if cusp is not None:
        raise NoEstimateError(f"the loss has a cusp, as its slope is infinite at a residual of {cusp:g}: every {mean.size} rows "
                              "that a fit goes through are a minimum of their own, and none can be shown to be the least",
                              "use a loss with a slope everywhere or a corner, such as abs(r) or log(1 + abs(r))", code="cusp")
    count = execution.sum(lambda chunk: Tally(float(chunk.rows), 0.0)).weight
    if count * (mean.size + 4) > NUMBERS:
        raise NoEstimateError(f"the loss has corners, so that its rows are held in memory: {count:.0f} rows of {mean.size} columns "
                              "are too many", "take a sample of the rows, or a loss without corners", code="too-many-rows")
    rows = join(execution.sum(lambda chunk: _All((chunk,))).chunks)
    none = np.empty(0)

    def curve(r: Array) -> tuple[Array, Array, Array]:
        found = noise.loss(r, np.zeros((r.size, 1)), none, 2)
        assert found.d1 is not None
        assert found.curvature is not None
        return found.value, -found.d1[:, 0], found.curvature(np.ones(1))[:, 0]

    y = rows.y if rows.offset is None else rows.y - rows.offset
    weight = np.ones(rows.rows) if rows.weight is None else rows.weight
    return Facets(mean.coordinates.part(0).white(rows), y, weight, curve, noise.corners, noise.log_concave)


def _by_newton(facets: Facets, gamma: Array) -> tuple[Array, int]:
    """Near the minimum, by Newton steps on rounder and rounder corners less."""
    r, taken = facets.residual(gamma), 0
    size = float(np.median(np.abs(r))) or 1.0
    for width in WIDTHS:
        value, slope, bend = facets.rounded(r, width * size)
        for _ in range(NEWTON):
            hessian = (facets.z * np.maximum(bend, 0.0)[:, None]).T @ facets.z
            ridge = RIDGE * (float(np.trace(hessian)) + float(np.abs(slope).sum()) / size) / len(gamma)
            descent = slope @ facets.z
            step, length = np.linalg.solve(hessian + ridge * np.eye(len(gamma)), descent), 1.0
            along = facets.z @ step
            for _ in range(HALVES):
                following = facets.rounded(r - length * along, width * size)
                if following[0] <= value - ENOUGH * length * float(descent @ step) + ROUNDED * abs(value):
                    break
                length *= 0.5
            else:
                break
            gamma, taken = gamma + length * step, taken + 1
            r, before = facets.residual(gamma), value
            value, slope, bend = facets.rounded(r, width * size)
            if before - value <= STILL * abs(value):
                break
    return gamma, taken


def _by_first_order(facets: Facets, gamma: Array) -> tuple[Array, int]:
    """The same by L-BFGS-B."""
    from scipy.optimize import minimize

    search: Any = minimize
    size, taken = float(np.median(np.abs(facets.residual(gamma)))) or 1.0, 0
    total = float(facets.weight.sum())
    for width in WIDTHS:
        unit = facets.rounded(facets.residual(gamma), width * size)[0] or 1.0

        def both(point: Array, width: float = width, unit: float = unit) -> tuple[float, Array]:
            value, slope, _ = facets.rounded(facets.residual(point), width * size)
            return value / unit, -(slope @ facets.z) / unit

        found = search(both, gamma, jac=True, method="L-BFGS-B", options=QUICK)
        if total and np.isfinite(found.fun):
            gamma, taken = np.asarray(found.x), taken + int(found.nit)
    return gamma, taken


def _optimum(
    noise: NoiseModel, mean: MeanFunction, execution: Execution, tried: _Tried, method: str, *, of_loss: bool
) -> Optimum:
    """With the shapes that the loss implies, and the certificate."""
    from mlefit.estimation.routes import implied

    weight, ended = weight_of(execution), tried.ended
    free = implied(noise, ended.value / weight, 0.0)
    theta, objective = np.append(ended.gamma, free), Objective.likelihood(noise, mean)
    there = objective.whitened(execution.sum(lambda chunk: objective.tally(theta, chunk, 2)))
    assert there.gradient is not None
    assert there.curvature is not None
    a = noise.affine(free)[0]
    gradient = np.append(a * ended.slope, there.gradient[mean.size :])
    whole = there.curvature.whole()
    assert whole is not None
    information = Dense(whole[: mean.size, : mean.size])
    try:
        short = 0.5 * float(gradient[: mean.size] @ information.solve(gradient[: mean.size]))
    except np.linalg.LinAlgError:
        short = np.inf
    certificate = Subgradient(short)
    outcome = (Outcome.NOT_FINITE if not np.isfinite(there.value) else
               Outcome.CERTIFIED if short <= CERTIFIED else Outcome.INEXACT)
    steps, behind = tried.steps + ended.steps, None if tried.behind is None else a * tried.behind
    found = Optimum(theta, weight, there.value, gradient, there.curvature, certificate, outcome, method, steps, 2,
                    starts=tried.starts, lower=tried.higher, behind=behind)
    if of_loss:
        return replace(found, value=ended.value, gradient=ended.slope, curvature=information)
    return found
