"""Bordered: the derivatives of predictors by the coefficients of a factor's levels and of columns, without columns for levels.

What a matrix of zeros and ones would do by products, sums by level do: J'd is a sum of d for each level, and products with the
columns; J'AJ has a block for each level, with the columns for its border (`sums.arrow`).
"""


import numpy as np

from mlefit.arrays import Array, Index, product
from mlefit.mean.jacobian import Derived
from mlefit.noise.model import Derivatives
from mlefit.records import record
from mlefit.rows.chunk import ABSENT, Chunk
from mlefit.sums.arrow import Arrow
from mlefit.sums.coded import Coded, total
from mlefit.sums.pairs import Pairs
from mlefit.sums.within import by_level


@record(frozen=True)
class Bordered(Derived):
    """Of rows with a `level` (n,) among L `levels`, and columns `x` (n, d) that all of the m `predictors` have.

    `there`: the rows that have a level, None for all. `others` (n, f): which of `count` coefficients of further factors a row has,
    `count` for none; these stand between the levels and the columns.
    """

    level: Index
    x: Array
    predictors: int
    levels: int
    there: Index | None
    others: Index | None = None
    count: int = 0

    @classmethod
    def of(cls, chunk: Chunk, predictors: int, levels: int, count: int = 0) -> "Bordered":
        """Those of prepared rows."""
        assert chunk.level is not None
        there = None if chunk.level.min(initial=0) > ABSENT else np.flatnonzero(chunk.level > ABSENT)
        return cls(chunk.level, chunk.x, predictors, levels, there, chunk.crossed if count else None, count)

    def pull(self, d1: Array) -> Array:
        """J' d1 (m (L + d),) of d1 (n, m)."""
        columns = product(self.x.T, d1)
        return np.concatenate([
            part for a in range(self.predictors) for part in (self._sums(d1[:, a]), *self._of_others(d1[:, a]), columns[:, a])])

    def push(self, direction: Array) -> Array:
        """J v (n, m)."""
        v = direction.reshape(self.predictors, -1)
        found = product(v[:, self.levels + self.count :], self.x.T)
        levels = v[:, : self.levels] if self.there is None else np.append(v[:, : self.levels], np.zeros((len(v), 1)), axis=1)
        for a in range(self.predictors):
            found[a] += levels[a][self.level]
        if self.others is not None:
            own = np.append(v[:, self.levels : self.levels + self.count], np.zeros((len(v), 1)), axis=1)
            for a in range(self.predictors):
                for other in self.others.T:
                    found[a] += own[a][other]
        return found.T

    def curvature(self, rows: Derivatives, weight: Array | None, shapes: int) -> Arrow | Coded:
        """Sum of w J' d2 J, and by the shapes."""
        assert rows.curvature is not None
        m, d, each = self.predictors, self.x.shape[1], [self.level, *([] if self.others is None else self.others.T)]
        q, counts = m * d + shapes, [self.levels, *(self.count + 1 for _ in each[1:])]
        rest, levels = np.empty((q, q)), [np.empty((count, m, m)) for count in counts]
        borders, pairs, among = [np.empty((count, m, q)) for count in counts], list[Pairs](), list[Pairs]()
        axes = np.eye(m + shapes)
        for a in range(m):
            bent = rows.curvature(axes[a])
            bent = bent if weight is None else bent * weight[:, None]
            mine = slice(a * d, (a + 1) * d)
            for b in range(a + 1):
                other = slice(b * d, (b + 1) * d)
                column = np.ascontiguousarray(bent[:, b])
                times = column * self.x.T
                for level, own, border in zip(each, levels, borders, strict=True):
                    own[:, a, b] = own[:, b, a] = self._sums(column, level, len(own))
                    for j in range(d):
                        border[:, a, b * d + j] = border[:, b, a * d + j] = self._sums(times[j], level, len(own))
                rest[mine, other] = product(self.x.T, times.T)
                rest[other, mine] = rest[mine, other].T
                if self.others is not None:
                    found = [Pairs.of(self.level, one, column, (self.levels, self.count + 1)) for one in each[1:]]
                    pairs.append(total(found))
                    square = (self.count + 1, self.count + 1)
                    two = [Pairs.of(one, second, column, square) for k, one in enumerate(each[1:]) for second in each[k + 2 :]]
                    among += [total(two)] if two else []
            for s in range(shapes):
                for level, border in zip(each, borders, strict=True):
                    border[:, a, m * d + s] = self._sums(bent[:, m + s], level, len(border))
                rest[mine, m * d + s] = rest[m * d + s, mine] = self.x.T @ bent[:, m + s]
        for s in range(shapes):
            own = rows.curvature(axes[m + s])[:, m : m + shapes]
            rest[m * d + s, m * d :] = (own if weight is None else own * weight[:, None]).sum(axis=0)
        if self.others is None:
            return Arrow(levels[0], borders[0], rest, shapes)
        return Coded(levels[0], np.sum(levels[1:], axis=0)[:-1], borders[0], np.sum(borders[1:], axis=0)[:-1], rest, tuple(pairs),
                     tuple(among), shapes)

    def _of_others(self, values: Array) -> list[Array]:
        """Sums (count,) of values (n,) by the coefficients of further factors, where there are any."""
        if self.others is None:
            return []
        return [np.sum([by_level(other, values, self.count + 1)[:-1] for other in self.others.T], axis=0)]

    def _sums(self, values: Array, level: Index | None = None, levels: int | None = None) -> Array:
        """Sums (L,) of values (n,) by level."""
        level, levels = self.level if level is None else level, self.levels if levels is None else levels
        if self.there is None:
            return by_level(level, values, levels)
        return by_level(level[self.there], values[self.there], levels)
