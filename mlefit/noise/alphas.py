"""Alphas: the divergence of two negative binomial laws of one mean, from their negative log-likelihoods.

    KL = sum_y q(y) [d + exp(-d) - 1],   d = log q(y) - log q'(y)

Counts up to TABLE are added up. Beyond, the sum is the integral from TABLE - 1/2 (midpoint rule, whose error is about
1 / (24 TABLE^2) of it), over log y by Gauss and Legendre's rule in panels of at most a standard deviation of the law.
"""

import math
from collections.abc import Callable

import numpy as np

from mlefit.arrays import Array
from mlefit.noise.rising import TABLE

REACH = 45.0        # e-folds of the tail that are taken
WIDE = 0.5          # of a panel, at most
NODES, WEIGHTS = np.polynomial.legendre.leggauss(16)


def between_alphas(nll: Callable[[Array, float], tuple[Array, Array]], log_mu: float, alpha: float) -> float:
    """KL at one log mean. `nll`: of counts (n,) at a log mean, under both laws; `alpha`: the larger of both."""
    mu = math.exp(log_mu)
    v = mu * alpha
    sd = math.sqrt(mu * (1.0 + v))
    most = mu + REACH * (1.0 + v) + 12.0 * sd + 40.0
    total = _gain(*nll(np.arange(min(most, float(TABLE))), log_mu)).sum()
    if most > TABLE:
        low, relative = math.log(TABLE - 0.5), min(WIDE, sd / mu)
        low = max(low, log_mu - REACH * relative) if relative < WIDE else low
        ends = np.linspace(low, math.log(most), 2 + int((math.log(most) - low) / relative))
        half = 0.5 * np.diff(ends)[:, None]
        s = (ends[:-1, None] + half * (1.0 + NODES)).ravel()
        y = np.exp(s)
        total += float((half * WEIGHTS).ravel() @ (y * _gain(*nll(y, log_mu))))
    return float(total)


def _gain(mine: Array, theirs: Array) -> Array:
    d = theirs - mine
    with np.errstate(over="ignore", invalid="ignore"):
        return np.where(mine < 700.0, np.exp(-mine) * (d + np.expm1(-d)), 0.0)
