"""Design: the encoded columns of new rows, in which factors of many levels have a level for each row and no columns."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Index, block
from mlefit.design.complete import Used
from mlefit.design.indexing import without_columns
from mlefit.design.levels import Levels
from mlefit.design.scaling import Scaling
from mlefit.records import record
from mlefit.saved.model import Saved

MANY = 64       # columns from which products of each with each are made by BLAS
TILE = 384      # rows that are multiplied at once: a multiple of what any kernel takes of them


class Coded(NamedTuple):
    """A factor without columns: its places from `first` to `last` among all p, and `level` (k,), the place of a row's level, from
    0 at `first`; -1 for the baseline. `centre` and `scale` (last - first,): how its columns of zeros and ones are encoded."""

    first: int
    last: int
    level: Index
    centre: Array
    scale: Array

    @classmethod
    def of(cls, factor: Levels, first: int, used: Used, scaling: Scaling) -> "Coded":
        """That of the rows that count."""
        levels = factor.levels or ()
        shown = np.cumsum([level != factor.baseline for level in levels]) - 1
        if factor.baseline is not None:
            shown[levels.index(factor.baseline)] = -1
        level = shown[factor.index(used.batch, used.keep)[used.rows]] if used.rows.size else np.zeros(0, np.intp)
        last = first + factor.width
        return cls(first, last, level, scaling.centre[first:last], scaling.scale[first:last])

    def has(self, place: int) -> bool:
        """Whether a place is one of its."""
        return self.first <= place < self.last

    def rows_of(self, places: Sequence[int], values: Array) -> Array:
        """What of `values` (r, ...) at `places` the encoded columns make (k, ...)."""
        levels = np.zeros((self.last - self.first + 1, *values.shape[1:]))      # the last is the baseline's
        numbers = np.array(places, np.intp)
        mine = (numbers >= self.first) & (numbers < self.last)
        own = numbers[mine] - self.first
        levels[own] = (values[mine].T / self.scale[own]).T
        if self.centre.any():
            levels -= self.centre @ levels[:-1]
        return np.asarray(levels[self.level])


@record(frozen=True)
class Design:
    """The table `x` (k, d) of the columns that there are, and the factors that have none."""

    x: Array
    coded: tuple[Coded, ...] = ()

    @classmethod
    def of(cls, saved: Saved, used: Used) -> "Design":
        """Those of the rows that count."""
        predictors, scaling = saved.predictors, saved.encoding.scaling
        factors = without_columns(predictors, None if saved.errors.by_level is None else 1)
        if not factors:
            x = block(used.rows.size, predictors.width)
            if used.rows.size:
                predictors.encode(used, scaling, x)
            return cls(x)
        first, coded = int(predictors.intercept), list[Coded]()
        for term in predictors.terms:
            coded += [Coded.of(factor, first, used, scaling) for factor in factors if term.factors == (factor,)]
            first += term.width
        kept = [place for place in range(predictors.width) if not any(one.has(place) for one in coded)]
        x = block(used.rows.size, len(kept))
        if used.rows.size:
            replace(predictors, indexed=factors[0], crossed=factors[1:]).encode(
                used, scaling._replace(centre=scaling.centre[kept], scale=scaling.scale[kept]), x)
        return cls(x, tuple(coded))

    @property
    def rows(self) -> int:
        """k."""
        return int(self.x.shape[0])

    def summed(self, places: Sequence[int], coefficients: Array) -> Array:
        """Columns at `places` times coefficients (k,), one after the other: the bits of a row do not depend on its neighbours."""
        total = np.zeros(self.rows)
        for place, coefficient in zip(places, coefficients, strict=True):
            if not self._is_coded(place):
                total += self.x[:, self._column(place)] * coefficient
        for one in self.coded:
            total = total + one.rows_of(places, coefficients)
        return total

    def times(self, places: Sequence[int], matrix: Array) -> Array:
        """Columns at `places` times a matrix (r, d): (k, d), in an order that the number of rows does not change."""
        own = [(self._column(place), row) for place, row in zip(places, matrix, strict=True) if not self._is_coded(place)]
        found = (_tiled if len(own) >= MANY else _one_by_one)(self.x, own, matrix.shape[1])
        for one in self.coded:
            if any(map(one.has, places)):
                found += one.rows_of(places, matrix)
        return found

    def part(self, places: slice) -> Array:
        """Columns of a term that is none of the factors."""
        return self.x[:, self._column(places.start) : self._column(places.stop - 1) + 1]

    def _is_coded(self, place: int) -> bool:
        return any(one.has(place) for one in self.coded)

    def _column(self, place: int) -> int:
        """Where in the table a place is."""
        return place - sum(one.last - one.first for one in self.coded if place >= one.last)


def _one_by_one(x: Array, own: Sequence[tuple[int, Array]], d: int) -> Array:
    """Columns of x (k, p) at some places times the rows (d,) that belong to them: (k, d), added up one after the other."""
    found, moved = block(len(x), d), np.empty(len(x))
    for k in range(d):
        total = found[:, k]
        total[:] = 0.0
        for place, row in own:
            if row[k]:      # half of a triangle is 0
                total += np.multiply(x[:, place], row[k], out=moved)
    return found


def _tiled(x: Array, own: Sequence[tuple[int, Array]], d: int) -> Array:
    """The same by BLAS, in tiles of as many rows whatever there are: in whole ones each row is added up alike."""
    columns, matrix = [place for place, _ in own], np.array([row for _, row in own])
    found, tile = block(len(x), d), np.zeros((TILE, len(columns)))
    for start in range(0, len(x), TILE):
        rows = x[start : start + TILE, columns]
        tile[: len(rows)] = rows
        found[start : start + TILE] = (tile @ matrix)[: len(rows)]
    return found
