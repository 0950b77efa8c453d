"""Bernoulli noise: y is 1 (the level modelled) with probability p, eta = log(p/(1 - p)). Its loss is binary cross-entropy.

    q(y | eta) = p^y (1 - p)^(1 - y),   cross-entropy = binary cross-entropy

Source: McCullagh and Nelder, Generalized Linear Models, section 4.4.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.noise import worked
from mlefit.noise.model import Derivatives, Measure, NoiseModel
from mlefit.noise.responses import TWO_LEVELS

EXAMPLE = ("no", "yes", "no", "no", "yes", "yes", "no", "yes", "no", "yes", "yes", "yes")
DERIVATION = """\
bernoulli: from the likelihood to the binary cross-entropy

  1  Model       y is 0 or 1, P(y = 1|x) = s = 1 / (1 + exp(-eta)), eta linear:
                 q(y|x) = s^y (1 - s)^(1 - y)
  2  Likelihood  L = prod_i q(y_i|x_i): rows independent given x, x not modelled
  3  -log L / n  = -sum_i [y_i log s_i + (1 - y_i) log(1 - s_i)] / n
                 = sum_i [log(1 + exp(eta_i)) - y_i eta_i] / n
"""


def _probabilities(eta: Array) -> tuple[Array, Array]:
    """p and 1 - p, each to full relative precision."""
    small = np.exp(-np.abs(eta))
    larger = 1.0 / (1.0 + small)
    smaller = small * larger
    positive = eta >= 0.0
    return np.where(positive, larger, smaller), np.where(positive, smaller, larger)


@dataclass(frozen=True)
class Bernoulli(NoiseModel):
    """Two levels, the one not modelled first, and one logit."""

    levels: tuple[str, ...] = ("0", "1")

    name = "bernoulli"
    loss_name = "binary cross-entropy"
    aliases = ("logistic", "logit", "binomial", "binary", "logreg", "bce")
    support = "two levels"
    example = "mlefit fit sample_data/conversions.csv --model bernoulli"
    measure = Measure.MASS
    response = TWO_LEVELS
    separable = True

    def of(self, levels: Sequence[str]) -> Self:
        """With the names of its levels."""
        return replace(self, levels=tuple(levels))

    @property
    def outcome_names(self) -> tuple[str, ...]:
        """Its levels."""
        return self.levels

    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """log(1 + exp(-t)) with t the logit of what was observed: eta where y = 1, -eta where y = 0."""
        sign = 2.0 * y - 1.0
        t = sign * eta[:, 0]
        small = np.exp(-np.abs(t))
        value = np.log1p(small) - np.minimum(t, 0.0)
        if order == 0:
            return Derivatives(value)
        denominator = 1.0 + small
        missed = np.where(t >= 0.0, small, 1.0) / denominator      # probability of the other level
        d1 = -(sign * missed)[:, None]
        variance = small / (denominator * denominator)
        return Derivatives(value, d1, lambda v: variance[:, None] * v)

    def loss(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """-(y log p + (1 - y) log(1 - p)) = log(1 + e^eta) - y eta."""
        logit = eta[:, 0]
        value = np.maximum(logit, 0.0) - y * logit + np.log1p(np.exp(-np.abs(logit)))
        if order == 0:
            return Derivatives(value)
        p, q = _probabilities(logit)
        return Derivatives(value, ((1.0 - y) * p - y * q)[:, None], lambda v: (p * q)[:, None] * v)

    def affine(self, free: Array) -> tuple[float, float]:
        """The loss is the cross-entropy."""
        return 1.0, 0.0

    def outcomes(self, y: Array) -> Mask:
        """A row keeps what it has."""
        return np.asarray(np.arange(2)[:, None] == y)

    def score_moments(self, direction: Array, eta: Array, free: Array) -> tuple[Array, Array]:
        """d^2 w and d^4 w (1 - 3 w) with w = p (1 - p)."""
        p, q = _probabilities(eta[:, 0])
        square, w = np.square(direction[..., 0]), p * q
        return square * w, square * square * (w * (1.0 - 3.0 * w))

    def log_cdf(self, y: Array, eta: Array, free: Array) -> Array:
        """log(1 - p) at 0, 0 at 1, -infinity below."""
        return np.where(y < 0.0, -np.inf, np.where(y < 1.0, -np.logaddexp(0.0, eta[:, 0]), 0.0))

    def log_sf(self, y: Array, eta: Array, free: Array) -> Array:
        """log p at 0, -infinity at 1, 0 below."""
        return np.where(y < 0.0, 0.0, np.where(y < 1.0, -np.logaddexp(0.0, -eta[:, 0]), -np.inf))

    def quantile(self, u: Array, eta: Array, free: Array) -> Array:
        """1 where u is above 1 - p."""
        return (u > _probabilities(eta[:, 0])[1]).astype(np.float64)

    def probabilities(self, eta: Array, free: Array) -> Array:
        """1 - p and p."""
        return np.stack(_probabilities(eta[:, 0])[::-1])

    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """p log(p/p') + (1 - p) log((1 - p)/(1 - p')), each log-ratio a difference of softplus."""
        mine, theirs = eta[:, 0], other_eta[:, 0]
        p, q = _probabilities(mine)
        result: Array = p * (np.logaddexp(0.0, -theirs) - np.logaddexp(0.0, -mine)) + q * (
            np.logaddexp(0.0, theirs) - np.logaddexp(0.0, mine)
        )
        return result

    def draw(self, rng: np.random.Generator, eta: Array, free: Array) -> Array:
        """1 where a uniform number falls below p."""
        return (rng.random(eta.shape[0]) < _probabilities(eta[:, 0])[0]).astype(np.float64)

    def derivation(self) -> str:
        """The binary cross-entropy."""
        y = np.array([float(level == "yes") for level in EXAMPLE])
        share = float(y.mean())
        logit = float(np.log(share / (1.0 - share)))
        return DERIVATION + worked.CLASSES.format(loss=self.loss_name) + worked.shares(
            self, y, np.array([1.0 - share, share]), np.array([logit]),
            f"{round(y.sum())} yes and {round((1.0 - y).sum())} no (the first rows of conversions.csv)",
        )
