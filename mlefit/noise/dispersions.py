"""Dispersions: what searches take the log of one over a dispersion for, from errors of log y."""

import math

import numpy as np

from mlefit.arrays import Array

SMALLEST = 1e-3     # of the mean square: smaller ones weigh in a start as this
LOG_SQUARE = 1.27   # minus the mean of the log of a squared normal number
LOG_SPREAD = 5.0    # beyond the mean no start goes


def dispersions(error: Array) -> tuple[Array, ...]:
    """-log of the mean of the squares for all rows, and of each square as it is (n,), whose mean is 1.27 below."""
    square = np.square(error)
    mean = float(square.mean())
    each = -np.log(square + SMALLEST * mean) - LOG_SQUARE
    return np.full(error.size, -math.log(mean)), np.minimum(each, -math.log(mean) + LOG_SPREAD)
