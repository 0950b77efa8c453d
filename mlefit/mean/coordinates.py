"""Coordinates: gamma = R B for the coefficients B of a design, in which its columns are orthonormal.

With R the triangle of the design divided by sqrt(n), the design in gamma has orthonormal columns (times sqrt(n)), so the
Hessian of every core model is near a multiple of the identity, and shift, scale and collinearity of the columns do not
reach the optimiser. R is applied by triangular solves: an explicit inverse would lose what R has kept.

Sums over rows are whitened once per pass, which loses eps cond(R)^2 of a Hessian. For a steep design that is everything
(at 1e8 a standard error comes out wrong by a third, with a certificate), so there the rows are whitened instead, which
costs as much as a Hessian. A gradient loses eps cond(R) only and is a thousandth of that work where there are a thousand
columns, so it has a bound of its own.

What belongs to several predictors stands one predictor after the other: (m r,) where all have one design, (r_1 + r_2 + ...,)
where each has its own (`apart`).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Self

import numpy as np

from mlefit.arrays import Array, product
from mlefit.records import record
from mlefit.rows.chunk import Chunk
from mlefit.sums.curvature import Curvature
from mlefit.sums.doubled import Doubled, substituted
from mlefit.sums.lapack import triangular

STEEP = 100.0       # condition number of columns of norm 1 up to which a whitened Hessian keeps 12 digits
GENTLE = 1e4        # and a whitened gradient
MANY = 64           # columns from which a coefficient takes so long that the last ones are kept
SHEER = 1e11        # from where on coefficients are solved for in twice the precision: in one, an intercept loses its digits


class Whitening(ABC):
    """The coordinates of all predictors of a row, and what is made of their design or designs.

    Sizes are those of all predictors together, P; a vector may be several, one after the other, where (k P,) is said.
    """

    @abstractmethod
    def part(self, predictor: int) -> "Coordinates":
        """Those of one predictor."""

    @property
    @abstractmethod
    def one(self) -> "Coordinates | None":
        """Those that all predictors have alike, or None."""

    @property
    @abstractmethod
    def gentle(self) -> Self:
        """The same for sums that have no second derivatives in them."""

    @abstractmethod
    def prepared(self, chunk: Chunk) -> "tuple[Whitening, Chunk]":
        """The rows as sums are made of them, with the coordinates that they have then: columns are made or chosen once."""

    @abstractmethod
    def encoded(self, gamma: Array) -> Array:
        """B (k P,) of gamma (k P,)."""

    @abstractmethod
    def coefficients(self, gamma: Array) -> Array:
        """What multiplies the columns that sums are made of, (k P,): B, or gamma itself."""

    @abstractmethod
    def whiten(self, by_columns: Array) -> Array:
        """Derivatives by gamma from derivatives (P,) or (P, k) by `coefficients`: R^-T g."""

    def bent(self, curvature: Curvature, white: Callable[[Array], Array]) -> Curvature:
        """Second derivatives by gamma from those by `coefficients`; `white` does as `whiten` with columns (P, k)."""
        return curvature.whitened(white)

    @abstractmethod
    def nearest(self, wanted: Array, chunk: Chunk) -> Array:
        """The gamma (P,) with x B the least squares fit to `wanted` (n, m), on rows whose triangles these are."""


@record(frozen=True, eq=False)
class Coordinates(Whitening):
    """Those of one design, for any number of predictors.

    `triangle` (r, r) is R / sqrt(n), `kept` the design's columns in it. From condition number `bound` on, rows are
    whitened before they are added up."""

    triangle: Array
    kept: tuple[int, ...]
    bound: float = STEEP

    @classmethod
    def orthonormal(cls, rank: int) -> "Coordinates":
        """Those of columns that are white already."""
        return cls(np.eye(rank), tuple(range(rank)))

    def part(self, predictor: int) -> "Coordinates":
        """These."""
        return self

    @property
    def one(self) -> "Coordinates":
        """These."""
        return self

    @property
    def rank(self) -> int:
        """r."""
        return len(self.kept)

    @cached_property
    def steep(self) -> bool:
        """Whether rows are whitened before they are added up, not the sums."""
        return bool(self._reciprocal < 1.0 / self.bound)

    @cached_property
    def _reciprocal(self) -> float:
        """Of the condition number of columns of norm 1."""
        from scipy.linalg.lapack import dtrcon

        reciprocal, _ = dtrcon(self.triangle / np.linalg.norm(self.triangle, axis=0))
        return float(reciprocal)

    @property
    def gentle(self) -> Self:
        """The same for sums that have no second derivatives in them."""
        return self._gentle

    @cached_property
    def _gentle(self) -> Self:
        return replace(self, bound=GENTLE)

    @cached_property
    def _white(self) -> "Coordinates":
        return Coordinates.orthonormal(self.rank)

    @cached_property
    def _all(self) -> "Coordinates":
        return replace(self, kept=tuple(range(self.rank)))

    def prepared(self, chunk: Chunk) -> tuple["Coordinates", Chunk]:
        """The rows as sums are made of them, with the coordinates that they have then: columns are made or chosen once."""
        if not self.steep and self._is_all(chunk):
            return self, chunk
        rows = Chunk(chunk.y, self.columns(chunk), chunk.weight, chunk.offset, chunk.first_row, chunk.cluster,
                     chunk.trials)
        return self._white if self.steep else self._all, rows

    def design(self, chunk: Chunk) -> Array:
        """The design (n, r) without aliased columns and those of other designs: a view where the rest stands together."""
        return chunk.x if self._is_all(chunk) else chunk.x[:, self._places]

    def _is_all(self, chunk: Chunk) -> bool:
        """Whether the design is the table of the rows as it is, and not in the order that the terms of a scale have."""
        return self.rank == chunk.x.shape[1] and self.together

    @cached_property
    def _places(self) -> "slice | tuple[int, ...]":
        first = self.kept[0] if self.kept else 0
        together = self.kept == tuple(range(first, first + self.rank))
        return slice(first, first + self.rank) if together else self.kept

    @property
    def together(self) -> bool:
        """Whether its columns stand one after the other."""
        return isinstance(self._places, slice)

    def columns(self, chunk: Chunk) -> Array:
        """The columns (n, r) that sums are made of: the design, or x R^-1."""
        x = self.design(chunk)
        return self._solved(x.T).T if self.steep else x

    def white(self, chunk: Chunk) -> Array:
        """The columns (n, r) in these coordinates, x R^-1, orthonormal over all rows but for sqrt(n)."""
        return self._solved(self.design(chunk).T).T

    @cached_property
    def _last(self) -> list[tuple[Array, Array]]:
        """The last gamma whose B was wanted, and that: a pass wants it for each part of the rows."""
        return []

    def encoded(self, gamma: Array) -> Array:
        """B (m r,) of gamma (m r,)."""
        if self.rank < MANY:
            return self._encoded(gamma)
        for known, b in self._last:
            if np.array_equal(known, gamma):
                return b
        b = self._encoded(gamma)
        b.flags.writeable = False
        self._last[:] = [(gamma.copy(), b)]
        return b

    def _encoded(self, gamma: Array) -> Array:
        each = gamma.reshape(-1, self.rank)
        if self._reciprocal < 1.0 / SHEER:
            return substituted(self.triangle, Doubled.of(each.T.copy())).rounded().T.ravel()
        if len(each) == 1:
            return triangular(self.triangle, gamma)
        return triangular(self.triangle, each.T).T.ravel()

    @property
    def inverse(self) -> Array:
        """R^-1 (r, r), with B = R^-1 gamma."""
        return self.encoded(np.eye(self.rank).ravel()).reshape(self.rank, self.rank).T if self.rank else np.zeros((0, 0))

    def coefficients(self, gamma: Array) -> Array:
        """What multiplies `columns`, (m r,): B, or gamma itself."""
        return gamma if self.steep else self.encoded(gamma)

    def whiten(self, by_columns: Array) -> Array:
        """Derivatives by gamma from derivatives (m r,) or (m r, k) by `coefficients`: R^-T g."""
        if self.steep:
            return by_columns
        r = self.rank
        if len(by_columns) == r:
            return self._solved(by_columns)
        together = by_columns.reshape(len(by_columns) // r, r, -1).transpose(1, 0, 2).reshape(r, -1)
        white = self._solved(together).reshape(r, len(by_columns) // r, -1).transpose(1, 0, 2)
        return white.reshape(by_columns.shape)

    def pull(self, d1: Array, chunk: Chunk) -> Array:
        """x' d1 (m r,) for the derivatives (n, m) of rows by their predictors, by `coefficients`."""
        return product(self.columns(chunk).T, d1).T.ravel()

    def nearest(self, wanted: Array, chunk: Chunk) -> Array:
        """The gamma (m r,) with x B the least squares fit to `wanted` (n, m), on rows whose triangle this is."""
        weight = np.ones(chunk.rows) if chunk.weight is None else chunk.weight
        return np.asarray(self.whiten(self.pull(wanted * weight[:, None], chunk)) / weight.sum())

    @cached_property
    def _plain(self) -> bool:
        """Whether R is the identity, as it is of sums that stand for rows."""
        return np.array_equal(self.triangle, np.eye(self.rank))

    def _solved(self, by_design: Array) -> Array:
        return by_design if self._plain else triangular(self.triangle, by_design, transposed=True)
