"""Curvature: a matrix of second derivatives as an operator, so that its form can follow the design's.

Dense is what a design of dense columns gives. A factor of many levels has a diagonal block and a border instead (an arrow),
whose Cholesky factor has the same form: it can do all of the below in a time that grows with the levels, not with their cube.

    F F' = H^-1,   u = F^-1 theta:   in the coordinates u the matrix H is the identity

F is unique but for a rotation, which no norm sees: the standard error of a'theta is |F'a|.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np

from mlefit.arrays import Array, product
from mlefit.records import record
from mlefit.sums.contrasts import Contrasts
from mlefit.sums.lapack import factor, solved, triangular

if TYPE_CHECKING:
    from mlefit.sums.fringed import Fringed

MANY = 64               # parameters from which it is looked at whether the matrix is diagonal but for shapes
EIGENVALUES = 1000      # rows of a matrix up to which the eigenvalues themselves are worth their time


class Curvature(ABC):
    """A symmetric matrix H (P, P). Nobody but a subclass knows how its elements are kept.

    `solve`, `root`, `sphered` and `unsphered` raise numpy.linalg.LinAlgError unless H is positive definite.
    """

    @property
    @abstractmethod
    def size(self) -> int:
        """P."""

    @property
    @abstractmethod
    def smallest(self) -> float:
        """The smallest eigenvalue, or a bound that it is not below; not positive unless H is positive definite."""

    @property
    @abstractmethod
    def norm(self) -> float:
        """The root of the sum of all squares, not below the largest eigenvalue."""

    @abstractmethod
    def __add__(self, other: Self) -> Self: ...

    @abstractmethod
    def __mul__(self, factor: float) -> Self: ...

    @abstractmethod
    def __truediv__(self, divisor: float) -> Self: ...

    @abstractmethod
    def finite(self) -> bool:
        """Whether every element is a finite number."""

    @abstractmethod
    def times(self, direction: Array) -> Array:
        """H d (P,)."""

    @abstractmethod
    def solve(self, gradient: Array) -> Array:
        """H^-1 g (P,)."""

    @abstractmethod
    def root(self, directions: Array, first: int = 0) -> Array:
        """F'a of one direction a (P,), or of each row of `directions` (k, w) on the parameters from `first` on: (k, P)."""

    def lengths(self, combinations: Array | Contrasts, first: int = 0) -> Array:
        """|F'a| (k,) of combinations of the parameters from `first` on: their standard errors."""
        rows = combinations if isinstance(combinations, np.ndarray) else combinations.whole(self.size)
        return np.asarray(np.linalg.norm(self.root(rows, first), axis=1))

    @abstractmethod
    def sphered(self, theta: Array) -> Array:
        """u = F^-1 theta (P,)."""

    @abstractmethod
    def unsphered(self, u: Array) -> Array:
        """theta = F u, of one vector (P,) or of columns (P, k)."""

    @abstractmethod
    def leading(self, count: int) -> "Curvature":
        """The curvature by the first `count` parameters, the others held."""

    @abstractmethod
    def within(self, space: Array) -> "Curvature":
        """Q' H Q, by the coordinates of a space spanned by the columns of Q (P, d)."""

    @abstractmethod
    def whitened(self, white: Callable[[Array], Array]) -> Self:
        """W H W', where `white` multiplies columns (P, k) by W: derivatives by other coordinates."""

    @abstractmethod
    def whole(self) -> Array | None:
        """All elements (P, P), for a solver that takes nothing else; None where they are more than should be formed."""

    def bent(self, bend: Array) -> "Curvature":
        """With second derivatives (w, w) of the first w parameters added, those of a mean that is not linear."""
        raise TypeError("only a dense curvature is that of a mean which is not linear")

    def square(self, step: Array) -> float:
        """d'Hd, the squared length of a step in standard errors."""
        return float(self.times(step) @ step)


@record(frozen=True, eq=False)
class Dense(Curvature):
    """Every element of H in `matrix` (P, P).

    One vector is multiplied by F or F' by substitution in the Cholesky factor; for many of them F is formed once. In coordinates in
    which a design is orthonormal, H of least squares is diagonal but for the scale, and F at hand.
    """

    matrix: Array

    @property
    def size(self) -> int:
        """P."""
        return len(self.matrix)

    @property
    def smallest(self) -> float:
        """The smallest eigenvalue; of a large H 1 / trace(H^-1), which is not above it and comes thirty times as fast."""
        from scipy.linalg.lapack import dpotrf, dtrtri

        if self.size <= EIGENVALUES:
            return float(np.linalg.eigvalsh(self.matrix)[0])
        lower, failed = dpotrf(self.matrix, lower=1, clean=1)
        if failed:
            return 0.0
        inverse, _ = dtrtri(lower, lower=1, overwrite_c=1)
        return float(1.0 / np.square(np.linalg.norm(inverse)))

    @property
    def norm(self) -> float:
        """The Frobenius norm."""
        return float(np.linalg.norm(self.matrix))

    def __add__(self, other: Self) -> Self:
        return type(self)(self.matrix + other.matrix)

    def __mul__(self, factor: float) -> Self:
        return type(self)(self.matrix * factor)

    def __truediv__(self, divisor: float) -> Self:
        return type(self)(self.matrix / divisor)

    def finite(self) -> bool:
        """Whether every element is a finite number."""
        return bool(np.all(np.isfinite(self.matrix)))

    def times(self, direction: Array) -> Array:
        """H d."""
        return np.asarray(direction @ self.matrix)

    def solve(self, gradient: Array) -> Array:
        """H^-1 g, by a Cholesky factor that is not kept."""
        if self._fringed is not None:
            return self._fringed.solve(gradient)
        return solved(self.matrix, gradient)

    def root(self, directions: Array, first: int = 0) -> Array:
        """L^-1 a, or A L^-T."""
        if self._fringed is not None:
            return self._fringed.pulled(directions, first)
        if directions.ndim == 1:
            return triangular(self._lower, directions, lower=True)
        return product(directions, self._inverse_root[first : first + directions.shape[1]])

    def sphered(self, theta: Array) -> Array:
        """L' theta."""
        return np.asarray(self._lower.T @ theta)

    def unsphered(self, u: Array) -> Array:
        """L^-T u."""
        if self._fringed is not None:
            return self._fringed.times(u)
        if u.ndim == 1:
            return triangular(self._lower, u, lower=True, transposed=True)
        return product(self._inverse_root, u)

    def leading(self, count: int) -> "Dense":
        """The leading block, a view."""
        return Dense(self.matrix[:count, :count])

    def within(self, space: Array) -> "Dense":
        """Q' H Q."""
        return Dense(space.T @ self.matrix @ space)

    def whitened(self, white: Callable[[Array], Array]) -> Self:
        """W H W'."""
        return type(self)(white(white(self.matrix).T))

    def bent(self, bend: Array) -> "Dense":
        """In a copy."""
        matrix = self.matrix.copy()
        matrix[: len(bend), : len(bend)] += bend
        return Dense(matrix)

    def whole(self) -> Array:
        """The matrix."""
        return self.matrix

    @cached_property
    def _fringed(self) -> "Fringed | None":
        if self.size < MANY:
            return None
        from mlefit.sums.fringed import Fringed

        return Fringed.of(self.matrix)

    @cached_property
    def _lower(self) -> Array:
        return self._factor()

    @cached_property
    def _inverse_root(self) -> Array:
        lower = self._factor()      # who asks for F wants the factor no more, which is as large as H
        return triangular(lower, np.eye(self.size), lower=True, transposed=True)

    def _factor(self) -> Array:
        return factor(self.matrix)
