"""Triangle: the R factor of all rows seen so far. For least squares it is the data; for every design, its geometry.

    A = Q R,  Q'Q = I,  so  A'A = R'R  without forming A'A, whose rounding would square the condition number.

Of many rows in which no column is near a combination of others there is nothing to square: R is the Cholesky factor of A'A then,
in a third of the time (Fukaya et al. 2014, CholeskyQR2, section 2). That this is so is looked at each time: with C the cosines of
the columns, C - I/32 has a Cholesky factor, too.

R factors of parts merge: the R factor of [R1; R2] is that of [A1; A2]. Source: Golub and Van Loan, Matrix
Computations, sections 5.2 and 5.3; Demmel et al. (2012), Communication-optimal parallel and sequential QR.
"""

from functools import cached_property, reduce
from operator import add

import numpy as np

from mlefit.arrays import Array, product
from mlefit.records import record

SLAB = 512      # rows factorised together: 512 rows of a dozen columns stay in the first-level cache
WIDE = 64       # columns from which rows wait until they are COLLECTED times as many: a factor of fewer costs nearly as much
COLLECTED = 4
TWICE = 2       # times as many rows as columns, from which their square is looked at
WIDE_SLAB = 2048
TALL = 8192     # rows from which the square of a few columns is looked at
APART = 1 / 32  # least eigenvalue of the columns' cosines, from which the square has the digits of the rows, but for one


@record(frozen=True, eq=False)
class Triangle:
    """`rows` (m, k) and `more` of them, whose R factor is that of all rows seen; those of weight w count as sqrt(w) times
    themselves."""

    rows: Array
    more: tuple[Array, ...] = ()

    @classmethod
    def of(cls, columns: Array, weight: Array | None = None) -> "Triangle":
        """That of `columns` (n, k)."""
        rows = columns if weight is None else columns * np.sqrt(weight)[:, None]
        n, k = rows.shape
        if k and n >= (TALL if k < WIDE else max(WIDE_SLAB, TWICE * COLLECTED * k)):
            apart = of_square((rows,))
            if apart is not None:
                return cls(apart)
        slab = SLAB if k < WIDE else max(WIDE_SLAB, COLLECTED * k)
        slabs = n // slab
        if slabs > 1 and 0 < k < slab:
            stacked = _r_factor(rows[: slabs * slab].reshape(slabs, slab, k))    # a view of a block in Fortran order
            rows = np.concatenate([stacked.reshape(-1, k), rows[slabs * slab :]])
        return cls._collected(rows)

    @classmethod
    def _collected(cls, *parts: Array) -> "Triangle":
        k = parts[0].shape[1]
        if k >= WIDE and sum(map(len, parts)) <= COLLECTED * k:
            return cls(parts[0], parts[1:])
        apart = of_square(parts) if k >= WIDE else None
        return cls(_square(_whole(parts)) if apart is None else apart)

    @cached_property
    def r(self) -> Array:
        """Upper triangular (k, k), with a non-negative diagonal."""
        parts, (n, k) = (self.rows, *self.more), self.rows.shape
        if not self.more and n == k and not np.tril(self.rows, -1).any() and not (np.diagonal(self.rows) < 0.0).any():
            return self.rows
        apart = of_square(parts) if k >= WIDE and sum(map(len, parts)) >= TWICE * k else None
        return _square(_whole(parts)) if apart is None else apart

    def __add__(self, other: "Triangle") -> "Triangle":
        return self._collected(self.rows, *self.more, other.rows, *other.more)


def _whole(parts: tuple[Array, ...]) -> Array:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def of_square(parts: tuple[Array, ...]) -> Array | None:
    """R from A'A (k, k) of the rows of all parts, None where columns are not far apart."""
    with np.errstate(over="ignore", invalid="ignore"):      # of what has no square the rows are factorised
        square = reduce(add, (product(rows.T, rows) for rows in parts))
    size = np.sqrt(np.diagonal(square))
    if not np.isfinite(size).all() or not size.all():
        return None
    cosines = square / np.outer(size, size)
    try:
        np.linalg.cholesky(cosines - APART * np.eye(len(size)))
    except np.linalg.LinAlgError:
        return None
    return np.asarray(np.linalg.cholesky(cosines).T * size)


def _r_factor(rows: Array) -> Array:
    """R of each matrix in a stack."""
    return np.asarray(np.linalg.qr(rows, mode="r"))


def _square(rows: Array) -> Array:
    """R factor (k, k) of any number of rows; missing rows are zero. The signs are made unique."""
    k = rows.shape[1]
    r = np.zeros((k, k))
    if not k:
        return r
    found = _r_factor(rows)
    r[: found.shape[0]] = found
    r *= np.where(np.diagonal(r) < 0.0, -1.0, 1.0)[:, None]
    return r
