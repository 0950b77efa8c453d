"""Re-whitening: coordinates in which the Hessian of the likelihood is near the identity where a search has come.

The columns are orthonormal in the coordinates of the design. The Hessian weighs rows, though: a row with one huge value has
the say in the design and none in a logistic likelihood, once its probability is near 1. With w_i the working weight of a
row, the trace of its second derivatives by its predictors, and R_w the triangle of the rows sqrt(w_i) x_i,

    gamma_w = R_w B / sqrt(n)

are coordinates for the rows that still have a say (iteratively reweighted least squares; McCullagh and Nelder, section 2.5).

Nor does a small EDM mean much on the way there: the huge value makes the curvature as large as it likes. It means what it
says where the Newton step that is left moves no predictor of any row by much (self-concordance, Bach 2010); far from its
optimum a row on its right side is moved by 1.
"""

from dataclasses import replace

import numpy as np

from mlefit.arrays import Array
from mlefit.estimation.optimize import QUICK_STEPS
from mlefit.estimation.outcome import Outcome
from mlefit.estimation.polish import STEADY, Optimum, Point
from mlefit.estimation.routes import maximum_likelihood
from mlefit.execution import Execution
from mlefit.mean import Coordinates, LinearMean
from mlefit.noise.model import NoiseModel
from mlefit.records import record
from mlefit.rows.chunk import Chunk
from mlefit.sums.triangle import Triangle

ROUNDS = 10         # searches of QUICK_STEPS each; in each step the logit of a huge value grows by 1
SINGULAR = 1e-12    # a column that weighted rows determine to less than this is determined by no row with a say


def rewhitened(
    noise: NoiseModel, mean: LinearMean, execution: Execution, theta: Array, n: float
) -> tuple[LinearMean, Array] | None:
    """A mean in the coordinates of the working weights at `theta`, and theta in them; None where these weights are singular, or
    not all that a row has is columns.

    `n`: rows, with their weights.
    """
    if not mean.columned:
        return None
    coef, free = theta[: mean.size], theta[mean.size :]

    def weighted(chunk: Chunk) -> Triangle:
        curvature = noise.among(chunk.trials).nll(chunk.y, mean.eta(coef, chunk), free, 2).curvature
        assert curvature is not None
        basis = np.eye(mean.predictors + free.size)
        trace = np.sum([curvature(basis[a])[:, a] for a in range(mean.predictors)], axis=0)
        return Triangle.of(mean.part(0).design(chunk), trace if chunk.weight is None else trace * chunk.weight)

    r = execution.sum(weighted).r
    sizes = np.linalg.norm(r, axis=0)
    if not np.all(np.isfinite(r)) or not (np.diagonal(r) > SINGULAR * sizes).all():
        return None
    new = replace(mean, coordinates=Coordinates(r / np.sqrt(n), mean.part(0).kept))
    return new, np.concatenate([mean.mapped(coef, new), free])


@record(frozen=True)
class Most:
    """The largest of some numbers."""

    value: float

    def __add__(self, other: "Most") -> "Most":
        return Most(max(self.value, other.value))


def arrived(mean: LinearMean, execution: Execution, end: Point, space: Array | None = None) -> bool:
    """Whether the Newton step that is left changes no predictor of any row by more than STEADY.

    `space` (P, d): what the coordinates of a restricted search are multiplied by.
    """
    try:
        step = end.curvature.solve(end.gradient)
    except np.linalg.LinAlgError:
        return False
    step = (step if space is None else space @ step)[: mean.size]
    return execution.sum(lambda chunk: Most(float(np.abs(mean.slope(step, chunk)).max()))).value <= STEADY


def settled(
    noise: NoiseModel, mean: LinearMean, execution: Execution, end: Optimum, n: float
) -> tuple[LinearMean, Optimum]:
    """Where a search comes to from `end`, in coordinates of working weights that are renewed until it has arrived.

    Not certified unless it has.
    """
    for _ in range(ROUNDS):
        again = rewhitened(noise, mean, execution, end.theta, n)
        if again is None:
            break
        mean, start = again
        end = maximum_likelihood(noise, mean, execution, start=start, steps=QUICK_STEPS, near=0.0)
        if end.outcome is Outcome.CERTIFIED and arrived(mean, execution, end):
            return mean, end
    return mean, replace(end, outcome=Outcome.ITERATIONS)
