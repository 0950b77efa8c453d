"""Categorical noise: y is one of K classes, eta_k = log(p_k / p_0) against the reference class 0.

    q(y = k | eta) = exp(eta_k) / (1 + sum_j exp(eta_j)),   eta_0 = 0
    cross-entropy  = categorical cross-entropy

A response holds class indices 0..K-1; `eta` has the K - 1 predictors of classes 1..K-1.
Source: Agresti, Categorical Data Analysis, section 8.1.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from mlefit.arrays import Array, block
from mlefit.noise.model import Measure, NoiseModel, Response, Rows


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

    classes: int

    name = "categorical"
    loss_name = "categorical cross-entropy"
    aliases = ("softmax", "multinomial", "multinom", "multiclass", "cce", "mnlogit")
    support = "two or more levels"
    example = "mlefit fit sample_data/species.csv --model categorical"
    measure = Measure.MASS
    response = Response.CLASSES
    names_classes = True

    @classmethod
    def of(cls, levels: int) -> Self:
        """As many classes as levels."""
        return cls(levels)

    @property
    def predictors(self) -> int:
        """K - 1."""
        return self.classes - 1

    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Rows:
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
            return Rows(value)
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

        return Rows(value, d1, curvature, probabilities)

    def loss(self, y: Array, eta: Array, order: int) -> Rows:
        """-sum_k 1[y = k] log p_k with p the softmax."""
        log_p, p = _softmax(eta)
        target = y[None, :] == np.arange(self.classes)[:, None]
        value = -np.where(target, log_p, 0.0).sum(axis=0)
        if order == 0:
            return Rows(value)
        inner = p[1:]

        def curvature(v: Array) -> Array:
            direction = np.broadcast_to(v, (y.size, self.classes - 1)).T
            bent: Array = (inner * (direction - (inner * direction).sum(axis=0))).T
            return bent

        return Rows(value, (inner - target[1:]).T, curvature, inner.T)

    def implied_shapes(self, mean_loss: float) -> Array:
        """There is none."""
        return np.empty(0)

    def affine(self, free: Array) -> tuple[float, float]:
        """The loss is the cross-entropy."""
        return 1.0, 0.0

    def entropy(self, eta: Array, free: Array) -> Array:
        """-sum_k p_k log p_k."""
        log_p, p = _softmax(eta)
        result: Array = -(p * np.where(p > 0.0, log_p, 0.0)).sum(axis=0)
        return result

    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """sum_k p_k log(p_k / p'_k)."""
        log_p, p = _softmax(eta)
        result: Array = (p * np.where(p > 0.0, log_p - _softmax(other_eta)[0], 0.0)).sum(axis=0)
        return result

    def mean(self, eta: Array) -> Array:
        """Probabilities of classes 1..K-1."""
        inner: Array = _softmax(eta)[1][1:].T
        return inner

    def draw(self, rng: np.random.Generator, eta: Array, free: Array) -> Array:
        """The class in whose slice of the cumulated probabilities a uniform number falls."""
        cumulated = np.cumsum(_softmax(eta)[1], axis=0)[:-1]
        drawn: Array = (rng.random(eta.shape[0]) >= cumulated).sum(axis=0).astype(np.float64)
        return drawn
