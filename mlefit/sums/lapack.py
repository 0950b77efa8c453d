"""LAPACK's solvers, called as scipy calls them but without the checks around it, which take ten times as long as a dozen rows do.

Matrices are of doubles. Raises numpy.linalg.LinAlgError where a factor is singular, or a matrix is not positive definite.
"""

from functools import cache
from typing import Any

import numpy as np

from mlefit.arrays import Array


@cache
def _routines() -> Any:
    """scipy's, which are looked up once: to import a name takes as long as what it does to a dozen rows."""
    from scipy.linalg import lapack

    return lapack


def triangular(triangle: Array, right: Array, *, lower: bool = False, transposed: bool = False) -> Array:
    """x with T x = b, or T' x = b, of a triangle T (k, k) and b (k,) or (k, m)."""
    dtrtrs = _routines().dtrtrs
    if not right.size:
        return np.empty_like(right)
    if triangle.flags.f_contiguous:
        x, info = dtrtrs(triangle, right, lower=lower, trans=transposed)
    else:
        x, info = dtrtrs(triangle.T, right, lower=not lower, trans=not transposed)
    if info:
        raise np.linalg.LinAlgError(f"singular matrix: resolution failed at diagonal {info - 1}")
    return np.asarray(x).reshape(right.shape)


def inverted(triangle: Array) -> Array:
    """T^-1 of an upper triangle T (k, k)."""
    if not triangle.size:
        return np.empty_like(triangle)
    inverse, info = _routines().dtrtri(triangle, lower=0)
    if info:
        raise np.linalg.LinAlgError(f"singular matrix: resolution failed at diagonal {info - 1}")
    return np.asarray(inverse)


def factor(matrix: Array) -> Array:
    """L (k, k) with L L' = H."""
    if not matrix.size:
        return np.empty_like(matrix)
    lower, info = _routines().dpotrf(matrix, lower=1, clean=1)
    _check(info)
    return np.asarray(lower)


def solved(matrix: Array, right: Array) -> Array:
    """H^-1 b (k,), by a Cholesky factor that is not kept."""
    if not matrix.size:
        return np.empty_like(right)
    upper, info = _routines().dpotrf(matrix, lower=0, clean=0)
    _check(info)
    x, _ = _routines().dpotrs(upper, right, lower=0)
    return np.asarray(x).reshape(right.shape)


def _check(info: int) -> None:
    if info:
        raise np.linalg.LinAlgError(f"{info}-th leading minor of the matrix is not positive definite")
