"""The third search: minimise KL(empirical law of classes || model) over the distinct (x, y) cells.

    KL = sum_jk (n_jk / n) [log(n_jk / n_j) - log q_k(x_j)],   q = softmax(0, eta)

It knows neither `nll` nor `loss`: the model enters as probabilities. For a density there is no such search, because the
empirical law is a sum of point masses, and its divergence from a density is infinite whatever the parameters.
"""

from typing import Any, NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.mean import LinearMean
from mlefit.rows.chunk import Chunk

STEPS = 20_000
SEARCHES = 2        # the second begins where the first ended, with a fresh memory of the curvature


class Cells(NamedTuple):
    """J distinct predictor rows as a `pattern` chunk (its y is not used), and class `counts` (J, K) of each."""

    pattern: Chunk
    counts: Array

    @property
    def n(self) -> float:
        """Rows in all cells."""
        return float(self.counts.sum())

    @property
    def occupied(self) -> int:
        """Cells that hold rows."""
        return int(np.count_nonzero(self.counts))

    @property
    def frequency(self) -> Array:
        """p^ (J, K): the share of each class among the rows of a pattern."""
        frequency: Array = self.counts / self.counts.sum(axis=1, keepdims=True)
        return frequency

    @property
    def entropy(self) -> float:
        """Entropy of the class given the pattern under the empirical law, nats per row."""
        from scipy.special import entr

        share = self.counts.sum(axis=1) / self.n
        return float(share @ entr(self.frequency).sum(axis=1))

    def log_probability(self, mean: LinearMean, gamma: Array) -> Array:
        """log q (J, K) at whitened coordinates gamma."""
        from scipy.special import log_softmax

        eta = mean.eta(gamma, self.pattern)
        return np.asarray(log_softmax(np.concatenate([np.zeros((len(eta), 1)), eta], axis=1), axis=1))

    def divergence(self, mean: LinearMean, gamma: Array) -> float:
        """KL(empirical law || model), nats per row."""
        log_p = np.log(np.where(self.counts > 0, self.frequency, 1.0))
        gain = np.where(self.counts > 0, log_p - self.log_probability(mean, gamma), 0.0)
        return float((self.counts * gain).sum() / self.n)


def least_divergence(mean: LinearMean, cells: Cells) -> Array:
    """The coordinates gamma (m r,) of least divergence, by L-BFGS-B from zero."""
    from scipy.optimize import minimize

    totals = cells.counts.sum(axis=1, keepdims=True)

    def both(gamma: Array) -> tuple[float, Array]:
        by_eta = (totals * np.exp(cells.log_probability(mean, gamma)) - cells.counts)[:, 1:] / cells.n
        return cells.divergence(mean, gamma), mean.coordinates.whiten(mean.coordinates.pull(by_eta, cells.pattern))

    search: Any = minimize
    gamma = np.zeros(mean.size)
    options = {"ftol": 0.0, "gtol": 1e-11, "maxcor": 20, "maxiter": STEPS, "maxfun": 2 * STEPS}
    for _ in range(SEARCHES):
        gamma = np.asarray(search(both, gamma, method="L-BFGS-B", jac=True, options=options).x)
    return gamma
