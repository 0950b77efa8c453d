"""ValueSample: the values of one column for quantiles, all of them up to a bound and a uniform sample beyond it."""


import numpy as np

from mlefit.arrays import Array
from mlefit.design.terms import Summary
from mlefit.records import record

# Rows kept for quantiles: 24 MB per column, and a quantile of the sample is off by at most 0.002 in probability.
BOUND = 1_000_000


@record(frozen=True, eq=False)
class ValueSample(Summary):
    """The range, and the rows with the BOUND smallest keys, sorted by key.

    The key of a row is random and depends on its place alone. So a sample is uniform, the same whatever the threads, and
    the smallest keys of the parts contain those of the whole.
    """

    low: float
    high: float
    keys: Array
    values: Array
    weight: Array | None

    @classmethod
    def of(cls, values: Array, keys: Array, weight: Array | None) -> "ValueSample":
        """The sample of finite `values` (n,) of rows with these `keys` (n,), each counted `weight` times."""
        low, high = (float(values.min()), float(values.max())) if values.size else (np.inf, -np.inf)
        return cls._smallest(low, high, keys, values, weight)

    @classmethod
    def _smallest(
        cls, low: float, high: float, keys: Array, values: Array, weight: Array | None
    ) -> "ValueSample":
        first = np.argsort(keys)[:BOUND]
        return cls(low, high, keys[first], values[first], None if weight is None else weight[first])

    def __add__(self, other: "ValueSample") -> "ValueSample":
        weight = None
        if self.weight is not None and other.weight is not None:
            weight = np.concatenate([self.weight, other.weight])
        return self._smallest(
            min(self.low, other.low), max(self.high, other.high),
            np.concatenate([self.keys, other.keys]), np.concatenate([self.values, other.values]), weight,
        )

    def quantiles(self, probability: Array) -> Array:
        """Type 7 of Hyndman and Fan (1996), R's default: linear between order statistics, a row counted by weight."""
        order = np.argsort(self.values)
        values = self.values[order]
        through = np.arange(1.0, values.size + 1) if self.weight is None else np.cumsum(self.weight[order])
        place = probability * (through[-1] - 1)     # 0-based among the rows written out
        below = np.floor(place)
        left, right = (values[np.searchsorted(through, k, side="right")] for k in (below, np.ceil(place)))
        return np.asarray(left + (place - below) * (right - left), dtype=np.float64)

