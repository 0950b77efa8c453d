"""The linear mean of a design in which one factor has levels and no columns: eta_a = alpha_a,level + x B_a + offset.

Its coefficients are told as those of the columns that the factor does not have: contrasts with the baseline, whose own level is
the constant, or one for each level where there is no constant. In the coordinates of `leveled`,

    level less baseline      delta_g - delta_b - (x_g - x_b) beta
    constant                 delta_b - (x_b + c / s) beta           with centres c and scales s of the columns
"""

from dataclasses import field, replace
from functools import cached_property

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.mean.bordered import Bordered
from mlefit.mean.coordinates import Coordinates
from mlefit.mean.leveled import Leveled
from mlefit.mean.linear import LinearMean
from mlefit.mean.looked_up import LookedUp
from mlefit.mean.natural import Natural
from mlefit.records import record
from mlefit.rows.chunk import ABSENT, Chunk
from mlefit.sums.arrow import Arrow
from mlefit.sums.contrasts import Contrasts
from mlefit.sums.curvature import Curvature


@record(frozen=True, eq=False)
class Indexed(LinearMean):
    """`baseline`: the level that is the constant, None where there is no constant. `order` (k,): where the constant, the columns
    and the levels but the baseline, in this order, stand among the coefficients of a predictor."""

    baseline: int | None = None
    order: Index | None = None
    _known: dict[int, tuple[Arrow, LookedUp]] = field(default_factory=dict, init=False, repr=False)

    @property
    def leveled(self) -> Leveled:
        """The coordinates."""
        assert isinstance(self.coordinates, Leveled)
        return self.coordinates

    @property
    def of_centred(self) -> "Indexed":
        """The same, at the same coordinates, of rows whose columns are less the means of their levels."""
        return replace(self, coordinates=self.leveled.of_centred)

    @property
    def levels(self) -> int:
        """L."""
        return self.leveled.scale.size

    @property
    def columned(self) -> bool:
        """A row has a level too."""
        return False

    @property
    def wide(self) -> int:
        """Columns, and some sums by level."""
        by_code = self.leveled.count if self.predictors == 1 else 0
        return self.predictors * (self.leveled.columns.rank + 1 - by_code)

    @property
    def size(self) -> int:
        """m (L + d)."""
        return self.predictors * self.leveled.size

    @property
    def places(self) -> tuple[slice, ...]:
        """Where the coordinates of each predictor are."""
        each = self.leveled.size
        return tuple(slice(a * each, (a + 1) * each) for a in range(self.predictors))

    def part(self, predictor: int) -> Coordinates:
        """There are none of columns alone."""
        return self.leveled.part(predictor)

    def bordered(self, chunk: Chunk) -> Bordered:
        """The derivatives of prepared rows."""
        return Bordered.of(chunk, self.predictors, self.levels, self.leveled.count)

    def hats(self, curvature: Curvature, chunk: Chunk, *, shapes: bool = False) -> Array:
        """z H^-1 z' (n, m, m), or with the shapes (n, m + s, m + s)."""
        assert isinstance(curvature, Arrow)
        if self.leveled.crossing is None or self.predictors > 1 or shapes:
            return curvature.squares(*self.white(chunk), shapes=shapes)
        coordinates, rows = self.leveled.prepared(chunk)
        x = coordinates.of_rows.whiten(rows.x.T).T if rows.x.shape[1] else rows.x
        return self._tables(curvature).squares(rows, x)

    def _tables(self, curvature: Arrow) -> LookedUp:
        """Those of the curvature that they were asked for last."""
        known = self._known.get(id(curvature))
        if known is None or known[0] is not curvature:
            self._known.clear()
            known = self._known[id(curvature)] = (curvature, LookedUp.of(curvature, self.leveled))
        return known[1]

    def white(self, chunk: Chunk) -> tuple[Index, Array, Array]:
        """Rows in the coordinates of a predictor: level (n,), its element (n,), and the columns (n, d)."""
        coordinates, rows = self.leveled.prepared(chunk)
        assert rows.level is not None
        columns = coordinates.of_rows
        x = columns.whiten(rows.x.T).T if rows.x.shape[1] else rows.x
        if coordinates.crossing is not None:
            x = np.concatenate([coordinates.coded(rows), x], axis=1)
        return rows.level, 1.0 / coordinates.scale[rows.level], x

    def slope(self, coef: Array, chunk: Chunk) -> Array:
        """eta (n, m) without the offset."""
        coordinates, rows = self.leveled.prepared(chunk)
        return self.bordered(rows).push(coordinates.coefficients(coef))

    def jacobian(self, coef: Array, chunk: Chunk, predictor: int) -> Array:
        """Not formed."""
        raise TypeError("levels without columns have no matrix of derivatives")

    def natural(self, coef: Array) -> tuple[Natural, ...]:
        """Constant, columns and contrasts, in the units of the columns and of the response."""
        encoded, units, found = self.coordinates.encoded(coef), self._units, []
        with np.errstate(over="ignore", invalid="ignore"):
            for a, place in enumerate(self.places):
                encoding, unit = units.encoding(a), units.unit(a)
                value = self._told(encoded[place], self._away(a)) * unit
                if encoding.intercept:
                    value[0] += units.constant(a)
                found.append(Natural(value, place.start, self._contrasts[a], unit))
        return tuple(found)

    def magnitudes(self, coef: Array, chunk: Chunk) -> list[Array]:
        """As in general, of the levels and of the columns that there are."""
        assert chunk.level is not None
        encoded, coordinates = np.abs(self.coordinates.encoded(coef)), self.leveled
        levels, count = self.levels, coordinates.count
        columns = np.abs(chunk.x[:, list(coordinates.columns.kept[count:])])
        found = []
        for place in self.places:
            own, rest = encoded[place], encoded[place][levels:]
            found.append(own[:levels][chunk.level] + columns @ rest[count:])
            if coordinates.crossing is not None:
                others = np.append(rest[:count], 0.0)
                found[-1] += sum(others[other] for other in coordinates.crossing.others(chunk).T)
        return found

    def lengths(self, chunk: Chunk) -> Array:
        """|z|^2 (n,) of rows z in the coordinates of a predictor."""
        _, element, x = self.white(chunk)
        return np.asarray(np.einsum("ij,ij->i", x, x) + np.square(element))

    def told(self, coef: Array) -> Array:
        """As natural, but in the units of the encoded columns, uncentred."""
        encoded = self.coordinates.encoded(coef)
        return np.concatenate([self._told(encoded[place], np.zeros(self.leveled.columns.rank)) for place in self.places])

    def taken(self, told: Array) -> Array:
        """The coordinates (L + d,) of what `told` says of one predictor."""
        own, coordinates, head = told[self._order], self.leveled, 0 if self.baseline is None else 1
        beta, levels = own[head : head + coordinates.columns.rank], own[head + coordinates.columns.rank :]
        if self.baseline is not None:
            levels = np.insert(levels + own[0], self.baseline, own[0])
        assert coordinates.centre is not None
        return np.concatenate([coordinates.scale * (levels + coordinates.centre @ beta), coordinates.columns.triangle @ beta])

    def combined(self, predictor: int) -> Array:
        """The same as combinations (k, L + d) of the coordinates of a predictor."""
        return self._contrast(np.zeros(self.leveled.columns.rank)).whole(self.leveled.size)

    def moved(self, step: Array) -> Array:
        """What a step (P,) changes in the natural coefficients (k,), but for units."""
        return np.concatenate([self._contrasts[a].times(step[place]) for a, place in enumerate(self.places)])

    def by_natural(self, gradient: Array) -> Array:
        """Derivatives (k,) by the natural coefficients, but for units, from those by coordinates (P,).

        A level's coefficient moves its own rows alone, the constant all rows, a column all rows along it.
        """
        columns, scale, centre = self.leveled.columns, self.leveled.scale, self.leveled.centre
        assert centre is not None
        found = []
        for a, place in enumerate(self.places):
            own = gradient[place]
            levels = own[: self.levels] * scale
            by_columns = columns.triangle.T @ own[self.levels :] + centre.T @ levels
            if self.baseline is not None:
                by_columns = by_columns + self._away(a) * levels.sum()
            found.append(self._arranged(levels, by_columns, levels.sum()))
        return np.concatenate(found)

    @property
    def without_levels(self) -> Array:
        """A basis (P, k) of the coordinates in which all levels have one coefficient, or none where there is no constant."""
        columns, scale, centre = self.leveled.columns, self.leveled.scale, self.leveled.centre
        assert centre is not None
        inverse = columns.inverse
        own = np.zeros((self.leveled.size, columns.rank + 1))
        own[: self.levels, 0] = scale
        own[: self.levels, 1:] = scale[:, None] * (centre @ inverse)
        own[self.levels :, 1:] = np.eye(columns.rank)
        return np.asarray(np.kron(np.eye(self.predictors), own if self.baseline is not None else own[:, 1:]))

    def mapped(self, coef: Array, other: "LinearMean") -> Array:
        """No other coordinates have these levels."""
        raise TypeError("levels without columns keep their coordinates")

    @property
    def _order(self) -> Index:
        size = self.leveled.size
        return np.arange(size) if self.order is None else self.order

    def _away(self, predictor: int) -> Array:
        """c / s (d,) of the columns: how far from 0 their centres are."""
        encoding, at = self._units.encoding(predictor), self._order[1 : 1 + self.leveled.columns.rank]
        return np.asarray(encoding.centre[at] / encoding.scale[at])

    def _told(self, encoded: Array, away: Array) -> Array:
        """The coefficients (k,) of alpha (L,) and beta (d,), before units, of columns whose centres are so far `away` from 0."""
        alpha, beta = encoded[: self.levels], encoded[self.levels :]
        if self.baseline is None:
            return self._arranged(alpha, beta, 0.0)
        base = float(alpha[self.baseline])
        return self._arranged(alpha - base, beta, base - float(away @ beta))

    def _arranged(self, levels: Array, columns: Array, constant: float) -> Array:
        """In the order of the coefficients."""
        if self.baseline is None:
            found = np.concatenate([columns, levels])
        else:
            found = np.concatenate([[constant], columns, np.delete(levels, self.baseline)])
        told = np.empty_like(found)
        told[self._order] = found
        return told

    @cached_property
    def _contrasts(self) -> tuple[Contrasts, ...]:
        if len(self._units.encodings) == 1:
            return (self._contrast(self._away(0)),) * self.predictors
        return tuple(self._contrast(self._away(a)) for a in range(self.predictors))

    def _contrast(self, away: Array) -> Contrasts:
        """The coefficients of a predictor as combinations of its coordinates."""
        columns, scale, centre = self.leveled.columns, self.leveled.scale, self.leveled.centre
        count, d = self.levels, columns.rank
        assert centre is not None
        shown = np.arange(count) if self.baseline is None else np.delete(np.arange(count), self.baseline)
        head = 0 if self.baseline is None else 1
        k = head + d + shown.size
        to, by = np.full(k, ABSENT), np.full(k, ABSENT)
        plus, minus, inner = np.zeros(k), np.zeros(k), np.zeros((k, d))
        to[head + d :], plus[head + d :] = shown, 1.0 / scale[shown]
        inner[head : head + d] = np.eye(d)
        inner[head + d :] = -centre[shown]
        if self.baseline is not None:
            by[head + d :], minus[head + d :] = self.baseline, 1.0 / scale[self.baseline]
            inner[head + d :] += centre[self.baseline]
            to[0], plus[0] = self.baseline, 1.0 / scale[self.baseline]
            inner[0] = -centre[self.baseline] - away
        order = np.argsort(self._order)
        return Contrasts(to, plus, by, minus, inner @ columns.inverse).some(order)
