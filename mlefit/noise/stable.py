"""Stable forms that several laws share: what is left of a logarithm once its leading terms are taken off.

    log1p_less(u) = log(1 + u) - u
    beta_above    = 1 - I_x(a, b), I the regularised incomplete beta function
    remainder(z)  = log Gamma(z) - [(z - 1/2) log z - z + log(2 pi) / 2],   z >= LARGE

Source: DLMF 4.6.1 and 5.11.1.
"""

import math

import numpy as np

from mlefit.arrays import Array, Index, Mask

QUIET = np.errstate(over="ignore", invalid="ignore", divide="ignore")      # a value that overflows is a step too far
LARGEST = 709.0     # of an exponent
MOST = 1e18         # of a rate: a count is a whole number of 64 bits
SERIES = 0.1        # |u| up to which log(1 + u) - u is summed
TERMS = 18          # of that series: 0.1^18 is below the rounding
LARGE = 10.0        # z from which the terms below leave 1e-14
NEARLY = 0.97       # up to which 1 less a share has all but the last digits
STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188)    # remainder(z) = sum_j c_j z^-(2 j + 1)


def exponential(x: float) -> float:
    """exp(x), infinite where that is beyond the doubles: a step too far."""
    return math.exp(x) if x < LARGEST else math.inf


def of_rows(x: Array) -> Array:
    """exp(x) of one free shape () for all rows, or of (n,), one for each."""
    return np.exp(x) if x.ndim else np.asarray(exponential(float(x)))


def poisson_counts(rng: np.random.Generator, rate: Array) -> Array:
    """Poisson counts (n,) of these rates; beyond MOST, where numpy has none, normal numbers: no double tells them apart."""
    found = rng.poisson(np.minimum(rate, MOST)).astype(np.float64)
    far = rate > MOST
    if far.any():
        found[far] = rate[far] + np.sqrt(rate[far]) * rng.standard_normal(int(far.sum()))
    return found


def at(x: Array, rows: Index | Mask) -> Array:
    """The free shape of these rows: x () itself, or those of x (n,)."""
    return x[rows] if x.ndim else x


def log1p_less(u: Array) -> Array:
    """log(1 + u) - u, by its series where the difference would cancel."""
    small = np.abs(u) < SERIES
    if not small.any():
        with np.errstate(divide="ignore"):
            return np.asarray(np.log1p(u) - u)
    near = np.where(small, u, 0.0)
    total = np.zeros_like(near)
    for k in range(TERMS + 1, 1, -1):
        total = near * total + (-1.0) ** (k + 1) / k
    with np.errstate(divide="ignore"):
        return np.where(small, near * near * total, np.log1p(np.where(small, 0.0, u)) - u)


def beta_above(a: Array, b: Array, x: Array) -> Array:
    """1 - I_x(a, b) (n,) to 1e-13 of itself: as such a difference where it has its digits, which takes a tenth of the time."""
    from scipy.special import betainc, betaincc

    below = betainc(a, b, x)
    found, far = 1.0 - below, np.flatnonzero(~(below <= NEARLY))
    found[far] = betaincc(a[far], b[far], x[far])
    return np.asarray(found)


def remainder(z: Array) -> tuple[Array, Array, Array]:
    """The remainder d of Stirling's formula for log Gamma, and z d' and z^2 d'', for z >= LARGE."""
    inverse = 1.0 / z
    square = inverse * inverse
    value = slope = bend = np.zeros_like(inverse)
    for j in range(len(STIRLING) - 1, -1, -1):
        power, c = 2 * j + 1, STIRLING[j]
        value = value * square + c
        slope = slope * square - power * c
        bend = bend * square + power * (power + 1) * c
    return value * inverse, slope * inverse, bend * inverse
