"""Arrow: the curvature of a design in which one factor has a coefficient of its own for each level.

A row has one level, so second derivatives by coefficients of two levels are 0: with m predictors of a row the levels are L
blocks (m, m), and what is left, the q other coefficients and shapes, is their border:

    H = [[D, B], [B', S]],   D = G G' block by block,   E = G^-1 B,   K = S - E'E = M M'  (the Schur complement)

    H = T T' with T = [[G, 0], [E', M]],   so F = T^-T in the words of `curvature`

All of it takes O(L q^2), where a dense H takes L^3. Source: Golub and Van Loan, Matrix Computations, section 4.2.4.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Self

import numpy as np

from mlefit.arrays import Array, Index, product
from mlefit.records import record
from mlefit.rows.chunk import ABSENT
from mlefit.sums.contrasts import Contrasts
from mlefit.sums.curvature import Curvature, Dense


@record(frozen=True, eq=False)
class Arrow(Curvature):
    """`levels` (L, m, m) is D, `border` (L, m, q) is B, `rest` (q, q) is S, of which the last `shapes` are shapes.

    Parameters stand predictor after predictor, in each the levels before the d others, and then the shapes: q = m d + shapes.
    """

    levels: Array
    border: Array
    rest: Array
    shapes: int

    @property
    def size(self) -> int:
        """P."""
        return int(self.levels.shape[0] * self.levels.shape[1]) + len(self.rest)

    @property
    def smallest(self) -> float:
        """1 / trace(H^-1), which no eigenvalue is below; 0 where H is not positive definite."""
        try:
            inverse, outward, complement = self._inverse, self._outward, self._complement_inverse
        except np.linalg.LinAlgError:
            return 0.0
        total = np.square(inverse).sum() + np.square(complement).sum() + np.square(outward @ complement.T).sum()
        return float(1.0 / total) if np.isfinite(total) else 0.0

    @property
    def norm(self) -> float:
        """The Frobenius norm."""
        return float(np.sqrt(np.square(self.levels).sum() + 2.0 * np.square(self.border).sum() + np.square(self.rest).sum()))

    def __add__(self, other: Self) -> Self:
        return type(self)(self.levels + other.levels, self.border + other.border, self.rest + other.rest, self.shapes)

    def __mul__(self, factor: float) -> Self:
        return type(self)(self.levels * factor, self.border * factor, self.rest * factor, self.shapes)

    def __truediv__(self, divisor: float) -> Self:
        return type(self)(self.levels / divisor, self.border / divisor, self.rest / divisor, self.shapes)

    def finite(self) -> bool:
        """Whether every element is a finite number."""
        return all(bool(np.isfinite(part).all()) for part in (self.levels, self.border, self.rest))

    def times(self, direction: Array) -> Array:
        """H d, of one direction or of columns (P, k)."""
        levels, rest = self._split(direction)
        return self._joined(_each(self.levels, levels) + self._across(self.border, rest),
                            self._down(self.border, levels) + self.rest @ rest, direction.shape)

    def solve(self, gradient: Array) -> Array:
        """H^-1 g = F F'g."""
        return self.unsphered(self._forward(gradient))

    def root(self, directions: Array, first: int = 0) -> Array:
        """T^-1 a, or of a few rows of `directions`."""
        if directions.ndim == 1:
            return self._forward(directions)
        whole = np.zeros((self.size, len(directions)))
        whole[first : first + directions.shape[1]] = directions.T
        return self._forward(whole).T

    def _forward(self, a: Array) -> Array:
        levels, rest = self._split(a)
        levels = _each(self._inverse, levels)
        return self._joined(levels, self._complement_inverse @ (rest - self._down(self._edge, levels)), a.shape)

    def unsphered(self, u: Array) -> Array:
        """T^-T u."""
        levels, rest = self._split(u)
        rest = self._complement_inverse.T @ rest
        return self._joined(_each(self._inverse.transpose(0, 2, 1), levels - self._across(self._edge, rest)), rest, u.shape)

    def sphered(self, theta: Array) -> Array:
        """T' theta."""
        levels, rest = self._split(theta)
        return self._joined(_each(self._lower.transpose(0, 2, 1), levels) + self._across(self._edge, rest),
                            self._complement.T @ rest, theta.shape)

    def lengths(self, combinations: Array | Contrasts, first: int = 0) -> Array:
        """|F'a| (k,) of combinations of the coordinates of one predictor, or of a few others as they are.

        With W = D^-1: a_d' W a_d + |M^-1 (a_x - B' W a_d)|^2, in which a_d has two elements."""
        if not isinstance(combinations, Contrasts):
            return super().lengths(combinations, first)
        m, d = self.levels.shape[1], combinations.dense.shape[1]
        a = first // ((self.size - self.shapes) // m)
        rest = np.zeros((len(combinations), len(self.rest)))
        rest[:, a * d : (a + 1) * d] = combinations.dense
        square = np.zeros(len(combinations))
        for places, weights in ((combinations.to, combinations.plus), (combinations.by, -combinations.minus)):
            there = np.flatnonzero(places != ABSENT)
            level, weight = places[there], weights[there]
            square[there] += np.square(weight) * np.square(self._inverse[level, :, a]).sum(axis=1)
            rest[there] -= weight[:, None] * self._outward[level, a]
        return np.asarray(np.sqrt(square + np.square(rest @ self._complement_inverse.T).sum(axis=1)))

    def solved(self, combinations: Contrasts, first: int) -> tuple[Array, tuple[tuple[Index, Array], tuple[Index, Array]]]:
        """v (k, q) with H^-1 a = U v + D^-1 a_d; and D^-1 a_d as levels (k,) with elements (k, m), twice."""
        m, d = self.levels.shape[1], combinations.dense.shape[1]
        a = first // ((self.size - self.shapes) // m)
        rest = np.zeros((len(combinations), len(self.rest)))
        rest[:, a * d : (a + 1) * d] = combinations.dense
        own, parts = self._inverse.transpose(0, 2, 1) @ self._inverse, []
        for places, weights in ((combinations.to, combinations.plus), (combinations.by, -combinations.minus)):
            there = np.flatnonzero(places != ABSENT)
            element = np.zeros((len(combinations), m))
            element[there] = weights[there, None] * own[places[there], :, a]
            rest[there] -= weights[there, None] * self._outward[places[there], a]
            parts.append((places, element))
        inverse = self._complement_inverse
        return rest @ (inverse.T @ inverse), (parts[0], parts[1])

    @cached_property
    def complement_inverse(self) -> Array:
        """K^-1 (q, q)."""
        return np.asarray(self._complement_inverse.T @ self._complement_inverse)

    @property
    def level_inverse(self) -> Array:
        """1 / D (L,), of one predictor."""
        return np.asarray(np.square(self._inverse[:, 0, 0]))

    @property
    def outward(self) -> Array:
        """D^-1 B (L, m, q)."""
        return self._outward

    @cached_property
    def sweep(self) -> Array:
        """U (P, q): -D^-1 B above the identity."""
        q = len(self.rest)
        return self._joined(-self._outward, np.eye(q), (self.size, q))

    def levels_of(self, columns: Array) -> Array:
        """The levels (L, m, k) of columns (P, k)."""
        return self._split(columns)[0]

    def squares(self, level: Index, size: Array, x: Array, *, shapes: bool = False) -> Array:
        """z H^-1 z' (n, m, m) of rows with `size` (n,) at a level (n,) and columns x (n, d), for any two predictors; with
        the `shapes` (n, m + s, m + s), of which each is a row for itself."""
        m, d = self.levels.shape[1], x.shape[1]
        out = self._outward[level] * size[:, None, None]        # (n, m, q)
        for a in range(m):
            out[:, a, a * d : (a + 1) * d] -= x
        if shapes:
            units = -np.eye(len(self.rest))[len(self.rest) - self.shapes :]
            out = np.concatenate([out, np.broadcast_to(units, (len(x), *units.shape))], axis=1)
        moved = out @ self._complement_inverse.T
        found = moved @ moved.transpose(0, 2, 1)
        own = self._inverse.transpose(0, 2, 1) @ self._inverse
        found[:, :m, :m] += own[level] * np.square(size)[:, None, None]
        return np.asarray(found)

    def leading(self, count: int) -> "Arrow":
        """Without the shapes."""
        assert count == self.size - self.shapes, "only the shapes are held"
        q = len(self.rest) - self.shapes
        return Arrow(self.levels, self.border[:, :, :q], self.rest[:q, :q], 0)

    def within(self, space: Array) -> Dense:
        """Q' H Q."""
        return Dense(space.T @ self.times(space))

    def whitened(self, white: Callable[[Array], Array]) -> Self:
        """Coordinates in which the arrow stays one are for `moved`."""
        raise TypeError("an arrow is whitened by levels and columns")

    def moved(self, scale: Array, white: Callable[[Array], Array]) -> Self:
        """W H W', where W divides levels by `scale` (L,) and multiplies the rest (q, k) by `white`."""
        border = self.border / scale[:, None, None]
        flat = white(border.reshape(border.shape[0] * border.shape[1], len(self.rest)).T).T
        return type(self)(self.levels / np.square(scale)[:, None, None], flat.reshape(border.shape),
                          white(white(self.rest).T), self.shapes)

    def gathered(self, levels: int) -> Self:
        """The same, of one predictor, with all but the first levels in the border."""
        count, q = len(self.levels) - levels, len(self.rest)
        border, rest = np.zeros((levels, 1, count + q)), np.empty((count + q, count + q))
        border[:, :, count:], rest[count:, count:] = self.border[:levels], self.rest
        rest[:count, :count], rest[:count, count:] = np.diag(self.levels[levels:, 0, 0]), self.border[levels:, 0]
        rest[count:, :count] = rest[:count, count:].T
        return type(self)(self.levels[:levels], border, rest, self.shapes)

    def shifted(self, share: Array) -> Self:
        """By columns of which the first, for each predictor, are less `share` (L, e) of each level: W H W', W subtracting these
        shares of the levels from the first rows of the border."""
        m, e, q = self.levels.shape[1], share.shape[1], len(self.rest)
        d = (q - self.shapes) // m
        border, rest = self.border.copy(), self.rest.copy()
        for a in range(m):
            mine = slice(a * d, a * d + e)
            half = self.border[:, a].copy()     # of what the shares of both sides take away
            for b in range(m):
                moved = self.levels[:, a, b, None] * share
                border[:, a, b * d : b * d + e] -= moved
                half[:, b * d : b * d + e] -= 0.5 * moved
            across = product(share.T, half)
            rest[mine] -= across
            rest[:, mine] -= across.T
        return type(self)(self.levels, border, rest, self.shapes)

    def whole(self) -> None:
        """Not formed."""
        return

    def _split(self, vector: Array) -> tuple[Array, Array]:
        """Levels (L, m, k) and rest (q, k) of columns (P, k), or of one vector, for which k is 1."""
        count, m = self.levels.shape[:2]
        columns, end = vector.reshape(self.size, -1), self.size - self.shapes
        k = columns.shape[1]
        mean = columns[:end].reshape(m, end // m, k)
        rest = np.concatenate([mean[:, count:].reshape(len(self.rest) - self.shapes, k), columns[end:]])
        return mean[:, :count].transpose(1, 0, 2), rest

    def _joined(self, levels: Array, rest: Array, shape: tuple[int, ...]) -> Array:
        """Both in the order of the parameters, in the shape of what was split."""
        m, k = self.levels.shape[1], rest.shape[1]
        inner = len(rest) - self.shapes
        mean = np.concatenate([levels.transpose(1, 0, 2), rest[:inner].reshape(m, inner // m, k)], axis=1)
        return np.concatenate([mean.reshape(self.size - self.shapes, k), rest[inner:]]).reshape(shape)

    @staticmethod
    def _across(border: Array, rest: Array) -> Array:
        """B x (L, m, k) of x (q, k)."""
        count, m, q = border.shape
        return np.asarray((border.reshape(count * m, q) @ rest).reshape(count, m, rest.shape[1]))

    @staticmethod
    def _down(border: Array, levels: Array) -> Array:
        """B'v (q, k) of v (L, m, k)."""
        count, m, q = border.shape
        return np.asarray(border.reshape(count * m, q).T @ levels.reshape(count * m, -1))

    @cached_property
    def _lower(self) -> Array:
        """G (L, m, m)."""
        return np.asarray(np.linalg.cholesky(self.levels))

    @cached_property
    def _inverse(self) -> Array:
        """G^-1."""
        return np.asarray(np.linalg.inv(self._lower))

    @cached_property
    def _edge(self) -> Array:
        """E (L, m, q)."""
        return self._inverse @ self.border

    @cached_property
    def _outward(self) -> Array:
        """D^-1 B (L, m, q)."""
        return self._inverse.transpose(0, 2, 1) @ self._edge

    @cached_property
    def _complement(self) -> Array:
        """M (q, q)."""
        edge = self._edge.reshape(self.levels.shape[0] * self.levels.shape[1], len(self.rest))
        return np.asarray(np.linalg.cholesky(self.rest - edge.T @ edge)) if len(self.rest) else np.zeros((0, 0))

    @cached_property
    def _complement_inverse(self) -> Array:
        """M^-1 (q, q)."""
        from scipy.linalg import solve_triangular

        lower = self._complement
        return np.asarray(solve_triangular(lower, np.eye(len(lower)), lower=True, check_finite=False)) if len(lower) else lower


def _each(matrices: Array, columns: Array) -> Array:
    """A block (m, m) of each level times columns (m, k) of it."""
    return np.asarray(matrices * columns if matrices.shape[1] == 1 else matrices @ columns)
