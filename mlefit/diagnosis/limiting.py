"""The limiting model of a quasi-separated sample: what the likelihood still determines when it has no maximum.

Along the separating directions the separated pairs of row and class lose their say. What remains is a likelihood of the
tied pairs, flat on the null space N of their constraints; it has a maximum on the complement Q of N. A parameter a'gamma
with N'a = 0 is identified by it. The search runs over u in gamma = base + Q u, with a base so far out along the
directions that every separated pair contributes exactly 0 in float64.
"""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.estimation.certificate import distance
from mlefit.estimation.constrained import Restricted
from mlefit.estimation.optimize import second_order
from mlefit.estimation.outcome import Outcome
from mlefit.estimation.polish import polish
from mlefit.estimation.rewhiten import arrived
from mlefit.execution import Execution
from mlefit.existence.separation import Separation, null_space
from mlefit.inference.covariance import Covariance, Inverse
from mlefit.mean import LinearMean
from mlefit.noise.model import NoiseModel
from mlefit.objective import Objective
from mlefit.records import record

VANISHED = 800.0    # exp(-800) is 0 in float64
HELD = 1e-6         # nats: further out the same u must be the optimum still, unless a pair that should have vanished holds it
LIMIT_STEPS = 100   # what is identified is found in some ten steps; where it is not, the message does without


class Limit(NamedTuple):
    """`gamma` (m r,) with its covariance, None where nothing is identified; `flat` (m r, f) spans what is not.

    `supremum`: what the log-likelihood approaches, in total nats.
    """

    gamma: Array
    covariance: Covariance | None
    flat: Array
    supremum: float


@record(frozen=True)
class Within(Covariance):
    """The covariance of Q u, `inner` that of u."""

    inner: Covariance
    space: Array

    def root(self, directions: Array, first: int = 0) -> Array:
        """That of a'Q u."""
        return self.inner.root(directions @ self.space[first : first + directions.shape[1]])


def limiting(noise: NoiseModel, mean: LinearMean, execution: Execution, separation: Separation) -> Limit | None:
    """The limiting model, or None when its search cannot be certified. Nothing is tied: nothing is identified."""
    flat = null_space(separation.tied)
    space = null_space(flat.T)
    if separation.complete or space.shape[1] == 0:
        return Limit(np.zeros(mean.size), None, np.eye(mean.size), 0.0)
    base, reach = np.zeros(mean.size), VANISHED / separation.margin
    for direction in reversed(separation.directions):
        base = base + reach * direction
        reach = (VANISHED + float(np.abs(base).sum()) * np.sqrt(separation.rows)) / separation.margin
    shapes, k = len(noise.shapes), space.shape[1]
    whole = np.zeros((mean.size + shapes, k + shapes))      # the shapes are free
    whole[: mean.size, :k], whole[mean.size :, k:] = space, np.eye(shapes)
    base = np.append(base, np.zeros(shapes))
    memo = Restricted(Objective.likelihood(noise, mean), execution, base, whole)
    u, _, _ = second_order(memo, np.zeros(whole.shape[1]), LIMIT_STEPS)
    end = polish(memo, u)
    if end.outcome is Outcome.CERTIFIED and not arrived(mean, execution, end, whole):      # one huge value has the say there
        u, _, _ = second_order(memo, end.theta, LIMIT_STEPS, near=0.0)
        end = polish(memo, u)
    if end.outcome is not Outcome.CERTIFIED or not arrived(mean, execution, end, whole):
        return None
    if _short(Restricted(memo.objective, execution, 2.0 * base, whole), end.theta) > HELD:
        return None
    return Limit(space @ end.theta[:k], Within(Inverse(end.curvature), whole), flat, -end.value)


def _short(memo: Restricted, u: Array) -> float:
    """How many nats u is short of the optimum."""
    try:
        edm, _ = distance(memo.gradient(u), memo.curvature(u))
    except np.linalg.LinAlgError:
        return np.inf
    return memo.at(u, 0).weight * edm
