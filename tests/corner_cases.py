"""Integrals of laws whose density has a corner, between the corners."""

import math
from itertools import pairwise

import numpy as np
from scipy.integrate import quad

from mlefit.arrays import Array
from mlefit.noise.model import NoiseModel

FAR = 700.0     # in units of a scale near 1 there is nothing beyond


def between_corners(noise: NoiseModel, eta: Array, free: Array, other: Array, other_free: Array) -> float:
    """E log(q / other q) under q, the law of one row with predictors `eta` (1,)."""

    def log_ratio(y: float) -> float:
        mine, theirs = (
            float(noise.nll(np.array([y]), at[None], shapes, 0).value[0]) for at, shapes in ((eta, free), (other, other_free))
        )
        return math.exp(-mine) * (theirs - mine)

    ends = np.sort([eta[0] - FAR, eta[0], other[0], eta[0] + FAR])
    return sum(quad(log_ratio, low, high, epsabs=1e-13)[0] for low, high in pairwise(ends))
