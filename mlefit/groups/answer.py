"""Answer: what is said of the groups of a block, in the units of the file."""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Index, Mask


class Shapes(NamedTuple):
    """Of the shape of each group (B,): estimate, error, interval, the estimate of least loss, and their gap."""

    estimate: Array
    std_error: Array
    low: Array
    high: Array
    loss_estimate: Array
    gap: Array


class Intervals(NamedTuple):
    """Of coefficients (B, k): both ends, the statistic and its p-value."""

    low: Array
    high: Array
    statistic: Array
    p_value: Array


class Answer(NamedTuple):
    """Of the coefficients (B, k), those of the columns `kept` (k,), in the groups `groups` (B,), of `n` rows.

    `certain` (B,): groups whose answer this is; all others are fitted alone. `separated` (B,): of those, where a direction is known
    that predicts every row perfectly. `df` of the law of the statistics, None for the normal law.
    """

    groups: Index
    kept: Index
    n: Array
    certain: Mask
    separated: Mask
    estimate: Array
    std_error: Array
    intervals: Intervals
    loss_estimate: Array
    gap: Array
    cross_entropy: Array
    df: Array | None = None
    shapes: Shapes | None = None


def wald(estimate: Array, std_error: Array, level: float, df: Array | None) -> Intervals:
    """By the standard error, as `inference.intervals.wald`."""
    from scipy.special import ndtr, ndtri, stdtr, stdtrit

    tail = 0.5 * (1.0 - level)
    width = -ndtri(tail) if df is None else -stdtrit(df, tail)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.where(std_error > 0.0, estimate / std_error, np.inf)
    p = 2.0 * (ndtr(-np.abs(statistic)) if df is None else stdtr(df[:, None], -np.abs(statistic)))
    return Intervals(estimate - width * std_error, estimate + width * std_error, statistic, p)
