"""Envelopes and p-values of curves, of the data and of simulated data, each (k,) numbers: simultaneous, and for all panels at once.

Curve 0 is that of the data, and stands among the others wherever a mean or a quantile of all is taken: if the model is true they
are exchangeable, and p is exact. p = (1 + #{T_b >= T_0}) / (B + 1).
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Mask

INSIDE = 0.95       # of whole curves lie inside
TINY = 1e-9         # of the size of a curve: spreads of rounding


class Envelope(NamedTuple):
    """`middle`, `low` and `high` (k,); `statistic` (B + 1,): the largest deviation of each curve in spreads; `outside` (k,)."""

    middle: Array
    low: Array
    high: Array
    spread: Array
    statistic: Array
    outside: Mask


def envelope(curves: Array, floor: Array | float = 0.0) -> Envelope:
    """That of curves (B + 1, k), in asymmetric spreads: the distance of the 16 and 84 % points from the median.

    `floor`: the least spread. Without it a bin that is empty in most simulations makes every other band explode.
    """
    lower, middle, upper = np.quantile(curves, [0.16, 0.5, 0.84], axis=0)
    tiny = TINY * (1.0 + float(np.abs(middle).max(initial=0.0)))
    above, below = (np.maximum(part, np.maximum(floor, tiny)) for part in (upper - middle, middle - lower))
    off = curves - middle
    away = np.where(off > 0.0, off / above, -off / below)
    statistic = away.max(axis=1, initial=0.0)
    widened = float(np.quantile(statistic[1:], INSIDE)) if len(curves) > 1 else 0.0
    return Envelope(middle, middle - widened * below, middle + widened * above, (above + below) / 2.0, statistic,
                    away[0] > widened)


def own_p(statistic: Array) -> float:
    """p of one panel alone."""
    return float((statistic >= statistic[0]).sum() / statistic.size)


def adjusted(statistics: Mapping[str, Array]) -> dict[str, float]:
    """p of each panel for all of them: how often the largest standardised statistic of a draw over the panels reaches it.

    So 199 draws suffice for any number of panels (Westfall and Young 1993, single step).
    """
    if not statistics:
        return {}
    table = np.stack(list(statistics.values()))
    apart = table - table.mean(axis=1, keepdims=True)
    spread = table.std(axis=1, keepdims=True)
    standard = np.divide(apart, spread, out=np.zeros_like(apart), where=spread > 0.0)
    largest = standard.max(axis=0)
    return {name: float((largest >= row[0]).sum() / largest.size) for name, row in zip(statistics, standard, strict=True)}
