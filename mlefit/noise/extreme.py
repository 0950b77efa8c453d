"""Extreme: the smallest extreme value law, which is that of log y where y is of weibull noise.

    q(v | eta, k) = k exp(x - exp(x)),   x = k (v - eta)
    loss          = exp(x) - x
    cross-entropy = mean loss - log k

The free shape is log k, one over the scale of v. The law is log-concave. Source: Johnson, Kotz and Balakrishnan, Continuous
Univariate Distributions, chapter 22.
"""

import numpy as np

from mlefit.arrays import Array, block
from mlefit.noise.model import LOCATION, Derivatives, Measure, NoiseModel, Predictor, Shape
from mlefit.noise.responses import NUMBERS
from mlefit.noise.series import excess
from mlefit.noise.stable import QUIET, exponential
from mlefit.noise.symmetric import symmetric

SPREAD = np.pi / np.sqrt(6.0)       # the standard deviation of x


class Extreme(NoiseModel):
    """The smallest of many numbers: the left tail is long, the right one short."""

    name = "extreme"
    loss_name = "exponential loss exp(x) - x"
    support = "every number"
    example = "mlefit explain weibull"
    measure = Measure.DENSITY
    response = NUMBERS
    shapes = (Shape("k", unit_power=-1),)
    shape_cost = "-log k"
    collapse = "k is infinite"

    @property
    def predictors(self) -> tuple[Predictor, ...]:
        """A location."""
        return LOCATION

    @QUIET
    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """E - x - log k, E = exp(x)."""
        t = float(free[0])
        k = exponential(t)
        x = k * (y - eta[:, 0])
        grown = np.exp(x)
        value = (grown - x) - t
        if order == 0:
            return Derivatives(value)
        less = -np.expm1(x)
        d1 = block(y.size, 2)
        d1[:, 0], d1[:, 1] = k * less, -1.0 - x * less
        mixed = k * (less - x * grown)
        return Derivatives(value, d1, symmetric(((k * k * grown, mixed), (mixed, x * (x * grown - less)))))

    @QUIET
    def loss(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """exp(d / b) - d / b with d = v - eta and the scale b = 1 / k; derivatives by eta and log k."""
        scale = exponential(-float(free[0]))
        z = (y - eta[:, 0]) / scale
        power = np.exp(z)
        value = power - z
        if order == 0:
            return Derivatives(value)
        slope = power - 1.0
        steep, bent = z * power + slope, z * z * power + z * slope
        d1 = np.stack([-slope / scale, z * slope]).T
        return Derivatives(value, d1, symmetric(((power / scale**2, -steep / scale), (-steep / scale, bent))))

    def cost(self, y: Array, free: Array, order: int) -> Derivatives:
        """-log k of each row."""
        value = np.full(y.size, -float(free[0]))
        return Derivatives(value) if order == 0 else Derivatives(value, -np.ones((y.size, 1)), lambda v: np.zeros((y.size, 1)))

    def affine(self, free: Array) -> tuple[float, float]:
        """The loss is the cross-entropy but for `cost`."""
        return 1.0, 0.0

    def starting_predictor(self, y: Array) -> Array:
        """v, by least squares."""
        return y

    def starting_shapes(self, y: Array, eta: Array) -> tuple[Array, ...]:
        """k of the standard deviation of v."""
        return (np.array([np.log(SPREAD / (float(np.std(y - eta[:, 0])) or 1.0))]),)

    def score_moments(self, direction: Array, eta: Array, free: Array) -> tuple[Array, Array]:
        """(d k)^2 and 9 (d k)^4: E is a standard exponential number."""
        square = np.square(direction[..., 0] * exponential(float(free[0])))
        return square, 9.0 * square * square

    @QUIET
    def log_cdf(self, y: Array, eta: Array, free: Array) -> Array:
        """log(1 - exp(-E)), by whichever of E and exp(-E) is small, and x where E is below the doubles."""
        x = self._x(y, eta, free)
        grown = np.exp(x)
        near = np.where(grown > 0.0, np.log(-np.expm1(-grown)), x)
        return np.where(grown > 1.0, np.log1p(-np.exp(-grown)), near)

    @QUIET
    def log_sf(self, y: Array, eta: Array, free: Array) -> Array:
        """-E."""
        return -np.exp(self._x(y, eta, free))

    def _x(self, y: Array, eta: Array, free: Array) -> Array:
        found: Array = exponential(float(free[0])) * (y - eta[:, 0])
        return found

    def quantile(self, u: Array, eta: Array, free: Array) -> Array:
        """eta + log(-log(1 - u)) / k."""
        return np.asarray(eta[:, 0] + np.log(-np.log1p(-u)) * exponential(-float(free[0])))

    def expected(self, eta: Array, free: Array) -> Array:
        """eta - gamma / k, gamma Euler's constant."""
        return np.asarray(eta[:, 0] - np.euler_gamma * exponential(-float(free[0])))

    @QUIET
    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """exp(d) - 1 - d + log Gamma(r) + gamma (r - 1), r = k2 / k1, d = k2 (eta1 - eta2) + log Gamma(1 + r)."""
        from scipy.special import gammaln

        r = exponential(float(other_free[0] - free[0]))
        d = exponential(float(other_free[0])) * (eta[:, 0] - other_eta[:, 0]) + gammaln(1.0 + r)
        shapes = max(float(gammaln(r)) + np.euler_gamma * (r - 1.0), 0.0)
        return np.asarray(excess(d) + shapes)

    def draw(self, rng: "np.random.Generator", eta: Array, free: Array) -> Array:
        """eta + log e / k, e a standard exponential number."""
        return np.asarray(eta[:, 0] + np.log(rng.standard_exponential(eta.shape[0])) * exponential(-float(free[0])))

    def derivation(self) -> str:
        """None of its own."""
        raise TypeError(f"{self.name} is the law of a logarithm, and derived with that of the number")
