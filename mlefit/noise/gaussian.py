"""Gaussian noise: y = eta + sigma e, e standard normal. Its loss is the squared error.

    q(y | eta, sigma) = exp(-(y - eta)^2 / (2 sigma^2)) / (sigma sqrt(2 pi))
    cross-entropy     = MSE / (2 sigma^2) + log(2 pi sigma^2) / 2,   least in sigma at sigma^2 = MSE

The free shape is log sigma. Source: Bishop, Pattern Recognition and Machine Learning, section 3.1.1.
"""

import math
from typing import ClassVar

import numpy as np

from mlefit.arrays import Array, block
from mlefit.noise.model import Measure, NoiseModel, Response, Rows, Shape

HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)


class Gaussian(NoiseModel):
    """Normal errors of one standard deviation, sigma."""

    name = "gaussian"
    loss_name = "mean squared error"
    aliases = ("normal", "ols", "lm", "linear", "least-squares", "mse", "norm")
    support = "every number"
    example = "mlefit fit sample_data/measurements.csv --model gaussian"
    measure = Measure.DENSITY
    response = Response.NUMBER
    shapes: ClassVar[tuple[Shape, ...]] = (Shape("sigma"),)
    quadratic = True

    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Rows:
        """log sigma + log(2 pi)/2 + z^2/2 with z = (y - eta)/sigma."""
        log_sigma = float(free[0])
        sigma = math.exp(log_sigma)
        z = (y - eta[:, 0]) / sigma
        square = z * z
        value = 0.5 * square + (log_sigma + HALF_LOG_2PI)
        if order == 0:
            return Rows(value)
        d1 = block(y.size, 2)
        d1[:, 0] = z / -sigma
        d1[:, 1] = 1.0 - square

        def curvature(v: Array) -> Array:
            by_eta, by_shape = v[..., 0], v[..., 1]
            out = block(y.size, 2)
            out[:, 0] = by_eta / sigma**2 + (2.0 / sigma) * z * by_shape
            out[:, 1] = (2.0 / sigma) * z * by_eta + 2.0 * square * by_shape
            return out

        return Rows(value, d1, curvature)

    def loss(self, y: Array, eta: Array, order: int) -> Rows:
        """(y - eta)^2."""
        error = eta[:, 0] - y
        value = np.square(error)
        if order == 0:
            return Rows(value)
        return Rows(value, 2.0 * error[:, None], lambda v: np.broadcast_to(2.0 * v, (y.size, 1)))

    def implied_shapes(self, mean_loss: float) -> Array:
        """log sigma with sigma^2 = MSE."""
        return np.array([0.5 * math.log(mean_loss)])

    def affine(self, free: Array) -> tuple[float, float]:
        """a = 1/(2 sigma^2), c = log(2 pi sigma^2)/2."""
        log_sigma = float(free[0])
        return 0.5 * math.exp(-2.0 * log_sigma), log_sigma + HALF_LOG_2PI

    def entropy(self, eta: Array, free: Array) -> Array:
        """log(2 pi e sigma^2)/2."""
        return np.full(eta.shape[0], float(free[0]) + HALF_LOG_2PI + 0.5)

    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """log(s2/s1) + (s1^2 + (m1 - m2)^2)/(2 s2^2) - 1/2, with expm1 so that equal models give exactly 0."""
        difference = float(free[0]) - float(other_free[0])
        shift = (eta[:, 0] - other_eta[:, 0]) * math.exp(-float(other_free[0]))
        result: Array = 0.5 * (math.expm1(2.0 * difference) - 2.0 * difference) + 0.5 * shift * shift
        return result

    def mean(self, eta: Array) -> Array:
        """Eta itself."""
        return eta

    def draw(self, rng: np.random.Generator, eta: Array, free: Array) -> Array:
        """eta + sigma e."""
        noise: Array = eta[:, 0] + math.exp(float(free[0])) * rng.standard_normal(eta.shape[0])
        return noise
