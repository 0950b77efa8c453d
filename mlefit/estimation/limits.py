"""Limits: whether the best fit lies where a shape is 0 or infinite, and the law is a simpler one.

The simpler law is fitted first; its fit is a start for the other. Whether the limit is a local maximum follows from the slope
of the likelihood there, in closed form: no search runs towards a shape that is infinite. Where it is one, and no search finds
a higher maximum inside, the answer is the limit.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from mlefit.arrays import Array
from mlefit.estimation.certificate import CERTIFIED
from mlefit.estimation.outcome import Outcome
from mlefit.estimation.polish import Optimum
from mlefit.execution import Execution
from mlefit.mean import LinearMean
from mlefit.noise.model import Limit, NoiseModel
from mlefit.rows.chunk import Chunk
from mlefit.sums.tally import Tally

Fit = Callable[[NoiseModel, Array | None], tuple[LinearMean, Optimum]]     # of a law, beside coordinates that are a good start


class Found(NamedTuple):
    """The law that fits best, `limit` of the one asked for or None, its optimum in the coordinates of `mean`, and by how many
    nats that is better than the limit, where there is one and it is not the answer."""

    noise: NoiseModel
    limit: Limit | None
    mean: LinearMean
    optimum: Optimum
    gain: float | None = None


def best(noise: NoiseModel, mean: LinearMean, execution: Execution, fit: Fit) -> Found:
    """The better of a law and its limit, each as `fit` has it; the law alone where there is no limit."""
    if not noise.nested:
        return Found(noise, None, *fit(noise, None))
    (name, limit), = noise.nested.items()
    at, held = fit(limit.law, None)
    beside = held.theta[: at.size]
    where, inside = fit(noise, beside if at is mean else at.mapped(beside, mean))
    gain = held.value - inside.value
    if inside.outcome is Outcome.CERTIFIED and gain > CERTIFIED:
        return Found(noise, None, where, inside, gain)
    slope = _slope(noise, name, at, execution, held.theta)
    if held.outcome is Outcome.CERTIFIED and (slope <= 0.0 or abs(gain) <= CERTIFIED):
        return Found(limit.law, limit, at, replace(held, starts=held.starts + inside.starts))
    return Found(noise, None, where, inside)


def _slope(noise: NoiseModel, name: str, mean: LinearMean, execution: Execution, theta: Array) -> float:
    """The slope of the total log-likelihood into the law, at the fit of its limit."""
    coef, free = theta[: mean.size], theta[mean.size :]

    def of(chunk: Chunk) -> Tally:
        each = noise.limit_slope(name, chunk.y, mean.eta(coef, chunk), free)
        return Tally(float(chunk.rows), float(each.sum() if chunk.weight is None else chunk.weight @ each))

    return execution.sum(of).value
