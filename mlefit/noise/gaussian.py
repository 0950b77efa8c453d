"""Gaussian noise: y = eta + sigma e, e standard normal. Its loss is the squared error.

    q(y | eta, sigma) = exp(-(y - eta)^2 / (2 sigma^2)) / (sigma sqrt(2 pi))
    cross-entropy     = MSE / (2 sigma^2) + log(2 pi sigma^2) / 2,   least in sigma at sigma^2 = MSE

The free shape is log sigma. Source: Bishop, Pattern Recognition and Machine Learning, section 3.1.1.
"""

import math

import numpy as np

from mlefit.arrays import Array, block
from mlefit.noise import worked
from mlefit.noise.model import LOCATION, Derivatives, Measure, NoiseModel, Predictor, Shape
from mlefit.noise.responses import NUMBERS

HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)
ROUNDING = 1e-12        # of a sum of squares: what is left of it below this, once a row is taken off, is nothing

EXAMPLE = (-2.25129, 0.96007, -4.86026, 1.03677, -0.37131)
TRIAL = 0.5     # how far off the worked example places a mean
DERIVATION = """\
gaussian: from the likelihood to the mean squared error

  1  Model       y = f(x) + sigma e, e standard normal:
                 q(y|x) = exp(-(y - f)^2 / (2 sigma^2)) / (sigma sqrt(2 pi))
  2  Likelihood  L = prod_i q(y_i|x_i): rows independent given x, x not modelled
  3  -log L / n  = MSE / (2 sigma^2) + log(2 pi sigma^2) / 2
                 with MSE = sum_i (y_i - f_i)^2 / n. The second term is the log
                 of the normaliser. It stays: without it the best sigma is
                 infinite, and MSE / 2 is no cross-entropy.
  4  Name        -log L / n is the cross-entropy CE of the rows and q, in nats
  5  Meaning     for the law p that the rows come from, CE(p, q) = H(p) +
                 KL(p || q). H has no parameter in it: least CE is least KL. The
                 raw rows have no KL, since point masses against a density give
                 infinity: first the entropy has to be estimated.
  6  Loss        for any fixed sigma, CE = a MSE + c, a = 1 / (2 sigma^2) > 0:
                 the f of maximum likelihood is the f of least squares
  7  Sigma       dCE/dsigma = 0 at sigma^2 = MSE = RSS / n; RSS / (n - p) is
                 unbiased, and not the maximum
  8  Together    CE = log(2 pi e MSE) / 2. It may be negative, and changes with
                 the unit of y; KL does not.

"""


class Gaussian(NoiseModel):
    """Normal errors of one standard deviation, sigma."""

    name = "gaussian"
    noun = "normal law"
    standard = True
    loss_name = "mean squared error"
    aliases = ("normal", "ols", "lm", "linear", "least-squares", "mse", "norm")
    support = "every number"
    question = "the mean, with one spread everywhere"
    centre_text = median_text = "eta"
    example = "mlefit fit sample_data/measurements.csv --model gaussian"
    measure = Measure.DENSITY
    response = NUMBERS
    shapes = (Shape("sigma", unit_power=1),)
    located = True
    link_name = "identity"
    loss_power = 2
    compresses = True
    collapse = "sigma = 0"

    @property
    def predictors(self) -> tuple[Predictor, ...]:
        """A location."""
        return LOCATION

    @property
    def with_scale(self) -> NoiseModel:
        """Errors whose standard deviation varies."""
        from mlefit.noise.heteroscedastic import HeteroscedasticGaussian

        return HeteroscedasticGaussian()

    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """log sigma + log(2 pi)/2 + z^2/2 with z = (y - eta)/sigma."""
        log_sigma = float(free[0])
        sigma = math.exp(log_sigma)
        z = (y - eta[:, 0]) / sigma
        square = z * z
        value = 0.5 * square + (log_sigma + HALF_LOG_2PI)
        if order == 0:
            return Derivatives(value)
        d1 = block(y.size, 2)
        d1[:, 0] = z / -sigma
        d1[:, 1] = 1.0 - square

        def curvature(v: Array) -> Array:
            by_eta, by_shape = v[..., 0], v[..., 1]
            out = block(y.size, 2)
            out[:, 0] = by_eta / sigma**2 + (2.0 / sigma) * z * by_shape
            out[:, 1] = (2.0 / sigma) * z * by_eta + 2.0 * square * by_shape
            return out

        return Derivatives(value, d1, curvature)

    def loss(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """(y - eta)^2."""
        error = eta[:, 0] - y
        value = np.square(error)
        if order == 0:
            return Derivatives(value)
        return Derivatives(value, 2.0 * error[:, None], lambda v: np.broadcast_to(2.0 * v, (y.size, 1)))

    def implied_shapes(self, mean_loss: float, mean_base: float) -> Array:
        """log sigma with sigma^2 = MSE."""
        return np.array([0.5 * math.log(mean_loss)])

    def affine(self, free: Array) -> tuple[float, float]:
        """a = 1/(2 sigma^2), c = log(2 pi sigma^2)/2."""
        log_sigma = float(free[0])
        return 0.5 * math.exp(-2.0 * log_sigma), log_sigma + HALF_LOG_2PI

    def score_moments(self, direction: Array, eta: Array, free: Array) -> tuple[Array, Array]:
        """(d/sigma)^2 and 3 (d/sigma)^4."""
        square = np.square(direction[..., 0] * math.exp(-float(free[0])))
        return square, 3.0 * square * square

    def log_cdf(self, y: Array, eta: Array, free: Array) -> Array:
        """log Phi(z)."""
        from scipy.special import log_ndtr

        return np.asarray(log_ndtr((y - eta[:, 0]) * np.exp(-free[0])))

    def log_sf(self, y: Array, eta: Array, free: Array) -> Array:
        """log Phi(-z)."""
        from scipy.special import log_ndtr

        return np.asarray(log_ndtr(-((y - eta[:, 0]) * np.exp(-free[0]))))

    def quantile(self, u: Array, eta: Array, free: Array) -> Array:
        """eta + sigma Phi^-1(u)."""
        from scipy.special import ndtri

        return np.asarray(eta[:, 0] + np.exp(free[0]) * ndtri(u))

    def left_out(self, error: Array, rest: Array, square: float, n: float) -> Array:
        """log(2 pi s^2)/2 + (e/r)^2/(2 s^2) with s^2 = (square - e^2/r)/(n - 1): e/r is the error without the row."""
        others = square - error**2 / rest
        exact = others <= ROUNDING * square
        variance = np.where(exact, square, others) / (n - 1.0)
        return np.where(exact, np.inf, 0.5 * (np.log(variance) + (error / rest) ** 2 / variance) + HALF_LOG_2PI)

    def expected(self, eta: Array, free: Array) -> Array:
        """eta."""
        return eta[:, 0]

    def exponential_mean(self, rate: float, eta: Array, free: Array) -> Array:
        """exp(rate eta + rate^2 sigma^2 / 2)."""
        with np.errstate(over="ignore"):
            return np.asarray(np.exp(rate * eta[:, 0] + 0.5 * np.square(rate * np.exp(free[0]))))

    def positive_square(self, eta: Array, free: Array) -> Array:
        """(eta^2 + sigma^2) Phi(eta / sigma) + eta sigma phi(eta / sigma)."""
        from scipy.special import ndtr

        with np.errstate(over="ignore", invalid="ignore"):
            sigma = np.exp(free[0])
            z = eta[:, 0] / sigma
            density = np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
            return np.asarray(np.square(sigma) * ((z * z + 1.0) * ndtr(z) + z * density))

    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """log(s2/s1) + (s1^2 + (m1 - m2)^2)/(2 s2^2) - 1/2, with expm1 so that equal models give exactly 0."""
        difference = float(free[0]) - float(other_free[0])
        shift = (eta[:, 0] - other_eta[:, 0]) * math.exp(-float(other_free[0]))
        result: Array = 0.5 * (math.expm1(2.0 * difference) - 2.0 * difference) + 0.5 * shift * shift
        return result

    def draw(self, rng: "np.random.Generator", eta: Array, free: Array) -> Array:
        """eta + sigma e."""
        noise: Array = eta[:, 0] + math.exp(float(free[0])) * rng.standard_normal(eta.shape[0])
        return noise

    def derivation(self) -> str:
        """The mean squared error."""
        y, noise = np.array(EXAMPLE), self
        at_mean, none = np.full((y.size, 1), y.mean()), np.empty(0)
        mse = float(noise.loss(y, at_mean, none, 0).value.mean())
        free = noise.implied_shapes(mse, 0.0)
        a, c = noise.affine(free)
        best, off = worked.nll(noise, y, at_mean, free), worked.nll(noise, y, at_mean + TRIAL, free)
        return DERIVATION + worked.worked(
            f"y = {', '.join(f'{value:g}' for value in y)}",
            "(the first rows of measurements.csv), f constant",
            f"f = mean = {y.mean():.6f}, MSE = {mse:.6f} = sigma^2",
            f"-log L / n = {best:.6f} from the density, a MSE + c = {a * mse + c:.6f},",
            f"log(2 pi e MSE) / 2 = {0.5 * np.log(2.0 * np.pi * np.e * mse):.6f}",
            f"f off by {TRIAL:g}: -log L / n rises by {off - best:.6f} = a {TRIAL:g}^2 = {a * TRIAL**2:.6f}",
        )
