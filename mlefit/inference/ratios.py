"""Ratios: intervals and p-values of single coefficients by likelihood ratios, where they are asked for or Wald's mislead."""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.estimation.constrained import Likelihood
from mlefit.inference.law import NORMAL
from mlefit.inference.profile import interval


class Profiled(NamedTuple):
    """An interval in the coefficient but for its unit, the signed root of the likelihood ratio to 0, and its p-value."""

    low: float
    high: float
    statistic: float
    p_value: float


def profiled(of: Likelihood, direction: Array, zero: float, level: float) -> Profiled:
    """That of the coefficient `direction` (P,) of theta, which is 0 to the reader at `zero`. Raises ArithmeticError."""
    held, estimate = of.holding(direction[None]), float(direction @ of.theta)
    error = float(np.linalg.norm(of.curvature.root(direction)))

    def profile(value: float) -> float:
        return -held.least(np.array([value]))

    low, high = interval(profile, -of.optimum, estimate, error, NORMAL.quantile(level))
    root = float(np.sqrt(max(0.0, 2.0 * (-of.optimum - profile(zero)))))
    statistic = float(np.copysign(root, estimate - zero))
    return Profiled(low, high, statistic, NORMAL.p_value(statistic))
