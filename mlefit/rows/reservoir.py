"""Reservoir: a random sample of rows that depends on the seed and the data alone, in memory that does not grow.

Every row has a random key of its own (`keys`); the rows with the smallest keys are the sample. So the smallest keys of the
parts contain those of the whole, samples of parts add up to the sample of the whole in any grouping, and who encoded which
rows does not matter.
"""

import threading
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.records import record
from mlefit.rows.chunk import Chunk, choose, join
from mlefit.rows.piece import Piece, Ranks
from mlefit.rows.seen import Seen, together


class Threshold:
    """The largest key that can still be in a sample of `capacity`, as far as those who share it know: they need not copy
    rows with larger ones. It changes no sample."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._smallest = np.empty(0)
        self._lock = threading.Lock()
        self._value = 1.0

    def lowered(self, keys: Array) -> float:
        """The bar once rows with these keys (n,) have been met too."""
        with self._lock:
            known = np.concatenate([self._smallest, keys[keys <= self._value]])
            if known.size > self.capacity:
                known = np.partition(known, self.capacity - 1)[: self.capacity]
                self._value = float(known.max())
            self._smallest = known
            return self._value


@record(frozen=True)
class Reservoir:
    """At most `capacity` of the rows met, with equal chances; all of them while they are few.

    `keys` are those of the rows of `pieces`, which stand in the order of the data, and so do their cells where they are `seen`.
    Clusters are left out.
    """

    capacity: int
    keys: tuple[Array, ...] = ()
    pieces: tuple[Piece, ...] = ()
    seen: tuple[Seen, ...] = ()

    @classmethod
    def of(cls, piece: Piece, keys: Array, bar: Threshold, seen: Callable[[Index], Seen] | None = None) -> "Reservoir":
        """That of the rows of one piece, whose keys are (n,); `seen`: gives the cells of some of its rows, if wanted."""
        rows = np.flatnonzero(keys <= bar.lowered(keys))
        if not rows.size:
            return cls(bar.capacity)
        chunk = replace(choose(piece.chunk, rows), cluster=None)
        return cls(bar.capacity, (keys[rows],), (Piece(chunk, piece.levels),), () if seen is None else (seen(rows),))

    def __reduce__(self) -> tuple[object, ...]:
        chosen = self._chosen       # what is sent elsewhere is the sample alone
        return Reservoir, (chosen.capacity, chosen.keys, chosen.pieces, chosen.seen)

    @property
    def held(self) -> int:
        """Rows held, up to twice as many as the sample has."""
        return sum(keys.size for keys in self.keys)

    def __add__(self, other: "Reservoir") -> "Reservoir":
        both = Reservoir(self.capacity, self.keys + other.keys, self.pieces + other.pieces, self.seen + other.seen)
        return both._pruned() if both.held > 2 * self.capacity else both

    def after(self, rows: int) -> "Reservoir":
        """Where so many rows of the file stand before."""
        return replace(self, seen=tuple(part.after(rows) for part in self.seen)) if self.seen else self

    def _pruned(self) -> "Reservoir":
        bar = float(np.partition(np.concatenate(self.keys), self.capacity - 1)[self.capacity - 1])
        keys, pieces, seen = [], [], []
        for place, (mine, piece) in enumerate(zip(self.keys, self.pieces, strict=True)):
            rows = np.flatnonzero(mine <= bar)
            if rows.size:
                keys.append(mine[rows])
                pieces.append(piece._replace(chunk=choose(piece.chunk, rows)))
                seen += [part.take(rows) for part in self.seen[place : place + 1]]
        return Reservoir(self.capacity, tuple(keys), tuple(pieces), tuple(seen))

    def sample(self, ranks: Ranks) -> Chunk:
        """The sample, in the order of the data. There must have been a row."""
        return join([piece.ranked(ranks) for piece in self._chosen.pieces])

    def cells(self) -> Seen | None:
        """Those of the sample as they stand in the file, where they were asked for."""
        return together(self._chosen.seen) if self.seen else None

    @property
    def _chosen(self) -> "Reservoir":
        return self._pruned() if self.held > self.capacity else self
