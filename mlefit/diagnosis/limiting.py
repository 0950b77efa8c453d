"""The limiting model of a quasi-separated sample: what the likelihood still determines when it has no maximum.

Along the separating directions the separated pairs of row and class lose their say. What remains is a likelihood of the
tied pairs, flat on the null space N of their constraints; it has a maximum on the complement Q of N. A parameter a'gamma
with N'a = 0 is identified by it. The search runs over u in gamma = base + Q u, with a base so far out along the
directions that every separated pair contributes exactly 0 in float64.
"""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.criterion import likelihood
from mlefit.estimation.memo import Memo
from mlefit.estimation.optimize import second_order
from mlefit.estimation.outcome import Outcome
from mlefit.estimation.polish import polish
from mlefit.execution import Execution
from mlefit.existence.separation import Separation, null_space
from mlefit.mean import LinearMean
from mlefit.noise.model import NoiseModel
from mlefit.objective import Objective
from mlefit.sums.tally import Tally

VANISHED = 800.0    # exp(-800) is 0 in float64
LIMIT_STEPS = 100   # what is identified is found in some ten steps; where it is not, the message does without


class Limit(NamedTuple):
    """`gamma` (m r,) and `root` (m r, d) of the covariance on the identified space, `flat` (m r, f) its null space.

    `supremum`: what the log-likelihood approaches, in total nats.
    """

    gamma: Array
    root: Array
    flat: Array
    supremum: float


class Restricted(Memo):
    """A memo on gamma = base + Q u."""

    def __init__(self, objective: Objective, execution: Execution, base: Array, space: Array) -> None:
        super().__init__(objective, execution, order=2)
        self.base, self.space = base, space

    def at(self, theta: Array, order: int) -> Tally:
        """The total at base + Q u, derivatives by u."""
        full = super().at(self.base + self.space @ theta, order)
        gradient = None if full.gradient is None else self.space.T @ full.gradient
        hessian = None if full.hessian is None else self.space.T @ full.hessian @ self.space
        return Tally(full.weight, full.value, gradient, hessian)


def limiting(noise: NoiseModel, mean: LinearMean, execution: Execution, separation: Separation) -> Limit | None:
    """The limiting model, or None when its search cannot be certified. Nothing is tied: nothing is identified."""
    flat = null_space(separation.tied)
    space = null_space(flat.T)
    if separation.complete or space.shape[1] == 0:
        return Limit(np.zeros(mean.size), np.zeros((mean.size, 0)), np.eye(mean.size), 0.0)
    base, reach = np.zeros(mean.size), VANISHED / separation.margin
    for direction in reversed(separation.directions):
        base = base + reach * direction
        reach = (VANISHED + float(np.abs(base).sum()) * np.sqrt(separation.rows)) / separation.margin
    memo = Restricted(Objective(likelihood(noise), mean, 0), execution, base, space)
    u, _ = second_order(memo, np.zeros(space.shape[1]), LIMIT_STEPS)
    end = polish(memo, u)
    if end.outcome is not Outcome.CERTIFIED:
        return None
    root = space @ np.linalg.inv(np.linalg.cholesky(end.hessian)).T
    return Limit(space @ end.theta, root, flat, -end.value)
