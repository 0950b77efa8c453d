"""Leveled: coordinates of a design in which one factor has a coefficient of its own for each level, and no columns.

With alpha_g the coefficients of the L levels, beta those of the columns, and x_g the mean of the columns in level g,

    eta = alpha_g + x beta = delta_g + (x - x_g) beta,    delta_g = alpha_g + x_g beta

    gamma = (sqrt(n_g / n) delta_g,  R beta),   R the triangle of x - x_g divided by sqrt(n)

so that the design is orthonormal in gamma but for sqrt(n), as in `coordinates`, and the columns, each less the mean of its
level, know nothing of the levels.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Self

import numpy as np

from mlefit.arrays import Array, block
from mlefit.mean.bordered import Bordered
from mlefit.mean.coordinates import Coordinates, Whitening
from mlefit.records import record
from mlefit.rows.chunk import Chunk
from mlefit.sums.arrow import Arrow
from mlefit.sums.curvature import Curvature


@record(frozen=True, eq=False)
class Leveled(Whitening):
    """`columns`: coordinates of the columns less their means; `centre` (L, d) these means, None where rows come without them;
    `scale` (L,) the roots of n_g / n. Coordinates of a predictor: those of the levels, then of the columns.
    """

    columns: Coordinates
    centre: Array | None
    scale: Array

    def part(self, predictor: int) -> Coordinates:
        """Those of the columns alone are no coordinates of a predictor."""
        raise TypeError("a factor without columns has no coordinates of columns alone")

    @property
    def one(self) -> None:
        """There is none."""
        return

    @property
    def size(self) -> int:
        """L + d."""
        return self.scale.size + self.columns.rank

    @property
    def gentle(self) -> Self:
        """The same for sums that have no second derivatives in them."""
        return self._gentle

    @cached_property
    def _gentle(self) -> Self:
        return replace(self, columns=self.columns.gentle)

    def centred(self, chunk: Chunk) -> Chunk:
        """The rows with the columns that are kept, less the means of their levels."""
        if self.centre is None:
            return chunk
        assert chunk.level is not None
        x = block(chunk.rows, self.columns.rank)
        for j, place in enumerate(self.columns.kept):
            np.subtract(chunk.x[:, place], self._means[j][chunk.level], out=x[:, j])
        return replace(chunk, x=x)

    @cached_property
    def of_centred(self) -> "Leveled":
        """The same coordinates, of rows that are `centred`."""
        return replace(self, columns=replace(self.columns, kept=tuple(range(self.columns.rank))), centre=None)

    def prepared(self, chunk: Chunk) -> tuple["Leveled", Chunk]:
        """Columns less the means of their levels, white where they are steep."""
        if self.centre is not None:
            return self.of_centred.prepared(self.centred(chunk))
        columns, rows = self.columns.prepared(chunk)
        return (self, chunk) if columns is self.columns else (replace(self, columns=columns), replace(rows, level=chunk.level))

    @cached_property
    def _means(self) -> Array:
        """The means (d, L), one column after the other."""
        assert self.centre is not None
        return np.ascontiguousarray(self.centre.T)

    def encoded(self, gamma: Array) -> Array:
        """(alpha, beta) of gamma, predictor after predictor (k P,)."""
        return self._each(gamma, self.columns.encoded, natural=True)

    def coefficients(self, gamma: Array) -> Array:
        """What multiplies levels and columns of prepared rows: delta, and beta or its coordinates."""
        return self._each(gamma, self.columns.coefficients, natural=False)

    def _each(self, gamma: Array, of: Callable[[Array], Array], *, natural: bool) -> Array:
        found, count = gamma.reshape(-1, self.size).copy(), self.scale.size
        found[:, :count] /= self.scale
        if self.columns.rank:
            found[:, count:] = of(found[:, count:].ravel()).reshape(len(found), -1)
            if natural and self.centre is not None:
                found[:, :count] -= found[:, count:] @ self.centre.T
        return found.ravel()

    def whiten(self, by_columns: Array) -> Array:
        """Derivatives by gamma from derivatives (k P,) or (k P, j) by `coefficients`."""
        found = by_columns.reshape(-1, self.size, *by_columns.shape[1:]).copy()
        count = self.scale.size
        found[:, :count] /= self.scale.reshape(-1, *(1,) * (by_columns.ndim - 1))
        if self.columns.rank:
            inner = found[:, count:]
            found[:, count:] = self.columns.whiten(inner.reshape(-1, *by_columns.shape[1:])).reshape(inner.shape)
        return found.reshape(by_columns.shape)

    def bent(self, curvature: Curvature, white: Callable[[Array], Array]) -> Curvature:
        """The curvature by gamma from that by `coefficients`: levels and columns apart."""
        assert isinstance(curvature, Arrow)

        def inside(rest: Array) -> Array:
            """Columns of all predictors, and shapes."""
            inner = len(rest) - curvature.shapes
            return np.concatenate([self.columns.whiten(rest[:inner]), rest[inner:]]) if inner else rest

        return curvature.moved(self.scale, inside)

    def nearest(self, wanted: Array, chunk: Chunk) -> Array:
        """The gamma (m P,) of the least squares fit to `wanted` (n, m)."""
        weight = np.ones(chunk.rows) if chunk.weight is None else chunk.weight
        _, rows = self.prepared(chunk)
        pulled = Bordered.of(rows, wanted.shape[1], self.scale.size).pull(wanted * weight[:, None])
        return self.whiten(pulled) / float(weight.sum())
