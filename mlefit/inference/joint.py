"""Joint tests that several coefficients are zero: W = b' V^-1 b, and the laws that turn it into a p-value.

    chi-squared   W on chi-squared(q)                               errors that are known
    F             W/q on F(q, df)                                   an error estimated with df degrees of freedom
    clusters      W (df - q + 1)/(df q) on F(q, df - q + 1)         V from df + 1 independent sums: Hotelling's T^2
"""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array

SINGULAR = 1e-7     # of the largest: a sandwich's root comes from eigenvalues, so sizes below sqrt(eps) are rounding


class Joint(NamedTuple):
    """`statistic` is chi-squared with `q` degrees of freedom where `df` is None, else F with q and df."""

    statistic: float
    q: int
    df: float | None
    p_value: float


def wald(coefficients: Array, root: Array) -> float | None:
    """W = b' (F F')^-1 b of `coefficients` (q,) with covariance root F (q, k); None where F F' has no inverse.

    In units of the standard errors, b = D z and F = D U S V', W = ||S^-1 U'z||^2: V is never formed, whose condition
    number is the square of F's.
    """
    errors = np.linalg.norm(root, axis=1)
    if not np.all(errors > 0.0):
        return None
    if coefficients.size == 1:
        return float((coefficients[0] / errors[0]) ** 2)
    u, sizes, _ = np.linalg.svd(root / errors[:, None], full_matrices=False)
    if sizes.size < coefficients.size or sizes[-1] <= SINGULAR * sizes[0]:
        return None
    return float(np.square(u.T @ (coefficients / errors) / sizes).sum())


def chi_squared(w: float, q: int) -> Joint:
    """W, or a likelihood ratio, on chi-squared(q)."""
    from scipy.special import chdtrc

    return Joint(w, q, None, float(chdtrc(q, w)))


def f_test(w: float, q: int, df: float) -> Joint:
    """W/q on F(q, df)."""
    from scipy.special import fdtrc

    return Joint(w / q, q, df, float(fdtrc(q, df, w / q)))


def clustered(w: float, q: int, df: float) -> Joint | None:
    """W (df - q + 1)/(df q) on F(q, df - q + 1); None for df <= q, where V says too little about q directions."""
    return None if df <= q else f_test(w * (df - q + 1.0) / df, q, df - q + 1.0)
