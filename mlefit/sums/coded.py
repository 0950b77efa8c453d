"""Coded: the second derivatives of a design in which several factors have no columns, while they are added up.

What is between two levels of different factors is kept by rows (`pairs`) until there are as many of them as the table has cells: a
part of the rows then costs what its rows do, not what the table does. The whole is an arrow (`sums.arrow`), in whose border the
levels of the smaller factors are the first columns of each predictor.
"""

from collections.abc import Callable
from functools import cached_property, reduce
from operator import add

import numpy as np

from mlefit.arrays import Array
from mlefit.records import record
from mlefit.sums.arrow import Arrow
from mlefit.sums.contrasts import Contrasts
from mlefit.sums.curvature import Curvature
from mlefit.sums.pairs import Pairs


@record(frozen=True, eq=False)
class Coded(Curvature):
    """With m predictors, d columns and s shapes: `levels` (L, m, m), `others` (E, m, m) of two predictors, `border`
    (L, m, m d + s) and `across` (E, m, m d + s) with columns and shapes, `rest` among these.

    `pairs` and `among`: for predictors (a, b), b <= a, of a level and one of the others, and of two others of different factors;
    what is E there is none."""

    levels: Array
    others: Array
    border: Array
    across: Array
    rest: Array
    pairs: tuple[Pairs, ...]
    among: tuple[Pairs, ...]
    shapes: int

    def __add__(self, other: "Coded") -> "Coded":
        return Coded(
            self.levels + other.levels, self.others + other.others, self.border + other.border, self.across + other.across,
            self.rest + other.rest, tuple(map(add, self.pairs, other.pairs)), tuple(map(add, self.among, other.among)), self.shapes)

    @cached_property
    def arrow(self) -> Arrow:
        """The whole."""
        count, m = self.levels.shape[:2]
        e, s = len(self.others), self.shapes
        d = (len(self.rest) - s) // m
        wide = e + d
        q = m * wide + s
        border, rest = np.zeros((count, m, q)), np.zeros((q, q))
        columns = np.array([*(b * wide + e + j for b in range(m) for j in range(d)), *range(m * wide, q)], np.intp)
        border[:, :, columns] = self.border
        rest[np.ix_(columns, columns)] = self.rest
        places = [(a, b) for a in range(m) for b in range(a + 1)]
        for (a, b), pairs in zip(places, self.pairs, strict=True):
            mine, other = (slice(k * wide, k * wide + e) for k in (a, b))
            border[:, a, other] = border[:, b, mine] = pairs.whole[:, :e]
            rest[mine, other] += np.diag(self.others[:, a, b])
        for (a, b), among in zip(places, self.among, strict=False):
            mine, other = (slice(k * wide, k * wide + e) for k in (a, b))
            table = among.whole[:e, :e]
            rest[mine, other] += table + table.T
        for a in range(m):
            mine = slice(a * wide, a * wide + e)
            rest[mine, columns] = self.across[:, a]
            rest[columns, mine] = self.across[:, a].T
            for b in range(a):
                rest[b * wide : b * wide + e, mine] = rest[mine, b * wide : b * wide + e].T
        return Arrow(self.levels, border, rest, s)

    @property
    def size(self) -> int:
        """P."""
        return self.arrow.size

    @property
    def smallest(self) -> float:
        """As an arrow."""
        return self.arrow.smallest

    @property
    def norm(self) -> float:
        """As an arrow."""
        return self.arrow.norm

    def __mul__(self, factor: float) -> "Coded":
        return Coded(
            self.levels * factor, self.others * factor, self.border * factor, self.across * factor, self.rest * factor,
            tuple(one.scaled(factor) for one in self.pairs), tuple(one.scaled(factor) for one in self.among), self.shapes)

    def __truediv__(self, divisor: float) -> "Coded":
        return self * (1.0 / divisor)

    def finite(self) -> bool:
        """Whether every element is a finite number."""
        return self.arrow.finite()

    def times(self, direction: Array) -> Array:
        """H d."""
        return self.arrow.times(direction)

    def solve(self, gradient: Array) -> Array:
        """H^-1 g."""
        return self.arrow.solve(gradient)

    def root(self, directions: Array, first: int = 0) -> Array:
        """F'a."""
        return self.arrow.root(directions, first)

    def lengths(self, combinations: Array | Contrasts, first: int = 0) -> Array:
        """|F'a|."""
        return self.arrow.lengths(combinations, first)

    def sphered(self, theta: Array) -> Array:
        """F^-1 theta."""
        return self.arrow.sphered(theta)

    def unsphered(self, u: Array) -> Array:
        """F u."""
        return self.arrow.unsphered(u)

    def leading(self, count: int) -> Curvature:
        """Without the shapes."""
        return self.arrow.leading(count)

    def within(self, space: Array) -> Curvature:
        """Q' H Q."""
        return self.arrow.within(space)

    def whitened(self, white: Callable[[Array], Array]) -> "Coded":
        """An arrow is whitened by levels and columns."""
        raise TypeError("an arrow is whitened by levels and columns")

    def whole(self) -> None:
        """Not formed."""
        return


def total(pairs: list[Pairs]) -> Pairs:
    """The sum of at least one."""
    return reduce(add, pairs)
