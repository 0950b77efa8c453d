"""Binomial noise: y of m trials of a row succeed, each with probability p(eta), by its link. Its loss is binary cross-entropy.

    q(y | eta) = C(m, y) p^y (1 - p)^(m - y),   cross-entropy = mean loss - mean log C(m, y)
    loss       = -[y log p + (m - y) log(1 - p)], binary cross-entropy summed over the trials of a row

With m = 1 it is Bernoulli's law. The law is that of rows with trials of their own, to which `among` binds it. Source: McCullagh
and Nelder, Generalized Linear Models, section 4.4; Loader, Fast and Accurate Computation of Binomial Probabilities (2000).
"""

import math
from dataclasses import dataclass, field, replace
from functools import cache
from types import MappingProxyType
from typing import Self

import numpy as np

from mlefit.arrays import Array, Index, Mask
from mlefit.noise import worked
from mlefit.noise.bernoulli import Bernoulli
from mlefit.noise.least_count import least_count
from mlefit.noise.links import LINKS, Cost, Link
from mlefit.noise.model import Derivatives, Measure, NoiseModel
from mlefit.noise.options import Choice
from mlefit.noise.responses import TRIALS
from mlefit.noise.stable import QUIET, beta_above, remainder
from mlefit.numerals import used

HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)
LARGE = 10.0    # from which Stirling's remainder is a series
TABLED = 1024   # whole numbers up to which it is looked up
TERMS = 400     # of the series for a tail below the smallest double
EXAMPLE = ((3.0, 10.0), (5.0, 10.0), (16.0, 20.0))
TRIAL = 0.5     # how far off the worked example places a predictor
DERIVATION = """\
binomial: from the likelihood to the binary cross-entropy

  1  Model       y of m trials succeed, each with one probability that
                 is s = {s}, eta linear:
                 q(y|x) = C(m, y) s^y (1 - s)^(m - y)
  2  Likelihood  L = prod_i q(y_i|x_i): rows independent given x and m, which
                 are not modelled
  3  -log L / n  = -sum_i [y_i log s_i + (m_i - y_i) log(1 - s_i) + log C(m_i,
                 y_i)] / n. The last term has no parameter in it. It stays:
                 without it the likelihoods of two models cannot be compared.
  4  Name        -log L / n is the cross-entropy CE of the empirical law and q
  5  Meaning     with p^(k|x,m) the frequencies of the rows that share x and m,
                 CE = H(p^) + KL(p^ || q), exactly; least CE is least KL
  6  Loss        CE = loss + base: the binary cross-entropy summed over the
                 trials of a row, a = 1, c = 0, base = -mean log C(m, y)
  7  Shapes      none: the variance is m s (1 - s). Shares that vary more than
                 that between rows of one x are not binomial.
  8  Limits      m = 1 is bernoulli. Rows of one x may be put together, y and m
                 added up: the same maximum, but another n and another KL.

"""


@dataclass(frozen=True)
class Binomial(NoiseModel):
    """Successes among trials. `trials` (n,): those of each row, or of all; None where the law is bound to no rows."""

    link: str = "logit"
    trials: Array | None = field(default=None, compare=False)

    name = "binomial"
    loss_name = "binary cross-entropy"
    aliases = ("binom", "successes")
    presets = MappingProxyType({"binomial-probit": "link=probit", "binomial-cloglog": "link=cloglog"})
    options = (Choice("link", tuple(LINKS)),)
    support = "successes among trials"
    question = "the probability that a trial succeeds"
    example = "mlefit fit sample_data/seeds.csv -t sprouted --trials sown"
    measure = Measure.MASS
    response = TRIALS
    separable = True
    outcome_names = ("0", "all trials")

    def centre_formula(self, free: Array) -> str:
        """m p."""
        return f"trials * {self._link.formulas[1]}"

    def among(self, trials: Array | None) -> Self:
        """With the trials of these rows."""
        return self if trials is None else replace(self, trials=trials)

    def some(self, rows: Index) -> Self:
        """With the trials of those; where all rows have the same, as it is."""
        return self if self.trials is None or not self.trials.ndim else replace(self, trials=self.trials[rows])

    @property
    def single(self) -> NoiseModel:
        """Bernoulli's law with this link."""
        return Bernoulli(link=self.link)

    @property
    def proof(self) -> float:
        """That of its link: costs of trials add up."""
        return self._link.proof

    @property
    def mean_link(self) -> str:
        """Its own, of the probability of a success."""
        return self.link

    @property
    def ratio(self) -> str | None:
        """That of the odds, with their own link."""
        return "odds ratio" if self.link == "logit" else None

    @property
    def _link(self) -> Link:
        return LINKS[self.link]

    @property
    def bound(self) -> bool:
        """To the trials of rows."""
        return self.trials is not None

    def _all(self, y: Array) -> Array:
        """The trials (n,) of rows with as many responses. Raises TypeError where no rows have told theirs."""
        if self.trials is None:
            raise TypeError("binomial is bound to no rows")
        return np.broadcast_to(self.trials, y.shape)

    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """y times what a success costs and m - y times what a failure does, less log C(m, y)."""
        m = self._all(y)
        costs = _weighed(y, self._link.success(eta[:, 0])), _weighed(m - y, self._link.failure(eta[:, 0]))
        value, slope, bend = (a + b for a, b in zip(*costs, strict=True))
        value = np.where((y < 0.0) | (y > m), np.inf, value - log_choose(m, y))
        if order == 0:
            return Derivatives(value)
        return Derivatives(value, slope[:, None], lambda v: bend[:, None] * v)

    def loss(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """m times the binary cross-entropy of the share y / m."""
        m = self._all(y)
        value, slope, bend = (m * part for part in self._link.cross_entropy_of_share(y / np.maximum(m, 1.0), eta[:, 0]))
        if order == 0:
            return Derivatives(value)
        return Derivatives(value, slope[:, None], lambda v: bend[:, None] * v)

    def affine(self, free: Array) -> tuple[float, float]:
        """The loss is the cross-entropy but for `base`."""
        return 1.0, 0.0

    def base(self, y: Array) -> Array:
        """-log C(m, y)."""
        return -log_choose(self._all(y), y)

    def outcomes(self, y: Array) -> Mask:
        """A failure keeps p from growing to 1, a success from vanishing."""
        return np.stack([y < self._all(y), y > 0.0])

    def without_maximum(self, value: float, n: float) -> tuple[str, str] | None:
        """No odds where there is no success."""
        if value != 0.0:
            return None
        return (f"no trial of the {used(n)} succeeded, so the probability is 0 and its predictor infinite",
                "use rows with successes in them")

    def expected(self, eta: Array, free: Array) -> Array:
        """m p."""
        return np.asarray(self._all(eta[:, 0]) * self._link.probabilities(eta[:, 0])[0])

    def variance(self, eta: Array, free: Array) -> Array:
        """m p (1 - p)."""
        p, q = self._link.probabilities(eta[:, 0])
        return np.asarray(self._all(eta[:, 0]) * p * q)

    def score_moments(self, direction: Array, eta: Array, free: Array) -> tuple[Array, Array]:
        """m d^2 v and d^4 [m k + 3 m (m - 1) v^2], v and k the second and fourth moments of one trial."""
        m = self._all(eta[:, 0])
        v, k = self.single.score_moments(np.ones((eta.shape[0], 1)), eta, free)
        square = np.square(direction[..., 0])
        return square * (m * v), square * square * (m * k + 3.0 * m * (m - 1.0) * v * v)

    def log_cdf(self, y: Array, eta: Array, free: Array) -> Array:
        """log of the regularised incomplete beta function; its terms from y down where that is 0 in float64."""
        return self._tail(y, eta, free, upper=False)

    def log_sf(self, y: Array, eta: Array, free: Array) -> Array:
        """log of its complement; its terms from y + 1 up where that is 0."""
        return self._tail(y, eta, free, upper=True)

    @QUIET
    def _tail(self, y: Array, eta: Array, free: Array, *, upper: bool) -> Array:
        from scipy.special import betainc

        m, (p, q) = self._all(y), self._link.probabilities(eta[:, 0])
        inside = (y >= 0.0) & (y < m)
        a, b = np.where(inside, y, 0.0) + 1.0, np.where(inside, m - y, 1.0)
        one, other = (betainc, beta_above) if upper else (beta_above, betainc)
        found, few = np.empty(y.size), p <= q       # the smaller of the two has all its digits
        found[few], found[~few] = one(a[few], b[few], p[few]), other(b[~few], a[~few], q[~few])
        found = np.log(found)
        odds = self._link.failure(eta[:, 0])[0] - self._link.success(eta[:, 0])[0]
        far = np.flatnonzero(np.isneginf(found) & inside)
        first, ratio = a[far] - (0.0 if upper else 1.0), np.exp(odds[far] if upper else -odds[far])
        total, term = np.ones(far.size), np.ones(far.size)
        for j in range(TERMS if far.size else 0):
            at = first + j if upper else first - j
            term = term * np.maximum((m[far] - at) / (at + 1.0) if upper else at / (m[far] - at + 1.0), 0.0) * ratio
            total += term
        found[far] = np.log(total) - self.some(far).nll(first, eta[far], free, 0).value
        lowest, highest = (0.0, -np.inf) if upper else (-np.inf, 0.0)
        return np.where(y < 0.0, lowest, np.where(inside, np.minimum(found, 0.0), highest))

    def quantile(self, u: Array, eta: Array, free: Array) -> Array:
        """By bisection of the distribution function about the normal law of its mean and variance."""
        from scipy.special import ndtri

        m, (p, q) = self._all(u), self._link.probabilities(eta[:, 0])
        guess = np.clip(m * p + ndtri(u) * np.sqrt(m * p * q), 0.0, m)
        return np.minimum(least_count(lambda y: self.log_cdf(y, eta, free), u, guess), m)

    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """m times that of one trial."""
        return np.asarray(self._all(eta[:, 0]) * self.single.divergence(eta, free, other_eta, other_free))

    def draw(self, rng: "np.random.Generator", eta: Array, free: Array) -> Array:
        """How many of the rarer outcome there are, or the rest."""
        m, (p, q) = self._all(eta[:, 0]), self._link.probabilities(eta[:, 0])
        drawn = rng.binomial(m.astype(np.int64), np.minimum(p, q)).astype(np.float64)
        return np.where(p <= q, drawn, m - drawn)

    def derivation(self) -> str:
        """The binary cross-entropy."""
        y, m = np.array(EXAMPLE).T
        law, none, share = self.among(m), np.empty(0), float(y.sum() / m.sum())
        at = np.full((y.size, 1), float(self._link.of(np.array([share]))[0]))
        loss, base = float(law.loss(y, at, none, 0).value.mean()), float(law.base(y).mean())
        best, off = worked.nll(law, y, at, none), worked.nll(law, y, at + TRIAL, none)
        return DERIVATION.format(s=self._link.text) + worked.worked(
            f"y of m = {', '.join(f'{a:g} of {b:g}' for a, b in EXAMPLE)} (made up),",
            "s constant",
            f"s = sum y / sum m = {share:.6f}, eta = {float(at[0, 0]):.6f}",
            f"-log L / n = {best:.6f} from the law,",
            f"loss + base = {loss:.6f} + ({base:.6f}) = {loss + base:.6f}",
            f"eta off by {TRIAL:g}: -log L / n rises by {off - best:.6f}",
        )


def _weighed(count: Array, cost: Cost) -> Cost:
    """So many times a cost, which is nothing where there is no such trial, however dear."""
    value, slope, bend = (np.where(count == 0.0, 0.0, count * part) for part in cost)
    return value, slope, bend


@QUIET
def log_choose(m: Array, y: Array) -> Array:
    """log C(m, y) (n,) for 0 <= y <= m, by Stirling's remainders: no difference of large log Gammas is formed."""
    rest = m - y
    inner = (y > 0.0) & (rest > 0.0)
    a, b = np.where(inner, y, 1.0), np.where(inner, rest, 1.0)
    n = a + b
    few, many = np.minimum(a, b), np.maximum(a, b)
    entropy = few * np.log(n / few) - many * np.log1p(-few / n)
    root = 0.5 * (np.log(n / few) - np.log(many)) - HALF_LOG_2PI
    return np.where(inner, entropy + root + _remainder(n) - _remainder(a) - _remainder(b), 0.0)


def _remainder(z: Array) -> Array:
    """log z! less [(z + 1/2) log z - z + log(2 pi) / 2] (n,) for z >= 1; that of small whole z is computed once."""
    place = np.minimum(z, TABLED).astype(np.intp)
    return _table()[place - 1] if (place == z).all() else _less_stirling(z)


@cache
def _table() -> Array:
    """That of 1 to TABLED."""
    return _less_stirling(np.arange(1.0, TABLED + 1.0))


def _less_stirling(z: Array) -> Array:
    from scipy.special import gammaln

    small = np.minimum(z, LARGE)
    direct = gammaln(small + 1.0) - ((small + 0.5) * np.log(small) - small + HALF_LOG_2PI)
    return np.where(z < LARGE, direct, remainder(np.maximum(z, LARGE))[0])
