"""Rank: which columns the earlier ones already determine, and the coordinates in which the rest is orthonormal.

Column j is aliased when what is left of it after regression on the earlier columns is rounding:

    |R_jj| <= 8 eps sqrt(n) (max|x_j|/s_j + sum_{k<j} |c_k| max|x_k|/s_k)

with c the regression on the earlier columns, in the units s of the encoded design. The bound grows with what was lost
when the columns were written as floats, so x shifted by 1e9 is held to a looser standard than x itself. No fixed cutoff
tells NIST Filip (regular) from a, b and a + b shifted by 1e9 (collinear); this one does.
"""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.mean.crossing import Crossing
from mlefit.rows.chunk import ABSENT, Chunk
from mlefit.sums.lapack import inverted, triangular

ROUNDING = 8.0 * float(np.finfo(float).eps)
# Belsley, Kuh and Welsch call a condition number of 30 to 100 moderate to strong. At 100 a change of one percent in the
# data can change a coefficient by as much as itself: Longley (110) and Filip (5e9) are told, x and x^2 on 1..10 (8) not.
NEARLY = 100.0
SURELY = 2.0        # times the bound: what is larger is not rounding, however the bound itself is rounded
MANY = 100          # columns from which it is first looked at whether they are near to it at all
PART = 0.1
PRESENT = 1e-8      # of a coefficient: columns that a collinear one is told to be made of


class Grouping(NamedTuple):
    """The levels of a factor without columns: `weight` (L,) of their rows, and `mean` (L, r) of the columns that are kept.

    `y` (L,): that of the response, where it was in the triangle. `baseline`: the level that the others are contrasts with, which
    the constant is; None where each has a coefficient of its own. `crossing`: further factors without columns, whose levels are the
    first of the columns.
    """

    weight: Array
    mean: Array
    y: Array | None
    baseline: int | None
    crossing: Crossing | None = None


class Geometry(NamedTuple):
    """`r` (k, k): the triangle of the `kept` columns; `aliased[j]`: the columns that determine column j.

    `silent`: those among the aliased that are no combination of others, but carry no digits beyond them (`digits`). Where a
    factor has no columns (`grouping`), the triangle is that of the `columns` that there are, less their means by level, and
    `kept` has their places, those of the constant and of the levels, as the right-hand side has them.
    """

    n: float
    r: Array
    kept: tuple[int, ...]
    aliased: dict[int, tuple[int, ...]]
    y: Array | None             # (k + 1,): Q'y and the root of the residual sum of squares, when y was in the triangle
    silent: frozenset[int] = frozenset()
    columns: tuple[int, ...] = ()
    grouping: Grouping | None = None

    @property
    def within(self) -> "Geometry":
        """Of the columns alone that rows have."""
        if self.grouping is None:
            return self
        first = 0 if self.grouping.crossing is None else self.grouping.crossing.count
        return Geometry(self.n, self.r[first:, first:], self.columns[first:], self.aliased,
                        None if self.y is None else self.y[first:], self.silent)

    @property
    def rss(self) -> float:
        """Residual sum of squares, in the units of the encoded response."""
        assert self.y is not None
        return float(self.y[-1] ** 2)

    def compressed(self) -> Chunk:
        """k + 1 pseudo-rows with the sums of squares of all n: design I, response Q'y, in whitened coordinates. With a grouping
        each has a level of its own, and no columns."""
        assert self.y is not None
        rows = len(self.kept) + 1
        if self.grouping is not None:
            assert self.grouping.y is not None
            levels = np.sqrt(self.grouping.weight) * self.grouping.y
            return Chunk(
                np.concatenate([levels, self.y]) * np.sqrt(rows / self.n), np.empty((rows, 0)), np.full(rows, self.n / rows),
                level=np.append(np.arange(rows - 1), ABSENT))
        return Chunk(self.y * np.sqrt(rows / self.n), np.eye(rows, rows - 1), np.full(rows, self.n / rows))

    def triangle(self, rows: float) -> Array:
        """R sqrt(rows / n): gamma = triangle B. `rows` is 1 for data rows, k + 1 for the compressed ones."""
        scaled: Array = self.r * np.sqrt(rows / self.n)
        return scaled


class Conditioning(NamedTuple):
    """`number`: condition number of the design, centred, with columns of norm 1; `columns`: those in its near dependencies.

    `inflation`: by how much the worst of their standard errors exceeds that of a column uncorrelated with all others.
    """

    number: float
    columns: tuple[int, ...]
    inflation: float


def conditioning(shape: Geometry, intercept: bool) -> Conditioning | None:
    """The condition number and who is to blame, None where it is at most NEARLY: Belsley, Kuh and Welsch (1980), Regression
    Diagnostics, section 3.2.

    Columns are centred where there is an intercept, so that neither shifts nor scales of columns change the answer. A
    column takes part in a near dependency v (unit norm, singular value small) when |v_j| exceeds PART.
    """
    head = int(intercept)
    r, places = shape.r[head:, head:], shape.kept[head:]
    if len(places) < 2:
        return None
    unit = r / np.linalg.norm(r, axis=0)
    if len(places) > MANY and _gentle(unit):
        return None
    sizes = np.linalg.svd(unit, compute_uv=False)
    if sizes[-1] * NEARLY >= sizes[0]:
        return None
    _, sizes, right = np.linalg.svd(unit)
    part = (np.abs(right[sizes < sizes[0] / NEARLY]) > PART).any(axis=0)
    inflation = float(np.sqrt(np.square(right / sizes[:, None]).sum(axis=0)).max())
    return Conditioning(float(sizes[0] / sizes[-1]), tuple(p for p, in_it in zip(places, part, strict=True) if in_it), inflation)


def _gentle(unit: Array) -> bool:
    """Whether the condition number of columns of norm 1 is at most NEARLY: whether their cosines less so much of a bound of the
    largest eigenvalue have a Cholesky factor, which takes a fifth of the time of singular values; False where it cannot tell."""
    cosines = unit.T @ unit
    largest = float(np.abs(cosines).sum(axis=0).max())
    try:
        np.linalg.cholesky(cosines - largest / NEARLY**2 * np.eye(len(cosines)))
    except np.linalg.LinAlgError:
        return False
    return True


def geometry(triangle: Array, n: float, magnitude: Array, response: bool) -> Geometry:
    """Columns in the order given, by Gram-Schmidt with reorthogonalisation on the merged triangle (k, k), upper triangular: the
    columns before the first that may be aliased are its own.

    `magnitude` (p,): max|x_j|/s_j of the columns as they are in the file. With `response`, the last column is y.
    """
    size = triangle.shape[0]
    columns = size - 1 if response else size
    first = _independent(triangle[:columns, :columns], n, magnitude)
    signs = np.where(np.diagonal(triangle)[:first] < 0.0, -1.0, 1.0)
    basis, r = np.zeros((size, columns)), np.zeros((columns, columns))
    basis[range(first), range(first)] = signs
    r[:first, :first] = triangle[:first, :first] * signs[:, None]
    kept = [*range(first)]
    aliased: dict[int, tuple[int, ...]] = {}
    for j in range(first, columns):
        k = len(kept)
        head, rest = _project(basis[:, :k], triangle[:, j])
        norm = float(np.linalg.norm(rest))
        c = triangular(r[:k, :k], head) if k else head
        bound = ROUNDING * np.sqrt(n) * float(magnitude[j] + np.abs(c) @ magnitude[kept])
        if norm <= bound:
            aliased[j] = tuple(q for q, size_c in zip(kept, np.abs(c), strict=True) if size_c > PRESENT)
            continue
        r[:k, k], r[k, k] = head, norm
        basis[:, k] = rest / norm
        kept.append(j)
    k = len(kept)
    y = None
    if response:
        head, rest = _project(basis[:, :k], triangle[:, -1])
        y = np.append(head, np.linalg.norm(rest))
    return Geometry(n, r[:k, :k], tuple(kept), aliased, y)


def _independent(r: Array, n: float, magnitude: Array) -> int:
    """How many columns come before the first that may be aliased: with T = R^-1, c of column j is -T_kj R_jj, k < j."""
    size = np.abs(np.diagonal(r))
    whole = int(np.argmax(size == 0.0)) if (size == 0.0).any() else len(size)
    if whole == 0:
        return 0
    with np.errstate(over="ignore", invalid="ignore"):
        inverse = np.abs(inverted(r[:whole, :whole]))
        np.fill_diagonal(inverse, 0.0)
        bound = ROUNDING * np.sqrt(n) * (magnitude[:whole] + magnitude[:whole] @ inverse * size[:whole])
    clear = size[:whole] > SURELY * bound
    return whole if clear.all() else int(np.argmin(clear))


def _project(basis: Array, column: Array) -> tuple[Array, Array]:
    """Coordinates of `column` in the orthonormal `basis` and what is left; twice is enough (Parlett, Kahan)."""
    first = basis.T @ column
    rest = column - basis @ first
    second = basis.T @ rest
    return first + second, rest - basis @ second
