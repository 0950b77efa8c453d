"""Negative binomial noise: counts of mean mu and variance mu + alpha mu^2, eta = log mu. Its loss is half the deviance at alpha.

    q(y | eta, alpha) = Gamma(y + theta) / (Gamma(theta) y!) (alpha mu)^y / (1 + alpha mu)^(y + theta),   theta = 1 / alpha
    loss              = y log(y / mu) - (y + theta) log((1 + alpha y) / (1 + alpha mu))
    cross-entropy     = mean loss + mean cost,   cost = -log q at mu = y

The free shape is log alpha. As alpha goes to 0 the law becomes Poisson's, smoothly, where the slope of the log-likelihood by alpha
is sum [(y - mu)^2 - y] / 2. Source: Lawless, Canadian Journal of Statistics 15 (1987), 209-225.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mlefit.arrays import Array, Mask, block
from mlefit.losses.chebyshev import interpolated
from mlefit.noise import worked
from mlefit.noise.alphas import between_alphas, between_means
from mlefit.noise.counted_tail import tail
from mlefit.noise.large_counts import deviance, remaining, saturated
from mlefit.noise.least_count import least_count
from mlefit.noise.model import Derivatives, Limit, Measure, NoiseModel, Shape
from mlefit.noise.poisson import Poisson
from mlefit.noise.responses import COUNTS
from mlefit.noise.rising import TABLE, log_factorial, rising
from mlefit.noise.stable import QUIET, at, exponential, log1p_less, of_rows, poisson_counts
from mlefit.noise.symmetric import symmetric

LIMIT = Poisson()
LEAST_MOMENT = 0.02     # alpha from which a search begins, at least
SMALL = 0.1             # alpha mu up to which what is left of the logarithm is summed
EXAMPLE = (0.0, 2.0, 9.0, 1.0, 4.0)
TRIAL = 0.5     # how far off the worked example places a log mean
DERIVATION = """\
negative-binomial: from the likelihood to the half negative binomial deviance

  1  Model       y is a count with mean mu(x), eta = log mu linear, and variance
                 mu + alpha mu^2: Poisson with a mean that varies by a gamma
                 law of shape theta = 1 / alpha
  2  Likelihood  L = prod_i q(y_i|x_i): rows independent given x, x not modelled
  3  -log L / n  = D / 2 + mean cost(y, alpha): D / 2 the mean of y log(y/mu) -
                 (y + theta) log((1 + alpha y) / (1 + alpha mu)), half the
                 deviance, cost what a model that knows every mean has left
  4  Name        -log L / n is the cross-entropy CE of the empirical law and q
  5  Meaning     with p^(k|x) the frequencies of the rows that share x, CE =
                 H(p^) + KL(p^ || q), exactly; least CE is least KL
  6  Loss        for any fixed alpha, CE = D / 2 + c: the mu of maximum
                 likelihood is the mu of least deviance at this alpha. The loss
                 contains alpha: each value has its own minimum, and alpha
                 follows from D / 2 + cost.
  7  Weights     a row counts with 1 / (1 + alpha mu): large counts the less
  8  Limits      alpha = 0 is Poisson, an answer where counts vary no more than
                 that: there sum [(y - mu)^2 - y] <= 0

"""


@dataclass(frozen=True)
class NegativeBinomial(NoiseModel):
    """Counts that vary more than their mean. `held`: at the limit, where alpha is 0."""

    held: bool = False

    name = "negative-binomial"
    aliases = ("nb", "nb2", "negbin", "negative_binomial", "overdispersed")
    support = "whole numbers >= 0"
    question = "counts that vary more than their mean"
    centre_text = "exp(eta)"
    example = "mlefit fit sample_data/deliveries.csv -t parcels -x km,vehicle -m negative-binomial"
    ratio_name = "rate ratio"
    link_name = "log"
    separable = True

    loss_name = "half negative binomial deviance"
    measure = Measure.MASS
    response = COUNTS

    @property
    def with_scale(self) -> NoiseModel | None:
        """Counts whose alpha varies."""
        from mlefit.noise.dispersed_counts import DispersedCounts

        return None if self.held else DispersedCounts(self)

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """alpha."""
        return () if self.held else (Shape("alpha"),)

    @property
    def shape_cost(self) -> str | None:
        """None at the limit."""
        return None if self.held else "mean of -log q(y) at mu = y"

    @property
    def log_concave(self) -> bool:
        """At the limit; jointly with alpha that has no proof."""
        return self.held

    @property
    def nested(self) -> Mapping[str, Limit]:
        """Poisson counts, as alpha goes to 0."""
        return {} if self.held else {LIMIT.name: Limit(
            0, 0.0, NegativeBinomial(held=True), "no-overdispersion",
            "counts vary no more than poisson: alpha = 0, this is the poisson fit")}

    @property
    def outcome_names(self) -> tuple[str, ...]:
        """As of Poisson counts."""
        return LIMIT.outcome_names

    def outcomes(self, y: Array) -> Mask:
        """As of Poisson counts."""
        return LIMIT.outcomes(y)

    def without_maximum(self, value: float, n: float) -> tuple[str, str] | None:
        """No rate where there is no event."""
        return LIMIT.without_maximum(value, n)

    @QUIET
    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """log y! - S(y) - y eta + (y + theta) log(1 + alpha mu)."""
        if self.held:
            return LIMIT.nll(y, eta, free, order)
        t, log_mu = free[0], eta[:, 0]
        alpha, mu = of_rows(t), np.exp(log_mu)
        v = alpha * mu
        log_v, kept = np.log1p(v), 1.0 / (1.0 + v)
        s, s1, s2 = rising(y, t)
        value = log_factorial(y) - s - y * log_mu + (y + 1.0 / alpha) * log_v
        large = np.flatnonzero(y >= TABLE)
        if large.size:
            own = at(t, large)
            value[large] = deviance(y[large], log_mu[large], own) + saturated(y[large], own)
        if order == 0:
            return Derivatives(value)
        share = np.where(v > 1.0, 1.0 - kept, v * kept)         # v / (1 + v)
        left = _left(v, share, log_v) / alpha
        slope = y * share - s1
        if large.size:
            slope[large] = np.where(v[large] > 1.0, remaining(y[large], own) - y[large] * kept[large], slope[large])
        d1 = block(y.size, 2)
        d1[:, 0], d1[:, 1] = share / alpha - y * kept, slope + left
        mixed = -d1[:, 0] * share
        return Derivatives(value, d1, symmetric((
            (share / alpha * kept * (1.0 + alpha * y), mixed),
            (mixed, -s2 + y * share * kept - left - share * share / alpha))))

    @QUIET
    def loss(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """y log(y / mu) - (y + theta) log((1 + alpha y) / (1 + alpha mu)), derivatives by eta and log alpha."""
        if self.held:
            return LIMIT.loss(y, eta, free, order)
        alpha, mu = of_rows(free[0]), np.exp(eta[:, 0])
        seen = y > 0.0
        d = np.where(seen, np.log(np.where(seen, y, 1.0)) - eta[:, 0], 0.0)
        u, v = alpha * y, alpha * mu
        value = y * d - (y + 1.0 / alpha) * (np.log1p(u) - np.log1p(v))
        large = np.flatnonzero(y >= TABLE)
        if large.size:
            value[large] = deviance(y[large], eta[large, 0], at(free[0], large))
        if order == 0:
            return Derivatives(value)
        theta, rest, log_ratio = 1.0 / alpha, 1.0 / (1.0 + v), np.log1p(u) - np.log1p(v)
        share = np.where(v > 1.0, 1.0 - rest, v * rest)
        near, mixed = v < SMALL, (y - mu) * rest * share
        between = (log1p_less(u) - log1p_less(np.minimum(v, SMALL))) * theta
        d1 = block(y.size, 2)
        d1[:, 0] = share * theta - y * rest
        apart = np.where(v > 1.0, theta * share - y * rest, theta * (1.0 + u) * share - y)
        d1[:, 1] = np.where(near, between + (y - mu) * share, log_ratio * theta + apart)
        bent = np.where(near, mu * share - between - y * u / (1.0 + u),
                        y / (1.0 + u) - theta * (log_ratio + share + share * share)) + np.where(near, mixed, y * rest * share)
        return Derivatives(value, d1, symmetric((((1.0 + u) * theta * share * rest, mixed), (mixed, bent))))

    def cost(self, y: Array, free: Array, order: int) -> Derivatives:
        """-log q of each row at mu = y, with its derivatives by log alpha."""
        from scipy.special import xlogy

        t = free[0]
        alpha = of_rows(t)
        u = alpha * y
        s, s1, s2 = rising(y, t)
        log_u = np.log1p(u)
        value = log_factorial(y) - s - xlogy(y, y) + (y + 1.0 / alpha) * log_u
        large = np.flatnonzero(y >= TABLE)
        if large.size:
            own = at(t, large)
            value[large] = saturated(y[large], own)
        if order == 0:
            return Derivatives(value)
        share = u / (1.0 + u)
        left = _left(u, share, log_u) / alpha
        slope = y * share - s1
        if large.size:
            slope[large] = np.where(u[large] > 1.0, remaining(y[large], own) - share[large] / at(alpha, large), slope[large])
        bent = -s2 + y * share / (1.0 + u) - left - share * share / alpha
        return Derivatives(value, (slope + left)[:, None], lambda v: bent[:, None] * v)

    def affine(self, free: Array) -> tuple[float, float]:
        """The loss is the cross-entropy but for `cost`, or `base` at the limit."""
        return 1.0, 0.0

    def base(self, y: Array) -> Array:
        """That of Poisson counts at the limit."""
        return LIMIT.base(y) if self.held else np.zeros(y.size)

    def starting_predictor(self, y: Array) -> Array:
        """The log of the mean count."""
        return np.full(y.size, math.log(max(float(y.mean()), 1.0 / y.size)))

    def starting_shapes(self, y: Array, eta: Array) -> tuple[Array, ...]:
        """alpha by the moments, and 1."""
        mu = np.exp(eta[:, 0])
        moment = float(((y - mu) ** 2 - mu).sum() / (mu * mu).sum())
        return np.array([math.log(max(moment, LEAST_MOMENT))]), np.zeros(1)

    def limit_slope(self, name: str, y: Array, eta: Array, free: Array) -> Array:
        """[(y - mu)^2 - y] / 2."""
        return np.asarray(0.5 * (np.square(y - np.exp(eta[:, 0])) - y))

    def score_moments(self, direction: Array, eta: Array, free: Array) -> tuple[Array, Array]:
        """d^2 mu / (1 + v) and d^4 [mu (1 + 6 v + 6 v^2) / (1 + v)^3 + 3 mu^2 / (1 + v)^2]."""
        if self.held:
            return LIMIT.score_moments(direction, eta, free)
        mu, square = np.exp(eta[:, 0]), np.square(direction[..., 0])
        v = exponential(float(free[0])) * mu
        second = mu / (1.0 + v)
        return square * second, square * square * (second * (1.0 + 6.0 * v * (1.0 + v)) / (1.0 + v) ** 2 + 3.0 * second * second)

    def expected(self, eta: Array, free: Array) -> Array:
        """mu."""
        return np.exp(eta[:, 0])

    def variance(self, eta: Array, free: Array) -> Array:
        """mu (1 + alpha mu), mu at the limit."""
        return np.asarray(np.exp(eta[:, 0]) * (1.0 if self.held else 1.0 + np.exp(free[0] + eta[:, 0])))

    def log_cdf(self, y: Array, eta: Array, free: Array) -> Array:
        """log of the incomplete beta function; its terms from y down where that is 0 in float64."""
        return LIMIT.log_cdf(y, eta, free) if self.held else tail(self.nll, y, eta, free, upper=False)

    def log_sf(self, y: Array, eta: Array, free: Array) -> Array:
        """log of its complement; its terms from y + 1 up where that is 0."""
        return LIMIT.log_sf(y, eta, free) if self.held else tail(self.nll, y, eta, free, upper=True)

    def quantile(self, u: Array, eta: Array, free: Array) -> Array:
        """By bisection of the distribution function about the gamma law of its mean and variance."""
        if self.held:
            return LIMIT.quantile(u, eta, free)
        from scipy.special import gammaincinv

        mu = np.exp(eta[:, 0])
        spread = 1.0 + of_rows(free[0]) * mu
        return least_count(lambda y: self.log_cdf(y, eta, free), u, spread * gammaincinv(mu / spread, u))

    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """That of the alphas at the first mean, and in closed form that of the means at the second alpha."""
        if self.held:
            return LIMIT.divergence(eta, free, other_eta, other_free)
        means = between_means(eta[:, 0], other_eta[:, 0], of_rows(other_free[0]))
        if np.array_equal(free, other_free):
            return means
        larger = exponential(max(float(free[0]), float(other_free[0])))

        def nll(y: Array, log_mu: float) -> tuple[Array, Array]:
            at = np.full((y.size, 1), log_mu)
            return self.nll(y, at, free, 0).value, self.nll(y, at, other_free, 0).value

        return np.asarray(np.maximum(means + interpolated(lambda x: between_alphas(nll, x, larger), eta[:, 0]), 0.0))

    def draw(self, rng: "np.random.Generator", eta: Array, free: Array) -> Array:
        """Poisson counts, of mean mu times a gamma number of mean 1."""
        if self.held:
            return LIMIT.draw(rng, eta, free)
        theta = of_rows(-free[0])
        return poisson_counts(rng, np.exp(eta[:, 0]) * rng.standard_gamma(theta, len(eta)) / theta)

    def derivation(self) -> str:
        """Half the negative binomial deviance."""
        y, free = np.array(EXAMPLE), np.array([math.log(0.5)])
        at = np.full((y.size, 1), np.log(y.mean()))
        loss, cost = float(self.loss(y, at, free, 0).value.mean()), float(self.cost(y, free, 0).value.mean())
        best, off = worked.nll(self, y, at, free), worked.nll(self, y, at + TRIAL, free)
        return DERIVATION + worked.worked(
            f"y = {', '.join(f'{value:g}' for value in y)}, alpha = 0.5, mu constant",
            f"mu = mean = {y.mean():.6f} whatever alpha is",
            f"-log L / n = {best:.6f} from the law,",
            f"D / 2 + cost = {loss:.6f} + {cost:.6f} = {loss + cost:.6f}",
            f"eta off by {TRIAL:g}: -log L / n rises by {off - best:.6f}",
        )


def _left(v: Array, share: Array, log_v: Array) -> Array:
    """v / (1 + v) - log(1 + v), by what is left of the logarithm where these would cancel."""
    found, few = share - log_v, np.flatnonzero(v < SMALL)
    found[few] = -v[few] * share[few] - log1p_less(v[few])
    return np.asarray(found)
