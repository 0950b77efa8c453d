"""Series that several laws share, for differences that cancel."""

import numpy as np

from mlefit.arrays import Array


def excess(d: Array) -> Array:
    """exp(d) - 1 - d, by its series where the difference would cancel."""
    series = d * d * (1 / 2 + d * (1 / 6 + d * (1 / 24 + d * (1 / 120 + d / 720))))
    return np.where(np.abs(d) < 0.01, series, np.expm1(d) - d)
