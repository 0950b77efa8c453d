"""The linear mean: eta = x B + offset, searched in whitened coordinates gamma = R B.

With R the triangle of the design divided by sqrt(n), the design in gamma has orthonormal columns (times sqrt(n)), so the
Hessian of every core model is near a multiple of the identity, and shift, scale and collinearity of the columns do not
reach the optimiser. R is applied by triangular solves: an explicit inverse would lose what R has kept.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from mlefit.arrays import Array
from mlefit.chunk import Chunk


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
    """Coordinates are gamma (m, r), class after class. `triangle` (r, r) is R / sqrt(n), `kept` the design's columns in it."""

    triangle: Array
    kept: tuple[int, ...]
    predictors: int

    @property
    def size(self) -> int:  # type: ignore[override]  # a plain attribute of the abstract class
        """m r."""
        return self.predictors * len(self.kept)

    def columns(self, chunk: Chunk) -> Array:
        """The design (n, r) without its aliased columns; a view where none is."""
        return chunk.x if len(self.kept) == chunk.x.shape[1] else chunk.x[:, self.kept]

    def coefficients(self, coef: Array) -> Array:
        """B (r, m) in the units of the design."""
        from scipy.linalg import solve_triangular

        gamma = coef.reshape(self.predictors, len(self.kept)).T
        return np.asarray(solve_triangular(self.triangle, gamma, check_finite=False))

    def whiten(self, by_design: Array) -> Array:
        """R^-T g for derivatives (r, k) by B: derivatives by gamma."""
        from scipy.linalg import solve_triangular

        return np.asarray(solve_triangular(self.triangle, by_design, trans="T", check_finite=False))

    def slope(self, coef: Array, chunk: Chunk) -> Array:
        """x B (n, m), one predictor after the other in memory."""
        result: Array = (self.coefficients(coef).T @ self.columns(chunk).T).T
        return result

    def eta(self, coef: Array, chunk: Chunk) -> Array:
        """Predictors (n, m)."""
        eta = self.slope(coef, chunk)
        if chunk.offset is not None:
            eta += chunk.offset[:, None]
        return eta

    def pull(self, d1: Array, chunk: Chunk) -> Array:
        """x' d1, class after class."""
        pulled: Array = (self.columns(chunk).T @ d1).T.ravel()
        return pulled
