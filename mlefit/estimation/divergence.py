"""The third search: minimise KL(empirical law || model) over the distinct (x, y) cells of a response that has a mass.

    KL = sum_jk (n_jk / n) [log(n_jk / n_j) - log q_k(x_j)]

The empirical law enters as the frequencies of the cells, the model as its probabilities there. For a density there is no
such search, because the empirical law is a sum of point masses, and its divergence from a density is infinite whatever the
parameters.
"""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.estimation.starts import least_squares
from mlefit.execution import Engine
from mlefit.mean import LinearMean
from mlefit.noise.model import NoiseModel
from mlefit.objective import Objective
from mlefit.rows.chunk import Chunk, choose

STEPS = 20_000
BEYOND = 1e150      # nats: a step too far
SEARCHES = 2        # the second begins where the first ended, with a fresh memory of the curvature


class Cells(NamedTuple):
    """C occupied cells: `rows` holds one row of each, weighted by the rows in it, `pattern` (C,) numbers its predictors."""

    rows: Chunk
    pattern: Index

    @classmethod
    def of(cls, rows: Chunk, pattern: Index) -> "Cells":
        """The cells of rows with these patterns of predictors; cells whose rows all have weight 0 are left out."""
        _, outcome = np.unique(rows.y, return_inverse=True)
        _, first, cell = np.unique(pattern * (int(outcome.max()) + 1) + outcome, return_index=True, return_inverse=True)
        count = np.bincount(cell, rows.weight).astype(np.float64)
        kept = first[count > 0.0]
        return cls(replace(choose(rows, kept), weight=count[count > 0.0]), pattern[kept])

    @property
    def counts(self) -> Array:
        """Rows (C,) in each cell."""
        assert self.rows.weight is not None
        return self.rows.weight

    @property
    def n(self) -> float:
        """Rows in all cells."""
        return float(self.counts.sum())

    @property
    def occupied(self) -> int:
        """C."""
        return self.rows.rows

    @property
    def patterns(self) -> int:
        """Distinct predictor rows."""
        return int(np.unique(self.pattern).size)

    @property
    def totals(self) -> Array:
        """Rows (C,) that have the predictors of each cell."""
        totals: Array = np.bincount(self.pattern, self.counts).astype(np.float64)[self.pattern]
        return totals

    @property
    def entropy(self) -> float:
        """Entropy of the response given the pattern under the empirical law, nats per row."""
        return float(-(self.counts @ np.log(self.counts / self.totals)) / self.n)

    def log_probability(self, noise: NoiseModel, mean: LinearMean, theta: Array) -> Array:
        """log q (C,) at (gamma, free shapes)."""
        eta = mean.eta(theta[: mean.size], self.rows)
        log_q: Array = -noise.among(self.rows.trials).nll(self.rows.y, eta, theta[mean.size :], 0).value
        return log_q

    def divergence(self, noise: NoiseModel, mean: LinearMean, theta: Array) -> float:
        """KL(empirical law || model), nats per row."""
        gain = np.log(self.counts / self.totals) - self.log_probability(noise, mean, theta)
        return float((self.counts * gain).sum() / self.n)      # numpy adds up pairwise, as a dot product does not


def least_divergence(noise: NoiseModel, mean: LinearMean, cells: Cells) -> Array:
    """The (gamma, free shapes) of least divergence, by L-BFGS-B from zero, or where that is beyond the law from least squares."""
    from scipy.optimize import minimize

    objective = Objective.likelihood(noise, mean)

    def both(theta: Array) -> tuple[float, Array]:
        gradient = objective.whitened(objective.tally(theta, cells.rows, 1)).gradient
        assert gradient is not None
        value = cells.divergence(noise, mean, theta)
        return (value, gradient / cells.n) if np.isfinite(value) else (BEYOND, np.zeros(theta.size))

    search: Any = minimize
    theta = np.zeros(objective.size)
    begin = None if noise.everywhere else least_squares(noise, mean, Engine.of(cells.rows))
    if begin is not None:
        theta[: mean.size] = begin
    options = {"ftol": 0.0, "gtol": 1e-11, "maxcor": 20, "maxiter": STEPS, "maxfun": 2 * STEPS}
    for _ in range(SEARCHES):
        theta = np.asarray(search(both, theta, method="L-BFGS-B", jac=True, options=options).x)
    return theta
