"""Intervals and p-values: Wald, with normal quantiles, or t quantiles where degrees of freedom are known."""

from typing import NamedTuple

import numpy as np


class Inference(NamedTuple):
    """What is said about one parameter besides its estimate."""

    std_error: float
    low: float
    high: float
    statistic: float | None = None
    p_value: float | None = None


def quantile(level: float, df: int | None) -> float:
    """The two-sided critical value at confidence `level`."""
    from scipy.special import ndtri, stdtrit

    tail = 0.5 * (1.0 - level)
    return float(-ndtri(tail)) if df is None else float(-stdtrit(df, tail))


def wald(estimate: float, std_error: float, level: float, df: int | None) -> Inference:
    """estimate -/+ q se; the statistic estimate / se and its two-sided p-value."""
    from scipy.special import ndtr, stdtr

    width = quantile(level, df) * std_error
    statistic = estimate / std_error if std_error > 0.0 else np.inf
    tail = ndtr(-abs(statistic)) if df is None else stdtr(df, -abs(statistic))
    return Inference(std_error, estimate - width, estimate + width, statistic, float(2.0 * tail))


def on_log_scale(estimate: float, log_error: float, level: float, df: int | None) -> Inference:
    """A positive shape: se by the delta method, interval estimate exp(-/+ q se(log)). No test: 0 is not a value of it."""
    with np.errstate(over="ignore"):        # one degree of freedom at 99.99 % reaches beyond float64
        factor = float(np.exp(quantile(level, df) * log_error))
    return Inference(estimate * log_error, estimate / factor, estimate * factor)
