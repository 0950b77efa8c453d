"""The certificate of an optimum: how far it may still be, in nats and in the predictor of any row.

The optimisers' own flags are not believed: trust-exact stops on an absolute gradient and reports failure at the
rounding floor; L-BFGS-B may end ABNORMAL at the optimum. What a smooth criterion has is the estimated distance to its minimum,

    EDM = g' H^-1 g / 2   in total nats

(F. James, MINUIT). A loss of straight lines has a duality gap, which is no estimate but a bound.
"""

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from mlefit.arrays import Array
from mlefit.records import record
from mlefit.sums.curvature import Curvature

CERTIFIED = 1e-10        # nats in total: a likelihood ratio of 1 + 1e-10
GAP_PER_ROW = 1e-14      # nats, for the gap between two sums
DENSE = 1000             # parameters up to which the curvature is formed in every step, beyond it only multiplied


class Certificate(ABC):
    """The end of a search is at most `short` total nats short of the optimum; `kind` names what says so."""

    kind: ClassVar[str]
    short: float

    @property
    def bound(self) -> float:
        """The nats up to which an optimum counts as found."""
        return CERTIFIED

    @property
    @abstractmethod
    def reach(self) -> float:
        """A bound on what the rest of the way can change in a predictor of any row, or in the difference of two; or infinity."""


@record(frozen=True)
class EstimatedDistance(Certificate):
    """`short` is the EDM, infinite where there is none. `curvature` times `scale` is H of the total, over `n` rows of that many
    `predictors`, in whitened coordinates."""

    kind: ClassVar[str] = "EDM"
    short: float
    curvature: Curvature
    scale: float
    n: float
    predictors: int

    @property
    def reach(self) -> float:
        """What a Newton step changes in any row at most: lambda max_i ||x_i||_{H^-1}, lambda^2 = 2 EDM, all totals.

        In whitened coordinates ||x_i||^2 <= n, so it is at most lambda sqrt(n / smallest eigenvalue of H), and sqrt 2 times
        that for the difference of two predictors of one row. The rounding of the gradient, some eps n in each direction,
        counts into lambda: far out on a separated sample it is all that is left. Infinite unless H is positive definite.
        """
        if not np.isfinite(self.short):
            return np.inf
        smallest = self.scale * self.curvature.smallest
        if not smallest > 0.0:
            return np.inf
        rounding = 8.0 * float(np.finfo(float).eps) * self.n
        square = 2.0 * self.short + self.curvature.size * rounding**2 / smallest
        return float(np.sqrt(square * self.n * (1.0 if self.predictors == 1 else 2.0) / smallest))


@record(frozen=True)
class DualityGap(Certificate):
    """Of a linear programme over `n` rows: no point is better by more than its loss less that of a dual vector, in nats."""

    kind: ClassVar[str] = "duality gap"
    short: float
    n: float

    @property
    def bound(self) -> float:
        """What sums over so many rows can show."""
        return max(CERTIFIED, GAP_PER_ROW * self.n)

    @property
    def reach(self) -> float:
        """Not known: the loss has no curvature."""
        return np.inf


def distance(gradient: Array, curvature: Curvature) -> tuple[float, Array]:
    """EDM = g' H^-1 g / 2 and the Newton step -H^-1 g. Raises numpy.linalg.LinAlgError unless H is positive definite."""
    step = -curvature.solve(gradient)
    return float(-0.5 * gradient @ step), step
