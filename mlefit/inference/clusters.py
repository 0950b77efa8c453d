"""Clustered scores: rows of one group may depend on each other, groups do not.

    M = G / (G - 1) (n - 1) / (n - p) * sum over groups of s s',   s = sum of w_i g_i over the rows of the group

the middle of the cluster-robust sandwich (Liang and Zeger 1986) with the factor CR1 of Stata and R. It is an average over
groups, so its degrees of freedom count groups, and only as many as carry the coefficient (effective.py).
"""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Index, Mask, product
from mlefit.errors import DataError
from mlefit.execution import Execution
from mlefit.inference.carried import INFLUENCE, Directions
from mlefit.inference.effective import effective_clusters, intraclass
from mlefit.inference.leverage import DETERMINED, Maximum, Rows, slab_sum
from mlefit.records import record
from mlefit.rows.chunk import Chunk

AT_ONCE = 1 << 24   # elements of hat matrices of clusters that exist at one time


@record(frozen=True)
class Grouped:
    """Sums (k, c) over the rows of the groups with these indices (k,). A commutative monoid."""

    groups: Index
    sums: Array

    @classmethod
    def of(cls, groups: Index, rows: Array) -> "Grouped":
        """Rows (n, c) of equal group added up."""
        found, place = np.unique(groups, return_inverse=True)
        sums = [np.bincount(place, column, minlength=found.size) for column in rows.T]
        return cls(found, np.stack(sums, axis=1))

    def __add__(self, other: "Grouped") -> "Grouped":
        return Grouped.of(np.concatenate([self.groups, other.groups]), np.concatenate([self.sums, other.sums]))


class Clustered(NamedTuple):
    """`middle` (P, P): sum of s s'. `groups`: G. `effective` (k,): G* of each coefficient, then of the `shapes`.

    `alone` (k,): coefficients that a group determines which no other group can contradict.
    """

    middle: Array
    groups: int
    effective: Array
    shapes: float
    alone: Mask


def check_several(groups: int) -> None:
    """Raises DataError for a single group."""
    if groups < 2:
        raise DataError("--se cluster: the rows used form a single cluster, expected at least two",
                        "use --se robust, or name another column", code="one-cluster")


def clustered(at: Maximum, directions: Directions, rows: Execution) -> Clustered:
    """The sums over groups, for the k coefficients that are `directions`. Raises DataError for a single group."""
    m, size, k = at.objective.mean.predictors, at.objective.size, len(directions.white)

    def of(found: Rows, part: Chunk) -> Grouped:
        assert part.cluster is not None
        residual, share = found.standardised, found.influence(directions.weights)
        columns = [
            found.pulled(found.score, found.shapes), share.reshape(part.rows, m * k), np.square(share).sum(axis=1),
            residual, np.square(residual), found.size.sum(axis=1, keepdims=True), np.ones((part.rows, 1)),
        ]
        return Grouped.of(part.cluster.astype(np.intp), np.concatenate(columns, axis=1) * found.weight[:, None])

    total = rows.sum(lambda chunk: slab_sum(chunk, at, of))
    groups = total.groups.size
    check_several(groups)
    ends = np.cumsum([size, m * k, k, m, m, 1])
    score, summed, square, residual, residual_square, trace, count = np.split(total.sums, ends, axis=1)
    counts = count[:, 0]
    alike = float(np.mean([intraclass(counts, residual[:, a], residual_square[:, a]) for a in range(m)]))
    together = np.sqrt(np.square(summed).reshape(groups, m, k).sum(axis=1))
    suspects = total.groups[trace[:, 0] >= 1.0 - DETERMINED]
    alone = np.zeros(k, bool)
    step = max(1, AT_ONCE // size**2)
    for start in range(0, suspects.size, step):
        some = suspects[start : start + step]
        alone |= _alone(at, directions, rows, some)
    return Clustered(score.T @ score, groups, effective_clusters(square, together, alike),
                     float(effective_clusters(count, count, alike)[0]), alone)


def _alone(at: Maximum, directions: Directions, rows: Execution, groups: Index) -> Mask:
    """Which coefficients (k,) one of these `groups` determines: of their hat matrices H_g = F'(sum X'A X)F and H of all rows some v
    has H_g v = H v. H is the identity only where A is the curvature of the rows, not what the law expects of it.

    The trace of a hat matrix is at least its largest eigenvalue, and the traces of all groups add up to P, so that no more
    than P groups can come here.
    """
    size, place = at.objective.size, {group: number for number, group in enumerate(groups.tolist())}

    def of(found: Rows, part: Chunk) -> Array:
        assert part.cluster is not None
        hats = np.zeros((groups.size + 1, size, size))
        half = found.root @ found.white * np.sqrt(found.weight)[:, None, None]
        for group in np.unique(part.cluster).astype(np.intp).tolist():
            if group in place:
                mine = half[part.cluster == group].reshape(-1, size)
                hats[place[group]] += product(mine.T, mine)
        every = half.reshape(-1, size)
        hats[-1] += product(every.T, every)
        return hats

    *own, whole = rows.sum(lambda chunk: slab_sum(chunk, at, of))
    values, axes = np.linalg.eigh(whole)
    kept = values > DETERMINED * values[-1]     # shapes have no part in it
    axes = axes[:, kept] / np.sqrt(values[kept])
    white = directions.white @ axes
    white /= np.linalg.norm(white, axis=1)[:, None]
    alone = np.zeros(len(directions.white), bool)
    for hat in own:
        value, vectors = np.linalg.eigh(axes.T @ hat @ axes)
        alone |= np.abs(white @ vectors[:, value >= 1.0 - DETERMINED]).max(axis=1, initial=0.0) > INFLUENCE
    return alone
