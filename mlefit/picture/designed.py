"""Designed: the designs of a scene, as refits of simulated rows use them: columns of numbers, or levels of rows beside them."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Self

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.mean.bordered import Bordered
from mlefit.mean.indexed import Indexed
from mlefit.noise.model import Derivatives, NoiseModel
from mlefit.picture.partly import Partly
from mlefit.records import record
from mlefit.rows.chunk import Chunk, choose
from mlefit.sums.lapack import triangular
from mlefit.sums.triangle import of_square

FLAT = 1e-12        # of the largest eigenvalue of a Hessian: directions in which nothing is refitted
Solve = Callable[[Array], Array]


class Designed(ABC):
    """Those of the m predictors of n rows, in some basis of P coordinates."""

    @property
    @abstractmethod
    def parameters(self) -> int:
        """P."""

    @abstractmethod
    def take(self, rows: Index) -> Self:
        """The rows of these indices."""

    @abstractmethod
    def pull(self, d1: Array) -> Array:
        """Derivatives (P, k) of k sets of rows from those by their predictors (m, n, k)."""

    @abstractmethod
    def push(self, steps: Array) -> Array:
        """What steps (P, k) change in the predictors (m, n, k)."""

    @abstractmethod
    def project(self, values: Array) -> Array:
        """The least squares fit (n,) of the first predictor to values (n,)."""

    @abstractmethod
    def solve(self, at: Derivatives, shapes: int) -> Solve | None:
        """H^-1 g of g (P + s, k), with H the Hessian by coordinates and shapes; None where it has no meaning."""

    def partly(self, noise: NoiseModel, y: Array, eta: Array, free: Array) -> Partly | None:
        """What refits some of the rows that it was fitted to; None where a fit takes too little from each of them to be seen."""
        return None


@record(frozen=True, eq=False)
class Columns(Designed):
    """`each` (n, r_a): the columns of each predictor."""

    each: tuple[Array, ...]

    @property
    def parameters(self) -> int:
        """All columns."""
        return sum(x.shape[1] for x in self.each)

    def take(self, rows: Index) -> "Columns":
        """Copies."""
        return Columns(tuple(x[rows] for x in self.each))

    def pull(self, d1: Array) -> Array:
        """Predictor after predictor."""
        return np.concatenate([x.T @ own for x, own in zip(self.each, d1, strict=True)])

    def push(self, steps: Array) -> Array:
        """x_a b_a."""
        parts = np.split(steps, np.cumsum([x.shape[1] for x in self.each])[:-1])
        return np.stack([x @ b for x, b in zip(self.each, parts, strict=True)])

    def project(self, values: Array) -> Array:
        """Q Q' v."""
        return np.asarray(self._basis @ (self._basis.T @ values))

    @cached_property
    def _basis(self) -> Array:
        (x, *_), k = self.each, self.each[0].shape[1]
        r = of_square((x,)) if k else None
        return np.asarray(np.linalg.qr(x)[0]) if r is None else triangular(r, x.T, transposed=True).T

    def solve(self, at: Derivatives, shapes: int) -> Solve | None:
        """By its eigenvectors, but for those in which it is flat."""
        assert at.curvature is not None
        m, ones = len(self.each), np.ones((at.value.size, 1))
        columns = [*self.each, *([ones] * shapes)]
        ends = np.cumsum([0, *(x.shape[1] for x in columns)])
        hessian = np.zeros((ends[-1], ends[-1]))
        for a in range(m + shapes):
            bent = at.curvature(np.eye(m + shapes)[a])
            for b in range(m + shapes):
                hessian[ends[b] : ends[b + 1], ends[a] : ends[a + 1]] = columns[b].T @ (bent[:, b : b + 1] * columns[a])
        if not np.isfinite(hessian).all():
            return None
        values, vectors = np.linalg.eigh((hessian + hessian.T) / 2.0)
        kept = values > FLAT * values.max(initial=0.0)
        inverse = np.asarray((vectors[:, kept] / values[kept]) @ vectors[:, kept].T)
        return lambda gradient: np.asarray(inverse @ gradient)


@record(frozen=True, eq=False)
class Levels(Designed):
    """`rows` have levels of a factor, and columns beside them, as the `mean` wants them prepared. `information` (L, m, m): that of
    all rows of each level, in natural units."""

    mean: Indexed
    rows: Chunk
    information: Array

    @classmethod
    def of(cls, mean: Indexed, rows: Chunk, information: Array) -> "Levels":
        """Those of rows as they are kept."""
        coordinates, ready = mean.leveled.prepared(rows)
        return cls(replace(mean, coordinates=coordinates), ready, information)

    @property
    def parameters(self) -> int:
        """Levels and columns of all predictors."""
        return self.mean.size

    def take(self, rows: Index) -> "Levels":
        """Copies."""
        return replace(self, rows=choose(self.rows, rows))

    @cached_property
    def _derived(self) -> Bordered:
        return self.mean.bordered(self.rows)

    def pull(self, d1: Array) -> Array:
        """By sums by level."""
        return np.stack([self.mean.coordinates.whiten(self._derived.pull(own)) for own in d1.transpose(2, 1, 0)], axis=1)

    def push(self, steps: Array) -> Array:
        """By level."""
        each = [self._derived.push(self.mean.coordinates.coefficients(step)) for step in steps.T]
        return np.stack([own.T for own in each], axis=2)

    @cached_property
    def _square(self) -> Solve:
        """(J'J)^-1 of one predictor, that of a law whose Hessian by it is 1."""
        ones = np.ones((self.rows.rows, 1))
        found = self.solve(Derivatives(ones[:, 0], curvature=lambda direction: ones * direction), 0)
        assert found is not None, "columns that others determine have no coefficient"
        return found

    def project(self, values: Array) -> Array:
        """J (J'J)^-1 J' v."""
        return np.asarray(self.push(self._square(self.pull(values[None, :, None])))[0, :, 0])

    def solve(self, at: Derivatives, shapes: int) -> Solve | None:
        """As an arrow does."""
        curvature = self.mean.leveled.bent(self._derived.curvature(at, None, shapes), lambda columns: columns)
        if not curvature.finite() or not curvature.smallest > 0.0:
            return None
        return lambda gradients: np.stack([curvature.solve(own) for own in gradients.T], axis=1)

    def partly(self, noise: NoiseModel, y: Array, eta: Array, free: Array) -> Partly | None:
        """By level."""
        assert self.rows.level is not None
        return Partly.of(noise, y, eta, free, self.rows.level, self.information)
