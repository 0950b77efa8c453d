"""Bernoulli noise: y is 1 (the level modelled) with probability p, eta = log(p/(1 - p)). Its loss is binary cross-entropy.

    q(y | eta) = p^y (1 - p)^(1 - y),   cross-entropy = binary cross-entropy

Source: McCullagh and Nelder, Generalized Linear Models, section 4.4.
"""

import numpy as np

from mlefit.arrays import Array
from mlefit.noise.model import Measure, NoiseModel, Response, Rows


def _probabilities(eta: Array) -> tuple[Array, Array]:
    """p and 1 - p, each to full relative precision."""
    small = np.exp(-np.abs(eta))
    larger = 1.0 / (1.0 + small)
    smaller = small * larger
    positive = eta >= 0.0
    return np.where(positive, larger, smaller), np.where(positive, smaller, larger)


class Bernoulli(NoiseModel):
    """Two levels, one logit."""

    name = "bernoulli"
    loss_name = "binary cross-entropy"
    aliases = ("logistic", "logit", "binomial", "binary", "logreg", "bce")
    support = "two levels"
    example = "mlefit fit sample_data/conversions.csv --model bernoulli"
    measure = Measure.MASS
    response = Response.BINARY

    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Rows:
        """log(1 + exp(-t)) with t the logit of what was observed: eta where y = 1, -eta where y = 0."""
        sign = 2.0 * y - 1.0
        t = sign * eta[:, 0]
        small = np.exp(-np.abs(t))
        value = np.log1p(small) - np.minimum(t, 0.0)
        if order == 0:
            return Rows(value)
        denominator = 1.0 + small
        missed = np.where(t >= 0.0, small, 1.0) / denominator      # probability of the other level
        d1 = -(sign * missed)[:, None]
        variance = small / (denominator * denominator)
        return Rows(value, d1, lambda v: variance[:, None] * v)

    def loss(self, y: Array, eta: Array, order: int) -> Rows:
        """-(y log p + (1 - y) log(1 - p)) = log(1 + e^eta) - y eta."""
        logit = eta[:, 0]
        value = np.maximum(logit, 0.0) - y * logit + np.log1p(np.exp(-np.abs(logit)))
        if order == 0:
            return Rows(value)
        p, q = _probabilities(logit)
        return Rows(value, ((1.0 - y) * p - y * q)[:, None], lambda v: (p * q)[:, None] * v)

    def implied_shapes(self, mean_loss: float) -> Array:
        """There is none."""
        return np.empty(0)

    def affine(self, free: Array) -> tuple[float, float]:
        """The loss is the cross-entropy."""
        return 1.0, 0.0

    def entropy(self, eta: Array, free: Array) -> Array:
        """log(1 + e^eta) - p eta."""
        logit = eta[:, 0]
        p, q = _probabilities(logit)
        minor = np.minimum(p, q)
        result: Array = np.log1p(np.exp(-np.abs(logit))) + minor * np.abs(logit)
        return result

    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """p log(p/p') + (1 - p) log((1 - p)/(1 - p')), each log-ratio a difference of softplus."""
        mine, theirs = eta[:, 0], other_eta[:, 0]
        p, q = _probabilities(mine)
        result: Array = p * (np.logaddexp(0.0, -theirs) - np.logaddexp(0.0, -mine)) + q * (
            np.logaddexp(0.0, theirs) - np.logaddexp(0.0, mine)
        )
        return result

    def mean(self, eta: Array) -> Array:
        """P(y = 1)."""
        return _probabilities(eta)[0]

    def draw(self, rng: np.random.Generator, eta: Array, free: Array) -> Array:
        """1 where a uniform number falls below p."""
        return (rng.random(eta.shape[0]) < _probabilities(eta[:, 0])[0]).astype(np.float64)
