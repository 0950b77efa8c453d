"""Between: whether residuals vary more in some of many levels than in others, which bins of neighbours do not show.

With s the normal scores of a set of residuals and n_g rows of level g,

    S_g = sum_{i in g} (s_i^2 - 1),    V = sum_g S_g^2

is larger than in sets without such a difference by var(d) sum_g n_g^2, where 1 + d_g is the variance in level g.
"""

from functools import cached_property

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.records import record

LEAST = 4           # rows of a level that is named


@record(frozen=True, eq=False)
class Between:
    """`scores` (B + 1, n) of sets of residuals, those of the data first, of rows in a level (n,)."""

    scores: Array
    level: Index

    @cached_property
    def _levels(self) -> tuple[Index, Array, Array]:
        """The levels (k,) that have rows, how many each has, and S (B + 1, k)."""
        order = np.argsort(self.level, kind="stable")
        present, starts, rows = np.unique(self.level[order], return_index=True, return_counts=True)
        return present, rows.astype(np.float64), np.add.reduceat(np.square(self.scores)[:, order] - 1.0, starts, axis=1)

    @cached_property
    def _total(self) -> Array:
        """V (B + 1,)."""
        return np.asarray(np.square(self._levels[2]).sum(axis=1))

    @property
    def statistic(self) -> Array:
        """V less its mean over all sets, in its standard deviations (B + 1,)."""
        total = self._total
        return np.asarray((total - total.mean()) / max(float(total.std()), np.finfo(float).tiny))

    @property
    def spread(self) -> float:
        """By how much standard deviations differ from level to level, as a part of the average one."""
        more = float(self._total[0] - self._total[1:].mean()) / float(np.square(self._levels[1]).sum())
        return 0.5 * float(np.sqrt(max(0.0, more)))

    @property
    def farthest(self) -> tuple[int, float] | None:
        """The level of LEAST rows or more that varies most beyond chance, and its standard deviation."""
        present, rows, sums = self._levels
        away = np.where(rows >= LEAST, sums[0] / np.sqrt(rows), -np.inf)
        j = int(np.argmax(away))
        return (int(present[j]), float(np.sqrt(1.0 + sums[0, j] / rows[j]))) if np.isfinite(away[j]) else None
