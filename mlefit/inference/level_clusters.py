"""Clustered scores where a factor has levels and no columns: M is a sum over groups s s', and a group meets few of the levels.

The score of a group has a number for each level that it meets, N_cg, and the others A_c. In the words of `swept`, its weight
in coefficient a is t_ca = A_c v_a + N_cg p_a at the level g of a, so that

    |G'a|^2 = sum over groups t_ca^2 = v_a (sum A_c'A_c) v_a + sum over groups at g of [t_ca^2 - (A_c v_a)^2]

and the shares of groups, sums of c^2 and of c over their rows, are summed up alike. What a group alone determines is found in two
steps: levels of which it has all rows, and what is then left of the other coefficients without it.
"""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Index, Mask, product
from mlefit.execution import Execution
from mlefit.inference.carried import INFLUENCE
from mlefit.inference.clusters import Clustered, Grouped, check_several
from mlefit.inference.covariance import Covariance
from mlefit.inference.effective import effective_clusters, intraclass
from mlefit.inference.leverage import DETERMINED, Maximum, leverages
from mlefit.inference.swept import Swept, products
from mlefit.mean.indexed import Indexed
from mlefit.records import record
from mlefit.rows.chunk import ABSENT, Chunk
from mlefit.sums.arrow import Arrow
from mlefit.sums.contrasts import Contrasts


@record(frozen=True)
class Met:
    """Sums over rows by group, and by group and level. A commutative monoid under +."""

    groups: Grouped
    pairs: Grouped

    def __add__(self, other: "Met") -> "Met":
        return Met(self.groups + other.groups, self.pairs + other.pairs)


class Sums(NamedTuple):
    """By group (C, ...): `score` of columns and shapes, `square` the products of u and `reach` u itself, `trace` of its hat matrix,
    `residual` (C, 2) its sums of residuals and of their squares, `rows` (C, 1), `information` of columns as products."""

    score: Array
    square: Array
    reach: Array
    trace: Array
    residual: Array
    rows: Array
    information: Array


class Pairs(NamedTuple):
    """By `group` (its place) and `level`: `score` N, `own` (., 2) what c^2 and c of its rows have beyond u, and `information`: that
    of the level, and of the level and columns."""

    group: Index
    level: Index
    score: Array
    own: Array
    information: Array


@record(frozen=True)
class ClusterSandwich(Covariance):
    """J^-1 M J^-1 times `factor`^2: `rest` (C, q) and pairs of groups and levels with `score` are the scores of groups."""

    bread: Arrow
    rest: Array
    pairs: Pairs
    factor: float

    def root(self, directions: Array, first: int = 0) -> Array:
        """G'a (k, C) of a few rows: their weights in the score of each group."""
        rows = np.zeros((len(directions), self.bread.size))
        rows[:, first : first + directions.shape[1]] = directions
        moved = self.bread.unsphered(self.bread.root(rows).T)
        levels = self.bread.levels_of(moved)[:, 0]              # (L, k)
        rest = moved[len(levels) :]
        found = np.empty((len(directions), len(self.rest)))
        for k in range(len(directions)):
            found[k] = np.bincount(self.pairs.group, self.pairs.score * levels[self.pairs.level, k], len(self.rest))
        return np.asarray((found + product(self.rest, rest).T) * self.factor)

    def error(self, combinations: Array | Contrasts, first: int = 0) -> Array:
        """|G'a|."""
        if not isinstance(combinations, Contrasts):
            return np.asarray(np.linalg.norm(self.root(combinations, first), axis=1))
        swept = Swept.of(self.bread, combinations, first)
        level, group, score = self.pairs.level, self.pairs.group, self.pairs.score
        reach = np.column_stack([self.rest, np.zeros(len(self.rest))])
        for j, border in enumerate(swept.outward.T):
            reach[:, j] -= np.bincount(group, score * border[level], len(reach))
        if swept.base is not None:
            there = level == swept.base
            reach[:, -1] = np.bincount(group[there], score[there], len(reach))
        own = swept.own[level]
        there = np.flatnonzero(own != ABSENT)
        base = np.einsum("nq,nq->n", reach[group[there]], swept.v[own[there]])
        whole = base + score[there] * swept.plus[own[there]]
        square = np.einsum("kq,kq->k", product(swept.v, product(reach.T, reach)), swept.v)
        square += np.bincount(own[there], whole**2 - base**2, len(square))
        return np.asarray(self.factor * np.sqrt(np.maximum(square, 0.0)))


def level_clusters(at: Maximum, mean: Indexed, bread: Arrow, rows: Execution, factor: float) -> tuple[ClusterSandwich, Clustered]:
    """The covariance, but for the part of `factor` that counts groups, and what these share; of a law with one predictor. Raises
    DataError for a single group."""
    (part,) = mean.natural(at.theta[: mean.size])
    assert isinstance(part.combinations, Contrasts)
    unit, levels = bread.lengths(part.combinations), mean.levels
    swept = Swept.of(bread, part.combinations).scaled(unit)

    def of(chunk: Chunk) -> Met:
        assert chunk.cluster is not None
        found, (level, size, x) = leverages(at, chunk), mean.white(chunk)
        root, weight, group = found.root[:, 0, 0], found.weight, chunk.cluster.astype(np.intp)
        residual, score, element, columns = found.standardised, found.score, root * size, root[:, None] * x
        u = swept.rows(level, element, columns)
        own = swept.own[level]
        mine = np.where(own != ABSENT, own, 0)
        p = np.where(own != ABSENT, element * swept.plus[mine], 0.0)
        base = np.einsum("nq,nq->n", u, swept.v[mine])
        by_group = np.concatenate([score * x, found.shapes, products(u).T, u, found.size, residual, np.square(residual),
                                   np.ones((len(x), 1)), products(columns).T], axis=1)
        by_pair = np.column_stack([score[:, 0] * size, p * (2.0 * base + p), p, np.square(element), element[:, None] * columns])
        return Met(Grouped.of(group, by_group * weight[:, None]), Grouped.of(group * levels + level, by_pair * weight[:, None]))

    total = rows.sum(of)
    check_several(total.groups.groups.size)
    wide, q = swept.v.shape[1], len(bread.rest)
    ends = np.cumsum([q, wide * (wide + 1) // 2, wide, 1, 2, 1])
    sums = Sums(*np.split(total.groups.sums, ends, axis=1))
    key, values = total.pairs.groups, total.pairs.sums
    pairs = Pairs(np.searchsorted(total.groups.groups, key // levels), key % levels, values[:, 0], values[:, 1:3], values[:, 3:])
    count = sums.rows[:, 0]
    alike = intraclass(count, sums.residual[:, 0], sums.residual[:, 1])
    groups = count.size
    shapes = float(effective_clusters(sums.rows, sums.rows, alike)[0])
    alone = _whole(swept, pairs, levels) | _left(part.combinations, unit, sums, pairs, levels)
    middle = Clustered(np.empty((0, 0)), groups, _effective(swept, sums, pairs, alike), shapes, alone)
    return ClusterSandwich(bread, sums.score, pairs, factor * float(np.sqrt(groups / (groups - 1.0)))), middle


def _effective(swept: Swept, sums: Sums, pairs: Pairs, alike: float) -> Array:
    """G* (k,), as `effective_clusters` of (1 - r) sum c^2 + r (sum c)^2 of each group."""
    groups = (1.0 - alike) * sums.square + alike * products(sums.reach).T
    forms = swept.forms
    total, square = forms @ groups.sum(axis=0), np.einsum("kf,kf->k", product(forms, product(groups.T, groups)), forms)
    own = swept.own[pairs.level]
    there = np.flatnonzero(own != ABSENT)
    mine, group, (more, plus) = own[there], pairs.group[there], pairs.own[there].T
    base = np.einsum("nf,nf->n", forms[mine], groups[group])
    along = np.einsum("nq,nq->n", swept.v[mine], sums.reach[group])
    whole = base + (1.0 - alike) * more + alike * plus * (2.0 * along + plus)
    total = total + np.bincount(mine, whole - base, len(total))
    square = square + np.bincount(mine, whole**2 - base**2, len(square))
    return np.asarray(np.divide(total**2, square, out=np.full(len(total), float(len(groups))), where=square > 0.0))


def _whole(swept: Swept, pairs: Pairs, levels: int) -> Mask:
    """The coefficients (k,) that have a level of which one group has all rows."""
    alone, information = np.zeros(len(swept.v), bool), pairs.information[:, 0]
    of_level = np.bincount(pairs.level, information, levels)
    whole = pairs.level[information >= (1.0 - DETERMINED) * of_level[pairs.level]]
    own = swept.own[whole]
    alone[own[own != ABSENT]] = True
    if swept.base is not None and (whole == swept.base).any():
        alone |= np.abs(swept.v[:, -1]) * np.sqrt(of_level[swept.base]) > INFLUENCE
    return alone


def _left(combinations: Contrasts, unit: Array, sums: Sums, pairs: Pairs, levels: int) -> Mask:
    """The coefficients (k,) that a group determines beside its own levels: the information on columns beside levels, the Schur
    complement K, has directions z that the rows of other groups say nothing of. Where a group has all rows of a level, that goes
    with it."""
    d, alone = combinations.dense.shape[1], np.zeros(len(unit), bool)
    suspects = np.flatnonzero(sums.trace[:, 0] >= 1.0 - DETERMINED)
    if not d or not suspects.size:
        return alone
    of_level = np.bincount(pairs.level, pairs.information[:, 0], levels)
    border: Array = np.stack([np.bincount(pairs.level, column, levels) for column in pairs.information[:, 1:].T], axis=1)
    left, rest = of_level[pairs.level] - pairs.information[:, 0], border[pairs.level] - pairs.information[:, 1:]
    kept = left > DETERMINED * of_level[pairs.level]
    mean = np.where(kept[:, None], rest / np.where(kept, left, 1.0)[:, None], 0.0)      # of the columns, in what is left of a level
    before = border / of_level[:, None]
    change = products(border[pairs.level]) / of_level[pairs.level] - products(rest) / np.where(kept, left, np.inf)
    taken = sums.information - np.stack([np.bincount(pairs.group, one, len(sums.rows)) for one in change], axis=1)
    whole = _symmetric(sums.information.sum(axis=0) - (products(border) / of_level).sum(axis=1), d)
    half = np.linalg.inv(np.linalg.cholesky(whole))
    for group in suspects.tolist():
        sizes, vectors = np.linalg.eigh(half @ (whole - _symmetric(taken[group], d)) @ half.T)
        here = np.flatnonzero(pairs.group == group)
        for z in (half.T @ vectors[:, sizes <= DETERMINED]).T:
            along = -(before @ z)
            moved = -(mean[here] @ z) - along[pairs.level[here]]
            length = np.sqrt(1.0 + of_level[pairs.level[here]] @ np.square(moved))
            along[pairs.level[here]] += moved
            alone |= np.abs(combinations.times(np.append(along, z))) > INFLUENCE * length * unit
    return alone


def _symmetric(found: Array, d: int) -> Array:
    """The matrix (d, d) of `products`."""
    whole = np.empty((d, d))
    i, j = np.triu_indices(d)
    whole[i, j] = whole[j, i] = found
    return whole
