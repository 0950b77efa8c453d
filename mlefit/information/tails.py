"""Both tails of the fitted law in log form, from which PIT values, cell masses and normal scores are made."""

import numpy as np

from mlefit.arrays import Array
from mlefit.noise.model import Measure, NoiseModel


def has_tails(noise: NoiseModel) -> bool:
    """Whether the distribution function is known: a density of squares only is the gaussian, the one known so far."""
    return noise.quadratic and noise.measure is Measure.DENSITY


def log_tails(z: Array) -> tuple[Array, Array]:
    """log Phi(z) and log(1 - Phi(z)) of standardised residuals z, accurate in both tails."""
    from scipy.special import log_ndtr

    return log_ndtr(z), log_ndtr(-z)


def log_cell_mass(low: Array, high: Array) -> Array:
    """log(Phi(high) - Phi(low)) for low < high: differences are taken in the nearer tail, so none cancels to zero."""
    flip = low + high > 0
    near, far = np.where(flip, -low, high), np.where(flip, -high, low)
    log_near, log_far = log_tails(near)[0], log_tails(far)[0]
    return log_near + np.log1p(-np.exp(log_far - log_near))


def anderson_darling(ordered: Array) -> float:
    """A^2 = -n - (1/n) sum_i (2 i - 1) [log Phi(z_(i)) + log(1 - Phi(z_(n+1-i)))] of ordered standardised residuals."""
    n = ordered.size
    log_cdf, log_survival = log_tails(ordered)
    return float(-n - np.dot(2 * np.arange(n) + 1, log_cdf + log_survival[::-1]) / n)
