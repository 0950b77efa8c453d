"""The sandwich of a design in which a factor has levels and no columns: a row's score has one level, so M is an arrow as J is.

With U = (-D^-1 B, I) the columns that J sweeps out and a combination a with levels a_d and rest a_x (`sums.arrow`),

    J^-1 a = U v + D^-1 a_d,    v = K^-1 (a_x - B' D^-1 a_d)
    |G'a|^2 = v' (U'M U) v + 2 v' U'M D^-1 a_d + (D^-1 a_d)' M D^-1 a_d

in which a_d has two elements. The weight of a row in a coefficient is its part of U v, and beside it what its own level has.
"""

from collections.abc import Callable
from functools import cached_property, reduce
from operator import add

import numpy as np

from mlefit.arrays import Array, product
from mlefit.execution import Execution
from mlefit.inference.carried import INFLUENCE, Beside, Carried
from mlefit.inference.covariance import Covariance
from mlefit.inference.effective import Influence
from mlefit.inference.leverage import ELEMENTS, SLAB, Leverages, Maximum, leverages
from mlefit.inference.swept import Shared, Swept
from mlefit.mean.indexed import Indexed
from mlefit.noise.model import Derivatives
from mlefit.records import record
from mlefit.rows.chunk import ABSENT, Chunk
from mlefit.sums.arrow import Arrow
from mlefit.sums.contrasts import Contrasts
from mlefit.sums.curvature import Curvature

Scores = Callable[[Leverages, Chunk], Array]       # of rows (n, 1 + s) by their predictor and shapes

FORMED = 2_000      # parameters up to which M has a root of its own, which joint draws take


@record(frozen=True)
class LevelSandwich(Covariance):
    """J^-1 M J^-1 of two arrows."""

    bread: Arrow
    middle: Arrow

    def root(self, directions: Array, first: int = 0) -> Array:
        """G'a of a few rows."""
        rows = np.zeros((len(directions), self.bread.size))
        rows[:, first : first + directions.shape[1]] = directions
        moved = self.bread.unsphered(self.bread.root(rows).T)
        if self.bread.size <= FORMED:
            return np.asarray(moved.T @ self._factor)
        return _root(moved.T @ self.middle.times(moved))

    @cached_property
    def _factor(self) -> Array:
        return _root(self.middle.times(np.eye(self.middle.size)))

    def error(self, combinations: Array | Contrasts, first: int = 0) -> Array:
        """|G'a|."""
        if not isinstance(combinations, Contrasts):
            return np.asarray(np.linalg.norm(self.root(combinations, first), axis=1))
        v, parts = self.bread.solved(combinations, first)
        sweep = self.bread.sweep
        across = self.middle.times(sweep)
        by_level = self.middle.levels_of(across)
        square = np.einsum("kq,qr,kr->k", v, sweep.T @ across, v)
        for level, weight in parts:
            there = np.flatnonzero(level != ABSENT)
            w, own = weight[there], self.middle.levels[level[there]]
            square[there] += 2.0 * np.einsum("kq,kmq,km->k", v[there], by_level[level[there]], w)
            square[there] += np.einsum("km,kmn,kn->k", w, own, w)
        return np.asarray(np.sqrt(np.maximum(square, 0.0)))


def _root(matrix: Array) -> Array:
    sizes, vectors = np.linalg.eigh(matrix)
    return np.asarray(vectors * np.sqrt(np.maximum(sizes, 0.0)))


def _squares(g: Array) -> Derivatives:
    """g g' (n, 1 + s, 1 + s) in the place of second derivatives."""
    return Derivatives(g[:, 0], g, lambda axis: g * (g @ axis)[:, None])


def level_sums(
    at: Maximum, mean: Indexed, bread: Arrow, rows: Execution, scores: Scores, *, squared: bool = False,
) -> tuple[Arrow, Carried]:
    """M, in the coordinates of the search, and how rows carry the coefficients; of a law with one predictor. `squared`: weights
    multiply scores and count no rows."""
    (part,) = mean.natural(at.theta[: mean.size])
    assert isinstance(part.combinations, Contrasts)
    swept = Swept.of(bread, part.combinations).scaled(bread.lengths(part.combinations))

    def of(chunk: Chunk) -> "Beside[Curvature] | Swiftly":
        found = leverages(at, chunk)
        _, prepared = mean.leveled.prepared(chunk)
        squares = _squares(scores(found, chunk))
        times = None if chunk.weight is None else chunk.weight**2 if squared else chunk.weight
        middle: Curvature = mean.bordered(prepared).curvature(squares, times, at.objective.shapes)
        return shared(found, chunk, middle) if swept.cheap else Beside(middle, _each(swept, mean, found, chunk))

    def shared(found: Leverages, chunk: Chunk, middle: Curvature) -> "Swiftly":
        level, size, x = mean.white(chunk)
        root = found.root[:, 0, 0]
        return Swiftly(middle, Shared.of(swept, level, root * size, root[:, None] * x, found.weight, found.determined, INFLUENCE))

    total = rows.sum(of)
    middle = mean.leveled.bent(total.middle, lambda columns: columns)
    assert isinstance(middle, Arrow)
    if isinstance(total, Swiftly):
        return middle, Carried(total.shared.influence(swept), total.shared.alone)
    return middle, total.carried


@record(frozen=True)
class Swiftly:
    """M and `Shared` of the same rows."""

    middle: Curvature
    shared: Shared

    def __add__(self, other: "Swiftly") -> "Swiftly":
        return Swiftly(self.middle + other.middle, self.shared + other.shared)


def _each(swept: Swept, mean: Indexed, found: Leverages, chunk: Chunk) -> Carried:
    """|A^1/2 c| of each row and coefficient, some rows at a time."""
    level, size, x = mean.white(chunk)
    u, own, most = swept.rows(level, size, x), swept.own[level], max(16, min(SLAB, ELEMENTS // len(swept.v)))

    def of(some: slice) -> Carried:
        c, mine = product(u[some], swept.v.T), own[some]
        there = np.flatnonzero(mine != ABSENT)
        c[there, mine[there]] += size[some][there] * swept.plus[mine[there]]
        share = np.abs(found.root[some, 0, 0, None] * c)
        return Carried(Influence.of(share, found.weight[some]), np.asarray((share[found.determined[some]] > INFLUENCE).any(axis=0)))

    return reduce(add, (of(slice(start, start + most)) for start in range(0, max(chunk.rows, 1), most)))
