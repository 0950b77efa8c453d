"""The linear mean: eta = x B + offset, searched in whitened coordinates gamma = R B.

With R the triangle of the design divided by sqrt(n), the design in gamma has orthonormal columns (times sqrt(n)), so the
Hessian of every core model is near a multiple of the identity, and shift, scale and collinearity of the columns do not
reach the optimiser. R is applied by triangular solves: an explicit inverse would lose what R has kept.

Sums over rows are whitened once per pass, which loses eps cond(R)^2 of a Hessian. For a steep design that is everything
(at 1e8 a standard error comes out wrong by a third, with a certificate), so there the rows are whitened instead, which
costs as much as a Hessian. A gradient loses eps cond(R) only and is a thousandth of that work where there are a thousand
columns, so it has a bound of its own.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from mlefit.arrays import Array, product
from mlefit.rows.chunk import Chunk

STEEP = 100.0       # condition number of columns of norm 1 up to which a whitened Hessian keeps 12 digits
GENTLE = 1e4        # and a whitened gradient


class MeanFunction(ABC):
    """eta (n, m) of a chunk from `size` search coordinates, and the chain rule back."""

    size: int

    @abstractmethod
    def eta(self, coef: Array, chunk: Chunk) -> Array:
        """Predictors (n, m)."""

    @abstractmethod
    def pull(self, d1: Array, chunk: Chunk) -> Array:
        """Gradient (size,) by the coefficients from the gradient `d1` (n, m) by eta, summed over rows."""


@dataclass(frozen=True)
class LinearMean(MeanFunction):
    """Coordinates are gamma (m, r), class after class. `triangle` (r, r) is R / sqrt(n), `kept` the design's columns in it.

    From condition number `bound` on, rows are whitened before they are added up.
    """

    triangle: Array
    kept: tuple[int, ...]
    predictors: int
    bound: float = STEEP

    @property
    def size(self) -> int:  # type: ignore[override]  # a plain attribute of the abstract class
        """m r."""
        return self.predictors * len(self.kept)

    @cached_property
    def steep(self) -> bool:
        """Whether rows are whitened before they are added up, not the sums."""
        from scipy.linalg.lapack import dtrcon

        norms = np.linalg.norm(self.triangle, axis=0)
        reciprocal, _ = dtrcon(self.triangle / norms)
        return bool(reciprocal < 1.0 / self.bound)

    @cached_property
    def gentle(self) -> "LinearMean":
        """The same for sums that have no second derivatives in them."""
        return replace(self, bound=GENTLE)

    @cached_property
    def _white(self) -> "LinearMean":
        rank = len(self.kept)
        return replace(self, triangle=np.eye(rank), kept=tuple(range(rank)))

    def prepared(self, chunk: Chunk) -> tuple["LinearMean", Chunk]:
        """The rows as sums are made of them, with the mean function that they have then: white rows are made once."""
        if not self.steep:
            return self, chunk
        white = Chunk(chunk.y, self.columns(chunk), chunk.weight, chunk.offset, chunk.first_row, chunk.cluster)
        return self._white, white

    def design(self, chunk: Chunk) -> Array:
        """The design (n, r) without its aliased columns: a view where there are none."""
        return chunk.x if len(self.kept) == chunk.x.shape[1] else chunk.x[:, self.kept]

    def columns(self, chunk: Chunk) -> Array:
        """The columns (n, r) that sums are made of: the design, or x R^-1."""
        x = self.design(chunk)
        return self._solved(x.T).T if self.steep else x

    def coefficients(self, coef: Array) -> Array:
        """What multiplies `columns`, (r, m): B in the units of the design, or gamma itself."""
        from scipy.linalg import solve_triangular

        gamma = coef.reshape(self.predictors, len(self.kept)).T
        if self.steep:
            return gamma
        return np.asarray(solve_triangular(self.triangle, gamma, check_finite=False))

    def whiten(self, by_design: Array) -> Array:
        """Derivatives by gamma from derivatives (r, k) by `coefficients`: R^-T g."""
        return by_design if self.steep else self._solved(by_design)

    def _solved(self, by_design: Array) -> Array:
        from scipy.linalg import solve_triangular

        return np.asarray(solve_triangular(self.triangle, by_design, trans="T", check_finite=False))

    def slope(self, coef: Array, chunk: Chunk) -> Array:
        """x B (n, m), one predictor after the other in memory."""
        return product(self.coefficients(coef).T, self.columns(chunk).T).T

    def eta(self, coef: Array, chunk: Chunk) -> Array:
        """Predictors (n, m)."""
        eta = self.slope(coef, chunk)
        if chunk.offset is not None:
            eta += chunk.offset[:, None]
        return eta

    def pull(self, d1: Array, chunk: Chunk) -> Array:
        """x' d1, class after class."""
        return product(self.columns(chunk).T, d1).T.ravel()

    def nearest(self, eta: Array, chunk: Chunk) -> Array:
        """The gamma whose predictors are the least squares fit to `eta` (n, m), on rows whose triangle this is."""
        wanted = eta if chunk.offset is None else eta - chunk.offset[:, None]
        weight = np.ones(chunk.rows) if chunk.weight is None else chunk.weight
        pulled = self.pull(wanted * weight[:, None], chunk).reshape(self.predictors, len(self.kept))
        gamma: Array = self.whiten(pulled.T).T.ravel() / weight.sum()
        return gamma
