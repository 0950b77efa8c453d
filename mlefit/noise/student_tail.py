"""Student's t in log form: the constant of its density, and its tails where they are below the smallest double.

Source: DLMF 5.11.13 for the constant, 8.17.8 for the incomplete beta function; Wallace, Annals of Mathematical Statistics 30
(1959), 1121-1130, for the normal number of equal tail.
"""

import math

import numpy as np

from mlefit.arrays import Array

SERIES = 30.0       # x from which G is summed in powers of its inverse
G = (-1 / 8, 1 / 192, -1 / 640, 17 / 14336)     # G(x) = sum_j g_j x^-(2 j + 1)
LEAST = 1e-100      # x below which the derivatives are beyond the doubles
TINY = 1e-17        # of a sum: terms below change nothing
FAR = 1e4           # degrees of freedom from which such tails go through the normal law


def log_k(x: float) -> tuple[float, float, float]:
    """G(x) = log Gamma(x + 1/2) - log Gamma(x) - log(x) / 2 and its first two derivatives."""
    if x < LEAST:       # a step too far
        return -math.inf, math.nan, math.nan
    if x < SERIES:
        from scipy.special import gammaln, polygamma

        first = float(polygamma(0, x + 0.5) - polygamma(0, x)) - 0.5 / x
        second = float(polygamma(1, x + 0.5) - polygamma(1, x)) + 0.5 / x**2
        return float(gammaln(x + 0.5) - gammaln(x)) - 0.5 * math.log(x), first, second
    terms = [(g * x ** -(2 * j + 1), 2 * j + 1) for j, g in enumerate(G)]
    first = -sum(term * power for term, power in terms) / x
    return sum(term for term, _ in terms), first, sum(term * power * (power + 1) for term, power in terms) / x**2


def log_tail(z: Array, df: float) -> Array:
    """log P(T <= z) (n,), normal where df is infinite."""
    from scipy.special import betaln, log_ndtr, stdtr

    if math.isinf(df):
        return np.asarray(log_ndtr(z))
    with np.errstate(divide="ignore"):
        found = np.asarray(np.log(stdtr(df, z)))
    far = np.flatnonzero(np.isneginf(found))
    if not far.size:
        return found
    size = np.abs(z[far])
    if df > FAR:        # exact to 1 / df^2 of the logarithm
        found[far] = log_ndtr(-np.sqrt(df * np.log1p(size * size / df)) * (1.0 - 0.75 / df))
        return found
    half, share = 0.5 * df, df / (size * size)      # the incomplete beta function I_x(df / 2, 1 / 2) / 2 by its series
    log_x = math.log(df) - 2.0 * np.log(size) - np.log1p(share)
    x = np.exp(log_x)
    total, term, k = np.ones(far.size), np.ones(far.size), 0
    while (term > TINY * total).any():
        term = term * x * (half + 0.5 + k) / (half + 1.0 + k)
        total, k = total + term, k + 1
    found[far] = half * log_x - 0.5 * np.log1p(share) - math.log(df) - float(betaln(half, 0.5)) + np.log(total)
    return found
