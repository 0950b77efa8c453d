"""Triangle: the R factor of all rows seen so far. For least squares it is the data; for every design, its geometry.

    A = Q R,  Q'Q = I,  so  A'A = R'R  without ever forming A'A, whose rounding would square the condition number.

R factors of parts merge: the R factor of [R1; R2] is that of [A1; A2]. Source: Golub and Van Loan, Matrix
Computations, sections 5.2 and 5.3; Demmel et al. (2012), Communication-optimal parallel and sequential QR.
"""

from dataclasses import dataclass

import numpy as np

from mlefit.arrays import Array

SLAB = 512   # rows factorised together: 512 rows of a dozen columns stay in the first-level cache


@dataclass(frozen=True, slots=True)
class Triangle:
    """Upper triangular `r` (k, k) with a non-negative diagonal; rows of weight w count as sqrt(w) times themselves."""

    r: Array

    @classmethod
    def of(cls, columns: Array, weight: Array | None = None) -> "Triangle":
        """The R factor of `columns` (n, k)."""
        rows = columns if weight is None else columns * np.sqrt(weight)[:, None]
        n, k = rows.shape
        slabs = n // SLAB
        if slabs > 1 and k < SLAB:
            stacked = _r_factor(rows[: slabs * SLAB].reshape(slabs, SLAB, k))    # a view of a block in Fortran order
            rows = np.concatenate([stacked.reshape(-1, k), rows[slabs * SLAB :]])
        return cls(_square(rows))

    def __add__(self, other: "Triangle") -> "Triangle":
        return Triangle(_square(np.concatenate([self.r, other.r])))


def _r_factor(rows: Array) -> Array:
    """R of each matrix in a stack."""
    return np.asarray(np.linalg.qr(rows, mode="r"))


def _square(rows: Array) -> Array:
    """R factor (k, k) of any number of rows; missing rows are zero. The signs are made unique."""
    k = rows.shape[1]
    r = np.zeros((k, k))
    found = _r_factor(rows)
    r[: found.shape[0]] = found
    r *= np.where(np.diagonal(r) < 0.0, -1.0, 1.0)[:, None]
    return r
