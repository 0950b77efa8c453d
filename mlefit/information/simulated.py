"""Simulated p-values: the statistic among those of data sets drawn from the model, sequentially.

Draws are made in order until ten have reached the data (Besag and Clifford 1991): p is their share then, else (reached + 1) /
(draws + 1). The first LEAST are always made, for the mean and the range. Draw b uses random numbers of seed and b alone.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array

REACHED = 10
LEAST = 39      # the fewest that have a 95 % range
STREAM = 7      # data made with the seed alone must not meet its own random numbers
EQUAL = 1e-9    # relative, of statistics that differ by rounding


class Simulated(NamedTuple):
    """`p`, the statistics (B,) of all draws made, and whether none reached the data, so that p is an upper bound."""

    p: float
    values: Array
    exceeded: bool

    @property
    def mean(self) -> float:
        """Mean of the statistic if the model is true."""
        return float(self.values.mean())

    @property
    def detection_limit(self) -> float:
        """The misfit that a 5 % test detects with probability 0.95: q95 - mean + 1.645 sd."""
        return float(np.quantile(self.values, 0.95)) - self.mean + 1.645 * float(self.values.std(ddof=1))

    def range(self, level: float) -> tuple[float, float]:
        """The central range of the statistic if the model is true."""
        low, high = np.quantile(self.values, [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)


def simulated(statistic: Callable[[np.random.Generator], float], observed: float, draws: int, seed: int) -> Simulated | None:
    """At most `draws` values of the statistic; None where fewer than two are asked for. One that is not finite is left out."""
    if draws < 2:
        return None
    values: list[float] = []
    reached, share = 0, 0.0
    for index in range(draws):
        if share and index >= LEAST:
            break
        value = statistic(np.random.default_rng([seed, index, STREAM]))
        if not np.isfinite(value):
            continue
        values.append(value)
        if not share:
            reached += value >= observed - EQUAL * abs(observed)
            share = reached / len(values) if reached == REACHED else 0.0
    if len(values) < max(2, draws // 20):
        return None
    return Simulated(share or (reached + 1) / (len(values) + 1), np.array(values), not reached)
