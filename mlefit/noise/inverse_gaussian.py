"""Inverse gaussian noise: y > 0 with mean mu and variance mu^3 / lambda, eta = log mu. Its loss is half the deviance.

    q(y | eta, lambda) = sqrt(lambda / (2 pi y^3)) exp(-lambda (y - mu)^2 / (2 mu^2 y))
    loss               = (y - mu)^2 / (2 mu^2 y)
    cross-entropy      = lambda mean loss + log(2 pi / lambda) / 2 + 3/2 mean log y

With d = log(y / mu) the loss is 2 sinh(d/2)^2 / mu. It is not convex: a row bends down where y < mu / 2. The free shape is
log lambda. Tails go through Mills' ratio m(x) = Phi(-x) / phi(x), since with a, b = sqrt(lambda / y) (y / mu -+ 1)

    F = Phi(a) + phi(a) m(b),   1 - F = phi(a) [m(a) - m(b)],

which overflow nowhere. Source: Seshadri, The Inverse Gaussian Distribution, chapter 2; McCullagh and Nelder, Generalized Linear
Models, table 2.1.
"""

import math

import numpy as np

from mlefit.arrays import Array, block
from mlefit.noise import worked
from mlefit.noise.dispersions import dispersions
from mlefit.noise.model import LOG_MEAN, Derivatives, Measure, NoiseModel, Predictor, Shape
from mlefit.noise.responses import POSITIVE

HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)
LEFT = -5.0         # of a: below, 1 - F is no difference that cancels
NEAR = 1e-3         # of b - a in units of a: below, m(a) - m(b) cancels
FAR = 100.0         # above, 1 - x m(x) cancels
NODES, WEIGHTS = (-math.sqrt(0.6), 0.0, math.sqrt(0.6)), (5 / 9, 8 / 9, 5 / 9)     # of Gauss and Legendre's rule
HALVINGS = 64       # of the interval that holds a quantile's logarithm
WIDEST = 800.0      # half its length
EXAMPLE = (3.727119, 1.139352, 1.823983, 2.436257, 0.828903)
TRIAL = 0.5         # how far off the worked example places a log mean
DERIVATION = """\
inverse-gaussian: from the likelihood to the half inverse gaussian deviance

  1  Model       y > 0 has mean mu(x), eta = log mu linear, and shape lambda:
                 q(y|x) = sqrt(lambda / (2 pi y^3)) *
                          exp(-lambda (y - mu)^2 / (2 mu^2 y))
  2  Likelihood  L = prod_i q(y_i|x_i): rows independent given x, x not modelled
  3  -log L / n  = lambda D / 2 + log(2 pi / lambda) / 2 + 3/2 sum_i log y_i / n
                 with D / 2 = sum_i (y_i - mu_i)^2 / (2 mu_i^2 y_i) / n, half
                 the deviance. The second term is the log of the normaliser.
  4  Name        -log L / n is the cross-entropy CE of the rows and q, in nats
  5  Meaning     for the law p that the rows come from, CE(p, q) = H(p) +
                 KL(p || q), and H has no parameter in it: least CE is least KL
  6  Loss        for any fixed lambda, CE = a D / 2 + c, a = lambda > 0: the mu
                 of maximum likelihood is the mu of least deviance
  7  Lambda      dCE/dlambda = 0 at 1 / lambda = D. The variance is mu^3 /
                 lambda: the spread grows faster than the mean.
  8  Limits      with a log link the criterion is not convex: a maximum is
                 certified where the search ended, which is a local one

"""


def _mills(x: Array) -> Array:
    """m(x) = Phi(-x) / phi(x)."""
    from scipy.special import erfcx

    return np.asarray(math.sqrt(0.5 * math.pi) * erfcx(x / math.sqrt(2.0)))


def _falling(x: Array) -> Array:
    """-m'(x) = 1 - x m(x), by its series where that cancels."""
    w = 1.0 / np.square(np.maximum(x, 1.0))
    series = w * (1.0 - w * (3.0 - w * (15.0 - w * (105.0 - w * 945.0))))
    return np.where(x > FAR, series, 1.0 - x * _mills(x))


def _difference(a: Array, width: Array) -> Array:
    """m(a) - m(a + width); where they are near each other the integral of -m' by Gauss and Legendre's rule."""
    near = sum(w * _falling(a + 0.5 * width * (1.0 + node)) for node, w in zip(NODES, WEIGHTS, strict=True))
    return np.where(width < NEAR * np.maximum(np.abs(a), 1.0), 0.5 * width * near, _mills(a) - _mills(a + width))


class InverseGaussian(NoiseModel):
    """Positive numbers whose variance grows with the cube of their mean: first passage times of a drift."""

    name = "inverse-gaussian"
    noun = "inverse Gaussian law"
    loss_name = "half inverse gaussian deviance"
    aliases = ("ig", "inverse.gaussian", "invgauss", "wald")
    support = "numbers > 0"
    question = "amounts whose spread grows faster than their mean"
    centre_text = "exp(eta)"
    example = "mlefit fit sample_data/repairs.csv --target hours --features age,shop --model inverse-gaussian"
    ratio_name = "ratio of means"
    link_name = "log"
    measure = Measure.DENSITY
    response = POSITIVE
    shapes = (Shape("lambda", unit_power=1),)
    scalable = True
    one_unit = False
    loss_power = -1
    collapse = "lambda is infinite"
    log_concave = False

    @property
    def predictors(self) -> tuple[Predictor, ...]:
        """A log mean."""
        return LOG_MEAN

    @property
    def with_scale(self) -> NoiseModel:
        """Numbers whose lambda varies."""
        from mlefit.noise.dispersed import Dispersed

        return Dispersed(self)

    def starting_dispersion(self, error: Array) -> tuple[Array, ...]:
        """log lambda as of gamma noise, where the mean is 1."""
        return dispersions(error)

    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """lambda 2 sinh(d/2)^2 / mu - log lambda / 2 + log(2 pi) / 2 + 3/2 log y with d = log(y / mu)."""
        t, log_y = free[0], np.log(y)
        d = log_y - eta[:, 0]
        precision = np.exp(t - eta[:, 0])
        loss = 2.0 * precision * np.square(np.sinh(0.5 * d))
        value = loss + (HALF_LOG_2PI - 0.5 * t) + 1.5 * log_y
        if order == 0:
            return Derivatives(value)
        d1 = block(y.size, 2)
        d1[:, 0], d1[:, 1] = -precision * np.expm1(d), loss - 0.5

        def curvature(v: Array) -> Array:
            out = block(y.size, 2)
            out[:, 0] = precision * (1.0 + 2.0 * np.expm1(d)) * v[..., 0] + d1[:, 0] * v[..., 1]
            out[:, 1] = d1[:, 0] * v[..., 0] + loss * v[..., 1]
            return out

        return Derivatives(value, d1, curvature)

    def loss(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """(y - mu)^2 / (2 mu^2 y) = (y / mu^2 - 2 / mu + 1 / y) / 2, from its squared form."""
        small = np.exp(-eta[:, 0])
        apart = y * small - 1.0
        value = 0.5 * apart * apart / y
        if order == 0:
            return Derivatives(value)
        slope, bend = -apart * small, small * (2.0 * apart + 1.0)
        return Derivatives(value, slope[:, None], lambda v: bend[:, None] * v)

    def affine(self, free: Array) -> tuple[float, float]:
        """a = lambda, c = log(2 pi / lambda) / 2."""
        t = float(free[0])
        return math.exp(t), HALF_LOG_2PI - 0.5 * t

    def weighing(self, free: Array) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
        """a = lambda, which is its own derivative, c = (log(2 pi) - t) / 2."""
        a, one = np.exp(free), np.ones_like(free)
        return (a, a, a), (HALF_LOG_2PI - 0.5 * free, -0.5 * one, 0.0 * one)

    def base(self, y: Array) -> Array:
        """3/2 log y."""
        return 1.5 * np.log(y)

    def implied_shapes(self, mean_loss: float, mean_base: float) -> Array:
        """log lambda with 1 / lambda = 2 mean loss."""
        return np.array([-math.log(2.0 * mean_loss)])

    def starting_predictor(self, y: Array) -> Array | None:
        """log y, of which the means lie where the criterion bends up."""
        return np.log(y)

    def score_moments(self, direction: Array, eta: Array, free: Array) -> tuple[Array, Array]:
        """d^2 k and d^4 (3 k^2 + 15 k) with k = lambda / mu."""
        k, square = np.exp(float(free[0]) - eta[:, 0]), np.square(direction[..., 0])
        return square * k, square * square * (3.0 * k * k + 15.0 * k)

    def expected(self, eta: Array, free: Array) -> Array:
        """mu."""
        return np.exp(eta[:, 0])

    def _ends(self, y: Array, eta: Array, free: Array) -> tuple[Array, Array]:
        """a, and b - a = 2 sqrt(lambda / y), of positive numbers."""
        root = np.exp(0.5 * (free[0] - np.log(y)))
        with np.errstate(over="ignore"):
            return root * np.expm1(np.log(y) - eta[:, 0]), 2.0 * root

    def log_cdf(self, y: Array, eta: Array, free: Array) -> Array:
        """log[Phi(a) + phi(a) m(b)], -infinity at and below 0."""
        from scipy.special import log_ndtr

        inside = np.maximum(y, np.finfo(float).tiny)
        a, width = self._ends(inside, eta, free)
        with np.errstate(divide="ignore", invalid="ignore"):
            beside = -0.5 * np.minimum(a * a, np.finfo(float).max) - HALF_LOG_2PI + np.log(_mills(a + width))
        return np.where(y > 0.0, np.minimum(np.logaddexp(log_ndtr(a), beside), 0.0), -np.inf)

    def log_sf(self, y: Array, eta: Array, free: Array) -> Array:
        """log{phi(a) [m(a) - m(b)]}; where a is far below 0, log(1 - F)."""
        inside = np.maximum(y, np.finfo(float).tiny)
        a, width = self._ends(inside, eta, free)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            outer = -0.5 * np.minimum(a * a, np.finfo(float).max) - HALF_LOG_2PI + np.log(_difference(np.maximum(a, LEFT), width))
            found = np.where(a < LEFT, np.log1p(-np.exp(self.log_cdf(y, eta, free))), outer)
        return np.where(y > 0.0, np.minimum(found, 0.0), 0.0)

    def quantile(self, u: Array, eta: Array, free: Array) -> Array:
        """By halves of an interval of log(y / mu), on the tail that is the smaller one."""
        low, high = np.full(u.size, -WIDEST), np.full(u.size, WIDEST)
        upper, log_u, log_rest = u > 0.5, np.log(u), np.log1p(-u)
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            y = np.exp(np.clip(eta[:, 0] + middle, -700.0, 700.0))
            reached = np.where(upper, self.log_sf(y, eta, free) <= log_rest, self.log_cdf(y, eta, free) >= log_u)
            low, high = np.where(reached, low, middle), np.where(reached, middle, high)
        return np.asarray(np.exp(eta[:, 0] + high))

    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """[exp(w) - 1 - w] / 2 + 2 l2 sinh(d/2)^2 / m2, w = log(l2 / l1) and d the difference of the log means."""
        w = other_free[0] - free[0]
        d = eta[:, 0] - other_eta[:, 0]
        moved = 2.0 * np.exp(other_free[0] - other_eta[:, 0]) * np.square(np.sinh(0.5 * d))
        result: Array = moved + 0.5 * (np.expm1(w) - w)
        return result

    def draw(self, rng: "np.random.Generator", eta: Array, free: Array) -> Array:
        """numpy's, by Michael, Schucany and Haas (1976)."""
        return rng.wald(np.exp(eta[:, 0]), np.exp(free[0]))

    def derivation(self) -> str:
        """Half the inverse gaussian deviance."""
        y, none = np.array(EXAMPLE), np.empty(0)
        at_mean = np.full((y.size, 1), np.log(y.mean()))
        loss = float(self.loss(y, at_mean, none, 0).value.mean())
        free, base = self.implied_shapes(loss, 0.0), float(self.base(y).mean())
        a, c = self.affine(free)
        best = worked.nll(self, y, at_mean, free)
        return DERIVATION + worked.worked(
            f"y = {', '.join(f'{value:g}' for value in y)}",
            "(the first hours of repairs.csv), mu constant",
            f"mu = mean = {y.mean():.6f}, D / 2 = {loss:.6f}, lambda = {a:.6f}",
            f"1 / lambda = mean 1/y - 1 / mean y = {float((1.0 / y).mean() - 1.0 / y.mean()):.6f}",
            f"-log L / n = {best:.6f} from the density,",
            f"a D / 2 + c + 3/2 mean log y = {a * loss + c + base:.6f}",
        )
