"""Zero-truncated Poisson noise: a Poisson count of which it is known that it is not 0, the counts of a hurdle.

    q(y | eta) = mu^y / (y! (exp(mu) - 1)),   y = 1, 2, ...,   eta = log mu
    loss       = mu - y eta + log(1 - exp(-mu))

An exponential family: the mean is m = mu / (1 - exp(-mu)) = 1 + r, the variance m (mu - r), both to full precision where mu is
small. Source: Johnson, Kemp and Kotz, Univariate Discrete Distributions, section 4.10.
"""

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.noise.model import Derivatives, Measure, NoiseModel
from mlefit.noise.poisson import Poisson
from mlefit.noise.responses import Response
from mlefit.noise.stable import poisson_counts

FULL = Poisson()
SMALL = 1e-2        # of mu: below, r and the moments are series, as differences cancel
LARGE = 40.0        # of mu: above, exp(-mu) is nothing beside 1
SERIES = 9          # counts that have a share of those moments


def _expm1(mu: Array) -> Array:
    """exp(mu) - 1, infinite where it is beyond the doubles."""
    with np.errstate(over="ignore"):
        return np.expm1(mu)


def _surplus(mu: Array) -> Array:
    """r = mu / (1 - exp(-mu)) - 1."""
    small = np.minimum(mu, SMALL)
    series = small * (0.5 + small * (1.0 / 12.0 - small * small * (1.0 / 720.0 - small * small / 30240.0)))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(mu < SMALL, series, mu / -np.expm1(-mu) - 1.0)


def _log_rest(eta: Array) -> Array:
    """log(1 - exp(-mu)), eta - mu / 2 where mu is next to nothing."""
    mu = np.exp(eta)
    small = np.where(eta < -30.0, eta - 0.5 * mu, np.log(-np.expm1(-np.maximum(mu, 1e-14))))
    return np.where(mu > 0.7, np.log1p(-np.exp(-np.maximum(mu, 0.7))), small)


def _variance(mu: Array, r: Array) -> Array:
    """m (mu - r), with mu - r = 1 - mu / (exp(mu) - 1)."""
    with np.errstate(invalid="ignore"):
        return np.asarray((1.0 + r) * np.where(mu < 1.0, mu - r, 1.0 - mu / _expm1(mu)))


class TruncatedPoisson(NoiseModel):
    """Counts of 1 and more."""

    name = "zero-truncated poisson"
    loss_name = "zero-truncated Poisson loss"
    support = "whole numbers >= 1"
    example = ""
    measure = Measure.MASS
    response = Response(least=1.0, whole=True)
    separable = True
    proof = 0.5
    ratio_name = "rate ratio"
    centre_text = "exp(eta) / (0 - expm1(-exp(eta)))"

    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """That of a Poisson count, and log(1 - exp(-mu))."""
        found, mu = FULL.nll(y, eta, free, 0), np.exp(eta[:, 0])
        value = found.value + _log_rest(eta[:, 0])
        if order == 0:
            return Derivatives(value)
        r = _surplus(mu)
        variance = _variance(mu, r)
        return Derivatives(value, (r - (y - 1.0))[:, None], lambda v: variance[:, None] * v)

    def loss(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """log(exp(mu) - 1) - y eta, log(exp(mu) - 1) = mu + log(1 - exp(-mu))."""
        log_mu = eta[:, 0]
        mu = np.exp(log_mu)
        value = np.where(mu > LARGE, mu, mu + _log_rest(log_mu)) - y * log_mu
        if order == 0:
            return Derivatives(value)
        r = _surplus(mu)
        variance = _variance(mu, r)
        return Derivatives(value, (1.0 + r - y)[:, None], lambda v: variance[:, None] * v)

    def affine(self, free: Array) -> tuple[float, float]:
        """The loss is the cross-entropy but for `base`."""
        return 1.0, 0.0

    def base(self, y: Array) -> Array:
        """log y!."""
        from scipy.special import gammaln

        return np.asarray(gammaln(y + 1.0))

    def outcomes(self, y: Array) -> Mask:
        """A count above 1 keeps its rate from growing and from vanishing, a 1 from growing alone."""
        return np.stack([np.ones(y.size, bool), y > 1.0])

    def expected(self, eta: Array, free: Array) -> Array:
        """m."""
        return np.asarray(1.0 + _surplus(np.exp(eta[:, 0])))

    def variance(self, eta: Array, free: Array) -> Array:
        """m (mu - r)."""
        mu = np.exp(eta[:, 0])
        return _variance(mu, _surplus(mu))

    def central(self, eta: Array) -> tuple[Array, Array, Array]:
        """The second, third and fourth central moments (n,)."""
        mu = np.exp(eta[:, 0])
        r = _surplus(mu)
        m, second = 1.0 + r, _variance(mu, r)
        middle = np.minimum(mu, LARGE)
        share = 1.0 / -np.expm1(-middle)
        raw = [share * middle, share * middle * (1.0 + middle), share * middle * (1.0 + middle * (3.0 + middle)),
               share * middle * (1.0 + middle * (7.0 + middle * (6.0 + middle)))]
        at = np.minimum(m, raw[0])
        third = raw[2] - 3.0 * at * raw[1] + 2.0 * at**3
        fourth = raw[3] - 4.0 * at * raw[2] + 6.0 * at**2 * raw[1] - 3.0 * at**4
        counts = np.arange(1.0, SERIES)[:, None]
        few = np.exp(-self.nll(np.repeat(counts, mu.size, axis=1).ravel(), np.tile(np.minimum(eta, np.log(SMALL)), (SERIES - 1, 1)),
                               np.empty(0), 0).value).reshape(SERIES - 1, mu.size)
        apart = counts - 1.0 - np.minimum(r, SMALL)
        small, large = mu < SMALL, mu > LARGE
        return (second, np.where(small, (few * apart**3).sum(axis=0), np.where(large, mu, third)),
                np.where(small, (few * apart**4).sum(axis=0), np.where(large, mu + 3.0 * mu * mu, fourth)))

    def score_moments(self, direction: Array, eta: Array, free: Array) -> tuple[Array, Array]:
        """d^2 and d^4 times the central moments."""
        square = np.square(direction[..., 0])
        second, _, fourth = self.central(eta)
        return square * second, square * square * fourth

    def score_cube(self, eta: Array, free: Array) -> Array:
        """E g^3 (n,) of the score g = m - y."""
        return -self.central(eta)[1]

    def log_cdf(self, y: Array, eta: Array, free: Array) -> Array:
        """log[(F(y) - F(0)) / (1 - F(0))], by whichever tail is the smaller one."""
        mu, above = np.exp(eta[:, 0]), self.log_sf(y, eta, free)
        with np.errstate(divide="ignore", invalid="ignore"):
            whole = FULL.log_cdf(y, eta, free)
            lower = whole + np.log(-np.expm1(np.minimum(-mu - whole, 0.0))) - _log_rest(eta[:, 0])
            found = np.where(above < -0.7, np.log1p(-np.exp(np.minimum(above, -0.1))), lower)
        return np.where(y < 1.0, -np.inf, np.minimum(found, 0.0))

    def log_sf(self, y: Array, eta: Array, free: Array) -> Array:
        """log[(1 - F(y)) / (1 - F(0))]."""
        found = FULL.log_sf(np.maximum(y, 0.0), eta, free) - _log_rest(eta[:, 0])
        return np.where(y < 1.0, 0.0, np.minimum(found, 0.0))

    def quantile(self, u: Array, eta: Array, free: Array) -> Array:
        """The Poisson quantile of F(0) + u (1 - F(0)), brought to where the tails say it is."""
        mu = np.exp(eta[:, 0])
        y = np.maximum(FULL.quantile(np.clip(np.exp(-mu) - u * np.expm1(-mu), 1e-300, 1.0 - 1e-16), eta, free), 1.0)
        for _ in range(2):      # its rounding is of either sign
            y = np.where((y > 1.0) & (np.exp(self.log_cdf(y - 1.0, eta, free)) >= u), y - 1.0, y)
            y = np.where(np.exp(self.log_cdf(y, eta, free)) < u, y + 1.0, y)
        return y

    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """m (eta1 - eta2) - log(exp(mu1) - 1) + log(exp(mu2) - 1)."""
        mine, theirs = np.exp(eta[:, 0]), np.exp(other_eta[:, 0])
        d = eta[:, 0] - other_eta[:, 0]
        found = (1.0 + _surplus(mine)) * d - (mine - theirs) - (_log_rest(eta[:, 0]) - _log_rest(other_eta[:, 0]))
        return np.where(d == 0.0, 0.0, np.maximum(found, 0.0))

    def draw(self, rng: "np.random.Generator", eta: Array, free: Array) -> Array:
        """The events of a Poisson process until 1 of which the first is known to come: 1 and those in the rest of the time."""
        mu = np.exp(eta[:, 0])
        first = -np.log1p(rng.random(eta.shape[0]) * np.expm1(-mu))      # in (0, mu): a truncated exponential time
        return 1.0 + poisson_counts(rng, np.maximum(mu - first, 0.0))

    def derivation(self) -> str:
        """That of a hurdle says it."""
        return ""
