"""Covariance of the estimates theta = (gamma, free shapes), whitened: asked for standard errors of combinations a'theta.

It is kept as a root G, covariance G G': the standard error is ||G'a||, which neither cancels nor overflows. That of H^-1
is the curvature's own affair; a sandwich H^-1 M H^-1 is made of sums of scores, which are dense.
"""

from abc import ABC, abstractmethod

import numpy as np

from mlefit.arrays import Array
from mlefit.records import record
from mlefit.sums.contrasts import Contrasts
from mlefit.sums.curvature import Curvature


class Covariance(ABC):
    """The covariance of theta."""

    @abstractmethod
    def root(self, directions: Array, first: int = 0) -> Array:
        """G'a (k, d) for each row a of `directions` (k, w) on the parameters from `first` on: what joint tests are made of."""

    def beside(self, curvature: Curvature) -> float | None:
        """How many times the errors by H^-1 those of the coefficients are; None where they are not of this H."""
        return None

    def error(self, combinations: Array | Contrasts, first: int = 0) -> Array:
        """Standard errors |G'a| (k,) of a'theta."""
        assert isinstance(combinations, np.ndarray)
        return np.asarray(np.linalg.norm(self.root(combinations, first), axis=1))


@record(frozen=True)
class Inverse(Covariance):
    """H^-1 times `inflation`^2 by the first `mean` coordinates, H^-1 alone by the shapes after them."""

    curvature: Curvature
    inflation: float = 1.0
    mean: int = 0

    def root(self, directions: Array, first: int = 0) -> Array:
        """F'a, inflated."""
        found = self.curvature.root(directions, first)
        return found * self.inflation if first < self.mean else found

    def beside(self, curvature: Curvature) -> float | None:
        """The inflation."""
        return (self.inflation if self.mean else 1.0) if curvature is self.curvature else None

    def error(self, combinations: Array | Contrasts, first: int = 0) -> Array:
        """|F'a|, inflated."""
        found = self.curvature.lengths(combinations, first)
        return found * self.inflation if first < self.mean else found


@record(frozen=True)
class Sandwich(Covariance):
    """G G' of G (P, d)."""

    g: Array

    @classmethod
    def of(cls, curvature: Curvature, middle: Array) -> "Sandwich":
        """H^-1 M H^-1 of M (P, P)."""
        sizes, vectors = np.linalg.eigh(middle)
        half = vectors * np.sqrt(np.maximum(sizes, 0.0))
        return cls(curvature.unsphered(curvature.root(half.T).T))

    def root(self, directions: Array, first: int = 0) -> Array:
        """A G."""
        return np.asarray(directions @ self.g[first : first + directions.shape[1]])
