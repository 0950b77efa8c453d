"""Piece: encoded rows with codes of their own, which can be made before any other rows are known.

Each piece brings the levels that its codes stand for. When all rows have been seen the levels are ranked, and the ranks,
one value for the whole input, translate the codes of every piece.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.rows.chunk import Chunk

NOWHERE = -1    # the rank of a level that no row kept has


class Ranks(NamedTuple):
    """The index over the whole input of each level of the response, and of each cluster; what weights are multiplied by. `numbers`:
    of the levels of the factor without columns, where they are other than the codes."""

    levels: Mapping[str, int] = {}
    clusters: Mapping[str, int] = {}
    weight: float = 1.0
    numbers: Index | None = None


class Piece(NamedTuple):
    """`levels[y]` and `clusters[cluster]` are what the codes of the chunk stand for; no levels: y is a number."""

    chunk: Chunk
    levels: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()

    def ranked(self, ranks: Ranks) -> Chunk:
        """The rows with codes that hold for the whole input."""
        return Tables.of(self.levels, self.clusters, ranks).applied(self.chunk)


class Tables(NamedTuple):
    """Codes by code, (k,), for the response and for the clusters; None where there is nothing to translate. `weight`: a factor."""

    levels: Array | None = None
    clusters: Array | None = None
    weight: float = 1.0
    numbers: Index | None = None

    @classmethod
    def of(cls, levels: Collection[str], clusters: Collection[str], ranks: Ranks) -> "Tables":
        """From codes that stand for these levels and clusters to ranks."""
        return cls(_table(levels, ranks.levels), _table(clusters, ranks.clusters), ranks.weight, ranks.numbers)

    def applied(self, chunk: Chunk, first_row: int = 0) -> Chunk:
        """The rows, from `first_row` on, with their codes translated."""
        return replace(
            chunk, y=_translated(chunk.y, self.levels), first_row=first_row,
            weight=chunk.weight if chunk.weight is None or self.weight == 1.0 else chunk.weight * self.weight,
            cluster=None if chunk.cluster is None else _translated(chunk.cluster, self.clusters),
            level=chunk.level if chunk.level is None or self.numbers is None else self.numbers[chunk.level],
        )


def _table(levels: Collection[str], ranks: Mapping[str, int]) -> Array | None:
    return np.array([float(ranks.get(level, NOWHERE)) for level in levels]) if levels else None


def _translated(codes: Array, table: Array | None) -> Array:
    return codes if table is None else np.asarray(table[codes.astype(np.intp)])
