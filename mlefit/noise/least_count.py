"""Least count: quantiles of a law of counts, by bisection of its distribution function about a guess."""

from collections.abc import Callable

import numpy as np

from mlefit.arrays import Array

BELOW, ABOVE = 0.9, 1.1     # of the guess: where the bisection begins
DOUBLINGS = 64


def least_count(log_cdf: Callable[[Array], Array], u: Array, guess: Array) -> Array:
    """The least count (n,) with log_cdf >= log u, u (n,) in (0, 1)."""
    low, high = np.floor(BELOW * guess) - 3.0, np.ceil(ABOVE * guess) + 2.0
    low = np.where(np.exp(log_cdf(low)) < u, np.maximum(low, -1.0), -1.0)
    for _ in range(DOUBLINGS):
        short = np.exp(log_cdf(high)) < u
        if not short.any():
            break
        low, high = np.where(short, high, low), np.where(short, 2.0 * high, high)
    while True:
        middle = np.floor(0.5 * (low + high))
        between = (low < middle) & (middle < high)      # beyond 2^53 neighbours among the doubles are more than 1 apart
        if not between.any():
            return high
        short = np.exp(log_cdf(middle)) < u
        low, high = np.where(between & short, middle, low), np.where(between & ~short, middle, high)
