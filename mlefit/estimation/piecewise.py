"""The two routes of a law that is not smooth, whose loss is straight on either side of the location: linear programmes.

Both end at a vertex, with a dual vector of their own that proves it. Maximum likelihood finds its neighbourhood by Newton steps on
the loss with rounded corners, from the least squares of responses drawn in, and solves the programme by the simplex method;
the scale, in which the likelihood is smooth, is at its best for the residuals. Least loss finds it by first-order steps, from
zero, and solves its programme by an interior point method. What both share is the working set (`band`).
"""

import numpy as np

from mlefit.arrays import Array
from mlefit.estimation.band import Bottom, bottom
from mlefit.estimation.certificate import DualityGap
from mlefit.estimation.lines import Lines, Slopes
from mlefit.estimation.outcome import Outcome
from mlefit.estimation.polish import Optimum
from mlefit.estimation.smoothed import by_first_order, by_newton
from mlefit.estimation.working_set import Search
from mlefit.execution import Execution
from mlefit.mean import LinearMean, MeanFunction
from mlefit.noise.model import NoiseModel
from mlefit.objective import Objective
from mlefit.sums.curvature import Dense
from mlefit.sums.tally import Tally

DRAWN_IN = 3.0      # times the median distance from the median: where responses are cut off for a start


def _drawn_in(lines: Lines) -> Array:
    """The least squares fit to responses without their extremes."""
    y = lines.residual(np.zeros(lines.mean.size))
    middle = float(np.median(y))
    reach = DRAWN_IN * float(np.median(np.abs(y - middle)))
    root = np.sqrt(lines.weight)
    found = np.linalg.lstsq(lines.z * root[:, None], np.clip(y, middle - reach, middle + reach) * root)[0]
    return np.asarray(found, dtype=np.float64)


def _zero(lines: Lines) -> Array:
    return np.zeros(lines.mean.size)


SIMPLEX = Search(_drawn_in, by_newton, "highs-ds")
INTERIOR = Search(_zero, by_first_order, "highs-ipm")


def maximum_likelihood(
    noise: NoiseModel, mean: MeanFunction, execution: Execution, sample: Execution | None = None
) -> Optimum:
    """The point of least loss and the shapes that it implies. The curvature is the information."""
    assert isinstance(mean, LinearMean)      # programmes are of planes
    found = bottom(mean, Slopes(*noise.slopes), execution, sample, SIMPLEX)
    return at(found, found.vertex.gamma, noise, execution)


def at(found: Bottom, gamma: Array, noise: NoiseModel, execution: Execution) -> Optimum:
    """The maximum at a point of least loss, which need not be the vertex that was found."""
    mean = found.lines.mean
    total = _total(noise, mean, execution, gamma)
    theta = np.append(gamma, noise.implied_shapes(total.value / total.weight, 0.0))
    objective = Objective.likelihood(noise, mean)
    there = objective.whitened(execution.sum(lambda chunk: objective.tally(theta, chunk, 2)))
    assert there.gradient is not None
    assert there.curvature is not None
    nats = noise.affine(theta[mean.size :])[0]
    gradient = np.append(-nats * found.infeasible, there.gradient[mean.size :])
    certificate = _certificate(found, gamma, total, nats)
    return Optimum(theta, there.weight, there.value, gradient, there.curvature, certificate, _outcome(certificate, there.value),
                   SIMPLEX.method, found.steps, found.passes + 2)


def least_loss(noise: NoiseModel, mean: MeanFunction, execution: Execution, sample: Execution | None = None) -> Optimum:
    """The same by the other search, of the loss alone."""
    assert isinstance(mean, LinearMean)
    found = bottom(mean, Slopes(*noise.slopes), execution, sample, INTERIOR)
    gamma = found.vertex.gamma
    total = _total(noise, mean, execution, gamma)
    shapes = noise.implied_shapes(total.value / total.weight, 0.0)
    certificate = _certificate(found, gamma, total, noise.affine(shapes)[0])
    return Optimum(np.append(gamma, shapes), total.weight, total.value, -found.infeasible,
                   Dense(np.zeros((mean.size, mean.size))), certificate, _outcome(certificate, total.value), "L-BFGS-B",
                   found.steps, found.passes + 1)


def _total(noise: NoiseModel, mean: LinearMean, execution: Execution, gamma: Array) -> Tally:
    """The loss at a point."""
    lossy = Objective.second(noise, mean)
    return execution.sum(lambda chunk: lossy.tally(gamma, chunk, 0))


def _certificate(found: Bottom, gamma: Array, total: Tally, nats: float) -> DualityGap:
    """The gap, and what is missing to Z'u = 0 times as far as the best point can be: both have a mean loss of this size."""
    with np.errstate(invalid="ignore"):
        away = total.value / total.weight / min(found.lines.slopes)
        return DualityGap(nats * (found.gap(gamma) + float(np.linalg.norm(found.infeasible)) * away), total.weight)


def _outcome(certificate: DualityGap, value: float) -> Outcome:
    if not np.isfinite(value) or not np.isfinite(certificate.short):
        return Outcome.NOT_FINITE
    return Outcome.CERTIFIED if certificate.short <= certificate.bound else Outcome.INEXACT
