"""Crossed: the geometry of a design in which several factors have no columns. It takes two passes over the rows.

The first sums by two levels. With W the weights of the levels h of the smaller factors beside those g of the largest,
T the sums by h of columns less their means by g, and N the weights of pairs,

    A = W - N' (N / n_g) = R'R,    b = A^-1 T,    a_g = (mean by g) - e_g b,    e = N / n_g

a and b are what all levels explain of the columns, and the second pass has the triangle of the rest. A is exact but for the
division, and its factor loses no more: A is diagonally dominant where there are two factors.
"""

from collections.abc import Sequence

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.design.levels import Levels
from mlefit.design.predictors import Side
from mlefit.execution import Engine
from mlefit.existence.digits import Design
from mlefit.existence.rank import ROUNDING, Geometry, Grouping
from mlefit.mean.crossing import Crossing
from mlefit.problem.prepare import Prepared
from mlefit.records import record
from mlefit.rows.chunk import Chunk
from mlefit.sums.lapack import triangular
from mlefit.sums.pairs import Pairs
from mlefit.sums.triangle import Triangle
from mlefit.sums.within import Within, by_level


@record(frozen=True, eq=False)
class Sums:
    """Of some rows: pairs (L, F) of a level of the largest factor and one of all F of the others, pairs among these, and sums
    (F, k) of columns less their means by level."""

    pairs: Pairs
    among: Pairs
    columns: Array

    @classmethod
    def of(cls, chunk: Chunk, table: Array, within: Within, levels: int) -> "Sums":
        """Those of a chunk with columns `table` (n, k)."""
        assert chunk.level is not None
        assert chunk.crossed is not None
        weight, count = chunk.weight, within.weight.size
        rest = table - within.mean[chunk.level]
        rest = rest if weight is None else rest * weight[:, None]
        columns = np.zeros((levels, table.shape[1]))
        for other in chunk.crossed.T:
            columns += np.stack([by_level(other, column, levels) for column in rest.T]).T
        pairs = [Pairs.of(chunk.level, other, weight, (count, levels)) for other in chunk.crossed.T]
        among = [Pairs.of(one, other, weight, (levels, levels)) for one in chunk.crossed.T for other in chunk.crossed.T]
        return cls(_total(pairs), _total(among), columns)

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(self.pairs + other.pairs, self.among + other.among, self.columns + other.columns)


def crossed(prepared: Prepared, within: Within, side: Side, rows: Engine) -> Geometry:
    """That of the levels and of the columns within them."""
    predictors, moments, scaling = prepared.predictors, prepared.moments, prepared.scaling
    factor, wide = predictors.indexed, predictors.columns_wide
    assert factor is not None
    levels = sum(len(one.levels or ()) for one in predictors.crossed)

    def table(chunk: Chunk) -> Array:
        return np.column_stack([chunk.x, chunk.y]) if prepared.noise.compresses else chunk.x

    sums = rows.sum(lambda chunk: Sums.of(chunk, table(chunk), within, levels))
    shown = _shown(predictors.crossed)
    pairs = sums.pairs.whole[:, shown]
    share = pairs / within.weight[:, None]
    r, kept = _independent(sums.among.whole[np.ix_(shown, shown)] - pairs.T @ share)
    share, numbers = share[:, kept], np.full(levels, kept.size)
    numbers[shown[kept]] = np.arange(kept.size)
    moved = triangular(r, sums.columns[shown[kept]], transposed=True)       # R b
    by_other = triangular(r, moved)
    by_level_ = within.mean - share @ by_other
    whole = Crossing(share, by_level_, by_other, numbers)

    def left(chunk: Chunk) -> Triangle:
        others = whole.others(chunk)
        found = whole.rest(chunk, others, tuple(range(wide)))
        if prepared.noise.compresses:
            found = np.column_stack([found, whole.left(chunk.y, chunk, others, wide)])
        return Triangle.of(np.asfortranarray(found), chunk.weight)

    columns = tuple(place for place in side.places if place < wide)[int(side.intercept) :]
    inside = Design(rows.sum(left).r, moments.weight, 3.0 * moments.magnitude[:wide], prepared.noise.compresses, False,
                    moments.low[:wide], moments.high[:wide], scaling.centre[:wide], scaling.scale[:wide],
                    whole.rest(prepared.sample, whole.others(prepared.sample), tuple(range(wide))), columns).geometry()
    own, first = list(inside.kept), predictors.crossed_places.start
    places = tuple((first + kept).tolist())
    aliased = {place: () for place in predictors.crossed_places if place not in set(places)} | inside.aliased
    triangle = np.block([[r, moved[:, own]], [np.zeros((len(own), kept.size)), inside.r]])
    y = None if inside.y is None else np.concatenate([moved[:, -1], inside.y])
    baseline = None if factor.baseline is None else (factor.levels or ()).index(factor.baseline)
    crossing = Crossing(share, np.asfortranarray(by_level_[:, own]), np.asfortranarray(by_other[:, own]), numbers)
    return inside._replace(
        r=triangle, kept=tuple(place for place in side.places if place not in aliased), columns=(*places, *inside.kept),
        aliased=aliased, y=y, grouping=Grouping(
            within.weight, np.column_stack([share, within.mean[:, own]]), within.mean[:, -1] if inside.y is not None else None,
            baseline, crossing))


def _total(parts: Sequence[Pairs]) -> Pairs:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def _shown(factors: Sequence[Levels]) -> Index:
    """The places of the levels that are no baseline, among those of all factors."""
    found, before = list[int](), 0
    for factor in factors:
        levels = factor.levels or ()
        found += [before + place for place, level in enumerate(levels) if level != factor.baseline]
        before += len(levels)
    return np.array(found, np.intp)


def _independent(a: Array) -> tuple[Array, Index]:
    """R (k, k) with R'R = A of the rows and columns that the earlier ones do not determine, and which they are."""
    from scipy.linalg.lapack import dpotrf

    count, least = len(a), ROUNDING * len(a) * np.diagonal(a)
    r, info = dpotrf(a, lower=0, clean=1)
    if not info and (np.square(np.diagonal(r)) > least).all():
        return np.asarray(r), np.arange(count)
    r, kept = np.zeros((count, count), order="F"), list[int]()
    for j in range(count):
        k = len(kept)
        column = triangular(np.asfortranarray(r[:k, :k]), a[kept, j], transposed=True)
        rest = a[j, j] - column @ column
        if rest > least[j]:
            r[:k, k], r[k, k] = column, np.sqrt(rest)
            kept.append(j)
    k = len(kept)
    return np.asfortranarray(r[:k, :k]), np.array(kept, np.intp)
