"""Counted tail: log F and log(1 - F) of negative binomial counts, whose distribution function is an incomplete beta function.

    P(Y <= k) = I(theta, k + 1; 1 / (1 + v)) = 1 - I(k + 1, theta; v / (1 + v)),   v = alpha mu

That of a small count is the sum of its masses, which takes a twentieth of the time.
Source: Johnson, Kemp and Kotz, Univariate Discrete Distributions, section 5.6.
"""

from collections.abc import Callable

import numpy as np

from mlefit.arrays import Array
from mlefit.noise.parts import Derivatives
from mlefit.noise.stable import QUIET, at, of_rows

TERMS = 400     # of the series for a tail below the smallest double
SMALL = 64.0    # counts and means up to which masses are summed: their rounding is then below 1e-13
LITTLE = 0.01   # what is left above a count, from which it is known as 1 - F


@QUIET
def tail(
    nll: Callable[[Array, Array, Array, int], Derivatives], y: Array, eta: Array, free: Array, *, upper: bool
) -> Array:
    """log P(Y <= y), or of what is above (n,)."""
    t, mu, below = free[0], np.exp(eta[:, 0]), y < 0.0
    found, k = np.empty(y.size), np.maximum(y, 0.0)
    alpha = of_rows(t)
    small = (k <= SMALL) & (mu <= SMALL) & (alpha > 0.0)
    sums = _summed(k[small], mu[small], at(alpha, small))
    found[small] = 1.0 - sums if upper else sums
    if upper:
        small[small] = sums <= 1.0 - LITTLE
    found[small] = np.log(found[small])
    rest = np.flatnonzero(~small & ~below)
    found[rest] = _beta(nll, k[rest], eta[rest], at(t, rest)[None], upper=upper)
    return np.where(below, 0.0 if upper else -np.inf, found)


def _summed(k: Array, mu: Array, alpha: Array) -> Array:
    """F (n,) at counts k, by the ratio (mu + j v) / ((j + 1) (1 + v)) of a mass to the one before."""
    order = np.argsort(-k)
    counts, mu, alpha = k[order], mu[order], at(alpha, order)
    v = alpha * mu
    mass, kept = np.exp(-np.log1p(v) / alpha), 1.0 + v
    total = mass.copy()
    ends = np.searchsorted(-counts, -np.arange(counts[0] if counts.size else 0.0), side="left")      # those above each j
    for j, end in enumerate(ends.tolist()):
        mass[:end] *= (mu[:end] + j * v[:end]) / ((j + 1.0) * kept[:end])
        total[:end] += mass[:end]
    found = np.empty(k.size)
    found[order] = total
    return found


def _beta(
    nll: Callable[[Array, Array, Array, int], Derivatives], k: Array, eta: Array, free: Array, *, upper: bool
) -> Array:
    """The logarithm by the incomplete beta function; where that is 0 in float64, by its terms, from k down or from k + 1 up."""
    from scipy.special import betainc, betaincc

    alpha = of_rows(free[0])
    theta, v = np.broadcast_to(1.0 / alpha, k.shape), alpha * np.exp(eta[:, 0])
    p, found, few = v / (1.0 + v), np.empty(k.size), v < 1.0       # by the smaller of p and 1 - p
    one, other = (betainc, betaincc) if upper else (betaincc, betainc)
    found[few] = one(k[few] + 1.0, theta[few], p[few])
    found[~few] = other(theta[~few], k[~few] + 1.0, 1.0 / (1.0 + v[~few]))
    found = np.log(found)
    far = np.flatnonzero(np.isneginf(found))
    first = k[far] + (1.0 if upper else 0.0)
    total, term, theta = np.ones(far.size), np.ones(far.size), theta[far]
    for j in range(TERMS if far.size else 0):
        here = first + j if upper else first - j
        term = term * ((theta + here) / (here + 1.0) * p[far] if upper
                       else np.maximum(here, 0.0) / ((theta + here - 1.0) * p[far]))
        total += term
    found[far] = np.log(total) - nll(first, eta[far], at(free[0], far)[None], 0).value
    return found
