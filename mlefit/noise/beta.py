"""Beta noise: shares 0 < y < 1 with mean mu and variance mu (1 - mu) / (1 + phi), eta = logit mu.

    q(y | eta, phi) = y^(a - 1) (1 - y)^(b - 1) / B(a, b),   a = mu phi,  b = (1 - mu) phi
    loss            = -log q
    cross-entropy   = mean loss

No textbook has a loss for it apart from the likelihood. The free shape is log phi. Where a is tiny its digamma function is not,
so derivatives go through a psi(a) = a psi(1 + a) - 1 and the like. The likelihood is not log-concave. Source: Ferrari and
Cribari-Neto, Journal of Applied Statistics 31 (2004), 799-815.
"""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, block
from mlefit.noise import worked
from mlefit.noise.model import Derivatives, Measure, NoiseModel, Shape
from mlefit.noise.responses import SHARES
from mlefit.noise.stable import LARGE, NEARLY, QUIET, beta_above, exponential, remainder
from mlefit.noise.symmetric import symmetric

LEAST_PHI = 0.1     # with which a search begins, at least
TERMS = 400         # of the series for a tail below the smallest double
SMALL = 1e-300      # a share below it has not all its digits
INSIDE = float(np.finfo(float).tiny), 1.0 - 2.0**-53      # the ends of the doubles between 0 and 1
EXAMPLE = (0.4398557, 0.2600356, 0.3297182, 0.6, 0.45)
PHI = 4.0       # of the worked example
TRIAL = 0.5     # how far off the worked example places a logit
DERIVATION = """\
beta: from the likelihood to the beta NLL loss

  1  Model       0 < y < 1 has mean mu(x), log(mu / (1 - mu)) linear, and
                 precision phi: with a = mu phi and b = (1 - mu) phi
                 q(y|x) = y^(a-1) (1-y)^(b-1) / B(a, b)
  2  Likelihood  L = prod_i q(y_i|x_i): rows independent given x, x not modelled
  3  -log L / n  = mean of log B(a, b) - (a - 1) log y - (b - 1) log(1 - y)
  4  Name        -log L / n is the cross-entropy CE of the rows and q, in nats
  5  Meaning     for the law p that the rows come from, CE(p, q) = H(p) +
                 KL(p || q), and H has no parameter in it: least CE is least KL
  6  Loss        no textbook loss: no library has one that this likelihood
                 implies. Squared error and binary cross-entropy of shares have
                 minima elsewhere. Both routes minimise CE, the second by
                 another formula, another search and other starts.
  7  Phi         the variance is mu (1 - mu) / (1 + phi). phi moves the best mu
                 as well: the two are fitted together.
  8  Limits      y = 0 and y = 1 have no density to speak of, and nothing is
                 moved inside. -log q is not convex: several maxima may exist,
                 and the best of several searches is reported.

"""


class Digammas(NamedTuple):
    """z psi(z) and z^2 psi'(z) (n,)."""

    first: Array
    second: Array


def _digammas(z: Array) -> Digammas:
    """By way of 1 + z, so that they hold where z is 1e-300, and of Stirling's formula at 11 + z, which is fast."""
    shifted = z + (LARGE + 1.0)
    _, slope, bend = remainder(shifted)
    psi = np.log(shifted) + (slope - 0.5) / shifted
    trigamma = (1.0 + (0.5 + bend) / shifted) / shifted
    for j in range(1, int(LARGE) + 1):
        here = 1.0 / (z + j)
        psi, trigamma = psi - here, trigamma + here * here
    return Digammas(z * psi - 1.0, z * z * trigamma + 1.0)


def _parts(eta: Array, free: Array) -> tuple[Array, Array, Array, Array, float]:
    """mu, 1 - mu, a and b (n,), and phi."""
    from scipy.special import expit

    mu, rest, phi = expit(eta[:, 0]), expit(-eta[:, 0]), exponential(float(free[0]))
    return mu, rest, mu * phi, rest * phi, phi


class Beta(NoiseModel):
    """Shares of a whole that is not counted."""

    name = "beta"
    loss_name = "beta NLL loss"
    aliases = ("betareg", "beta-regression")
    support = "numbers between 0 and 1"
    question = "the mean of shares of a whole"
    centre_text = "logistic(eta)"
    example = "mlefit fit sample_data/deliveries.csv -t share -x km,vehicle -m beta"
    ratio_name = "odds ratio"
    link_name = "logit"
    measure = Measure.DENSITY
    response = SHARES
    shapes = (Shape("phi"),)
    shape_cost = "0, as the loss is the negative log-likelihood: no textbook has another"
    collapse = "phi is infinite"
    log_concave = False

    @QUIET
    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """log B(a, b) - a log y - b log(1 - y) + log y (1 - y)."""
        from scipy.special import betaln

        mu, rest, a, b, phi = _parts(eta, free)
        log_y, log_rest = np.log(y), np.log1p(-y)
        value = betaln(a, b) - a * log_y - b * log_rest + (log_y + log_rest)
        if order == 0:
            return Derivatives(value)
        (a1, a2), (b1, b2), (p1, p2) = _digammas(a), _digammas(b), _digammas(np.array([phi]))
        d1 = block(y.size, 2)
        d1[:, 0] = rest * a1 - mu * b1 - a * rest * (log_y - log_rest)
        d1[:, 1] = a1 + b1 - p1 - a * log_y - b * log_rest
        if order == 1:
            return Derivatives(value, d1)
        mixed = d1[:, 0] + rest * a2 - mu * b2
        return Derivatives(value, d1, symmetric((
            ((rest - mu) * d1[:, 0] + rest * rest * a2 + mu * mu * b2, mixed), (mixed, d1[:, 1] + a2 + b2 - p2))))

    @QUIET
    def loss(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """log Gamma(a) + log Gamma(b) - log Gamma(a + b) + (1 - a) log y + (1 - b) log(1 - y), derivatives by way of a and b."""
        from scipy.special import gammaln, polygamma, psi

        mu, rest, a, b, phi = _parts(eta, free)
        log_y, log_rest = np.log(y), np.log1p(-y)
        value = gammaln(a) + gammaln(b) - gammaln(phi) + (1.0 - a) * log_y + (1.0 - b) * log_rest
        if order == 0:
            return Derivatives(value)
        whole = float(psi(phi))
        # With u = log a, v = log b: du = rest deta + dt, dv = -mu deta + dt; derivatives by u and v first.
        by_u, by_v = a * (psi(1.0 + a) - whole - log_y) - 1.0, b * (psi(1.0 + b) - whole - log_rest) - 1.0
        d1 = np.stack([rest * by_u - mu * by_v, by_u + by_v]).T
        if order == 1:
            return Derivatives(value, d1)
        curve = float(polygamma(1, phi))
        uu = by_u + 1.0 + a * a * (polygamma(1, 1.0 + a) - curve)
        vv = by_v + 1.0 + b * b * (polygamma(1, 1.0 + b) - curve)
        uv, bent = -a * b * curve, mu * rest * (by_u + by_v)
        mixed = rest * uu - mu * vv + (rest - mu) * uv
        return Derivatives(value, d1, symmetric((
            (rest * rest * uu - 2.0 * mu * rest * uv + mu * mu * vv - bent, mixed), (mixed, uu + 2.0 * uv + vv))))

    def cost(self, y: Array, free: Array, order: int) -> Derivatives:
        """Nothing."""
        none = np.zeros((y.size, 1))
        return Derivatives(np.zeros(y.size), none if order else None, (lambda v: none) if order == 2 else None)

    def affine(self, free: Array) -> tuple[float, float]:
        """The loss is the cross-entropy."""
        return 1.0, 0.0

    def starting_predictor(self, y: Array) -> Array:
        """The logit of y, by least squares."""
        return np.log(y) - np.log1p(-y)

    def starting_shapes(self, y: Array, eta: Array) -> tuple[Array, ...]:
        """phi by the moments, and 1."""
        mu, rest, *_ = _parts(eta, np.zeros(1))
        spread = float(np.mean((y - mu) ** 2))
        moment = float(np.mean(mu * rest)) / spread - 1.0 if spread > 0.0 else 1.0
        return np.array([np.log(max(moment, LEAST_PHI))]), np.zeros(1)

    def score_moments(self, direction: Array, eta: Array, free: Array) -> tuple[Array, Array]:
        """From the cumulants of logit y, psi'(a) + psi'(b) and psi'''(a) + psi'''(b), times (d a (1 - mu))^2 and ^4."""
        from scipy.special import polygamma

        mu, rest, a, b, _ = _parts(eta, free)
        second = rest**2 * _digammas(a).second + mu**2 * _digammas(b).second
        fourth = rest**4 * (a**4 * polygamma(3, 1.0 + a) + 6.0) + mu**4 * (b**4 * polygamma(3, 1.0 + b) + 6.0)
        square = np.square(direction[..., 0])
        return square * second, square * square * (fourth + 3.0 * second * second)

    def expected(self, eta: Array, free: Array) -> Array:
        """mu."""
        return _parts(eta, free)[0]

    def log_cdf(self, y: Array, eta: Array, free: Array) -> Array:
        """log of the regularised incomplete beta function; its series where that is 0 in float64."""
        _, _, a, b, _ = _parts(eta, free)
        inside = np.clip(y, 0.0, 1.0)
        return _log_tail(np.log(inside, where=y > 0.0, out=np.full(y.size, -np.inf)), inside, a, b)

    def log_sf(self, y: Array, eta: Array, free: Array) -> Array:
        """That of 1 - y with a and b exchanged."""
        _, _, a, b, _ = _parts(eta, free)
        inside = np.clip(y, 0.0, 1.0)
        return _log_tail(np.log1p(-inside, where=y < 1.0, out=np.full(y.size, -np.inf)), inside, a, b, upper=True)

    def residual(self, y: Array, eta: Array, free: Array) -> Array:
        """By the distribution function where that has its digits, else by the nearer tail."""
        from scipy.special import betainc, ndtri

        from mlefit.noise.tails import by_tails

        _, _, a, b, _ = _parts(eta, free)
        below = betainc(a, b, np.clip(y, 0.0, 1.0))
        far = np.flatnonzero(~((below >= SMALL) & (below <= NEARLY)))
        z = ndtri(below)
        z[far] = by_tails(self, y[far], eta[far], free)
        return np.asarray(z, np.float64)

    def quantile(self, u: Array, eta: Array, free: Array) -> Array:
        """The inverse of the regularised incomplete beta function."""
        from scipy.special import betaincinv

        _, _, a, b, _ = _parts(eta, free)
        return np.clip(betaincinv(a, b, u), *INSIDE)

    @QUIET
    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """log B(a', b') - log B(a, b) + (a - a') (psi(a) - psi(phi)) + (b - b') (psi(b) - psi(phi))."""
        from scipy.special import betaln, psi

        _, _, a, b, phi = _parts(eta, free)
        _, _, c, d, _ = _parts(other_eta, other_free)
        (a1, _), (b1, _), whole = _digammas(a), _digammas(b), float(psi(phi))
        found = betaln(c, d) - betaln(a, b) + (1.0 - c / a) * (a1 - a * whole) + (1.0 - d / b) * (b1 - b * whole)
        return np.asarray(np.maximum(found, 0.0))

    def draw(self, rng: "np.random.Generator", eta: Array, free: Array) -> Array:
        """A beta number, rounded to the doubles between 0 and 1."""
        _, _, a, b, _ = _parts(eta, free)
        return np.clip(rng.beta(a, b), *INSIDE)

    def derivation(self) -> str:
        """The likelihood."""
        y, free = np.array(EXAMPLE), np.array([np.log(PHI)])
        at = np.full((y.size, 1), np.log(y.mean() / (1.0 - y.mean())))
        best, off = worked.nll(self, y, at, free), worked.nll(self, y, at + TRIAL, free)
        loss = float(self.loss(y, at, free, 0).value.mean())
        return DERIVATION + worked.worked(
            f"y = {', '.join(f'{value:g}' for value in y)}",
            f"mu = mean = {y.mean():.6f}, phi = {PHI:g}",
            f"-log L / n = {best:.6f} from log B(a, b),",
            f"loss = {loss:.6f} from log Gamma of a, b and phi",
            f"eta off by {TRIAL:g}: -log L / n rises by {off - best:.6f}",
        )


@QUIET
def _log_tail(log_end: Array, y: Array, a: Array, b: Array, *, upper: bool = False) -> Array:
    """log P(Y <= y), or P(Y > y), (n,); `log_end`: the log of y, or of 1 - y."""
    from scipy.special import betainc, betaln

    found = np.log((beta_above if upper else betainc)(a, b, y))
    far = np.flatnonzero(np.isneginf(found) & np.isfinite(log_end))
    near, other = (b[far], a[far]) if upper else (a[far], b[far])
    x = np.exp(log_end[far])
    total, term = np.ones(far.size), np.ones(far.size)
    for j in range(TERMS if far.size else 0):
        term = term * x * ((near + other + j) / (near + 1.0 + j))
        total += term
    found[far] = near * log_end[far] + other * np.log1p(-x) - np.log(near) - betaln(near, other) + np.log(total)
    return np.minimum(found, 0.0)
