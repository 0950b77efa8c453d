"""What the KL part asks of a law's distribution function: masses of cells, and how even the data lies under it."""

import numpy as np

from mlefit.arrays import Array
from mlefit.noise.model import NoiseModel


def log_cell_mass(noise: NoiseModel, low: Array, high: Array, eta: Array, free: Array) -> Array:
    """log(F(high) - F(low)) for low < high (n,): differences are taken in the nearer tail, so none cancels to zero."""
    upper, lower = noise.log_sf(low, eta, free), noise.log_cdf(high, eta, free)
    flip = upper < lower
    near: Array = np.where(flip, upper, lower)
    far = np.where(flip, noise.log_sf(high, eta, free), noise.log_cdf(low, eta, free))
    mass: Array = near + np.log1p(-np.exp(far - near))
    return mass


def anderson_darling(noise: NoiseModel, ordered: Array, eta: Array, free: Array) -> float:
    """A^2 = -n - (1/n) sum_i (2 i - 1) [log F(y_(i)) + log(1 - F(y_(n+1-i)))] of responses of one law, in order."""
    n = ordered.size
    log_cdf, log_survival = noise.log_cdf(ordered, eta, free), noise.log_sf(ordered, eta, free)
    return float(-n - np.dot(2 * np.arange(n) + 1, log_cdf + log_survival[::-1]) / n)
