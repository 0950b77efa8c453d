"""The two routes. Neither sees the other's answer, and the loss route never evaluates the likelihood.

Maximum likelihood searches coefficients and shapes together, by second-order steps on the negative log-likelihood.
Least loss searches the coefficients alone, by first-order steps on the independently written loss; the shapes follow in
closed form from its minimum (sigma^2 = MSE).
"""

import numpy as np

from mlefit.arrays import Array
from mlefit.criterion import implied_loss, likelihood
from mlefit.estimation.certificate import CERTIFIED, DENSE
from mlefit.estimation.memo import Memo
from mlefit.estimation.optimize import QUICK_STEPS, SEARCH_STEPS, downhill, first_order, first_order_guided, second_order
from mlefit.estimation.outcome import Outcome
from mlefit.estimation.polish import EXACT, Optimum, Point, polish
from mlefit.execution import Execution
from mlefit.mean import MeanFunction
from mlefit.noise.model import NoiseModel
from mlefit.objective import Objective
from mlefit.rows.chunk import Chunk
from mlefit.sums.tally import Tally

ROUNDED = 1e-26     # of a mean loss that is a square of relative errors: all rows are what the predictors say, but for rounding
WORTHLESS = 1e6     # a subsample whose whitened Hessian is this ill-conditioned is separated or nearly so


class Exact(Exception):  # noqa: N818  a finding, not a defect: the pipeline turns it into what the user reads
    """Every row is fitted exactly, and the likelihood of the law is unbounded there."""


def maximum_likelihood(
    noise: NoiseModel, mean: MeanFunction, execution: Execution, sample: Execution | None = None,
    start: Array | None = None, steps: int = SEARCH_STEPS, near: float = CERTIFIED,
) -> Optimum:
    """Minimise -log L over (gamma, free shapes), from `start`, the optimum of a subsample, or zero, until within
    `near` nats.

    With more than DENSE parameters a Hessian of the subsample costs more than the steps that it saves.
    """
    objective = Objective(likelihood(noise), mean, len(noise.shapes))
    dense, curvature = objective.size <= DENSE, None
    rough = None if sample is None or not dense else maximum_likelihood(noise, mean, sample, steps=QUICK_STEPS)
    if sample is not None and rough is not None and _settled(rough):
        start = rough.theta
        curvature = Memo(objective, sample, order=2)
    elif start is None:
        start = np.concatenate([np.zeros(mean.size), _first_shapes(noise, mean, execution)])
    memo = Memo(objective, execution, order=2 if dense and curvature is None else 1)
    theta, iterations, method = second_order(memo, start, steps, curvature, near)
    end = polish(memo, theta, steady=EXACT)
    if not dense and end.outcome is Outcome.CERTIFIED:
        end = polish(memo, end.theta)       # standard errors want the Hessian of the answer, not of where polishing began
    return Optimum(end.theta, end.weight, end.value, end.gradient, end.curvature, end.certificate, end.outcome, method,
                   iterations, memo.evaluations)


def least_loss(noise: NoiseModel, mean: MeanFunction, execution: Execution, sample: Execution | None = None) -> Optimum:
    """Minimise the mean loss over gamma alone; the shapes at the end of theta are those that the loss implies.

    A subsample gives the start and, with the Hessian of the same loss, the metric of the search. Where it is no guide to all
    rows, the metric is that of all rows where the search came to, and in the end none, from there or from zero.
    """
    objective = Objective(implied_loss(noise), mean, 0)
    memo, base = Memo(objective, execution, order=1), mean_base(noise, execution)
    theta, iterations, end = np.zeros(mean.size), 0, None
    rough = None if sample is None or objective.size > DENSE else least_loss(noise, mean, sample)
    if sample is not None and rough is not None and _settled(rough):
        theta = rough.theta[: mean.size]
        for curvature in (Memo(objective, sample, order=2), memo):
            scale = _nats(noise, memo.at(theta, 1), base)
            theta, steps = first_order_guided(memo, theta, curvature, scale)
            end, iterations = polish(memo, theta, _nats(noise, memo.at(theta, 2), base)), iterations + steps
            if end.outcome is Outcome.CERTIFIED:
                break
    if end is None or end.outcome is not Outcome.CERTIFIED:
        theta, steps = first_order(memo, min(theta, np.zeros(mean.size), key=memo.value))
        end, iterations = polish(memo, theta, _nats(noise, memo.at(theta, 2), base)), iterations + steps
    if end.outcome is not Outcome.CERTIFIED:
        theta, steps = first_order(memo, downhill(memo, np.zeros(mean.size)))
        end, iterations = polish(memo, theta, _nats(noise, memo.at(theta, 2), base)), iterations + steps
    if end.outcome is not Outcome.CERTIFIED and noise.collapse is not None:     # near an exact fit a nat is next to no loss
        _shapes(noise, polish(memo, end.theta), base)
    shapes = _shapes(noise, end, base)
    return Optimum(np.concatenate([end.theta, shapes]), end.weight, end.value, end.gradient, end.curvature, end.certificate,
                   end.outcome, "L-BFGS-B", iterations, memo.evaluations)


def _settled(rough: Optimum) -> bool:
    """Whether a subsample has an optimum: a rare class may be absent from it."""
    return rough.outcome is Outcome.CERTIFIED and rough.curvature.norm < WORTHLESS * rough.curvature.smallest


def _first_shapes(noise: NoiseModel, mean: MeanFunction, execution: Execution) -> Array:
    """The shapes implied by the loss at zero coefficients: a start that is never too narrow."""
    objective = Objective(implied_loss(noise), mean, 0)
    total = execution.sum(lambda chunk: objective.tally(np.zeros(mean.size), chunk, 0))
    return _shapes(noise, total, mean_base(noise, execution))


def mean_base(noise: NoiseModel, execution: Execution) -> float:
    """The mean over rows of what the likelihood holds of the data alone; a law that defines no base has none."""
    if type(noise).base is NoiseModel.base:
        return 0.0

    def of(chunk: Chunk) -> Tally:
        each = noise.base(chunk.y)
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
    loss = total.value / total.weight
    if noise.shapes and noise.collapse is not None and loss <= ROUNDED and not noise.compresses:
        raise Exact
    return noise.implied_shapes(loss, base)
