"""Distant: rows kept by the workers of a cluster, and visited there."""

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import NamedTuple

from mlefit.blas import one_thread
from mlefit.execution.cluster import Cluster, Pieces
from mlefit.execution.engine import M
from mlefit.execution.partition import KeptCounts, Partition
from mlefit.execution.store import Store
from mlefit.execution.threads import summed
from mlefit.machine import keep_freed_memory
from mlefit.rows.chunk import Chunk, join
from mlefit.rows.piece import Ranks
from mlefit.sums.nodes import Nodes

Made = Callable[[Chunk], Chunk] | None


class Crew(NamedTuple):
    """The workers of a `cluster`, each of which visits rows by so many `threads`, and keeps `free` bytes of freed memory."""

    cluster: Cluster
    threads: int
    free: int


class Keeping:
    """As Keeper: what all pieces keep of one kind, that is number `which`."""

    def __init__(self, crew: Crew, pieces: Pieces, which: int, counts: tuple[KeptCounts, ...]) -> None:
        self._crew, self._pieces, self._which, self._counts = crew, pieces, which, counts
        self.rows = sum(one.rows for one in counts)

    @property
    def complete(self) -> bool:
        """As of Intake."""
        most = self._counts[0].most
        return most is None or sum(one.numbers for one in self._counts) <= most

    def store(self, ranks: Ranks | None = None) -> Store:
        """As Intake.store; the rows stay where they are."""
        first_rows = [0, *accumulate(one.rows for one in self._counts)][:-1]
        placed = self._crew.cluster.map(place, self._pieces, first_rows, (self._which, ranks or Ranks()))
        return Distant(self._crew, placed, [one.parts for one in self._counts], self.rows)


class Distant(Store):
    """Rows on the workers, as `stores`, each of so many `parts`; `made`: what is made of a part each time that it is visited."""

    def __init__(self, crew: Crew, stores: Pieces, parts: Sequence[int], rows: int, made: Made = None) -> None:
        super().__init__((), rows)
        self._crew, self._stores, self._counts, self._made = crew, stores, list(parts), made

    def __reduce__(self) -> tuple[object, ...]:
        return Store, ((), self.rows)

    @property
    def spilled(self) -> bool:
        """Whether it may not be in memory: what is made of rows is made anew in each pass."""
        return True

    def through(self, made: Callable[[Chunk], Chunk], width: int | None = None) -> Store:
        """As Store.through."""
        assert self._made is None, "a view of a view is not wanted"
        return Distant(self._crew, self._stores, self._counts, self.rows, made)

    def sum(self, task: Callable[[Chunk], M], threads: int) -> M:
        """As Store.sum."""
        firsts = [0, *accumulate(self._counts)][:-1]
        shared = (task, self._made, self._crew.threads, self._crew.free)
        total: M | None = self._crew.cluster.sum(visit, self._stores, firsts, shared)
        if total is None:
            raise ValueError("no rows to add up")
        return total

    def whole(self) -> Chunk:
        """As Store.whole, brought here."""
        asked = [store for store, count in zip(self._stores, self._counts, strict=True) if count]
        found = self._crew.cluster.ask(fetch, asked, [None] * len(asked), self._made)
        return join([part for parts in found for part in parts])

    def close(self) -> None:
        """Give the memory back."""
        self._crew.cluster.drop(self._stores)
        self._stores = []


def place(partition: Partition, first_row: int, shared: tuple[int, Ranks]) -> Store:
    """On a worker: the rows kept, at their place among all."""
    which, ranks = shared
    return partition.kept[which].store(ranks, first_row)


def visit(store: Store, first: int, shared: tuple[Callable[[Chunk], M], Made, int, int]) -> Nodes[M]:
    """On a worker: what the task makes of its parts, the first of which is leaf number `first`."""
    import numpy as np

    task, made, threads, free = shared
    keep_freed_memory(free)
    with one_thread(), np.errstate(all="ignore"):
        return summed(_seen(store, made).parts, task, threads, first)


def fetch(store: Store, _: None, made: Made) -> list[Chunk]:
    """On a worker: the parts themselves."""
    return [part.load() for part in _seen(store, made).parts]


def _seen(store: Store, made: Made) -> Store:
    return store if made is None else store.through(made)
