"""Categorical noise: y is one of K classes, eta_k = log(p_k / p_0) against the reference class 0.

    q(y = k | eta) = exp(eta_k) / (1 + sum_j exp(eta_j)),   eta_0 = 0
    cross-entropy  = categorical cross-entropy

A response holds class indices 0..K-1; `eta` has the K - 1 predictors of classes 1..K-1.
Source: Agresti, Categorical Data Analysis, section 8.1.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

from mlefit.arrays import Array, Mask, block
from mlefit.noise import worked
from mlefit.noise.model import Derivatives, Measure, NoiseModel, Predictor
from mlefit.noise.responses import LEVELS

EXAMPLE = (
    "birch", "alder", "alder", "birch", "birch", "cedar", "cedar", "birch", "cedar", "cedar", "alder", "cedar",
)
DERIVATION = """\
categorical: from the likelihood to the categorical cross-entropy

  1  Model       y is one of K classes, eta_k linear, eta_0 = 0 for the
                 reference class: q(k|x) = exp(eta_k) / sum_j exp(eta_j)
  2  Likelihood  L = prod_i q(y_i|x_i): rows independent given x, x not modelled
  3  -log L / n  = sum_i [log sum_j exp(eta_ij) - eta_i,y_i] / n
                 The log of the sum is the normaliser. It stays.
"""


def _logits(eta: Array) -> Array:
    """(K, n) logits of all classes, the reference first."""
    logits = np.zeros((eta.shape[1] + 1, eta.shape[0]))
    logits[1:] = eta.T
    return logits


def _softmax(eta: Array) -> tuple[Array, Array]:
    """Log-probabilities and probabilities, (K, n)."""
    logits = _logits(eta)
    logits -= logits.max(axis=0)
    probabilities = np.exp(logits)
    total = probabilities.sum(axis=0)
    logits -= np.log(total)
    probabilities /= total
    return logits, probabilities


@dataclass(frozen=True)
class Categorical(NoiseModel):
    """K classes, K - 1 logits against the reference class."""

    levels: tuple[str, ...] = ()

    name = "categorical"
    loss_name = "categorical cross-entropy"
    aliases = ("softmax", "multinomial", "multinom", "multiclass", "cce", "mnlogit")
    support = "two or more levels"
    question = "the probability of each of several levels"
    by_predictor = True
    example = "mlefit fit sample_data/species.csv --model categorical"
    ratio_name = "odds ratio"
    measure = Measure.MASS
    response = LEVELS
    one_mean = False
    separable = True

    def of(self, levels: Sequence[str]) -> Self:
        """With the names of its classes."""
        return replace(self, levels=tuple(levels))

    @property
    def classes(self) -> int:
        """K."""
        return len(self.levels)

    @cached_property
    def predictors(self) -> tuple[Predictor, ...]:
        """One for each class but the reference."""
        return tuple(Predictor(level, level) for level in self.levels[1:])

    @property
    def outcome_names(self) -> tuple[str, ...]:
        """The classes."""
        return self.levels

    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """log sum_k exp(eta_k - eta_y): the odds of everything against what was observed."""
        rows = np.arange(y.size)
        observed = y.astype(np.intp)
        odds = _logits(eta)
        odds -= odds[observed, rows]
        top = odds.max(axis=0)
        odds -= top
        np.exp(odds, out=odds)
        hit = odds[observed, rows]
        odds[observed, rows] = 0.0
        missed = odds.sum(axis=0)
        total = hit + missed
        value = top + np.log(total)
        if order == 0:
            return Derivatives(value)
        odds[observed, rows] = hit
        odds /= total
        probabilities = odds[1:].T
        d1 = block(y.size, self.classes - 1)
        d1[...] = probabilities
        seen = np.flatnonzero(observed)
        d1[seen, observed[seen] - 1] = -(missed / total)[seen]      # p - 1 without cancellation

        def curvature(v: Array) -> Array:
            weighted: Array = probabilities * v
            weighted -= probabilities * weighted.sum(axis=1)[:, None]
            return weighted

        return Derivatives(value, d1, curvature, probabilities)

    def loss(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """-sum_k 1[y = k] log p_k with p the softmax."""
        log_p, p = _softmax(eta)
        target = y[None, :] == np.arange(self.classes)[:, None]
        value = -np.where(target, log_p, 0.0).sum(axis=0)
        if order == 0:
            return Derivatives(value)
        inner = p[1:]

        def curvature(v: Array) -> Array:
            direction = np.broadcast_to(v, (y.size, self.classes - 1)).T
            bent: Array = (inner * (direction - (inner * direction).sum(axis=0))).T
            return bent

        return Derivatives(value, (inner - target[1:]).T, curvature, inner.T)

    def affine(self, free: Array) -> tuple[float, float]:
        """The loss is the cross-entropy."""
        return 1.0, 0.0

    def outcomes(self, y: Array) -> Mask:
        """A row keeps its class."""
        return np.asarray(np.arange(self.classes)[:, None] == y)

    def score_moments(self, direction: Array, eta: Array, free: Array) -> tuple[Array, Array]:
        """Central moments of d_y, which is 0 in the reference class: sum_k p_k (d_k - mean)^2 and the same with ^4."""
        p = _softmax(eta)[1]
        inner = p[1:].T
        mean = np.einsum("nk,...nk->...n", inner, direction)      # a sum over few numbers takes numpy's sum ten times as long
        apart = np.square(direction - mean[..., None])
        square, fourth = (np.einsum("nk,...nk->...n", inner, power) for power in (apart, np.square(apart)))
        centre = np.square(mean)
        return square + p[0] * centre, fourth + p[0] * np.square(centre)

    def log_cdf(self, y: Array, eta: Array, free: Array) -> Array:
        """log sum_(k <= y) p_k, in the order of the levels."""
        return self._log_sum(eta, np.arange(self.classes)[:, None] <= y)

    def log_sf(self, y: Array, eta: Array, free: Array) -> Array:
        """log sum_(k > y) p_k."""
        return self._log_sum(eta, np.arange(self.classes)[:, None] > y)

    def _log_sum(self, eta: Array, there: Mask) -> Array:
        from scipy.special import logsumexp

        log_p = _softmax(eta)[0]
        with np.errstate(divide="ignore"):      # no class there, or all of them: log 0
            inside, outside = (np.asarray(logsumexp(np.where(those, log_p, -np.inf), axis=0)) for those in (there, ~there))
            return np.where(inside < outside, inside, np.log1p(-np.exp(np.minimum(outside, 0.0))))

    def quantile(self, u: Array, eta: Array, free: Array) -> Array:
        """The first class at which the cumulated probability reaches u."""
        cumulated = np.cumsum(_softmax(eta)[1], axis=0)[:-1]
        return np.asarray((cumulated < u).sum(axis=0), dtype=np.float64)

    @property
    def modelled(self) -> tuple[str, ...]:
        """All classes, the reference first."""
        return self.levels

    def probabilities(self, eta: Array, free: Array) -> Array:
        """The softmax."""
        return _softmax(eta)[1]

    def probability_formulas(self, free: Array) -> tuple[str, ...]:
        """The softmax, by differences of predictors; that of the reference is 0."""
        etas = ["", "eta", *(f"eta{k}" for k in range(2, len(self.levels)))]

        def over(one: str, other: str) -> str:
            return f"exp({one} - {other})" if one and other else f"exp({one or f'-{other}'})"

        return tuple(f"1 / ({' + '.join(['1', *(over(one, mine) for one in etas if one != mine)])})" for mine in etas)

    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """sum_k p_k log(p_k / p'_k)."""
        log_p, p = _softmax(eta)
        result: Array = (p * np.where(p > 0.0, log_p - _softmax(other_eta)[0], 0.0)).sum(axis=0)
        return result

    def draw(self, rng: "np.random.Generator", eta: Array, free: Array) -> Array:
        """The class in whose slice of the cumulated probabilities a uniform number falls."""
        cumulated = np.cumsum(_softmax(eta)[1], axis=0)[:-1]
        drawn: Array = (rng.random(eta.shape[0]) >= cumulated).sum(axis=0).astype(np.float64)
        return drawn

    def derivation(self) -> str:
        """The categorical cross-entropy."""
        levels = sorted(set(EXAMPLE))
        y = np.array([float(levels.index(level)) for level in EXAMPLE])
        share = np.bincount(y.astype(np.intp)) / y.size
        counts = ", ".join(f"{EXAMPLE.count(level)} {level}" for level in levels)
        return DERIVATION + worked.CLASSES.format(loss=self.loss_name) + worked.shares(
            self.of(levels), y, share, np.log(share[1:] / share[0]), np.zeros(len(levels) - 1),
            f"{counts} (the first rows of species.csv)",
        )
