"""A second form of curvature, and the elements of any, for tests."""

from collections.abc import Callable
from typing import Self

import numpy as np

from mlefit.arrays import Array
from mlefit.records import record
from mlefit.sums.curvature import Curvature, Dense


def elements(curvature: Curvature | None) -> Array:
    """All elements of a curvature that has them."""
    assert curvature is not None
    whole = curvature.whole()
    assert whole is not None
    return whole


@record(frozen=True, eq=False)
class Blocks(Curvature):
    """A matrix of blocks along the diagonal, of which no solver is given the whole."""

    blocks: tuple[Array, ...]

    @classmethod
    def of(cls, matrix: Array, sizes: tuple[int, ...]) -> "Blocks":
        """The blocks of a matrix that has nothing beside them."""
        ends = np.cumsum(sizes)
        found = tuple(matrix[end - size : end, end - size : end] for size, end in zip(sizes, ends, strict=True))
        assert np.count_nonzero(matrix) <= sum(size**2 for size in sizes)
        assert ends[-1] == len(matrix)
        return cls(found)

    @property
    def size(self) -> int:
        return sum(map(len, self.blocks))

    @property
    def smallest(self) -> float:
        return min(float(np.linalg.eigvalsh(block)[0]) for block in self.blocks)

    @property
    def norm(self) -> float:
        return float(np.sqrt(sum(np.square(block).sum() for block in self.blocks)))

    def __add__(self, other: Self) -> Self:
        return type(self)(tuple(mine + theirs for mine, theirs in zip(self.blocks, other.blocks, strict=True)))

    def __mul__(self, factor: float) -> Self:
        return type(self)(tuple(block * factor for block in self.blocks))

    def __truediv__(self, divisor: float) -> Self:
        return type(self)(tuple(block / divisor for block in self.blocks))

    def finite(self) -> bool:
        return all(bool(np.isfinite(block).all()) for block in self.blocks)

    def times(self, direction: Array) -> Array:
        return self._each(lambda block, part: block @ part, direction)

    def solve(self, gradient: Array) -> Array:
        return self.unsphered(self.root(gradient))

    def root(self, directions: Array, first: int = 0) -> Array:
        if directions.ndim == 1:
            return self._each(lambda block, part: np.linalg.solve(np.linalg.cholesky(block), part), directions)
        padded = np.zeros((len(directions), self.size))
        padded[:, first : first + directions.shape[1]] = directions
        return np.array([self.root(row) for row in padded]).reshape(padded.shape)

    def sphered(self, theta: Array) -> Array:
        return self._each(lambda block, part: np.linalg.cholesky(block).T @ part, theta)

    def unsphered(self, u: Array) -> Array:
        return self._each(lambda block, part: np.linalg.solve(np.linalg.cholesky(block).T, part), u)

    def leading(self, count: int) -> "Blocks":
        starts = np.cumsum([0, *map(len, self.blocks)])
        left = (block[: count - start, : count - start] for block, start in zip(self.blocks, starts, strict=False) if start < count)
        return Blocks(tuple(left))

    def within(self, space: Array) -> Dense:
        return Dense(space.T @ np.array([self.times(column) for column in space.T]).T)

    def whitened(self, white: Callable[[Array], Array]) -> Self:
        """W is made of the same blocks."""
        def one_side(blocks: tuple[Array, ...]) -> tuple[Array, ...]:
            starts = np.cumsum([0, *map(len, blocks)])
            found = []
            for block, start in zip(blocks, starts, strict=False):
                columns = np.zeros((self.size, len(block)))
                columns[start : start + len(block)] = block
                found.append(white(columns)[start : start + len(block)].T)
            return tuple(found)

        return type(self)(one_side(one_side(self.blocks)))

    def whole(self) -> None:
        return None

    def _each(self, apply: Callable[[Array, Array], Array], vector: Array) -> Array:
        parts = np.split(vector, np.cumsum([len(block) for block in self.blocks])[:-1])
        return np.concatenate([apply(block, part) for block, part in zip(self.blocks, parts, strict=True)])
