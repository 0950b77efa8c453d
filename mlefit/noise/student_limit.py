"""The limit of Student's t noise at infinite df, which is gaussian: its likelihood and its loss in the form of those of t."""

import math

import numpy as np

from mlefit.arrays import Array
from mlefit.noise.parts import Derivatives
from mlefit.noise.stable import exponential
from mlefit.noise.symmetric import symmetric

HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)


def gaussian_nll(z: Array, square: Array, log_s: float, order: int) -> Derivatives:
    """The negative log-likelihood at infinite df."""
    value, inverse = 0.5 * square + (log_s + HALF_LOG_2PI), exponential(-log_s)
    if order == 0:
        return Derivatives(value)
    mixed = (2.0 * inverse) * z
    return Derivatives(value, np.stack([z * -inverse, 1.0 - square]).T,
                       symmetric(((np.full(z.size, inverse**2), mixed), (mixed, 2.0 * square))))


def squared_loss(r: Array, log_s: float, order: int) -> Derivatives:
    """The loss at infinite df: r^2 / (2 s^2)."""
    precision = exponential(-2.0 * log_s)
    value = 0.5 * precision * r * r
    if order == 0:
        return Derivatives(value)
    mixed = 2.0 * precision * r
    return Derivatives(value, np.stack([-precision * r, -2.0 * value]).T,
                       symmetric(((np.full(r.size, precision), mixed), (mixed, 4.0 * value))))
