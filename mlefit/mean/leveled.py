"""Leveled: coordinates of a design in which one factor has a coefficient of its own for each level, and no columns.

With alpha_g the coefficients of the L levels, beta those of the columns, and x_g the mean of the columns in level g,

    eta = alpha_g + x beta = delta_g + (x - x_g) beta,    delta_g = alpha_g + x_g beta

    gamma = (sqrt(n_g / n) delta_g,  R beta),   R the triangle of x - x_g divided by sqrt(n)

so that the design is orthonormal in gamma but for sqrt(n), as in `coordinates`, and the columns, each less the mean of its
level, know nothing of the levels. Where further factors have no columns (`crossing`), the indicators of their levels are the first
of the columns: R then is [[R_E, R_E b], [0, R_x]], and rows have codes for them.
"""

from collections.abc import Callable
from dataclasses import field, replace
from functools import cached_property
from typing import Self

import numpy as np

from mlefit.arrays import Array, Index, block
from mlefit.mean.bordered import Bordered
from mlefit.mean.coordinates import Coordinates, Whitening
from mlefit.mean.crossing import Crossing
from mlefit.records import record
from mlefit.rows.chunk import Chunk
from mlefit.sums.arrow import Arrow
from mlefit.sums.coded import Coded
from mlefit.sums.curvature import Curvature
from mlefit.sums.lapack import triangular


@record(frozen=True, eq=False)
class Leveled(Whitening):
    """`columns`: coordinates of the columns less their means; `centre` (L, d) these means, None where rows come without them;
    `scale` (L,) the roots of n_g / n. Coordinates of a predictor: those of the levels, then of the columns.
    """

    columns: Coordinates
    centre: Array | None
    scale: Array
    crossing: Crossing | None = None
    _last: dict[int, tuple[Array, Array]] = field(default_factory=dict, init=False, repr=False)     # all rows of a pass want it

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
        if self.crossing is not None:
            others = self.crossing.others(chunk)
            return replace(chunk, x=self.crossing.rest(chunk, others, self.columns.kept[self.count :]), crossed=others)
        x = block(chunk.rows, self.columns.rank)
        for j, place in enumerate(self.columns.kept):
            np.subtract(chunk.x[:, place], self._means[j][chunk.level], out=x[:, j])
        return replace(chunk, x=x)

    @cached_property
    def of_centred(self) -> "Leveled":
        """The same coordinates, of rows that are `centred`."""
        kept = tuple(range(self.columns.rank))
        return replace(self, columns=replace(self.columns, kept=kept), centre=None)

    def prepared(self, chunk: Chunk) -> tuple["Leveled", Chunk]:
        """Columns less the means of their levels, white where they are steep."""
        if self.centre is not None:
            return self.of_centred.prepared(self.centred(chunk))
        mine = self.of_rows
        columns, rows = mine.prepared(chunk)
        if columns is mine:
            return self, chunk
        rows = replace(rows, level=chunk.level, crossed=chunk.crossed)
        return (replace(self, columns=columns) if self.crossing is None else self._with(columns)), rows

    def _with(self, rows: Coordinates) -> "Leveled":
        """With other coordinates of the columns that rows have."""
        triangle, count = self.columns.triangle.copy(), self.count
        triangle[:count, count:], triangle[count:, count:] = 0.0, rows.triangle
        return replace(self, columns=replace(self.columns, triangle=triangle))

    @property
    def count(self) -> int:
        """E, of the columns that rows have codes for."""
        return 0 if self.crossing is None else self.crossing.count

    @cached_property
    def of_rows(self) -> Coordinates:
        """Those of the columns that rows have."""
        if self.crossing is None:
            return self.columns
        places, rank = self.columns.kept[self.count :], self.columns.rank - self.count
        return replace(self.columns, triangle=np.asfortranarray(self.columns.triangle[self.count :, self.count :]),
                       kept=tuple(range(rank)) if self.centre is None else places)

    @cached_property
    def of_codes(self) -> Array:
        """R_E."""
        return np.asfortranarray(self.columns.triangle[: self.count, : self.count])

    def some(self, levels: Index) -> "Leveled":
        """The coordinates of rows of some of the levels, in which what further factors explain is known."""
        assert self.centre is not None
        return Leveled(self.of_rows, self.centre[levels, self.count :], self.scale[levels])

    def of_some(self, gamma: Array, levels: Index) -> Array:
        """gamma as the coordinates of `some` levels have it."""
        other, encoded, count = self.some(levels), self.encoded(gamma).reshape(-1, self.size), self.scale.size
        assert other.centre is not None
        alpha, beta = encoded[:, :count][:, levels], encoded[:, count + self.count :]
        delta = other.scale * (alpha + beta @ other.centre.T)
        return np.concatenate([delta, beta @ other.columns.triangle.T], axis=1).ravel()

    def offset(self, gamma: Array, chunk: Chunk) -> Array | None:
        """The offset (n,) of rows with what further factors explain, of one predictor."""
        if self.crossing is None:
            return chunk.offset
        first = self.scale.size
        each = np.append(self.encoded(gamma)[first : first + self.count], 0.0)
        own: Array = each[self.crossing.others(chunk)].sum(axis=1)
        return own if chunk.offset is None else own + chunk.offset

    @cached_property
    def _means(self) -> Array:
        """The means (d, L), one column after the other."""
        assert self.centre is not None
        return np.ascontiguousarray(self.centre.T)

    def encoded(self, gamma: Array) -> Array:
        """(alpha, beta) of gamma, predictor after predictor (k P,)."""
        found, count = self._levels_of(gamma), self.scale.size
        if self.columns.rank:
            found[:, count:] = self.columns.encoded(found[:, count:].ravel()).reshape(len(found), -1)
            if self.centre is not None:
                found[:, :count] -= found[:, count:] @ self.centre.T
        return found.ravel()

    def coefficients(self, gamma: Array) -> Array:
        """What multiplies levels and columns of prepared rows: delta, tau', and beta or its coordinates; delta is less e tau'."""
        known = self._last.get(0)
        if known is None or not np.array_equal(known[0], gamma):
            known = self._last[0] = gamma.copy(), self._coefficients(gamma)
            known[1].flags.writeable = False
        return known[1]

    def _coefficients(self, gamma: Array) -> Array:
        found, count = self._levels_of(gamma), self.scale.size
        first = count + self.count
        if self.crossing is not None:
            found[:, count:first] = triangular(self.of_codes, found[:, count:first].T).T
            found[:, :count] -= found[:, count:first] @ self.crossing.share.T
        if self.of_rows.rank:
            found[:, first:] = self.of_rows.coefficients(found[:, first:].ravel()).reshape(len(found), -1)
        return found.ravel()

    def _levels_of(self, gamma: Array) -> Array:
        """gamma, predictor after predictor (k, P), the levels divided by their scale."""
        found = gamma.reshape(-1, self.size).copy()
        found[:, : self.scale.size] /= self.scale
        return found

    def whiten(self, by_columns: Array) -> Array:
        """Derivatives by gamma from derivatives (k P,) or (k P, j) by `coefficients`."""
        found = by_columns.reshape(-1, self.size, *by_columns.shape[1:]).copy()
        count = self.scale.size
        if self.crossing is not None:
            for own in found:
                own[count : count + self.count] -= self.crossing.share.T @ own[:count]
        found[:, :count] /= self.scale.reshape(-1, *(1,) * (by_columns.ndim - 1))
        if self.columns.rank:
            inner = found[:, count:]
            found[:, count:] = self._white(inner.reshape(-1, *by_columns.shape[1:])).reshape(inner.shape)
        return found.reshape(by_columns.shape)

    def coded(self, rows: Chunk) -> Array:
        """The indicators (n, E) of prepared rows in these coordinates, of which there should be few."""
        assert self.crossing is not None
        assert rows.crossed is not None
        assert rows.level is not None
        found = -self.crossing.share[rows.level]
        for other in rows.crossed.T:
            there = np.flatnonzero(other < self.count)
            found[there, other[there]] += 1.0
        return triangular(self.of_codes, found.T, transposed=True).T

    def _white(self, by_columns: Array) -> Array:
        """The same (k q,) or (k q, j) of the columns alone."""
        if self.crossing is None:
            return self.columns.whiten(by_columns)
        found, rows = by_columns.reshape(-1, self.columns.rank, *by_columns.shape[1:]).copy(), self.of_rows
        for own in found:
            own[: self.count] = triangular(self.of_codes, own[: self.count], transposed=True)
            if rows.rank:
                own[self.count :] = rows.whiten(own[self.count :])
        return found.reshape(by_columns.shape)

    def bent(self, curvature: Curvature, white: Callable[[Array], Array]) -> Curvature:
        """The curvature by gamma from that by `coefficients`: levels and columns apart."""
        if isinstance(curvature, Coded):
            assert self.crossing is not None
            curvature = curvature.arrow.shifted(self.crossing.share)
        assert isinstance(curvature, Arrow)

        def inside(rest: Array) -> Array:
            """Columns of all predictors, and shapes."""
            inner = len(rest) - curvature.shapes
            return np.concatenate([self._white(rest[:inner]), rest[inner:]]) if inner else rest

        return curvature.moved(self.scale, inside)

    def nearest(self, wanted: Array, chunk: Chunk) -> Array:
        """The gamma (m P,) of the least squares fit to `wanted` (n, m)."""
        weight = np.ones(chunk.rows) if chunk.weight is None else chunk.weight
        _, rows = self.prepared(chunk)
        pulled = Bordered.of(rows, wanted.shape[1], self.scale.size, self.count).pull(wanted * weight[:, None])
        return self.whiten(pulled) / float(weight.sum())
