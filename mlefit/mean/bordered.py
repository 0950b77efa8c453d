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
from mlefit.sums.within import by_level


@record(frozen=True)
class Bordered(Derived):
    """Of rows with a `level` (n,) among L `levels`, and columns `x` (n, d) that all of the m `predictors` have.

    `rest`: the rows that have a level, None for all.
    """

    level: Index
    x: Array
    predictors: int
    levels: int
    there: Index | None

    @classmethod
    def of(cls, chunk: Chunk, predictors: int, levels: int) -> "Bordered":
        """Those of prepared rows."""
        assert chunk.level is not None
        there = None if chunk.level.min(initial=0) > ABSENT else np.flatnonzero(chunk.level > ABSENT)
        return cls(chunk.level, chunk.x, predictors, levels, there)

    def pull(self, d1: Array) -> Array:
        """J' d1 (m (L + d),) of d1 (n, m)."""
        columns = product(self.x.T, d1)
        return np.concatenate([
            part for a in range(self.predictors) for part in (self._sums(d1[:, a]), columns[:, a])])

    def push(self, direction: Array) -> Array:
        """J v (n, m)."""
        v = direction.reshape(self.predictors, -1)
        found = product(v[:, self.levels :], self.x.T)
        levels = v[:, : self.levels] if self.there is None else np.append(v[:, : self.levels], np.zeros((len(v), 1)), axis=1)
        for a in range(self.predictors):
            found[a] += levels[a][self.level]
        return found.T

    def curvature(self, rows: Derivatives, weight: Array | None, shapes: int) -> Arrow:
        """Sum of w J' d2 J, and by the shapes."""
        assert rows.curvature is not None
        m, d = self.predictors, self.x.shape[1]
        q = m * d + shapes
        levels, border, rest = np.empty((self.levels, m, m)), np.empty((self.levels, m, q)), np.empty((q, q))
        axes = np.eye(m + shapes)
        for a in range(m):
            bent = rows.curvature(axes[a])
            bent = bent if weight is None else bent * weight[:, None]
            mine = slice(a * d, (a + 1) * d)
            for b in range(a + 1):
                other = slice(b * d, (b + 1) * d)
                column = np.ascontiguousarray(bent[:, b])
                levels[:, a, b] = levels[:, b, a] = self._sums(column)
                times = column * self.x.T
                for j in range(d):
                    border[:, a, b * d + j] = border[:, b, a * d + j] = self._sums(times[j])
                rest[mine, other] = product(self.x.T, times.T)
                rest[other, mine] = rest[mine, other].T
            for s in range(shapes):
                border[:, a, m * d + s] = self._sums(bent[:, m + s])
                rest[mine, m * d + s] = rest[m * d + s, mine] = self.x.T @ bent[:, m + s]
        for s in range(shapes):
            own = rows.curvature(axes[m + s])[:, m : m + shapes]
            rest[m * d + s, m * d :] = (own if weight is None else own * weight[:, None]).sum(axis=0)
        return Arrow(levels, border, rest, shapes)

    def _sums(self, values: Array) -> Array:
        """Sums (L,) of values (n,) by level."""
        if self.there is None:
            return by_level(self.level, values, self.levels)
        return by_level(self.level[self.there], values[self.there], self.levels)
