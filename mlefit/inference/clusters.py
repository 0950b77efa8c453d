"""Clustered scores: rows of one group may depend on each other, groups do not.

    J = G / (G - 1) * sum over groups of s s',   s = sum of w_i g_i over the rows of the group

the middle of the cluster-robust sandwich (Liang and Zeger 1986), with the correction of maximum likelihood programs;
the further factor (n - 1)/(n - p) of least squares programs is left out.
"""

from dataclasses import dataclass

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.errors import DataError
from mlefit.execution import Execution
from mlefit.objective import Objective
from mlefit.rows.chunk import Chunk
from mlefit.sums.tally import Tally


@dataclass(frozen=True, slots=True)
class Grouped:
    """Sums (k, P) of the scores of the groups with these indices (k,)."""

    groups: Index
    sums: Array

    @classmethod
    def of(cls, groups: Index, scores: Array) -> "Grouped":
        """Rows (n, P) of equal group added up."""
        found, place = np.unique(groups, return_inverse=True)
        sums = [np.bincount(place, column, minlength=found.size) for column in scores.T]
        return cls(found, np.stack(sums, axis=1))

    def __add__(self, other: "Grouped") -> "Grouped":
        return Grouped.of(np.concatenate([self.groups, other.groups]), np.concatenate([self.sums, other.sums]))


def clustered(objective: Objective, theta: Array, rows: Execution) -> Tally:
    """`outer`: J by (B, shapes). Raises DataError for a single group."""

    def of(chunk: Chunk) -> Grouped:
        assert chunk.cluster is not None
        scores = objective.row_gradients(theta, chunk)
        weighted = scores if chunk.weight is None else scores * chunk.weight[:, None]
        return Grouped.of(chunk.cluster.astype(np.intp), weighted)

    total = rows.sum(of)
    count = total.groups.size
    if count < 2:
        raise DataError("--se cluster: the rows used form a single cluster, expected at least two",
                        "use --se robust, or name another column", code="one-cluster")
    return Tally(float(count), 0.0, None, None, total.sums.T @ total.sums * (count / (count - 1.0)))
