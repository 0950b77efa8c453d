"""Bent: coordinates of the parameters of a curve, in which the columns of its Jacobian at some point are alike.

    gamma = T (theta - centre)

T is the diagonal of the lengths of the columns where a search begins, and their triangle where it ends; there the Hessian is
near a multiple of the identity.
"""

from dataclasses import replace
from functools import cached_property
from typing import Self

import numpy as np

from mlefit.arrays import Array
from mlefit.mean.coordinates import Coordinates, Whitening
from mlefit.records import record
from mlefit.rows.chunk import Chunk


@record(frozen=True, eq=False)
class Bent(Whitening):
    """`triangle` T (p, p) and `centre` (p,). `order`: derivatives of the curve that sums will want."""

    triangle: Array
    centre: Array
    order: int = 2

    @classmethod
    def scaled(cls, lengths: Array) -> "Bent":
        """By the lengths (p,) of the columns, rounded to powers of two; those that are 0 or not finite stay as they are."""
        usable = np.isfinite(lengths) & (lengths > 0.0)
        powers = np.exp2(np.round(np.log2(np.where(usable, lengths, 1.0))))
        return cls(np.diag(powers), np.zeros(lengths.size))

    def part(self, predictor: int) -> Coordinates:
        """There are none: a curve has no design."""
        raise TypeError("a curve has no design")

    @property
    def one(self) -> None:
        """None."""
        return

    @property
    def gentle(self) -> Self:
        """The same for sums that have no second derivatives in them."""
        return self._gentle

    @cached_property
    def _gentle(self) -> Self:
        return replace(self, order=1)

    def prepared(self, chunk: Chunk) -> tuple["Bent", Chunk]:
        """As they are."""
        return self, chunk

    def encoded(self, gamma: Array) -> Array:
        """theta (p,)."""
        return self.centre + self._inverse @ gamma

    def extended(self, gamma: Array) -> Array:
        """theta (p,) in extended precision: near the centre gamma has digits that theta has no room for."""
        wide = np.longdouble
        return np.asarray(self.centre.astype(wide) + self._inverse.astype(wide) @ gamma.astype(wide))

    def coefficients(self, gamma: Array) -> Array:
        """gamma: columns are white before they are added up."""
        return gamma

    def of(self, theta: Array) -> Array:
        """gamma (p,)."""
        return np.asarray(self.triangle @ (theta - self.centre))

    def white(self, columns: Array) -> Array:
        """Derivatives (k, p) by gamma from derivatives by theta."""
        return np.asarray(columns @ self._inverse)

    def whiten(self, by_columns: Array) -> Array:
        """As they are: columns are white before they are added up."""
        return by_columns

    def nearest(self, wanted: Array, chunk: Chunk) -> Array:
        """Not known: a curve bends."""
        raise TypeError("no least squares fit of a curve is known without a search")

    @cached_property
    def _inverse(self) -> Array:
        from scipy.linalg import solve_triangular

        return np.asarray(solve_triangular(self.triangle, np.eye(len(self.triangle)), check_finite=False))
