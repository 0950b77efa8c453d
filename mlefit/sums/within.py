"""Within: sums of columns by the levels of a factor, and the triangle of what varies within the levels.

The regression on the levels and on columns x is that of x - (its mean in the level) alone (Frisch, Waugh and Lovell); so the
levels need no columns, and as each part of the rows is centred before it is factorised, no sum of squares cancels. Two parts
merge as means do (Chan, Golub and LeVeque 1983): beside the triangles of both stand, for each level that both have,

    sqrt(w v / (w + v)) (mean of one - mean of the other)

and the triangle of all of them is that of all rows, each less the mean of its level over both parts.
"""


import numpy as np

from mlefit.arrays import Array, Index, block
from mlefit.records import record
from mlefit.sums.triangle import Triangle


@record(frozen=True)
class Within:
    """`weight` (L,) and `mean` (L, k) of k columns by level, and the `triangle` of the rest, rows times the root of the weight."""

    weight: Array
    mean: Array
    triangle: Triangle

    @classmethod
    def of(cls, columns: Array, level: Index, levels: int, weight: Array | None = None) -> "Within":
        """Those of `columns` (n, k) of rows with a `level` (n,) among so many."""
        n, k = columns.shape
        total, mean = by_level(level, weight, levels), np.empty((levels, k))
        there = np.maximum(total, np.finfo(float).tiny)
        left = block(n, k)
        for j in range(k):
            column = columns[:, j]
            mean[:, j] = by_level(level, column if weight is None else column * weight, levels) / there
            np.subtract(column, mean[:, j][level], out=left[:, j])
        return cls(total, mean, Triangle.of(left, weight))

    def __add__(self, other: "Within") -> "Within":
        total = self.weight + other.weight
        share = np.divide(other.weight, total, out=np.zeros_like(total), where=total > 0.0)
        apart = other.mean - self.mean
        both = np.flatnonzero((self.weight > 0.0) & (other.weight > 0.0))
        mean = self.mean + apart * share[:, None]
        triangle = self.triangle + other.triangle
        if both.size:
            rows = apart[both] * np.sqrt(self.weight[both] * share[both])[:, None]
            triangle = triangle + Triangle.of(np.asfortranarray(rows))
        return Within(total, mean, triangle)

    @property
    def total(self) -> Triangle:
        """The triangle of the columns as they are, levels forgotten."""
        return self.triangle + Triangle.of(np.asfortranarray(self.mean * np.sqrt(self.weight)[:, None]))

    def scaled(self, factor: float) -> "Within":
        """With weights times `factor`."""
        return Within(self.weight * factor, self.mean, Triangle(self.triangle.r * float(np.sqrt(factor))))


def by_level(level: Index, values: Array | None, levels: int) -> Array:
    """Sums (L,) of values (n,) over the rows of each level, or numbers of rows."""
    return np.bincount(level, values, levels).astype(np.float64, copy=False)
