"""MeanFunction: from coordinates of a search to the predictors eta of each row, with exact derivatives."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from mlefit.arrays import Array
from mlefit.mean.coordinates import Whitening
from mlefit.mean.natural import Natural
from mlefit.records import record
from mlefit.rows.chunk import Chunk
from mlefit.sums.curvature import Curvature

if TYPE_CHECKING:
    from mlefit.mean.bordered import Bordered


@record(frozen=True, eq=False)
class MeanFunction(ABC):
    """eta (n, m) of a chunk from coordinates `coef` (size,), in which each predictor has a part of its own, one after the other."""

    coordinates: Whitening
    predictors: int

    @property
    @abstractmethod
    def shared(self) -> bool:
        """Whether all predictors are the same function of the columns, each of its own coefficients: all have one jacobian."""

    @property
    def columned(self) -> bool:
        """Whether all that a row has is columns, of which coordinates can be renewed and programmes made."""
        return True

    @property
    def wide(self) -> int:
        """How many numbers of a row a Hessian is made of."""
        return self.size

    def bordered(self, chunk: Chunk) -> "Bordered | None":
        """The derivatives of prepared rows where a factor has no columns; None where there is no such factor."""
        return None

    def hats(self, curvature: Curvature, chunk: Chunk, *, shapes: bool = False) -> Array | None:
        """z H^-1 z' (n, m, m) of rows z by the coordinates, where no matrix of them is to be had; else None. With the `shapes`,
        too, (n, m + s, m + s)."""
        return None

    @property
    @abstractmethod
    def size(self) -> int:
        """The number of coordinates."""

    @abstractmethod
    def eta(self, coef: Array, chunk: Chunk) -> Array:
        """Predictors (n, m)."""

    @abstractmethod
    def jacobian(self, coef: Array, chunk: Chunk, predictor: int) -> Array:
        """d eta_a / d coefficients (n, w) of one predictor, by its own coefficients as `coordinates` has them for columns."""

    @abstractmethod
    def bend(self, coef: Array, chunk: Chunk, d1: Array) -> Array | None:
        """sum_ia d1_ia times the second derivatives of eta_ia by the same coefficients, (size, size); None where they are 0."""

    @abstractmethod
    def natural(self, coef: Array) -> tuple[Natural, ...]:
        """The coefficients of each predictor as the user reads them."""
