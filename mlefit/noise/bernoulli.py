"""Bernoulli noise: y is 1 (the level modelled) with probability p(eta), by its link. Its loss is binary cross-entropy.

    q(y | eta) = p^y (1 - p)^(1 - y),   cross-entropy = binary cross-entropy

Source: McCullagh and Nelder, Generalized Linear Models, sections 4.3 and 4.4.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Self

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.noise import worked
from mlefit.noise.links import LINKS, Link
from mlefit.noise.model import Derivatives, Measure, NoiseModel
from mlefit.noise.options import Choice
from mlefit.noise.responses import TWO_LEVELS

EXAMPLE = ("no", "yes", "no", "no", "yes", "yes", "no", "yes", "no", "yes", "yes", "yes")
DERIVATION = """\
bernoulli: from the likelihood to the binary cross-entropy

  1  Model       y is 0 or 1, P(y = 1|x) = s = {s}, eta linear:
                 q(y|x) = s^y (1 - s)^(1 - y)
  2  Likelihood  L = prod_i q(y_i|x_i): rows independent given x, x not modelled
  3  -log L / n  = -sum_i [y_i log s_i + (1 - y_i) log(1 - s_i)] / n
"""
LOGIT = "                 = sum_i [log(1 + exp(eta_i)) - y_i eta_i] / n\n"


@dataclass(frozen=True)
class Bernoulli(NoiseModel):
    """Two levels, the one not modelled first, and one predictor of the probability of the other."""

    levels: tuple[str, ...] = ("0", "1")
    link: str = "logit"

    name = "bernoulli"
    noun = "Bernoulli law"
    panels = ("calibration", "split", "predictor", "predictor", "order", "kl")
    loss_name = "binary cross-entropy"
    aliases = ("logistic", "logit", "binary", "logreg", "bce")
    presets = MappingProxyType({"probit": "link=probit", "cloglog": "link=cloglog"})
    options = (Choice("link", tuple(LINKS)),)
    support = "two levels"
    question = "the probability of one of two levels"
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

    @property
    def proof(self) -> float:
        """That of its link."""
        return self._link.proof

    @property
    def mean_link(self) -> str:
        """Its own."""
        return self.link

    @property
    def ratio(self) -> str | None:
        """That of the odds, with their own link."""
        return "odds ratio" if self.link == "logit" else None

    @property
    def several(self) -> NoiseModel:
        """The binomial law with this link."""
        from mlefit.noise.binomial import Binomial

        return Binomial(link=self.link)

    @property
    def _link(self) -> Link:
        return LINKS[self.link]

    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """What it costs that y is what it is; with logits log(1 + exp(-t)), t that of what was observed."""
        value, slope, bend = self._link.cost(y, eta[:, 0])
        if order == 0:
            return Derivatives(value)
        return Derivatives(value, slope[:, None], lambda v: bend[:, None] * v)

    def loss(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """-(y log p + (1 - y) log(1 - p))."""
        value, slope, bend = self._link.cross_entropy(y, eta[:, 0])
        if order == 0:
            return Derivatives(value)
        return Derivatives(value, slope[:, None], lambda v: bend[:, None] * v)

    def affine(self, free: Array) -> tuple[float, float]:
        """The loss is the cross-entropy."""
        return 1.0, 0.0

    def outcomes(self, y: Array) -> Mask:
        """A row keeps what it has."""
        return np.asarray(np.arange(2)[:, None] == y)

    def score_moments(self, direction: Array, eta: Array, free: Array) -> tuple[Array, Array]:
        """p (d a)^2 + (1 - p) (d b)^2 with a and b the slopes of both costs, and the same with fourth powers."""
        p, q = self._link.probabilities(eta[:, 0])
        slopes = self._link.success(eta[:, 0])[1], self._link.failure(eta[:, 0])[1]
        with np.errstate(over="ignore", invalid="ignore"):
            a, b = (np.where(share > 0.0, np.square(slope), 0.0) for share, slope in zip((p, q), slopes, strict=True))
        square = np.square(direction[..., 0])
        return square * (p * a + q * b), square * square * (p * a * a + q * b * b)

    def log_cdf(self, y: Array, eta: Array, free: Array) -> Array:
        """log(1 - p) at 0, 0 at 1, -infinity below."""
        return np.where(y < 0.0, -np.inf, np.where(y < 1.0, -self._link.failure(eta[:, 0])[0], 0.0))

    def log_sf(self, y: Array, eta: Array, free: Array) -> Array:
        """log p at 0, -infinity at 1, 0 below."""
        return np.where(y < 0.0, 0.0, np.where(y < 1.0, -self._link.success(eta[:, 0])[0], -np.inf))

    def quantile(self, u: Array, eta: Array, free: Array) -> Array:
        """1 where u is above 1 - p."""
        return (u > self._link.probabilities(eta[:, 0])[1]).astype(np.float64)

    @property
    def modelled(self) -> tuple[str, ...]:
        """The level with probability p."""
        return self.levels[1:]

    def probabilities(self, eta: Array, free: Array) -> Array:
        """1 - p and p."""
        return np.stack(self._link.probabilities(eta[:, 0])[::-1])

    def probability_formulas(self, free: Array) -> tuple[str, ...]:
        """1 - p and p."""
        return self._link.formulas

    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """p log(p/p') + (1 - p) log((1 - p)/(1 - p')), each log-ratio a difference of costs."""
        link, mine, theirs = self._link, eta[:, 0], other_eta[:, 0]
        p, q = link.probabilities(mine)
        with np.errstate(invalid="ignore"):
            success, failure = link.success(theirs)[0] - link.success(mine)[0], link.failure(theirs)[0] - link.failure(mine)[0]
        result: Array = p * np.where(p > 0.0, success, 0.0) + q * np.where(q > 0.0, failure, 0.0)
        return result

    def draw(self, rng: "np.random.Generator", eta: Array, free: Array) -> Array:
        """1 where a uniform number falls below p."""
        return (rng.random(eta.shape[0]) < self._link.probabilities(eta[:, 0])[0]).astype(np.float64)

    def derivation(self) -> str:
        """The binary cross-entropy."""
        y = np.array([float(level == "yes") for level in EXAMPLE])
        share = float(y.mean())
        steps = DERIVATION.format(s=self._link.text) + (LOGIT if self.link == "logit" else "")
        return steps + worked.CLASSES.format(loss=self.loss_name) + worked.shares(
            self, y, np.array([1.0 - share, share]), self._link.of(np.array([share])), self._link.of(np.array([0.5])),
            f"{round(y.sum())} yes and {round((1.0 - y).sum())} no (the first rows of conversions.csv)",
        )
