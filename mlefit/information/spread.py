"""Uneven spread: what a log-linear standard deviation would gain on normal scores w of the residuals.

    gain_i = w_i^2 / 2 - [B_i g + w_i^2 exp(-2 B_i g) / 2],   g = arg min of the mean of the bracket,

the log ratio of N(0, exp(2 B g)) to N(0, 1). Any g gives a lower bound of the KL, so the search may stop early.
"""

import numpy as np

from mlefit.arrays import Array
from mlefit.information.reference import ALWAYS_TRIED, ROWS_PER_COLUMN, complement

STEPS = 50
ENOUGH = 1e-3       # total nats that the next step may still gain


def spread_basis(predictors: Array) -> Array | None:
    """Columns 1, x_j, x_j^2 (n, k), orthogonal with mean squares 1; None with fewer than 20 rows per column,
    or with more columns than are worth the time."""
    n, k = predictors.shape
    constant = np.ones((n, 1))
    for columns in (np.hstack([predictors, predictors**2]), predictors):
        if k == 0 or columns.shape[1] > ALWAYS_TRIED or k * ROWS_PER_COLUMN > n:
            continue        # the design has full rank, so k is a lower bound of the basis
        basis = np.hstack([constant, complement(constant, columns)])
        if ROWS_PER_COLUMN * basis.shape[1] <= n:
            return basis
    return None


def spread_gain(basis: Array, scores: Array) -> Array:
    """gain (n,) of each row in nats, by Fisher scoring: E hessian = 2 I in this basis."""
    n, squares = scores.size, scores**2
    g = np.zeros(basis.shape[1])
    log_sd = np.zeros(n)
    ratio = squares.copy()                          # w^2 exp(-2 B g)
    for _ in range(STEPS):
        step = basis.T @ (ratio - 1) / (2 * n)
        slope = 2 * float(step @ step) * n          # total nats that a full step promises, twice
        if slope < ENOUGH:
            break
        before = float(np.mean(log_sd + ratio / 2))
        while slope >= ENOUGH:
            new_log_sd = basis @ (g + step)
            with np.errstate(over="ignore"):
                new_ratio = squares * np.exp(-2 * new_log_sd)
            if float(np.mean(new_log_sd + new_ratio / 2)) < before:
                break
            step, slope = step / 2, slope / 4
        else:
            break
        g, log_sd, ratio = g + step, new_log_sd, new_ratio
    return squares / 2 - log_sd - ratio / 2
