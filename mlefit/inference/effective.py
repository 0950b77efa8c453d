"""Effective rows and clusters: how many of them carry a coefficient, and the degrees of freedom that leaves.

With c = X J^-1 the row weights of a coefficient, its sandwich error is an average over rows with shares c_ij^2. Where few
rows hold most of it, that average has few terms, however long the file (Satterthwaite 1946; for clusters Carter, Schnepel
and Steigerwald 2017, Review of Economics and Statistics 99, 698-709).
"""


import numpy as np

from mlefit.arrays import Array
from mlefit.records import record

WHOLE = 1e-9        # of n: a sum of whole-number weights is off its whole number by rounding only


@record(frozen=True)
class Influence:
    """Sums over rows of c_ij^2 and c_ij^4 (P,): `second`, `fourth`. A commutative monoid under +."""

    second: Array
    fourth: Array

    @classmethod
    def of(cls, c: Array, count: Array | None = None) -> "Influence":
        """Row weights (n, P) in units of the standard errors, whose fourth powers are numbers; row i stands for count_i rows."""
        square = np.square(c)
        times = np.ones(len(c)) if count is None else count
        return cls(times @ square, times @ np.square(square))

    def __add__(self, other: "Influence") -> "Influence":
        return Influence(self.second + other.second, self.fourth + other.fourth)

    @property
    def effective_rows(self) -> Array:
        """r_j = 1 / sum_i share_ij^2 (P,), share_ij = c_ij^2 / sum_i c_ij^2: n where all rows count alike, 1 for a single one."""
        rows: Array = np.square(self.second) / self.fourth
        return rows


def effective_clusters(squares: Array, sums: Array, correlation: float) -> Array:
    """G*_j = 1 / sum_g share_gj^2 (P,), share_gj proportional to (1 - r) sum_i c_ij^2 + r (sum_i c_ij)^2.

    `squares` and `sums` (G, P): the sums of c_ij^2 and of c_ij over the rows of each cluster; `correlation` r in [0, 1],
    that of the residuals within clusters.
    """
    variance = (1.0 - correlation) * squares + correlation * np.square(sums)
    total = variance.sum(axis=0)        # 0 where clusters hold nothing but what cancels within them: then none holds more
    share = np.divide(variance, total, out=np.full(variance.shape, 1.0 / len(variance)), where=total > 0.0)
    found: Array = 1.0 / np.square(share).sum(axis=0)
    return found


def intraclass(count: Array, total: Array, square: Array) -> float:
    """Correlation of two residuals of one cluster, one-way analysis of variance, clipped to [0, 1].

    (MSB - MSW) / (MSB + (m - 1) MSW) with m = (n - sum n_g^2 / n) / (G - 1). Arguments (G,): rows, sum of residuals, sum of
    their squares in each cluster. 0 for clusters of one row each, whose shares do not depend on it.
    """
    n, groups = float(count.sum()), len(count)
    if groups < 2 or n <= groups:
        return 0.0
    explained = float((np.square(total) / count).sum())
    between = (explained - float(total.sum()) ** 2 / n) / (groups - 1.0)
    within = (float(square.sum()) - explained) / (n - groups)
    size = (n - float(np.square(count).sum()) / n) / (groups - 1.0)
    scale = between + (size - 1.0) * within
    return float(np.clip((between - within) / scale, 0.0, 1.0)) if scale > 0.0 else 0.0


def residual_df(n: float, parameters: int) -> int:
    """n - p, exact. Raises ValueError where n, a sum of rows or whole-number weights, is not whole but for rounding."""
    whole = round(n)
    if abs(n - whole) > WHOLE * max(whole, 1):
        raise ValueError(f"rows are counted in whole numbers, found {n!r}")
    return whole - parameters


def sandwich_df(residual: int, effective_rows: Array) -> Array:
    """max(1, min(n - p, r_j - 1)) (P,)."""
    return np.maximum(1.0, np.minimum(float(residual), effective_rows - 1.0))


def cluster_df(clusters: int, effective: Array) -> Array:
    """max(1, min(G - 1, G*_j - 1)) (P,)."""
    return np.maximum(1.0, np.minimum(clusters - 1.0, effective - 1.0))
