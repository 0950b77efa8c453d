"""Refinement: one more Newton step whose predictors and gradient are summed in twice the precision, from the rows as encoded.

A certificate is computed from the same rounded sums as the optimum, so that it cannot see what both have lost. This step sees
it: its length in standard errors says how far off the optimum is. Where it is visible, it is taken.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mlefit.arrays import Array
from mlefit.estimation.fit import Optima
from mlefit.estimation.polish import Optimum
from mlefit.estimation.routes import mean_base
from mlefit.execution import Execution
from mlefit.mean import LinearMean
from mlefit.objective import Objective
from mlefit.records import record
from mlefit.rows.chunk import Chunk
from mlefit.sums.doubled import Doubled, substituted

VISIBLE = 1e-4      # standard errors: a longer step is taken
STEPS = 3           # of them; what still moves then has no answer in doubles
SLAB = 4096         # rows at a time


@record(frozen=True)
class Sum:
    """The criterion's total, its derivatives by the coefficients (r,) of each predictor, doubled, and those by the shapes (s,)."""

    value: float
    by_columns: tuple[Doubled, ...]
    by_shapes: Array

    def __add__(self, other: "Sum") -> "Sum":
        by_columns = tuple(mine.plus(theirs) for mine, theirs in zip(self.by_columns, other.by_columns, strict=True))
        return Sum(self.value + other.value, by_columns, self.by_shapes + other.by_shapes)


def refined(objective: Objective, mean: LinearMean, execution: Execution, end: Optimum, scale: float) -> Optimum:
    """Where at most STEPS such steps lead from an optimum, with the length of the last one looked at as its `refinement`.

    `scale` turns the criterion's total into nats.
    """
    size = np.inf
    for taken in range(STEPS + 1):
        total = summed(objective, mean, execution, end.theta)
        by_coordinates = [substituted(mean.part(a).triangle, part, transposed=True).rounded()[:, 0]
                          for a, part in enumerate(total.by_columns)]
        step = -end.curvature.solve(np.concatenate([*by_coordinates, total.by_shapes]))
        size = float(np.sqrt(scale * end.curvature.square(step)))
        if taken:
            end = replace(end, value=total.value)
        if size <= VISIBLE or taken == STEPS:
            break
        theta = end.theta.copy()
        theta[: step.size] += step
        end = replace(end, theta=theta)
    return replace(end, refinement=size)


def both_refined(both: Optima, mean: LinearMean, execution: Execution) -> Optima:
    """Both optima refined on the rows, each by its own criterion, in the coordinates of `mean`."""
    noise = both.noise
    likely, second = Objective.likelihood(noise, mean), Objective.second(noise, mean)
    mle = refined(likely, mean, execution, both.mle, 1.0)
    loss = refined(second, mean, execution, both.loss, noise.affine(both.loss.theta[mean.size :])[0])
    if loss.theta is not both.loss.theta and not noise.loss_has_shapes:
        shapes = noise.implied_shapes(loss.value / loss.weight, mean_base(noise, execution))
        loss = replace(loss, theta=np.concatenate([loss.theta[: mean.size], shapes]))
    if mle.theta is both.mle.theta and loss.theta is both.loss.theta:
        return both._replace(mle=mle, loss=loss)
    lossy = [Objective.loss(noise, mean, end.theta[mean.size :]) for end in (mle, loss)]
    return both._replace(
        mle=mle, loss=loss, nll=(mle.value, summed(likely, mean, execution, loss.theta).value),
        total_loss=(summed(lossy[0], mean, execution, mle.theta).value, summed(lossy[1], mean, execution, loss.theta).value))


def summed(objective: Objective, mean: LinearMean, execution: Execution, theta: Array) -> Sum:
    """The sums over all rows at theta."""
    return execution.sum(lambda chunk: _sum(objective, mean, theta, chunk))


def _sum(objective: Objective, mean: LinearMean, theta: Array, chunk: Chunk) -> Sum:
    """That of a chunk, slab by slab."""
    coef, free = objective.split(theta)
    b = [substituted(mean.part(a).triangle, Doubled.of(coef[place, None].copy())) for a, place in enumerate(mean.places)]
    parts = [chunk.part(start, min(start + SLAB, chunk.rows)) for start in range(0, chunk.rows, SLAB)]
    total = _slab(objective, mean, b, free, parts[0])
    for part in parts[1:]:
        total = total + _slab(objective, mean, b, free, part)
    return total


def _slab(objective: Objective, mean: LinearMean, b: Sequence[Doubled], free: Array, chunk: Chunk) -> Sum:
    m, designs = mean.predictors, [mean.part(a).design(chunk) for a in range(mean.predictors)]
    eta = np.empty((m, chunk.rows)).T
    for a, x in enumerate(designs):
        products = Doubled(*(np.repeat(part, chunk.rows, axis=1) for part in b[a])).times(x.T)
        known = Doubled.of(np.zeros(chunk.rows) if chunk.offset is None or a > 0 else chunk.offset)
        eta[:, a] = products.total().plus(known).rounded()
    rows = objective.criterion(chunk, eta, free, 1)
    assert rows.d1 is not None
    weight = np.ones(chunk.rows) if chunk.weight is None else chunk.weight
    d1 = rows.d1 * weight[:, None]
    by_columns = tuple(_pulled(x, d1[:, a]) for a, x in enumerate(designs))
    return Sum(float(weight @ rows.value), by_columns, d1[:, m:].sum(axis=0))


def _pulled(x: Array, d1: Array) -> Doubled:
    """x' d1 (r, 1)."""
    total = Doubled.of(x).times(np.repeat(d1[:, None], x.shape[1], axis=1)).total()
    return Doubled(total.high[:, None], total.low[:, None])
