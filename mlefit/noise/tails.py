"""Tails: how far out a response is under a density, by the nearer of its tails."""

from typing import TYPE_CHECKING

import numpy as np

from mlefit.arrays import Array

if TYPE_CHECKING:
    from mlefit.noise.model import NoiseModel

HALF = -0.6931471805599453      # log 1/2: above, only the other tail tells how far out a row is


def by_tails(noise: "NoiseModel", y: Array, eta: Array, free: Array) -> Array:
    """Phi^-1(F(y)) (n,)."""
    from scipy.special import ndtri_exp

    low = noise.log_cdf(y, eta, free)
    z, upper = np.asarray(ndtri_exp(np.minimum(low, 0.0))), np.flatnonzero(~(low < HALF))
    if upper.size:
        z[upper] = -ndtri_exp(np.minimum(noise.some(upper).log_sf(y[upper], eta[upper], free), 0.0))
    return z
