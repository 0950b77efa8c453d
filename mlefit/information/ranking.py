"""Ranking: rows of two classes by a score, and from it the AUC.

    AUC   P(score of a row of the second class > that of one of the first), equal scores counting one half

A row is one whole number: the score's, which grows as the score does (its bits, those of negative ones turned), with the class
in the place of the lowest bit. So scores are equal that differ by that bit, and to sort a million rows takes one sort of numbers.

Many rows are counted in cells: scores that differ in their last bits are then equal, in the fewest bits that leave at most FINEST
of them. That moves AUC by less than 1e-3 of its standard error where scores vary as predictors do, and not at all where they have
few values.
"""

from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray

from mlefit.arrays import Array
from mlefit.records import record

MOST = 1 << 17      # keys kept as they are: 1 MB, which is what a sum over any number of rows takes, and sends
FINEST = 1 << 15    # different scores of more rows
BITS = 64
MAGNITUDE = np.int64(0x7FFF_FFFF_FFFF_FFFF)

Keys = NDArray[np.int64]


@record(frozen=True)
class Ranking:
    """Pieces of keys (k,) with their weights (k,), None where each key is one row. The `lost` lowest bits of a key, the class
    apart, are 0."""

    keys: tuple[Keys, ...]
    weights: tuple[Array, ...] | None
    lost: int = 1

    @classmethod
    def of(cls, score: Array, second: Array, weight: Array | None) -> "Ranking":
        """Rows (n,); `second` is 1 for the second class, else 0."""
        bits = (score + 0.0).view(np.int64)         # -0 becomes 0
        key = bits ^ ((bits >> 63) & MAGNITUDE)
        key &= ~np.int64(1)
        key |= second.astype(np.int64)
        return cls((key,), None if weight is None else (weight,))

    def __add__(self, other: "Ranking") -> "Ranking":
        weights = None if self.weights is None and other.weights is None else self._weighed + other._weighed
        both = Ranking(self.keys + other.keys, weights, max(self.lost, other.lost))
        return both._counted() if sum(key.size for key in both.keys) > MOST else both

    @property
    def _weighed(self) -> tuple[Array, ...]:
        return tuple(np.ones(key.size) for key in self.keys) if self.weights is None else self.weights

    def _counted(self) -> "Ranking":
        """In cells, of which there are at most FINEST."""
        key, weight = self._each_once()
        apart = (key[1:] ^ key[:-1]).view(np.uint64)        # whose highest bit tells the size of the cells that have both
        few = range(self.lost, BITS)
        lost = few[bisect_left(few, True, key=lambda bits: bool(np.count_nonzero(apart >> bits) < FINEST))]
        start = np.concatenate([[0], np.flatnonzero(apart >> lost) + 1])
        cells = np.repeat(key[start] >> lost << lost, 2)
        cells[1::2] |= 1
        weights = np.stack([np.add.reduceat(weight * (key & 1 == of), start) for of in (0, 1)], axis=1).ravel()
        there = weights > 0.0
        return Ranking((cells[there],), (weights[there],), lost)

    def _each_once(self) -> tuple[Keys, Array]:
        """Each key once, in ascending order, with its weight."""
        key = np.concatenate(self.keys)
        if self.weights is None:
            key.sort()
        else:
            order = np.argsort(key, kind="stable")
            key = key[order]
        new = np.concatenate([[0], np.flatnonzero(key[1:] != key[:-1]) + 1])
        if self.weights is None:
            return key[new], np.diff(new, append=key.size).astype(np.float64)
        return key[new], np.add.reduceat(np.concatenate(self.weights)[order], new)

    @property
    def auc(self) -> float | None:
        """The area under the curve; None where a class has no row."""
        key, weight = self._each_once()
        second = weight * (key & 1)
        first = weight - second
        below = np.cumsum(first)
        tied = np.flatnonzero((key[1:] ^ key[:-1]) == 1) + 1        # in the second class, one before them in the first
        below[tied] -= 0.5 * first[tied - 1]
        pairs = float(first.sum()) * float(second.sum())
        return float(second @ below) / pairs if pairs > 0.0 else None
