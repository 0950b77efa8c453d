"""Store: encoded parts kept for later passes, in memory or on disk, in the order of the data. It does not change any more."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from mlefit.execution.engine import M, parts
from mlefit.execution.spill import Layout, Spill
from mlefit.execution.threads import summed
from mlefit.rows.chunk import Chunk, join
from mlefit.rows.piece import Tables

NUMBER = 8      # bytes


class Held(NamedTuple):
    """One part in memory, of its own."""

    chunk: Chunk
    numbers: int

    @classmethod
    def of(cls, chunk: Chunk) -> "Held":
        """A copy of a chunk."""
        layout = Layout.of(chunk)
        return cls(layout.chunk(layout.packed(chunk)), layout.numbers)

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return self.chunk.rows

    def load(self) -> Chunk:
        """The part itself."""
        return self.chunk

    def placed(self, first_row: int, tables: Tables) -> "Held":
        """The part at its place among the others, with its codes translated."""
        return self._replace(chunk=tables.applied(self.chunk, first_row))


class Spilled(NamedTuple):
    """One part on disk; `load` brings it back."""

    spill: Spill
    start: int
    layout: Layout
    first_row: int = 0
    tables: Tables = Tables()

    @classmethod
    def of(cls, chunk: Chunk, spill: Spill) -> "Spilled":
        """A copy of a chunk."""
        layout = Layout.of(chunk)
        return cls(spill, spill.write(layout.packed(chunk)), layout)

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return self.layout.rows

    @property
    def numbers(self) -> int:
        """How many numbers it holds."""
        return self.layout.numbers

    def load(self) -> Chunk:
        """The part as it was, with its codes translated."""
        arrays = self.layout.arrays()
        self.spill.read(arrays, self.start)
        return self.tables.applied(self.layout.chunk(arrays), self.first_row)

    def placed(self, first_row: int, tables: Tables) -> "Spilled":
        """The part at its place among the others; its codes will be translated when it is read."""
        return self._replace(first_row=first_row, tables=tables)


class Derived(NamedTuple):
    """One part of which another is made each time that it is wanted, with as many rows and `numbers`."""

    part: Held | Spilled
    made: Callable[[Chunk], Chunk]
    numbers: int

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return self.part.rows

    def load(self) -> Chunk:
        """What is made of it."""
        return self.made(self.part.load())


class Store:
    """Parts in order, and the file that some of them are in, if any. `rows`: how many they have."""

    def __init__(self, parts: Sequence[Held | Spilled | Derived], rows: int, spill: Spill | None = None) -> None:
        self.parts = tuple(parts)
        self.rows = rows
        self._spill = spill

    @classmethod
    def of(cls, *chunks: Chunk) -> "Store":
        """Rows that are in memory already, cut into parts."""
        found, rows = [], 0
        for chunk in chunks:
            for part in parts(chunk):
                found.append(Held.of(part).placed(rows, Tables()))
                rows += part.rows
        return cls(found, rows)

    def through(self, made: Callable[[Chunk], Chunk], width: int | None = None) -> "Store":
        """A view of the same rows, as `made` makes them of each part, with designs of `width` columns, or as wide as they are; this
        one stays in charge."""
        views = [Derived(part, made, part.numbers if width is None else part.rows * (width + 1))
                 for part in self.parts if not isinstance(part, Derived)]
        assert len(views) == len(self.parts), "a view of a view is not wanted"
        return Store(views, self.rows, self._spill)

    def sum(self, task: Callable[[Chunk], M], threads: int) -> M:
        """The total of what the task makes of every part, in the tree over them. Raises ValueError without rows."""
        if len(self.parts) == 1:
            return task(self.parts[0].load())       # which is the whole tree
        return summed(self.parts, task, threads).total()

    def whole(self) -> Chunk:
        """All rows as one, where they are few."""
        return join([part.load() for part in self.parts])

    def __sizeof__(self) -> int:
        return NUMBER * sum(part.numbers for part in self.parts)

    @property
    def spilled(self) -> bool:
        """Whether some of it is on disk."""
        return self._spill is not None

    def close(self) -> None:
        """Give the disk space back. Safe to call twice."""
        if self._spill is not None:
            self._spill.close()
