"""Ordinal noise: y is one of K ordered levels 0..K-1, cut from a latent number by K - 1 ordered cut points (proportional odds).

    P(y <= k) = 1 / (1 + exp(eta - c_k)),   c_0 < c_1 < ... < c_(K-2),   c_0 = 0
    cross-entropy = cumulative-link cross-entropy

so a larger eta moves every row to higher levels. The constant of eta is minus the first cut of the usual form without a
constant, in which cuts are reported: cut k is c_k less the constant. The free shapes are the logarithms of the K - 2 gaps
g_k = c_k - c_(k-1), which keep the cuts in order. No difference of probabilities is formed: an inner level between
a = c_(k-1) - eta and b = c_k - eta has

    -log p = log(1 + exp(-b)) + log(1 + exp(a)) - log(1 - exp(-g_k))

Log-concave in eta and the cuts, so that there is one maximum. Source: McCullagh, Journal of the Royal Statistical Society B 42
(1980), 109-142; signs as polr of R's MASS.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np

from mlefit.arrays import Array, Mask, block
from mlefit.noise import worked
from mlefit.noise.bernoulli import Bernoulli
from mlefit.noise.model import Derivatives, Measure, NoiseModel, Shape
from mlefit.noise.responses import ORDERED
from mlefit.noise.stable import QUIET

SMALL = 1e-3        # of a gap: below, r (g + r - 1) is a series
EXAMPLE = ("low", "mid", "high", "mid", "low", "mid", "high", "mid")
TRIAL = 0.5     # how far off the worked example places eta
DERIVATION = """\
ordinal: from the likelihood to the cumulative-link cross-entropy

  1  Model       y is one of K ordered levels; with eta(x) linear and cuts
                 c_1 < ... < c_(K-1): P(y <= k|x) = s(c_k - eta), s(z) =
                 1 / (1 + exp(-z)), the same eta for every k
  2  Likelihood  L = prod_i q(y_i|x_i): rows independent given x, x not modelled
  3  -log L / n  = -sum_i log[s(c_k - eta_i) - s(c_(k-1) - eta_i)] / n, k = y_i
  4  Name        -log L / n is the cross-entropy CE of the empirical law and q
  5  Meaning     with p^(k|x) the frequencies of the rows that share x, CE =
                 H(p^) + KL(p^ || q), exactly; least CE is least KL
  6  Loss        CE is the cumulative-link cross-entropy: a = 1, c = 0. It
                 contains the cuts, which both routes find with eta; the second
                 writes q as sinh(g/2) / (2 cosh(a/2) cosh(b/2)), g = b - a.
  7  Cuts        exp of a coefficient is the ratio of the odds of being above
                 any level: one number for all K - 1 splits. Where the splits
                 need slopes of their own, categorical has them.
  8  Limits      K = 2 is bernoulli with c_1 = -(Intercept). With cuts of its
                 own for every x, q repeats the frequencies: KL = 0, which is no
                 evidence of a good model.

"""


class Parts(NamedTuple):
    """Of each row: the cuts at either end of its level less eta, infinite at the ends, and its gap, infinite there."""

    low: Array
    high: Array
    gap: Array


def _softplus(z: Array) -> Array:
    """log(1 + exp(z)), 0 where z is -infinity."""
    return np.asarray(np.logaddexp(0.0, z))


def _logistic(z: Array) -> Array:
    """1 / (1 + exp(-z)), with all its digits where z is far below 0."""
    from scipy.special import expit

    return np.asarray(expit(z))


@dataclass(frozen=True)
class Ordinal(NoiseModel):
    """Ordered levels, the lowest first."""

    levels: tuple[str, ...] = ()

    name = "ordinal"
    panels = ("calibration", "calibration", "calibration", "predictor", "classes", "kl", "order")
    loss_name = "cumulative-link cross-entropy"
    aliases = ("polr", "proportional-odds", "ordered-logit", "ologit", "cumulative-logit", "clm")
    support = "ordered levels"
    question = "which of ordered levels, and what moves it up"
    example = "mlefit fit sample_data/deliveries.csv -t stars -x km,vehicle -m ordinal"
    ratio_name = "odds ratio"
    measure = Measure.MASS
    response = ORDERED
    separable = True
    bounded = True
    proof = 0.0

    def of(self, levels: Sequence[str]) -> Self:
        """With the names of its levels, in their order."""
        return replace(self, levels=tuple(levels))

    @property
    def cuts(self) -> tuple[str, ...]:
        """`low|mid` between neighbours."""
        return tuple(f"{low}|{high}" for low, high in zip(self.levels, self.levels[1:], strict=False))

    @property
    def either(self) -> NoiseModel:
        """Bernoulli's."""
        return Bernoulli()

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The gaps below all cuts but the first."""
        return tuple(Shape(f"gap below {name}") for name in self.cuts[1:])

    @property
    def shape_cost(self) -> str | None:
        """Nothing: the loss has all of it."""
        return "0, as the loss is the negative log-likelihood" if self.shapes else None

    @property
    def outcome_names(self) -> tuple[str, ...]:
        """Its levels."""
        return self.levels

    def _parts(self, y: Array, eta: Array, free: Array) -> Parts:
        at, gaps = y.astype(np.intp), np.exp(free)
        cuts = np.concatenate([[-np.inf, 0.0], np.cumsum(gaps), [np.inf]])
        gap = np.concatenate([[np.inf], gaps, [np.inf]])
        return Parts(cuts[at] - eta[:, 0], cuts[at + 1] - eta[:, 0], gap[at])

    @QUIET
    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """log(1 + exp(-b)) + log(1 + exp(a)) - log(1 - exp(-g))."""
        low, high, gap = self._parts(y, eta, free)
        value = _softplus(-high) + _softplus(low) - np.where(gap < 1.0, np.log(-np.expm1(-gap)), np.log1p(-np.exp(-gap)))
        return self._derivatives(value, y, Parts(low, high, gap), free, order)

    @QUIET
    def loss(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """-log[sinh(g/2) / (2 cosh(a/2) cosh(b/2))] within, log(1 + exp(-b)) and log(1 + exp(a)) at the ends."""
        low, high, gap = self._parts(y, eta, free)
        inside = np.isfinite(gap)
        a, b, g = (0.5 * np.where(inside, part, 1.0) for part in (low, high, gap))
        within = np.abs(a) + np.abs(b) - g + np.log1p(np.exp(-2.0 * np.abs(a))) + np.log1p(np.exp(-2.0 * np.abs(b)))
        within -= np.log(-np.expm1(-2.0 * g))
        end = np.where(np.isinf(low), -high, low)
        ends = np.maximum(end, 0.0) + np.log1p(np.exp(-np.abs(end)))
        return self._derivatives(np.where(inside, within, ends), y, Parts(low, high, gap), free, order)

    def _derivatives(self, value: Array, y: Array, parts: Parts, free: Array, order: int) -> Derivatives:
        """By eta and the log gaps: with A and B the logistic densities at both ends, the gaps below a row's level move both of
        them, and its own gap the upper one."""
        if order == 0:
            return Derivatives(value)
        low, high, gap = parts
        above, below = _logistic(low), _logistic(-high)
        inside = np.isfinite(gap)
        own_gap = np.where(inside, gap, 1.0)
        ratio = np.where(inside, own_gap / np.expm1(own_gap), 0.0)          # g h, h = 1 / (exp(g) - 1)
        place = np.arange(1, free.size + 1)
        lower = np.exp(free) * (place < y[:, None])                         # (n, s)
        own = (place == y[:, None]).astype(np.float64)
        both, mine = above - below, np.where(inside, -own_gap * below - ratio, 0.0)
        d1 = block(y.size, 1 + free.size)
        d1[:, 0], d1[:, 1:] = -both, lower * both[:, None] + own * mine[:, None]
        if order == 1:
            return Derivatives(value, d1)
        a, b = above * _logistic(-low), below * _logistic(high)
        near = own_gap * (0.5 + own_gap / 12.0)
        bent = ratio * np.where(own_gap < SMALL, near, own_gap + ratio - 1.0) - own_gap * below + np.square(own_gap) * b
        bent = np.where(inside, bent, 0.0)

        def curvature(v: Array) -> Array:
            out, by_gaps = block(y.size, 1 + free.size), np.broadcast_to(v[..., 1:], (y.size, free.size))
            shift = (lower * by_gaps).sum(axis=1) - v[..., 0]
            stretch = np.where(inside, own_gap, 0.0) * (own * by_gaps).sum(axis=1)
            moved = (a + b) * shift + b * stretch
            out[:, 0] = -moved
            out[:, 1:] = lower * (moved[:, None] + both[:, None] * by_gaps)
            out[:, 1:] += own * ((np.where(inside, own_gap, 0.0) * b * shift)[:, None] + bent[:, None] * by_gaps)
            return out

        return Derivatives(value, d1, curvature)

    def probability_formulas(self, free: Array) -> tuple[str, ...]:
        """1 / (1 + exp(-b)) times 1 / (1 + exp(a)) times 1 - exp(-g)."""
        gaps = [float(gap) for gap in np.exp(free)]
        cuts = [0.0, *np.cumsum(gaps).tolist()]
        within = (f"logistic({high!r} - eta) * logistic(eta - {low!r}) * {-float(np.expm1(-gap))!r}"
                  for low, high, gap in zip(cuts, cuts[1:], gaps, strict=False))
        return "logistic(-eta)", *within, f"logistic(eta - {cuts[-1]!r})"

    def affine(self, free: Array) -> tuple[float, float]:
        """The loss is the cross-entropy."""
        return 1.0, 0.0

    def cost(self, y: Array, free: Array, order: int) -> Derivatives:
        """Nothing."""
        none = np.zeros((y.size, free.size))
        return Derivatives(np.zeros(y.size), none if order else None, (lambda v: none) if order == 2 else None)

    def starting_predictor(self, y: Array) -> Array:
        """Minus the first cut of the frequencies."""
        return np.full(y.size, -self._frequent(y)[0])

    def starting_shapes(self, y: Array, eta: Array) -> tuple[Array, ...]:
        """The log gaps of the frequencies."""
        return (np.log(np.diff(self._frequent(y))),)

    def _frequent(self, y: Array) -> Array:
        """The cuts (K - 1,) that cumulated shares have, half a row added to each level."""
        shares = np.cumsum(np.bincount(y.astype(np.intp), minlength=len(self.levels)) + 0.5)
        return np.asarray(np.log(shares[:-1]) - np.log(shares[-1] - shares[:-1]))

    def outcomes(self, y: Array) -> Mask:
        """A row has its level."""
        return np.asarray(np.arange(len(self.levels))[:, None] == y)

    def _log_p(self, eta: Array, free: Array) -> Array:
        """(K, n)."""
        return np.stack([-self.nll(np.full(len(eta), float(k)), eta, free, 0).value for k in range(free.size + 2)])

    def score_moments(self, direction: Array, eta: Array, free: Array) -> tuple[Array, Array]:
        """sum_k p_k (d g_k)^2, and the same with ^4."""
        second, fourth = np.zeros(len(eta)), np.zeros(len(eta))
        for k, log_p in enumerate(self._log_p(eta, free)):
            d1 = self.nll(np.full(len(eta), float(k)), eta, free, 1).d1
            assert d1 is not None
            square = np.square(d1[:, 0])
            second, fourth = second + np.exp(log_p) * square, fourth + np.exp(log_p) * np.square(square)
        square = np.square(direction[..., 0])
        return square * second, square * square * fourth

    def log_cdf(self, y: Array, eta: Array, free: Array) -> Array:
        """-log(1 + exp(eta - c_k))."""
        high = self._parts(np.maximum(y, 0.0), eta, free).high
        return np.where(y < 0.0, -np.inf, -_softplus(-high))

    def log_sf(self, y: Array, eta: Array, free: Array) -> Array:
        """-log(1 + exp(c_k - eta))."""
        high = self._parts(np.maximum(y, 0.0), eta, free).high
        return np.where(y < 0.0, 0.0, -_softplus(high))

    def quantile(self, u: Array, eta: Array, free: Array) -> Array:
        """The first level at which the cumulated probability reaches u."""
        cuts = np.append(0.0, np.cumsum(np.exp(free)))[:, None]
        return np.asarray((_logistic(cuts - eta[:, 0]) < u).sum(axis=0), dtype=np.float64)

    @property
    def modelled(self) -> tuple[str, ...]:
        """All levels."""
        return self.levels

    def probabilities(self, eta: Array, free: Array) -> Array:
        """Of each level."""
        return np.asarray(np.exp(self._log_p(eta, free)))

    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """sum_k p_k log(p_k / p'_k)."""
        mine, theirs = self._log_p(eta, free), self._log_p(other_eta, other_free)
        p = np.exp(mine)
        return np.asarray((p * np.where(p > 0.0, mine - np.where(p > 0.0, theirs, 0.0), 0.0)).sum(axis=0))

    def draw(self, rng: "np.random.Generator", eta: Array, free: Array) -> Array:
        """The level in whose slice of the cumulated probabilities a uniform number falls."""
        return self.quantile(np.asarray(rng.random(eta.shape[0])), eta, free)

    def derivation(self) -> str:
        """The cumulative-link cross-entropy."""
        levels = ("low", "mid", "high")
        y, law = np.array([float(levels.index(level)) for level in EXAMPLE]), self.of(levels)
        share = np.bincount(y.astype(np.intp)) / y.size
        cuts = np.log(np.cumsum(share)[:-1] / (1.0 - np.cumsum(share)[:-1]))
        free, at = np.log(np.diff(cuts)), np.full((y.size, 1), -cuts[0])
        best, off = worked.nll(law, y, at, free), worked.nll(law, y, at + TRIAL, free)
        return DERIVATION + worked.worked(
            ", ".join(f"{EXAMPLE.count(level)} {level}" for level in levels) + " (made up), no predictor",
            f"cuts low|mid = {cuts[0]:.6f}, mid|high = {cuts[1]:.6f}",
            f"-log L / n = {best:.6f} = H(p^) = {-float(share @ np.log(share)):.6f}, KL = 0",
            f"loss = {float(law.loss(y, at, free, 0).value.mean()):.6f} by the other formula",
            f"eta off by {TRIAL:g}: -log L / n rises by {off - best:.6f}",
        )
