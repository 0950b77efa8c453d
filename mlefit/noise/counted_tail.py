"""Counted tail: log F and log(1 - F) of negative binomial counts, whose distribution function is an incomplete beta function.

    P(Y <= k) = I(theta, k + 1; 1 / (1 + v)) = 1 - I(k + 1, theta; v / (1 + v)),   v = alpha mu

Source: Johnson, Kemp and Kotz, Univariate Discrete Distributions, section 5.6.
"""

from collections.abc import Callable

import numpy as np

from mlefit.arrays import Array
from mlefit.noise.parts import Derivatives
from mlefit.noise.stable import QUIET, exponential

TERMS = 400     # of the series for a tail below the smallest double


@QUIET
def tail(
    nll: Callable[[Array, Array, Array, int], Derivatives], y: Array, eta: Array, free: Array, *, upper: bool
) -> Array:
    """log P(Y <= y), or of what is above (n,): where the function is 0 in float64 its terms, from y down or from y + 1 up."""
    from scipy.special import betainc, betaincc

    alpha = exponential(float(free[0]))
    theta, v = 1.0 / alpha, alpha * np.exp(eta[:, 0])
    p, below = v / (1.0 + v), y < 0.0
    k, found, few = np.maximum(y, 0.0), np.empty(y.size), v < 1.0       # by the smaller of p and 1 - p
    one, other = (betainc, betaincc) if upper else (betaincc, betainc)
    found[few], found[~few] = one(k[few] + 1.0, theta, p[few]), other(theta, k[~few] + 1.0, 1.0 / (1.0 + v[~few]))
    found = np.log(found)
    far = np.flatnonzero(np.isneginf(found) & ~below)
    first = k[far] + (1.0 if upper else 0.0)
    total, term = np.ones(far.size), np.ones(far.size)
    for j in range(TERMS if far.size else 0):
        at = first + j if upper else first - j
        term = term * ((theta + at) / (at + 1.0) * p[far] if upper else np.maximum(at, 0.0) / ((theta + at - 1.0) * p[far]))
        total += term
    found[far] = np.log(total) - nll(first, eta[far], free, 0).value
    return np.where(below, 0.0 if upper else -np.inf, found)
