"""Intervals and p-values from an estimate, its standard error, and the law of their ratio."""

from typing import NamedTuple

import numpy as np

from mlefit.inference.law import Law, quantile


class Inference(NamedTuple):
    """What is said about one parameter besides its estimate."""

    std_error: float
    low: float
    high: float
    statistic: float | None = None
    p_value: float | None = None


def wald(estimate: float, std_error: float, level: float, law: Law) -> Inference:
    """estimate -/+ q se; the statistic estimate / se and its two-sided p-value."""
    width = quantile(law, level) * std_error
    statistic = estimate / std_error if std_error > 0.0 else np.inf
    return Inference(std_error, estimate - width, estimate + width, statistic, law.p_value(statistic))


def on_log_scale(estimate: float, log_error: float, level: float, law: Law) -> Inference:
    """A positive shape: se by the delta method, interval estimate exp(-/+ q se(log)). No test: 0 is not a value of it."""
    with np.errstate(over="ignore"):        # one degree of freedom at 99.99 % reaches beyond float64
        factor = float(np.exp(quantile(law, level) * log_error))
    return Inference(estimate * log_error, estimate / factor, estimate * factor)


def of_chi_squared(estimate: float, log_error: float, level: float, df: int, divisor: float) -> Inference:
    """A sigma of sqrt(RSS / divisor): RSS / sigma^2 is chi-squared with df = n - p, so its interval may lie above sqrt(RSS / n)."""
    from scipy.special import chdtri

    tail, root = 0.5 * (1.0 - level), estimate * np.sqrt(divisor)
    low, high = (float(root / np.sqrt(chdtri(df, chance))) for chance in (tail, 1.0 - tail))
    return Inference(estimate * log_error, low, high)
