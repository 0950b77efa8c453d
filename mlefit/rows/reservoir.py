"""Reservoir: a random sample of rows that depends on the seed and the data alone, in memory that does not grow.

Every row gets a random key from (seed, first row of its batch); the rows with the smallest keys are the sample. Which
rows they are does not depend on the order in which batches arrive or on who encoded them.
"""

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.rows.chunk import Chunk


def join(chunks: list[Chunk]) -> Chunk:
    """Rows of several chunks as one."""

    def together(extras: list[Array | None]) -> Array | None:
        present = [extra for extra in extras if extra is not None]
        return np.concatenate(present) if present else None

    return Chunk(
        np.concatenate([chunk.y for chunk in chunks]), np.concatenate([chunk.x.T for chunk in chunks], axis=1).T,
        together([chunk.weight for chunk in chunks]), together([chunk.offset for chunk in chunks]),
        chunks[0].first_row, together([chunk.cluster for chunk in chunks]),
    )


def choose(chunk: Chunk, rows: Index) -> Chunk:
    """The named rows (indices) of a chunk, copied."""
    return Chunk(
        chunk.y[rows], np.take(chunk.x.T, rows, axis=1).T, None if chunk.weight is None else chunk.weight[rows],
        None if chunk.offset is None else chunk.offset[rows], chunk.first_row,
        None if chunk.cluster is None else chunk.cluster[rows],
    )


class Reservoir:
    """At most `capacity` of the rows offered, with equal chances; all of them while they are few."""

    def __init__(self, capacity: int, seed: int) -> None:
        self.capacity = capacity
        self.seed = seed
        self.offered = 0
        self._keys: list[Array] = []
        self._chunks: list[Chunk] = []
        self._held = 0
        self._bar = 1.0     # no row with a larger key can be in the sample any more

    def offer(self, chunk: Chunk) -> None:
        """Consider the rows of a chunk; `chunk.first_row` names it."""
        self.offered += chunk.rows
        keys = np.random.default_rng([self.seed, chunk.first_row]).random(chunk.rows)
        rows = np.flatnonzero(keys <= self._bar)
        self._keys.append(keys[rows])
        self._chunks.append(choose(chunk, rows))
        self._held += rows.size
        if self._held > 2 * self.capacity:
            self._prune()

    def relabel(self, rank: Array) -> None:
        """Replace class index k of every response by rank[k]."""
        for chunk in self._chunks:
            chunk.y[:] = rank[chunk.y.astype(np.intp)]

    def _prune(self) -> None:
        keys, rows = np.concatenate(self._keys), join(self._chunks)
        best = np.sort(np.argpartition(keys, self.capacity - 1)[: self.capacity])
        self._keys, self._chunks, self._held = [keys[best]], [choose(rows, best)], self.capacity
        self._bar = float(keys[best].max())

    def sample(self) -> Chunk:
        """The sample, in the order of the data."""
        if self._held > self.capacity:
            self._prune()
        return join(self._chunks)
