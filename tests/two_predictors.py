"""A law of two predictors for tests: normal errors whose log sigma has a linear predictor of its own."""

import numpy as np

from mlefit.arrays import Array, block
from mlefit.noise.gaussian import HALF_LOG_2PI, Gaussian
from mlefit.noise.model import Derivatives, Measure, NoiseModel, Predictor
from mlefit.noise.responses import NUMBERS


class Spread(NoiseModel):
    """y = eta_1 + exp(eta_2) e. Its loss is the gaussian negative log-likelihood of the machine-learning libraries."""

    name = "spread"
    loss_name = "gaussian negative log-likelihood"
    support = "every number"
    question = "the mean, and a spread of its own"
    example = ""
    measure = Measure.DENSITY
    response = NUMBERS
    located = True
    one_unit = False
    loss_log_unit = 1

    @property
    def predictors(self) -> tuple[Predictor, ...]:
        return Predictor("mean", unit_power=1), Predictor("log sigma", "log sigma", "scale", log_unit=1)

    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        precision = np.exp(-eta[:, 1])
        z = (y - eta[:, 0]) * precision
        value = 0.5 * z * z + eta[:, 1] + HALF_LOG_2PI
        if order == 0:
            return Derivatives(value)
        d1 = block(y.size, 2)
        d1[:, 0], d1[:, 1] = -z * precision, 1.0 - z * z

        def curvature(v: Array) -> Array:
            out = block(y.size, 2)
            out[:, 0] = precision * precision * v[..., 0] + 2.0 * z * precision * v[..., 1]
            out[:, 1] = 2.0 * z * precision * v[..., 0] + 2.0 * z * z * v[..., 1]
            return out

        return Derivatives(value, d1, curvature)

    def loss(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """(log v + (y - mu)^2 / v) / 2 + log(2 pi) / 2 with v the variance."""
        error, v = eta[:, 0] - y, np.exp(2.0 * eta[:, 1])
        value = 0.5 * (np.log(v) + error * error / v) + HALF_LOG_2PI
        if order == 0:
            return Derivatives(value)
        full = self.nll(y, eta, free, order)
        return Derivatives(value, np.stack([error / v, 1.0 - error * error / v]).T, full.curvature)

    def affine(self, free: Array) -> tuple[float, float]:
        return 1.0, 0.0

    def score_moments(self, direction: Array, eta: Array, free: Array) -> tuple[Array, Array]:
        """z and z^2 - 1 are uncorrelated, of variances 1 and 2, and E z^2 (z^2 - 1)^2 = 10, E (z^2 - 1)^4 = 60."""
        a, b = np.square(direction[..., 0] * np.exp(-eta[:, 1])), np.square(direction[..., 1])
        return a + 2.0 * b, 3.0 * a * a + 60.0 * a * b + 60.0 * b * b

    def expected(self, eta: Array, free: Array) -> Array:
        return eta[:, 0]

    def _z(self, y: Array, eta: Array) -> Array:
        return (y - eta[:, 0]) * np.exp(-eta[:, 1])

    def log_cdf(self, y: Array, eta: Array, free: Array) -> Array:
        return Gaussian().log_cdf(self._z(y, eta), np.zeros((y.size, 1)), np.zeros(1))

    def log_sf(self, y: Array, eta: Array, free: Array) -> Array:
        return Gaussian().log_sf(self._z(y, eta), np.zeros((y.size, 1)), np.zeros(1))

    def quantile(self, u: Array, eta: Array, free: Array) -> Array:
        return eta[:, 0] + np.exp(eta[:, 1]) * Gaussian().quantile(u, np.zeros((u.size, 1)), np.zeros(1))

    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        d, shift = eta[:, 1] - other_eta[:, 1], (eta[:, 0] - other_eta[:, 0]) * np.exp(-other_eta[:, 1])
        result: Array = 0.5 * (np.expm1(2.0 * d) - 2.0 * d) + 0.5 * shift * shift
        return result

    def draw(self, rng: np.random.Generator, eta: Array, free: Array) -> Array:
        noise: Array = eta[:, 0] + np.exp(eta[:, 1]) * rng.standard_normal(eta.shape[0])
        return noise

    @classmethod
    def derivation(cls) -> str:
        return ""
