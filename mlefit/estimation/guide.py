"""Guide: the Hessian of a subsample in the place of that of all rows, where a search of them is only to find its way.

Its error is that of a sample wherever it is taken. Of many columns it takes longer than a gradient of all rows, so that the
one at hand, where the search on the sample ended, serves the whole way from there.
"""

from mlefit.arrays import Array
from mlefit.estimation.memo import Memo
from mlefit.estimation.polish import Optimum
from mlefit.execution import Execution
from mlefit.mean.jacobian import WIDE
from mlefit.objective import Objective
from mlefit.sums.curvature import Curvature


class Guide(Memo):
    """A criterion of order 2 on a subsample, where a search ended at `rough`."""

    def __init__(self, objective: Objective, sample: Execution, rough: Optimum) -> None:
        super().__init__(objective, sample, order=2)
        self._rough = rough

    def curvature(self, theta: Array) -> Curvature:
        """The Hessian of the mean criterion; of many columns that at the end of the search on the sample."""
        if self.objective.wide < WIDE or self._rough.rival is not None:     # as there are two ends
            return super().curvature(theta)
        return self._rough.curvature / self._rough.weight
