"""Memo: an objective over all rows as the functions that scipy.optimize asks for, one pass over the data per point."""

from typing import Any

import numpy as np

from mlefit.arrays import Array
from mlefit.execution import Execution
from mlefit.objective import Objective
from mlefit.sums.curvature import Curvature
from mlefit.sums.tally import Tally


class Memo:
    """The mean of a criterion per row and its derivatives in whitened coordinates.

    `order` is what a pass computes at a new point: 1 for first-order searches, 2 where the Hessian will be wanted. The
    last point is remembered, so value, gradient and Hessian at one point cost one pass. Counts `evaluations` (passes); `bent` is
    the last point whose Hessian was made.
    """

    def __init__(self, objective: Objective, execution: Execution, order: int) -> None:
        self.objective = objective
        self.execution = execution
        self.order = order
        self.evaluations = 0
        self.bent: Array | None = None
        self._theta: Array | None = None
        self._order = -1
        self._tally = Tally(0.0, np.inf)

    def at(self, theta: Array, order: int) -> Tally:
        """The total at theta, to `order` at least, in whitened coordinates."""
        if self._theta is None or order > self._order or not (theta == self._theta).all():
            point = theta.copy()
            order = max(order, self.order)
            objective = self.objective
            total = self.execution.sum(lambda chunk: objective.tally(point, chunk, order))
            self._theta, self._order, self._tally = point, order, objective.whitened(total)
            self.evaluations += 1
            self.bent = point if order == 2 else self.bent
        return self._tally

    def value(self, theta: Array) -> float:
        """Mean criterion; infinite where it is not a number, which a search takes as a step too far."""
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            tally = self.at(theta, 0)
        value = tally.value / tally.weight
        return value if np.isfinite(value) else np.inf

    def gradient(self, theta: Array) -> Array:
        """Gradient of the mean criterion (P,)."""
        tally = self.at(theta, 1)
        assert tally.gradient is not None
        return tally.gradient / tally.weight

    def curvature(self, theta: Array) -> Curvature:
        """Hessian of the mean criterion."""
        tally = self.at(theta, 2)
        assert tally.curvature is not None
        return tally.curvature / tally.weight

    def product(self, theta: Array, direction: Array, *_: Any) -> Array:
        """Hessian of the mean criterion times `direction`, without the Hessian."""
        objective = self.objective
        total = self.execution.sum(lambda chunk: objective.product(theta, direction, chunk))
        white = objective.whitened(total).gradient
        assert white is not None
        return white / total.weight
