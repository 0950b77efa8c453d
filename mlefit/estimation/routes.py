"""The two routes. Neither sees the other's answer, and the loss route never evaluates the likelihood.

Maximum likelihood searches coefficients and shapes together, by second-order steps on the negative log-likelihood.
Least loss searches the coefficients alone, by first-order steps on the independently written loss; the shapes follow in
closed form from its minimum (sigma^2 = MSE). Where the loss contains the shapes, what they cost is added to it.
"""

from dataclasses import replace

import numpy as np

from mlefit.arrays import Array
from mlefit.estimation.certificate import CERTIFIED, DENSE
from mlefit.estimation.guide import Guide
from mlefit.estimation.memo import Memo
from mlefit.estimation.optimize import QUICK_STEPS, SEARCH_STEPS, downhill, first_order, first_order_guided, second_order
from mlefit.estimation.outcome import Outcome
from mlefit.estimation.polish import EXACT, Optimum, Point, polish
from mlefit.estimation.several import best_of
from mlefit.estimation.starts import Start, least_squares, starts
from mlefit.execution import Execution
from mlefit.mean import MeanFunction
from mlefit.mean.jacobian import WIDE
from mlefit.noise.model import NoiseModel
from mlefit.objective import Objective
from mlefit.rows.chunk import Chunk
from mlefit.sums.tally import Tally

ROUGH = 8           # steps without a metric before one is worth its while
NEWTON_FACTOR, FIRST_FACTOR = 3.0, 2.5      # from one gentler loss to the next, in either route
FIRST_SEED, SECOND_SEED = 0, 1      # of rows that are fitted exactly to give a start: neither route knows those of the other
HINT = 1e-2         # nats within which a subsample of many columns tells what it can: its own error is a nat for each two of them
SAME = 1e-18        # squared standard errors by which points differ whose Hessians have the same digits, but for the last few
WORTHLESS = 1e6     # a subsample whose whitened Hessian is this ill-conditioned is separated or nearly so


class Exact(Exception):  # noqa: N818  a finding, not a defect: the pipeline turns it into what the user reads
    """Every row is fitted exactly, and the likelihood of the law is unbounded there."""


def maximum_likelihood(
    noise: NoiseModel, mean: MeanFunction, execution: Execution, sample: Execution | None = None,
    start: Array | None = None, steps: int = SEARCH_STEPS, near: float = CERTIFIED, beside: Array | None = None, times: int = 1,
) -> Optimum:
    """Minimise -log L over (gamma, free shapes), from `start`, the optimum of a subsample, or where the law begins, until
    within `near` nats. `beside` (m r,): coordinates that are known to be a good start.

    With more than DENSE parameters a Hessian of the subsample costs more than the steps that it saves. Where there may be
    several maxima, several searches are made, on the subsample if there is one, from `times` as many starts as usual.
    """
    if not noise.smooth:
        from mlefit.estimation import piecewise

        return piecewise.maximum_likelihood(noise, mean, execution, sample)
    if noise.corners:
        from mlefit.estimation import cornered

        return cornered.maximum_likelihood(noise, mean, execution)
    objective = Objective.likelihood(noise, mean)
    dense, curvature = objective.wide <= DENSE, None
    rough = None if sample is None or not dense else maximum_likelihood(
        noise, mean, sample, steps=QUICK_STEPS, near=HINT if objective.wide >= WIDE else CERTIFIED, beside=beside, times=times)
    points = [] if start is None else [Start(start)]
    if sample is not None and rough is not None and _settled(rough):
        points = _ends(rough)
        curvature = Guide(objective, sample, rough)
    elif start is None:
        begun = noise.begins or (mean.predictors > 1 and not noise.log_concave)
        points = starts(noise, mean, execution, FIRST_SEED, beside, times) if begun else [
            Start(np.concatenate([np.zeros(mean.size), _first_shapes(noise, mean, execution)]))]
    memo = Memo(objective, execution, 2 if dense and curvature is None else 1)

    def search(point: Array) -> Optimum:
        theta, iterations, method = second_order(memo, point, steps, curvature, near)
        end = polish(memo, theta, steady=EXACT, enough=near if near > CERTIFIED else 0.0)
        begun = memo.bent
        if not dense and end.outcome is Outcome.CERTIFIED and begun is not None and end.curvature.square(end.theta - begun) > SAME:
            end = polish(memo, end.theta)   # standard errors want the Hessian of the answer, not of where polishing began
        return Optimum(end.theta, end.weight, end.value, end.gradient, end.curvature, end.certificate, end.outcome, method,
                       iterations, memo.evaluations)

    if len(points) == 1:
        found = search(points[0].point)
        if found.outcome is not Outcome.CERTIFIED and noise.gentler(NEWTON_FACTOR):
            coef = gently(noise, mean, execution, NEWTON_FACTOR)
            total = execution.sum(lambda chunk: Objective.second(noise, mean).tally(coef, chunk, 0))
            again = search(np.append(coef, _shapes(noise, total, 0.0)))
            found = again if again.outcome is Outcome.CERTIFIED else found
        return replace(found, starts=points[0].met if curvature is None or rough is None else rough.starts)
    best = best_of(noise, memo, points, search)
    return best if curvature is None or rough is None else replace(best, starts=rough.starts, lower=rough.lower)


def least_loss(
    noise: NoiseModel, mean: MeanFunction, execution: Execution, sample: Execution | None = None, times: int = 1
) -> Optimum:
    """Minimise the mean loss over gamma alone; the shapes at the end of theta are those that the loss implies.

    A subsample gives the start and, with the Hessian of the same loss, the metric of the search. Where it is no guide to all
    rows, the metric is that of all rows where the search came to, and in the end none, from there or from zero.
    """
    if not noise.smooth:
        from mlefit.estimation import piecewise

        return piecewise.least_loss(noise, mean, execution, sample)
    if noise.corners:
        from mlefit.estimation import cornered

        return cornered.least_loss(noise, mean, execution)
    if noise.loss_has_shapes:
        return least_profiled(noise, mean, execution, sample, times)
    if noise.begins or times > 1:
        return least_begun(noise, mean, execution, sample, times)
    objective = Objective.second(noise, mean)
    memo, base = Memo(objective, execution, order=1), mean_base(noise, execution)
    theta, iterations, end = np.zeros(mean.size), 0, None

    def polished(point: Array) -> Point:
        return polish(memo, point, _nats(noise, memo.at(point, 2), base))

    rough = None if sample is None or objective.size > DENSE else least_loss(noise, mean, sample)
    if sample is not None and rough is not None and _settled(rough):
        theta = rough.theta[: mean.size]
        for curvature in (Guide(objective, sample, rough), memo):
            scale = _nats(noise, memo.at(theta, 1), base)
            theta, steps = first_order_guided(memo, theta, curvature, scale)
            end, iterations = polished(theta), iterations + steps
            if end.outcome is Outcome.CERTIFIED:
                break
    if not mean.columned:       # a Hessian costs a few gradients, and there is no sample with a row of each level
        theta, steps = first_order(memo, theta, ROUGH)
        theta, more = first_order_guided(memo, theta, memo, _nats(noise, memo.at(theta, 2), base))
        end, iterations = polished(theta), steps + more
    if end is None or end.outcome is not Outcome.CERTIFIED:
        theta, steps = first_order(memo, min(theta, np.zeros(mean.size), key=memo.value))
        end, iterations = polished(theta), iterations + steps
    if end.outcome is not Outcome.CERTIFIED:
        begin = least_squares(noise, mean, execution)
        theta, steps = first_order(memo, downhill(memo, np.zeros(mean.size)) if begin is None else begin)
        end, iterations = polished(theta), iterations + steps
    if end.outcome is not Outcome.CERTIFIED:      # the loss may be small beside the tolerance of the search
        theta, steps = first_order_guided(memo, end.theta, memo, _nats(noise, memo.at(end.theta, 1), base))
        end, iterations = polished(theta), iterations + steps
    end = _or_gently(noise, mean, execution, memo, base, end)
    if end.outcome is not Outcome.CERTIFIED and noise.collapse is not None:     # near an exact fit a nat is next to no loss
        _shapes(noise, polish(memo, end.theta), base)
    shapes = _shapes(noise, end, base)
    return Optimum(np.concatenate([end.theta, shapes]), end.weight, end.value, end.gradient, end.curvature, end.certificate,
                   end.outcome, "L-BFGS-B", iterations, memo.evaluations)


def _or_gently(
    noise: NoiseModel, mean: MeanFunction, execution: Execution, memo: Memo, base: float, end: Point
) -> Point:
    """Where a search ended, or where that by way of gentler losses does, if only they get there."""
    if end.outcome is Outcome.CERTIFIED or not noise.gentler(FIRST_FACTOR):
        return end
    theta = gently(noise, mean, execution, FIRST_FACTOR)
    return polish(memo, theta, _nats(noise, memo.at(theta, 2), base))


def gently(noise: NoiseModel, mean: MeanFunction, execution: Execution, factor: float) -> Array:
    """Coordinates (m r,) of least loss, by way of gentler losses: where the loss bends within few rows, Newton steps want to begin
    near them."""
    coef = np.zeros(mean.size)
    for law in (*noise.gentler(factor), noise):
        coef = second_order(Memo(Objective.second(law, mean), execution, 2), coef)[0]
    return coef


def least_profiled(
    noise: NoiseModel, mean: MeanFunction, execution: Execution, sample: Execution | None = None, times: int = 1
) -> Optimum:
    """Minimise the mean loss and what the shapes cost, by first-order steps over gamma and the free shapes together.

    The starts are its own. A subsample gives the start and the metric, as it does where the loss has no shapes.
    """
    objective = Objective.second(noise, mean)
    memo = Memo(objective, execution, 1)
    rough = None if sample is None or objective.size > DENSE else least_profiled(noise, mean, sample, times=times)

    def ended(theta: Array, iterations: int) -> Optimum:
        end = polish(memo, theta)
        return Optimum(end.theta, end.weight, end.value, end.gradient, end.curvature, end.certificate, end.outcome, "L-BFGS-B",
                       iterations, memo.evaluations)

    def search(point: Array) -> Optimum:
        found = ended(*first_order(memo, point))
        if found.outcome is Outcome.CERTIFIED:
            return found
        theta, steps = first_order_guided(memo, found.theta, memo, 1.0)
        return ended(theta, found.iterations + steps)

    if sample is not None and rough is not None and _settled(rough):
        guide = Guide(objective, sample, rough)

        def guided(point: Array) -> Optimum:
            return ended(*first_order_guided(memo, point, guide, 1.0))

        found = best_of(noise, memo, _ends(rough), guided)
        if found.outcome is Outcome.CERTIFIED:
            return replace(found, starts=rough.starts, lower=rough.lower)
    return best_of(noise, memo, starts(noise, mean, execution, SECOND_SEED, None, times), search)


def least_begun(
    noise: NoiseModel, mean: MeanFunction, execution: Execution, sample: Execution | None = None, times: int = 1
) -> Optimum:
    """Minimise the mean loss over gamma alone, from each start of the route, which are its own; a subsample gives its best two."""
    objective = Objective.second(noise, mean)
    memo, base = Memo(objective, execution, order=1), mean_base(noise, execution)
    rough = None if sample is None or objective.size > DENSE else least_begun(noise, mean, sample, times=times)

    def ended(theta: Array, iterations: int) -> Optimum:
        end = polish(memo, theta, _nats(noise, memo.at(theta, 1), base))
        shapes = _shapes(noise, end, base)
        return Optimum(np.concatenate([end.theta, shapes]), end.weight, end.value, end.gradient, end.curvature, end.certificate,
                       end.outcome, "L-BFGS-B", iterations, memo.evaluations)

    def search(point: Array) -> Optimum:
        found = ended(*first_order(memo, point[: mean.size]))
        if found.outcome is Outcome.CERTIFIED:
            return found
        coef = found.theta[: mean.size]
        theta, steps = first_order_guided(memo, coef, memo, _nats(noise, memo.at(coef, 1), base))
        return ended(theta, found.iterations + steps)

    if rough is not None and _settled(rough):
        found = best_of(noise, memo, _ends(rough), search)
        if found.outcome is Outcome.CERTIFIED:
            return replace(found, starts=rough.starts, lower=rough.lower)
    return best_of(noise, memo, starts(noise, mean, execution, SECOND_SEED, None, times), search)


def _ends(rough: Optimum) -> list[Start]:
    """Where searches on a subsample ended, the best two: a start each."""
    return [Start(point) for point in (rough.theta, rough.rival) if point is not None]


def least_held_loss(noise: NoiseModel, mean: MeanFunction, execution: Execution, free: Array) -> Point:
    """Where the least loss is at these shapes, by first-order steps from zero; from the starts of the route too, where there may
    be several minima."""
    memo = Memo(Objective.loss(noise, mean, free), execution, 1)
    more = [] if noise.log_concave else [start.point[: mean.size] for start in starts(noise, mean, execution, SECOND_SEED)]
    ends = [polish(memo, first_order(memo, point)[0], noise.affine(free)[0]) for point in (np.zeros(mean.size), *more)]
    return min(ends, key=lambda end: end.value)


def _settled(rough: Optimum) -> bool:
    """Whether a subsample has an optimum: a rare class may be absent from it."""
    arrived = rough.outcome is Outcome.CERTIFIED or rough.certificate.short <= HINT
    return arrived and rough.curvature.norm < WORTHLESS * rough.curvature.smallest


def _first_shapes(noise: NoiseModel, mean: MeanFunction, execution: Execution) -> Array:
    """The shapes implied by the loss at zero coefficients: a start that is never too narrow."""
    objective = Objective.second(noise, mean)
    total = execution.sum(lambda chunk: objective.tally(np.zeros(mean.size), chunk, 0))
    return _shapes(noise, total, mean_base(noise, execution))


def mean_base(noise: NoiseModel, execution: Execution) -> float:
    """The mean over rows of what the likelihood holds of the data alone; a law that defines no base has none."""
    if type(noise).base is NoiseModel.base:
        return 0.0

    def of(chunk: Chunk) -> Tally:
        each = noise.among(chunk.trials).base(chunk.y)
        if chunk.weight is None:
            return Tally(float(chunk.rows), float(each.sum()))
        return Tally(float(chunk.weight.sum()), float(chunk.weight @ each))

    total = execution.sum(of)
    return total.value / total.weight


def _nats(noise: NoiseModel, total: Tally, base: float) -> float:
    """Nats per unit of loss at the shapes that the total loss implies."""
    return noise.affine(_shapes(noise, total, base))[0]


def _shapes(noise: NoiseModel, total: Tally | Point, base: float) -> Array:
    """The shapes that a total loss implies. Raises Exact where it is none."""
    return implied(noise, total.value / total.weight, base)


def implied(noise: NoiseModel, loss: float, base: float) -> Array:
    """The shapes that a mean loss implies. Raises Exact where it is none."""
    if noise.shapes and noise.collapse is not None and loss - noise.least_loss <= noise.rounding and not noise.compresses:
        raise Exact
    return noise.implied_shapes(loss, base)
