"""Dispersed counts: negative binomial noise whose log alpha has a linear predictor of its own.

    -log q(y | eta, t),   t = log alpha of the row,   Var y = mu + alpha mu^2

The loss is half the negative binomial deviance and what it costs to know every mean, at the alpha of each row: the negative
log-likelihood, written independently. Where counts vary no more than their mean t falls without end, and the likelihood has no
maximum, though it stays below a bound. Source: Smyth, Journal of the Royal Statistical Society B 51 (1989), 47-60.
"""

from dataclasses import dataclass

import numpy as np

from mlefit.arrays import Array, block
from mlefit.noise.alphas import between_alphas, between_means
from mlefit.noise.count_moments import by_pair, counts_of
from mlefit.noise.dispersed import Dispersed
from mlefit.noise.model import Derivatives
from mlefit.noise.nodes import of_sum
from mlefit.noise.stable import exponential

STARTS = 0.0, -2.0      # log alpha
EXPONENTS = (2, 0), (1, 1), (0, 2), (4, 0), (3, 1), (2, 2), (1, 3), (0, 4)
NEAR = 1e-4             # of log alphas: the divergence is then its own quadratic to as much


@dataclass(frozen=True)
class DispersedCounts(Dispersed):
    """The predictors are the log mean and log alpha."""

    @property
    def drifts(self) -> str:
        """Where a level has no more variance than a mean."""
        return "counts there vary no more than poisson ones, or are all 0"

    def starting_scale(self, error: Array) -> tuple[Array, ...]:
        """The same alpha for all rows: an error of log y tells next to nothing of that of a small count."""
        return tuple(np.full(error.size, start) for start in STARTS)

    def loss(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """Half the deviance and the cost of the law."""
        plain, cost = self.law.loss(y, eta[:, :1], eta[:, 1:].T, order), self.law.cost(y, eta[:, 1:].T, order)
        value = plain.value + cost.value
        if plain.d1 is None or cost.d1 is None:
            return Derivatives(value)
        d1 = block(y.size, 2)
        d1[:, 0], d1[:, 1] = plain.d1[:, 0], plain.d1[:, 1] + cost.d1[:, 0]
        if plain.curvature is None or cost.curvature is None:
            return Derivatives(value, d1)
        bent, paid = plain.curvature, cost.curvature(np.ones(1))[:, 0]

        def curvature(v: Array) -> Array:
            found = bent(v).copy(order="K")
            found[:, 1] += paid * v[..., 1]
            return found

        return Derivatives(value, d1, curvature)

    def score_moments(self, direction: Array, eta: Array, free: Array) -> tuple[Array, Array]:
        """E (a g_1 + b g_2)^k from the moments of the scores, sums over the counts of a row."""

        def moments(log_mu: float, t: float) -> Array:
            y, weight = counts_of(log_mu, exponential(t))
            found = self.nll(y, np.tile([log_mu, t], (y.size, 1)), free, 1)
            assert found.d1 is not None
            g1, g2 = found.d1.T
            mass = weight * np.exp(-found.value)
            return np.array([mass @ (g1**i * g2**j) for i, j in EXPONENTS])

        known = dict(zip(EXPONENTS, by_pair(moments, eta).T, strict=True))
        return of_sum(direction[..., 0], direction[..., 1], lambda i, j: known[i, j])

    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """In closed form that of the means at the second alpha; that of the alphas by sums at the first mean."""
        means = between_means(eta[:, 0], other_eta[:, 0], np.exp(other_eta[:, 1]))
        step = other_eta[:, 1] - eta[:, 1]
        if not step.any():
            return means
        if float(np.abs(step).max(initial=0.0)) < NEAR:
            direction = np.stack([np.zeros(step.size), step], axis=1)
            return np.asarray(means + 0.5 * self.score_moments(direction, eta, free)[0])

        def alphas(log_mu: float, t: float, other: float) -> float:
            def nll(y: Array, at: float) -> tuple[Array, Array]:
                mine, theirs = (self.nll(y, np.tile([at, own], (y.size, 1)), free, 0).value for own in (t, other))
                return mine, theirs

            return between_alphas(nll, log_mu, exponential(max(t, other)))

        pairs = np.column_stack([eta, other_eta[:, 1]])
        distinct, which = np.unique(pairs, axis=0, return_inverse=True)
        return np.asarray(means + np.array([alphas(*pair) for pair in distinct.tolist()])[which.ravel()])
