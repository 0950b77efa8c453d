"""Zero-truncated negative binomial noise: a negative binomial count of which it is known that it is not 0, of a hurdle.

    q(y | eta, alpha) = q_nb(y) / (1 - q_nb(0)),   y = 1, 2, ...,   q_nb(0) = exp(-w),   w = log(1 + alpha mu) / alpha
    loss              = half the negative binomial deviance + log(1 - exp(-w))

At a fixed alpha an exponential family: with v = alpha mu the mean is m = mu / (1 - exp(-w)), the variance m (1 + v + mu - m), and
the derivative by eta (m - y) / (1 + v). The free shape is log alpha; as alpha goes to 0 the law becomes the truncated Poisson law.
Source: Johnson, Kemp and Kotz, Univariate Discrete Distributions, section 5.11.
"""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Mask, block
from mlefit.noise.least_count import least_count
from mlefit.noise.model import Derivatives, Measure, NoiseModel, Shape
from mlefit.noise.negative_binomial import NegativeBinomial
from mlefit.noise.responses import Response
from mlefit.noise.stable import QUIET, exponential, log1p_less, poisson_counts
from mlefit.noise.symmetric import symmetric

FULL = NegativeBinomial()
TINY = 1e-290       # of v: beneath, ratios of what is next to nothing are those at TINY
HALF = 0.7          # of w: above, exp(-w) is less than a half
RARE = 0.1          # of w: below, few counts are above 0 and 1 - exp(-w) loses a digit
SMALL = 1e-2        # of mu and v: below, moments are sums over the first counts
LARGE = 40.0        # of w: above, exp(-w) is nothing beside 1
SERIES = 12         # counts that have a share of those moments


class Known(NamedTuple):
    """mu, v, 1 / (1 + v), v / (1 + v), w and log w (n,); the slopes of log w by eta and log alpha, and the second derivative of w
    by both, over w."""

    mu: Array
    v: Array
    kept: Array
    share: Array
    w: Array
    log_w: Array
    by_eta: Array
    by_alpha: Array
    mixed: Array


@QUIET
def _known(eta: Array, free: Array) -> Known:
    alpha, log_mu = exponential(float(free[0])), eta[:, 0]
    mu = np.exp(log_mu)
    v = alpha * mu
    safe = np.maximum(v, TINY)
    log_v, kept = np.log1p(safe), 1.0 / (1.0 + safe)
    share = np.where(safe > 1.0, 1.0 - kept, safe * kept)
    by_eta = share / log_v
    less, few = share - log_v, np.flatnonzero(safe < SMALL)
    less[few] = -safe[few] * share[few] - log1p_less(safe[few])
    return Known(mu, v, kept, share, mu * (log_v / safe), log_mu + np.log(log_v / safe), by_eta, less / log_v, -share * by_eta)


@QUIET
def _log_some(at: Known) -> Array:
    """log(1 - exp(-w))."""
    found, few = np.log1p(-np.exp(-np.maximum(at.w, HALF))), np.flatnonzero(~(at.w > HALF))
    w = at.w[few]
    found[few] = at.log_w[few] + np.where(w < 1e-8, -0.5 * w, np.log(-np.expm1(-np.maximum(w, 1e-9)) / np.maximum(w, 1e-9)))
    return found


@QUIET
def _pull(at: Known) -> Array:
    """w / (exp(w) - 1), 1 at 0."""
    from scipy.special import exprel

    return np.asarray(1.0 / exprel(at.w))


@QUIET
def _surplus(at: Known) -> Array:
    """m - 1: with mu / w = 1 + a and w / (1 - exp(-w)) = 1 + b it is a (1 + b) + b."""
    a, few = np.where(at.v > TINY, at.mu / at.w - 1.0, 0.0), np.flatnonzero(at.v < SMALL)
    a[few] = -log1p_less(at.v[few]) / np.log1p(np.maximum(at.v[few], TINY))
    small = np.minimum(at.w, SMALL)
    b = np.where(at.w < SMALL, small * (0.5 + small / 12.0 - small**3 / 720.0), at.w / -np.expm1(-np.maximum(at.w, TINY)) - 1.0)
    return a * (1.0 + b) + b


class TruncatedNegativeBinomial(NoiseModel):
    """Counts of 1 and more that vary more than truncated Poisson ones."""

    name = "zero-truncated negative binomial"
    loss_name = "zero-truncated negative binomial loss"
    support = "whole numbers >= 1"
    example = ""
    measure = Measure.MASS
    response = Response(least=1.0, whole=True)
    separable = True
    proof = 0.5
    shapes = (Shape("alpha"),)
    ratio_name = "rate ratio"
    shape_cost = "mean of -log q(y) at mu = y over the counts above 0"
    log_concave = False

    @QUIET
    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """That of a negative binomial count, and log(1 - exp(-w))."""
        full, at = FULL.nll(y, eta, free, order), _known(eta, free)
        value = full.value + _log_some(at)
        if order == 0:
            return Derivatives(value)
        assert full.d1 is not None
        surplus, pull = _surplus(at), _pull(at)
        d1 = block(y.size, 2)
        d1[:, 0], d1[:, 1] = (surplus - (y - 1.0)) * at.kept, full.d1[:, 1] + pull * at.by_alpha
        if order == 1:
            return Derivatives(value, d1)
        assert full.curvature is not None
        mixed, bent = _second(at, pull)
        by_alpha = full.curvature(np.array([0.0, 1.0]))
        return Derivatives(value, d1, symmetric((
            ((1.0 + surplus) * at.kept * (self._rest(at) * at.kept) - d1[:, 0] * at.share, by_alpha[:, 0] + mixed),
            (by_alpha[:, 0] + mixed, by_alpha[:, 1] + bent))))

    @QUIET
    def loss(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """Half the negative binomial deviance, and log(exp(w) - 1) - w."""
        full, at = FULL.loss(y, eta, free, order), _known(eta, free)
        value = full.value + np.where(at.w > LARGE, -np.exp(-at.w), np.where(
            at.w > HALF, np.log(np.expm1(np.minimum(at.w, LARGE))) - at.w, _log_some(at)))
        if order == 0:
            return Derivatives(value)
        assert full.d1 is not None
        pull = _pull(at)
        d1 = block(y.size, 2)
        d1[:, 0], d1[:, 1] = full.d1[:, 0] + pull * at.by_eta, full.d1[:, 1] + pull * at.by_alpha
        if order == 1:
            return Derivatives(value, d1)
        assert full.curvature is not None
        mixed, bent = _second(at, pull)
        by_eta, by_alpha = (full.curvature(axis) for axis in np.eye(2))
        of_eta = pull * at.by_eta * (at.kept - at.by_eta * (at.w + pull))
        return Derivatives(value, d1, symmetric((
            (by_eta[:, 0] + of_eta, by_alpha[:, 0] + mixed), (by_alpha[:, 0] + mixed, by_alpha[:, 1] + bent))))

    def cost(self, y: Array, free: Array, order: int) -> Derivatives:
        """That of negative binomial counts."""
        return FULL.cost(y, free, order)

    def affine(self, free: Array) -> tuple[float, float]:
        """The loss is the cross-entropy but for `cost`."""
        return 1.0, 0.0

    def starting_shapes(self, y: Array, eta: Array) -> tuple[Array, ...]:
        """As of counts that are not truncated."""
        return FULL.starting_shapes(y, eta)

    def limit_slope(self, name: str, y: Array, eta: Array, free: Array) -> Array:
        """[(y - mu)^2 - y + mu^2 / (exp(mu) - 1)] / 2."""
        mu = np.exp(eta[:, 0])
        with np.errstate(over="ignore"):
            return np.asarray(0.5 * (np.square(y - mu) - y + mu * mu / np.expm1(mu)))

    def outcomes(self, y: Array) -> Mask:
        """A count above 1 keeps its rate from growing and from vanishing, a 1 from growing alone."""
        return np.stack([np.ones(y.size, bool), y > 1.0])

    def expected(self, eta: Array, free: Array) -> Array:
        """m."""
        return np.asarray(1.0 + _surplus(_known(eta, free)))

    def variance(self, eta: Array, free: Array) -> Array:
        """m (1 + v + mu - m)."""
        at = _known(eta, free)
        return np.asarray((1.0 + _surplus(at)) * self._rest(at))

    def centre_formula(self, free: Array) -> str:
        """mu / (1 - exp(-w)), w = log(1 + v) / alpha."""
        alpha = exponential(float(free[0]))
        return f"exp(eta) / (0 - expm1(-log1p({alpha!r} * exp(eta)) / {alpha!r}))"

    def _rest(self, at: Known) -> Array:
        """1 + v + mu - m, which m makes the variance."""
        with np.errstate(over="ignore", invalid="ignore"):
            far = 1.0 + at.v - at.mu * np.exp(-at.w) / -np.expm1(-np.maximum(at.w, TINY))
        return np.where(at.w > 1.0, far, at.v + at.mu - _surplus(at))

    def _central(self, eta: Array, free: Array) -> tuple[Array, Array, Array]:
        """The second, third and fourth central moments (n,)."""
        at, alpha = _known(eta, free), exponential(float(free[0]))
        mu, v, m = at.mu, at.v, 1.0 + _surplus(at)
        some = -np.expm1(-np.maximum(at.w, TINY))
        second = m * self._rest(at)
        f1, f2 = mu, mu * mu * (1.0 + alpha)
        f3 = f2 * mu * (1.0 + 2.0 * alpha)
        f4 = f3 * mu * (1.0 + 3.0 * alpha)
        raw2, raw3, raw4 = (f2 + f1) / some, (f3 + 3.0 * f2 + f1) / some, (f4 + 6.0 * f3 + 7.0 * f2 + f1) / some
        third = raw3 - 3.0 * m * raw2 + 2.0 * m**3
        fourth = raw4 - 4.0 * m * raw3 + 6.0 * m**2 * raw2 - 3.0 * m**4
        whole = mu * (1.0 + v)
        third = np.where(at.w > LARGE, whole * (1.0 + 2.0 * v), third)
        fourth = np.where(at.w > LARGE, whole * (1.0 + 6.0 * v * (1.0 + v)) + 3.0 * whole * whole, fourth)
        few = np.flatnonzero((mu < SMALL) & (v < SMALL))
        for k in range(1, SERIES if few.size else 1):
            if k == 1:
                third[few] = fourth[few] = 0.0
            p = np.exp(-self.nll(np.full(few.size, float(k)), eta[few], free, 0).value)
            apart = k - 1.0 - (m[few] - 1.0)
            third[few] += p * apart**3
            fourth[few] += p * apart**4
        return second, third, fourth

    @QUIET
    def score_moments(self, direction: Array, eta: Array, free: Array) -> tuple[Array, Array]:
        """d^2 and d^4 times the central moments, over powers of 1 + v."""
        square = np.square(direction[..., 0] * _known(eta, free).kept)
        second, _, fourth = self._central(eta, free)
        return square * second, square * square * fourth

    @QUIET
    def score_cube(self, eta: Array, free: Array) -> Array:
        """E g^3 (n,) of the score g = (m - y) / (1 + v)."""
        return -self._central(eta, free)[1] * _known(eta, free).kept ** 3

    def log_cdf(self, y: Array, eta: Array, free: Array) -> Array:
        """log[(F(y) - F(0)) / (1 - F(0))]; by the other tail where F(0) is nearly 1 and F(y) no better known than 1."""
        at = _known(eta, free)
        with np.errstate(divide="ignore", invalid="ignore"):
            whole = FULL.log_cdf(y, eta, free)
            found = whole + np.log(-np.expm1(np.minimum(-at.w - whole, 0.0))) - _log_some(at)
            rare = np.flatnonzero(at.w < RARE)
            above = self.log_sf(y[rare], eta[rare], free)
            found[rare] = np.where(above < -HALF, np.log1p(-np.exp(np.minimum(above, -0.1))), found[rare])
        return np.where(y < 1.0, -np.inf, np.minimum(found, 0.0))

    def log_sf(self, y: Array, eta: Array, free: Array) -> Array:
        """log[(1 - F(y)) / (1 - F(0))]."""
        found = FULL.log_sf(np.maximum(y, 0.0), eta, free) - _log_some(_known(eta, free))
        return np.where(y < 1.0, 0.0, np.minimum(found, 0.0))

    def quantile(self, u: Array, eta: Array, free: Array) -> Array:
        """By bisection of the distribution function about the gamma law of mean and variance of counts that are not truncated."""
        from scipy.special import gammaincinv

        at = _known(eta, free)
        spread = 1.0 + at.v
        guess = spread * gammaincinv(at.mu / spread, np.clip(np.exp(-at.w) - u * np.expm1(-at.w), 0.0, 1.0 - 1e-16))
        return np.maximum(least_count(lambda y: self.log_cdf(y, eta, free), u, np.maximum(guess, 1.0)), 1.0)

    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """(KL of the whole laws - q(0) log(q(0) / q'(0))) / (1 - q(0)) + log(1 - q'(0)) - log(1 - q(0))."""
        mine, theirs = _known(eta, free), _known(other_eta, other_free)
        some, other = _log_some(mine), _log_some(theirs)
        whole = FULL.divergence(eta, free, other_eta, other_free)
        found = np.exp(-some) * (whole - np.exp(-mine.w) * (theirs.w - mine.w)) + (other - some)
        same = np.array_equal(free, other_free) & (eta[:, 0] == other_eta[:, 0])
        return np.where(same, 0.0, np.maximum(found, 0.0))

    @QUIET
    def draw(self, rng: "np.random.Generator", eta: Array, free: Array) -> Array:
        """The events until 1 of a Poisson process whose rate has a gamma law, of which the first is known to come.

        It comes at s, P(first <= s) = 1 - (1 + v s)^-theta; then the rate is a gamma number of theta + 1, and the rest as ever.
        """
        from scipy.special import exprel

        at, alpha = _known(eta, free), exponential(float(free[0]))
        hazard = -np.log1p(rng.random(eta.shape[0]) * np.expm1(-at.w))      # in (0, w)
        first = np.minimum(hazard / at.mu * exprel(alpha * hazard), 1.0)
        rate = at.mu * (rng.standard_gamma(1.0 + 1.0 / alpha, eta.shape[0]) * alpha) / (1.0 + at.v * first)
        return 1.0 + poisson_counts(rng, rate * (1.0 - first))

    def derivation(self) -> str:
        """That of a hurdle says it."""
        return ""


def _second(at: Known, pull: Array) -> tuple[Array, Array]:
    """Second derivatives of log(1 - exp(-w)) by eta and log alpha, and by log alpha twice: h w_ab - h (1 + h) w_a w_b."""
    both = pull * (at.w + pull)
    mixed = pull * at.mixed - both * at.by_eta * at.by_alpha
    return mixed, pull * (-at.by_alpha + at.mixed) - both * np.square(at.by_alpha)
