"""Refinement: one more Newton step whose predictors and gradient are summed in twice the precision, from the rows as encoded.

A certificate is computed from the same rounded sums as the optimum, so that it cannot see what both have lost. This step sees
it: its length in standard errors says how far off the optimum is. Where it is visible, it is taken.
"""

from dataclasses import dataclass, replace

import numpy as np

from mlefit.arrays import Array
from mlefit.criterion import implied_loss, likelihood
from mlefit.estimation.fit import Optima
from mlefit.estimation.polish import Optimum
from mlefit.estimation.routes import mean_base
from mlefit.execution import Execution
from mlefit.mean import LinearMean
from mlefit.objective import Objective
from mlefit.rows.chunk import Chunk
from mlefit.sums.doubled import Doubled, substituted

VISIBLE = 1e-4      # standard errors: a longer step is taken
STEPS = 3           # of them; what still moves then has no answer in doubles
SLAB = 4096         # rows at a time


@dataclass(frozen=True, slots=True)
class Sum:
    """The criterion's total, its derivatives by the coefficients of the columns (r, m), doubled, and those by the shapes (s,)."""

    value: float
    by_columns: Doubled
    by_shapes: Array

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(self.value + other.value, self.by_columns.plus(other.by_columns), self.by_shapes + other.by_shapes)


def refined(objective: Objective, execution: Execution, end: Optimum, scale: float) -> Optimum:
    """Where at most STEPS such steps lead from an optimum, with the length of the last one looked at as its `refinement`.

    `scale` turns the criterion's total into nats.
    """
    size = np.inf
    for taken in range(STEPS + 1):
        total = summed(objective, execution, end.theta)
        by_coordinates = substituted(objective.mean.coordinates.triangle, total.by_columns, transposed=True).rounded()
        step = -end.curvature.solve(np.concatenate([by_coordinates.T.ravel(), total.by_shapes]))
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
    likely = Objective(likelihood(noise), mean, len(noise.shapes))
    lossy = Objective(implied_loss(noise), mean, 0)
    mle = refined(likely, execution, both.mle, 1.0)
    loss = refined(lossy, execution, both.loss, noise.affine(both.loss.theta[mean.size :])[0])
    if loss.theta is not both.loss.theta:
        shapes = noise.implied_shapes(loss.value / loss.weight, mean_base(noise, execution))
        loss = replace(loss, theta=np.concatenate([loss.theta[: mean.size], shapes]))
    if mle.theta is both.mle.theta and loss.theta is both.loss.theta:
        return both._replace(mle=mle, loss=loss)
    return both._replace(
        mle=mle, loss=loss, nll=(mle.value, summed(likely, execution, loss.theta).value),
        total_loss=(summed(lossy, execution, mle.theta).value, loss.value))


def summed(objective: Objective, execution: Execution, theta: Array) -> Sum:
    """The sums over all rows at theta."""
    return execution.sum(lambda chunk: _sum(objective, theta, chunk))


def _sum(objective: Objective, theta: Array, chunk: Chunk) -> Sum:
    """That of a chunk, slab by slab."""
    coef, free = objective.split(theta)
    r, m = objective.mean.coordinates.rank, objective.mean.predictors
    b = substituted(objective.mean.coordinates.triangle, Doubled.of(coef.reshape(m, r).T.copy()))
    parts = [chunk.part(start, min(start + SLAB, chunk.rows)) for start in range(0, chunk.rows, SLAB)]
    total = _slab(objective, b, free, parts[0])
    for part in parts[1:]:
        total = total + _slab(objective, b, free, part)
    return total


def _slab(objective: Objective, b: Doubled, free: Array, chunk: Chunk) -> Sum:
    x, m = objective.mean.coordinates.design(chunk), objective.mean.predictors
    eta = np.empty((m, chunk.rows)).T
    for a in range(m):
        products = Doubled(*(np.repeat(part[:, a, None], chunk.rows, axis=1) for part in b)).times(x.T)
        known = Doubled.of(np.zeros(chunk.rows) if chunk.offset is None else chunk.offset)
        eta[:, a] = products.total().plus(known).rounded()
    rows = objective.criterion(chunk.y, eta, free, 1)
    assert rows.d1 is not None
    weight = np.ones(chunk.rows) if chunk.weight is None else chunk.weight
    d1 = rows.d1 * weight[:, None]
    pulled = [Doubled.of(x).times(np.repeat(d1[:, a, None], x.shape[1], axis=1)).total() for a in range(m)]
    by_columns = Doubled(np.stack([part.high for part in pulled]).T, np.stack([part.low for part in pulled]).T)
    return Sum(float(weight @ rows.value), by_columns, d1[:, m:].sum(axis=0))
