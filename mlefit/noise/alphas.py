"""Alphas: the divergence of two negative binomial laws, in closed form of one alpha and two means, and by sums of one mean.

    KL = sum_y q(y) [d + exp(-d) - 1],   d = log q(y) - log q'(y)

Counts up to TABLE are added up one by one, those beyond by an integral.
"""

from collections.abc import Callable

import numpy as np

from mlefit.arrays import Array
from mlefit.noise.count_moments import counts_of
from mlefit.noise.rising import TABLE
from mlefit.noise.stable import QUIET, log1p_less


@QUIET
def between_means(log_mu: Array, other: Array, alpha: Array) -> Array:
    """KL (n,) of two log means at one alpha, () or (n,)."""
    delta = other - log_mu
    v, less, rest = alpha * np.exp(log_mu), np.expm1(delta), -np.expm1(-delta)
    p = v / (1.0 + v)
    few = (1.0 + v) * (log1p_less(p * less) - p * log1p_less(less))
    many = (delta - rest) + (1.0 + v) * log1p_less(-rest / (1.0 + v))
    return np.asarray(np.maximum(np.where(v > 1.0, many, few) / alpha, 0.0))


def between_alphas(nll: Callable[[Array, float], tuple[Array, Array]], log_mu: float, alpha: float) -> float:
    """KL at one log mean. `nll`: of counts (n,) at a log mean, under both laws; `alpha`: the larger of both."""
    y, weight = counts_of(log_mu, alpha, float(TABLE))
    return float(weight @ _gain(*nll(y, log_mu)))


def _gain(mine: Array, theirs: Array) -> Array:
    d = theirs - mine
    with np.errstate(over="ignore", invalid="ignore"):
        return np.where(mine < 700.0, np.exp(-mine) * (d + np.expm1(-d)), 0.0)
