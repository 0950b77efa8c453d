"""Careful: a memo that takes shapes beyond what a law can be evaluated at for a step too far."""

import numpy as np

from mlefit.arrays import Array
from mlefit.estimation.memo import Memo
from mlefit.execution import Execution
from mlefit.objective import Objective
from mlefit.sums.curvature import Dense
from mlefit.sums.tally import Tally

FARTHEST = 300.0    # of a free shape: exp(300) is 1e130


class Careful(Memo):
    """`slope`: what every derivative is said to be beyond; 0 lets a line search turn back, NaN ends Newton steps."""

    def __init__(self, objective: Objective, execution: Execution, order: int, slope: float = np.nan) -> None:
        super().__init__(objective, execution, order)
        self._slope = slope

    def at(self, theta: Array, order: int) -> Tally:
        """The total at theta, infinite where a shape is too far."""
        free = theta[self.objective.mean.size :]
        if np.isfinite(free).all() and (np.abs(free) <= FARTHEST).all():
            try:
                return super().at(theta, order)
            except ArithmeticError:
                pass
        size = theta.size
        return Tally(1.0, np.inf, np.full(size, self._slope), Dense(np.full((size, size), self._slope)))
