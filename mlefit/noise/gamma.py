"""Gamma noise: y > 0 with mean mu and variance mu^2 / k, eta = log mu. Its loss is half the gamma deviance.

    q(y | eta, k) = (k / mu)^k y^(k - 1) exp(-k y / mu) / Gamma(k)
    loss          = y / mu - 1 - log(y / mu)
    cross-entropy = k mean loss + C(k) + mean log y,   C(k) = k - k log k + log Gamma(k)

The free shape is log k; dC/dk = psi(k) - log k, so the best k solves log k - psi(k) = mean loss. From k = 10 on, C and its
derivatives go through delta(k), what Stirling's formula leaves of log Gamma: differences of log Gamma lose nine digits at
k = 5e8. Source: McCullagh and Nelder, Generalized Linear Models, section 8.2; DLMF 5.11.1.
"""

import math

import numpy as np

from mlefit.arrays import Array, block
from mlefit.noise import worked
from mlefit.noise.dispersions import dispersions
from mlefit.noise.model import LOG_MEAN, Derivatives, Measure, NoiseModel, Predictor, Shape
from mlefit.noise.pictured import FOR_NUMBERS
from mlefit.noise.responses import POSITIVE
from mlefit.noise.series import excess
from mlefit.noise.stable import log1p_less

HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)
STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188)    # delta(k) = sum_j c_j k^-(2 j + 1)
LARGE = 10.0    # k from which these terms leave 1e-14
STEPS = 40      # of Newton for k: about five are taken
TERMS = 400     # of the series for a tail below the smallest double
EXAMPLE = (83.5271, 49.1055, 67.165, 39.0615, 75.8599)
TRIAL = 0.5     # how far off the worked example places a log mean
DERIVATION = """\
gamma: from the likelihood to the half gamma deviance

  1  Model       y > 0 has mean mu(x), eta = log mu linear, and shape k:
                 q(y|x) = (k/mu)^k y^(k-1) exp(-k y / mu) / Gamma(k)
  2  Likelihood  L = prod_i q(y_i|x_i): rows independent given x, x not modelled
  3  -log L / n  = k D / 2 + C(k) + sum_i log y_i / n, with D / 2 = sum_i [y_i /
                 mu_i - 1 - log(y_i / mu_i)] / n, half the deviance, and C(k) =
                 k - k log k + log Gamma(k), the log of the normaliser
  4  Name        -log L / n is the cross-entropy CE of the rows and q, in nats
  5  Meaning     for the law p that the rows come from, CE(p, q) = H(p) +
                 KL(p || q), and H has no parameter in it: least CE is least KL
  6  Loss        for any fixed k, CE = a D / 2 + c, a = k > 0: the mu of maximum
                 likelihood is the mu of least deviance
  7  Shape k     dCE/dk = 0 at log k - psi(k) = D / 2. The variance is mu^2 / k:
                 the spread grows with the mean.
  8  Limits      y = 0 has no density to speak of: infinite or zero for k other
                 than 1. Nothing is added to zeros; model them apart.

"""


def _delta(k: Array) -> tuple[Array, Array, Array]:
    """delta(k), k delta'(k) and k^2 delta''(k) for k >= LARGE."""
    value, slope, bend = np.zeros_like(k), np.zeros_like(k), np.zeros_like(k)
    for j, c in enumerate(STIRLING):
        power = 2 * j + 1
        term = c * k ** -float(power)
        value, slope, bend = value + term, slope - power * term, bend + power * (power + 1) * term
    return value, slope, bend


def _normaliser(t: float) -> tuple[float, float, float]:
    """C, dC/dt and d2C/dt2 at t = log k."""
    return tuple(float(part[0]) for part in _normalisers(np.array([t])))  # type: ignore[return-value]


def _normalisers(t: Array) -> tuple[Array, Array, Array]:
    """The same for each t (n,)."""
    from scipy.special import gammaln, polygamma

    k = np.exp(t)
    large = k >= LARGE
    value, slope, bend = _delta(np.maximum(k, LARGE))
    found = HALF_LOG_2PI - 0.5 * t + value, slope - 0.5, slope + bend
    if large.all():
        return found
    few = ~large
    k, t = k[few], t[few]
    log_gamma, psi, trigamma = (gammaln(k), polygamma(0, k), polygamma(1, k)) if k.size == 1 else _recurred(k)
    found[0][few], found[1][few] = k - k * t + log_gamma, k * (psi - t)
    found[2][few] = found[1][few] + k * (k * trigamma - 1.0)
    return found


def _recurred(k: Array) -> tuple[Array, Array, Array]:
    """log Gamma, psi and its derivative of k (n,) below LARGE, from those of k + LARGE: ten times as fast as for each k."""
    shifted = k + LARGE
    value, slope, bend = _delta(shifted)
    log = np.log(shifted)
    product, reciprocal, square = np.ones_like(k), np.zeros_like(k), np.zeros_like(k)
    for j in range(int(LARGE)):
        here = 1.0 / (k + j)
        product *= k + j
        reciprocal += here
        square += here * here
    log_gamma = (shifted - 0.5) * log - shifted + HALF_LOG_2PI + value - np.log(product)
    psi = log - 0.5 / shifted + slope / shifted - reciprocal
    return log_gamma, psi, (1.0 + 0.5 / shifted + bend / shifted) / shifted + square


def _shape(free: Array) -> tuple[Array, tuple[Array, Array, Array]]:
    """k and the normalisers of one shape (1,), or of each row (1, n)."""
    t = np.atleast_1d(free[0])
    return np.exp(t), _normalisers(t)


class Gamma(NoiseModel):
    """Positive numbers whose standard deviation is proportional to their mean."""

    name = "gamma"
    panels = (*FOR_NUMBERS, "meanvar")
    loss_name = "half gamma deviance"
    aliases = ("gamma-deviance", "erlang")
    support = "numbers > 0"
    question = "amounts whose spread is proportional to their mean"
    centre_text = "exp(eta)"
    example = "mlefit fit sample_data/waiting.csv --model gamma"
    ratio_name = "ratio of means"
    link_name = "log"
    measure = Measure.DENSITY
    response = POSITIVE
    shapes = (Shape("k"),)
    scalable = True
    one_unit = False
    collapse = "k is infinite"
    contains = frozenset({"exponential"})

    @property
    def predictors(self) -> tuple[Predictor, ...]:
        """A log mean."""
        return LOG_MEAN

    @property
    def with_scale(self) -> NoiseModel:
        """Numbers whose shape varies."""
        from mlefit.noise.dispersed import Dispersed

        return Dispersed(self)

    def starting_dispersion(self, error: Array) -> tuple[Array, ...]:
        """log k by the squares of errors of log y."""
        return dispersions(error)

    def weighing(self, free: Array) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
        """a = k, which is its own derivative, and C, at the shapes of rows."""
        k, normalisers = _shape(free[None])
        return (k, k, k), normalisers

    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """k [exp(d) - 1 - d] + C(k) + log y with d = log(y / mu)."""
        k, (value, first, second) = _shape(free)
        log_y = np.log(y)
        d = log_y - eta[:, 0]
        loss = k * excess(d)
        result = loss + value + log_y
        if order == 0:
            return Derivatives(result)
        d1 = block(y.size, 2)
        d1[:, 0], d1[:, 1] = -k * np.expm1(d), loss + first

        def curvature(v: Array) -> Array:
            out = block(y.size, 2)
            out[:, 0] = k * np.exp(d) * v[..., 0] + d1[:, 0] * v[..., 1]
            out[:, 1] = d1[:, 0] * v[..., 0] + (loss + second) * v[..., 1]
            return out

        return Derivatives(result, d1, curvature)

    def loss(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """e - log(1 + e) with e = y / mu - 1, which keeps its digits where y and mu agree to most of theirs."""
        d = np.log(y) - eta[:, 0]
        e = np.expm1(d)
        value = np.where(np.abs(e) < 0.5, -log1p_less(np.minimum(e, 0.5)), e - d)
        if order == 0:
            return Derivatives(value)
        return Derivatives(value, -e[:, None], lambda v: (1.0 + e)[:, None] * v)

    def affine(self, free: Array) -> tuple[float, float]:
        """a = k, c = C(k)."""
        t = float(free[0])
        return math.exp(t), _normaliser(t)[0]

    def base(self, y: Array) -> Array:
        """log y."""
        return np.log(y)

    def implied_shapes(self, mean_loss: float, mean_base: float) -> Array:
        """log k with log k - psi(k) = mean loss, by Newton on dC/dt + k m = 0 from Minka's approximation."""
        m = mean_loss
        t = math.log((3.0 - m + math.hypot(m - 3.0, math.sqrt(24.0 * m))) / (12.0 * m))
        for _ in range(STEPS):
            _, first, second = _normaliser(t)
            k = math.exp(t)
            step = (first + k * m) / (second + k * m)
            t -= step
            if abs(step) <= 4e-16 * max(1.0, abs(t)):
                break
        return np.array([t])

    def score_moments(self, direction: Array, eta: Array, free: Array) -> tuple[Array, Array]:
        """d^2 k and d^4 (3 k^2 + 6 k)."""
        k, square = np.exp(free[0]), np.square(direction[..., 0])
        return square * k, square * square * (3.0 * k * k + 6.0 * k)

    def expected(self, eta: Array, free: Array) -> Array:
        """mu."""
        return np.exp(eta[:, 0])

    def variance(self, eta: Array, free: Array) -> Array:
        """mu^2 / k."""
        with np.errstate(over="ignore"):
            return np.asarray(np.exp(2.0 * eta[:, 0] - free[0]))

    def log_cdf(self, y: Array, eta: Array, free: Array) -> Array:
        """log of the regularised lower gamma function at (k, k y / mu); its series where that is 0 in float64."""
        from scipy.special import gammainc, gammaln

        every, log_x = np.broadcast_to(np.exp(free[0]), y.shape), self._log_x(y, eta, free)
        with np.errstate(divide="ignore", over="ignore"):
            found = np.asarray(np.log(gammainc(every, np.exp(log_x))))
        far = np.flatnonzero(np.isneginf(found) & np.isfinite(log_x))
        k, x, total, term = every[far], np.exp(log_x[far]), np.ones(far.size), np.ones(far.size)
        for j in range(1, TERMS if far.size else 1):
            term = term * x / (k + j)
            total += term
        found[far] = k * log_x[far] - x - gammaln(k + 1.0) + np.log(total)
        return found

    def log_sf(self, y: Array, eta: Array, free: Array) -> Array:
        """log of the regularised upper gamma function at (k, k y / mu); its asymptotic series where that is 0 in float64."""
        from scipy.special import gammaincc, gammaln

        every, log_x = np.broadcast_to(np.exp(free[0]), y.shape), self._log_x(y, eta, free)
        with np.errstate(divide="ignore", over="ignore"):
            found = np.where(y > 0.0, np.log(gammaincc(every, np.exp(log_x))), 0.0)
            far = np.flatnonzero(np.isneginf(found))
            k, x, total, term = every[far], np.exp(log_x[far]), np.ones(far.size), np.ones(far.size)
            for j in range(1, TERMS if far.size else 1):
                smaller = np.abs(k - j) < x         # beyond, the terms grow again: the series has said what it knows
                term = np.where(smaller, term * ((k - j) / x), 0.0)
                total += term
            found[far] = (k - 1.0) * log_x[far] - x - gammaln(k) + np.log(total)
        return np.asarray(found)

    def _log_x(self, y: Array, eta: Array, free: Array) -> Array:
        """log(k y / mu), -infinity at and below 0."""
        log_y = np.full(y.size, -np.inf)
        np.log(y, out=log_y, where=y > 0.0)
        log_x: Array = log_y - eta[:, 0] + free[0]
        return log_x

    def quantile(self, u: Array, eta: Array, free: Array) -> Array:
        """mu / k times the inverse of the regularised lower gamma function."""
        from scipy.special import gammaincinv

        k = np.exp(free[0])
        return np.asarray(gammaincinv(k, u) * np.exp(eta[:, 0]) / k)

    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """k2 [exp(d) - 1 - d], d the difference of the log means, + (k2 - k1) (log k1 - psi(k1)) + C(k2) - C(k1)."""
        (k1, (c1, slope, _)), (k2, (c2, _, _)) = _shape(free), _shape(other_free)
        shapes = (k1 - k2) * (slope / k1) + (c2 - c1)
        result: Array = k2 * excess(eta[:, 0] - other_eta[:, 0]) + shapes
        return result

    def draw(self, rng: "np.random.Generator", eta: Array, free: Array) -> Array:
        """mu / k times a standard gamma number of shape k."""
        k = np.exp(free[0])
        return np.asarray(rng.standard_gamma(k, eta.shape[0]) * np.exp(eta[:, 0]) / k)

    def derivation(self) -> str:
        """Half the gamma deviance."""
        y, noise, none = np.array(EXAMPLE), self, np.empty(0)
        at_mean = np.full((y.size, 1), np.log(y.mean()))
        loss = float(noise.loss(y, at_mean, none, 0).value.mean())
        free, base = noise.implied_shapes(loss, 0.0), float(noise.base(y).mean())
        a, c = noise.affine(free)
        best, off = worked.nll(noise, y, at_mean, free), worked.nll(noise, y, at_mean + TRIAL, free)
        return DERIVATION + worked.worked(
            f"y = {', '.join(f'{value:g}' for value in y)}",
            "(the first rows of waiting.csv), mu constant",
            f"mu = mean = {y.mean():.6f}, D / 2 = {loss:.6f}, k = {a:.6f}",
            f"-log L / n = {best:.6f} from the density,",
            f"a D / 2 + c + mean log y = {a * loss + c + base:.6f}",
            f"eta off by {TRIAL:g}: -log L / n rises by {off - best:.6f}",
            f"= k (exp(-{TRIAL:g}) - 1 + {TRIAL:g}) = {a * (np.expm1(-TRIAL) + TRIAL):.6f}",
        )
