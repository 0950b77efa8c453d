"""Intake: pieces on their way into a store. Any thread may keep any piece at any time: each has its place."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mlefit.arrays import Array
from mlefit.execution.engine import parts
from mlefit.execution.spill import Spill
from mlefit.execution.store import NUMBER, Held, Spilled, Store
from mlefit.rows.piece import Piece, Ranks, Tables


class Keeper(Protocol):
    """Rows that are kept, here or elsewhere: how many, and whether all of them are."""

    @property
    def rows(self) -> int:
        """How many there are."""

    @property
    def complete(self) -> bool:
        """Whether all have been kept."""

    def store(self, ranks: Ranks | None = None) -> Store:
        """Everything kept, in order, with ranks in the place of levels and clusters."""


class Intake:
    """`budget`: bytes kept in memory, the rest is spilled to disk; None keeps everything in memory.

    What is kept has codes of the intake, in order of arrival; `store` ranks them. `rows`: how many have arrived. `most`:
    numbers of responses and designs; once more have arrived nothing is kept of any, and `complete` is False.
    """

    def __init__(self, budget: int | None = None, most: int | None = None) -> None:
        self.rows = 0
        self.complete = True
        self._most = most
        self._numbers = 0
        self._room = budget
        self._kept: list[tuple[tuple[int, ...], list[Held | Spilled]]] = []
        self._levels: dict[str, int] = {}
        self._clusters: dict[str, int] = {}
        self._spill: Spill | None = None
        self._lock = threading.Lock()

    def keep(self, place: tuple[int, ...], piece: Piece) -> None:
        """Keep a copy of a piece, cut into parts; places tell the order. Raises DataError when the disk is full."""
        if not piece.chunk.rows:
            return
        with self._lock:
            self.rows += piece.chunk.rows
            self._numbers += piece.chunk.y.size + piece.chunk.x.size
            if self._most is not None and self._numbers > self._most:
                self.complete = False
                self._kept.clear()
                return
            tables = Tables(_indices(self._levels, piece.levels), _indices(self._clusters, piece.clusters))
            spill = self._spill_for(piece.chunk.y.nbytes + piece.chunk.x.nbytes)
        cut = parts(tables.applied(piece.chunk))
        kept: list[Held | Spilled] = [Held.of(part) if spill is None else Spilled.of(part, spill) for part in cut]
        with self._lock:
            if self.complete:
                self._kept.append((place, kept))

    def _spill_for(self, size: int) -> Spill | None:
        """Where a piece goes: once one has found no room, no other is looked at."""
        if self._room is not None and size <= self._room:
            self._room -= size
        elif self._room is not None:
            self._room = 0
            self._spill = self._spill or Spill()
            return self._spill
        return None

    def store(self, ranks: Ranks | None = None) -> Store:
        """Everything kept, in order, with ranks in the place of levels and clusters."""
        return self.collected().store(ranks or Ranks(), 0, self._spill)

    def collected(self) -> "Collected":
        """Everything kept, in order."""
        kept = sorted(self._kept, key=lambda entry: entry[0])
        parts = tuple(part for _, cut in kept for part in cut)
        return Collected(parts, tuple(self._levels), tuple(self._clusters), self.rows, self._numbers, self._most)


@dataclass(frozen=True, eq=False)
class Collected:
    """Parts in order, with codes of an intake, and the levels and clusters that these stand for. `rows` and `numbers` have arrived,
    which may be more than have been kept: of more than `most` numbers no row is."""

    parts: tuple[Held | Spilled, ...]
    levels: tuple[str, ...]
    clusters: tuple[str, ...]
    rows: int
    numbers: int
    most: int | None

    def store(self, ranks: Ranks, first_row: int = 0, spill: Spill | None = None) -> Store:
        """The rows, the first of which is number `first_row` of all, with ranks in the place of levels and clusters."""
        tables, placed, row = Tables.of(self.levels, self.clusters, ranks), list[Held | Spilled](), first_row
        for part in self.parts:
            placed.append(part.placed(row, tables))
            row += part.rows
        return Store(placed, row - first_row, spill)

    def __sizeof__(self) -> int:
        return NUMBER * sum(part.numbers for part in self.parts)


def _indices(known: dict[str, int], levels: Iterable[str]) -> Array | None:
    """The index of each level in `known`, to which new ones are added."""
    found = [float(known.setdefault(level, len(known))) for level in levels]
    return np.array(found) if found else None
