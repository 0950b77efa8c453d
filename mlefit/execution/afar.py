"""Afar: rows read and kept by the workers of a cluster, each its own ranges of the files, and visited there.

One partition is some runs of blocks, read by one task. What every block adds up to is summed in the tree over all blocks, and what
every part of the rows kept adds up to in the tree over all parts: the same trees as in one process, cut elsewhere.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, NamedTuple

from mlefit.blas import one_thread
from mlefit.errors import DataError, UsageError
from mlefit.execution.cluster import Cluster, Pieces
from mlefit.execution.engine import M
from mlefit.execution.intake import Collected, Intake
from mlefit.execution.store import Store
from mlefit.execution.threads import summed
from mlefit.machine import KEPT, keep_freed_memory
from mlefit.rows.chunk import Chunk, join
from mlefit.rows.piece import Ranks
from mlefit.source.part import Wanted
from mlefit.source.passing import Account, Heard
from mlefit.source.reader import Reader
from mlefit.source.run import Run, shared_out
from mlefit.source.source import Caution, Elsewhere, K, Reading
from mlefit.sums.nodes import Nodes

MOST = 1 << 30          # bytes of a partition: half a minute of reading, so that 100 of them are lost with little
LEAST = 32 << 20        # below, a task takes no longer than to hand it over
EACH = 4                # partitions to a task that a cluster can do at once, so that all end together
FILES = "unreadable", "changed"     # what one worker alone may say of a file, and of an object of a store
STORES = "object-changed", "unreachable", "denied", "no-credentials", "no-bucket", "no-file", "store", "not-installed"
SHARE = 8               # of the memory of a worker, with a copy of it and what is made of each row


class Afar(Elsewhere):
    """The workers of a `cluster`; in a task, rows are visited by `threads` threads. `size`: of a partition, in bytes; None, by
    what there is. `partitions`: of the longest reading so far; `free`: bytes of freed memory that a worker keeps to use again."""

    def __init__(self, cluster: Cluster, threads: int, size: int | None) -> None:
        self.cluster, self.threads, self._size = cluster, threads, size
        self.partitions = 0
        self.free = min(KEPT, cluster.memory // SHARE or KEPT)

    def sum(
        self, reader: Reader, numbers: Sequence[str], categories: Sequence[str], reading: Reading[M, K]
    ) -> tuple[M, tuple[K, ...]]:
        """As Source.sum; what is kept is there."""
        check(reader)
        wanted = reader.doubting(numbers, categories)
        shares = shared_out(reader.parts, wanted.columns, self._size or self.fitting(reader.size or 0))
        self.partitions = max(self.partitions, len(shares))
        shared = (wanted, reading, self.threads, self.free)
        pieces = self.cluster.map(read, None, shares, shared)
        counts = self._heard(reader, wanted, shares, pieces, shared)
        firsts = [0, *accumulate(one.leaves for one in counts)][:-1]
        total = self.cluster.sum(leaves, pieces, firsts, None)
        kept: Any = tuple(Keeping(self, pieces, at, tuple(one.kept[at] for one in counts)) for at in range(len(counts[0].kept)))
        return reading.zero if total is None else total, kept

    @property
    def workers(self) -> int:
        """As of Elsewhere."""
        return self.cluster.workers

    @property
    def bytes_moved(self) -> int:
        """As of Elsewhere."""
        return self.cluster.bytes_moved

    @property
    def cautions(self) -> tuple[Caution, ...]:
        """As of Elsewhere."""
        apart = self.cluster.differing
        message = f"the workers and this process are not of one kind ({apart}): the last digits depend on which of them reads what"
        return () if apart is None else (Caution("workers-differ", message, ()),)

    def digests(self, reader: Reader) -> tuple[str, ...]:
        """As Source.digests, each file by one worker."""
        return tuple(self.cluster.ask(digest, None, [part.light() for part in reader.parts], None))

    def fitting(self, size: int) -> int:
        """Bytes of a partition of data of this size: several for each that can be done at once, and never too many for a worker."""
        memory, slots = self.cluster.memory, self.cluster.slots
        most = min(MOST, memory // SHARE) if memory else MOST
        return max(LEAST, min(most, size // (EACH * max(1, slots))))

    def _heard(
        self, reader: Reader, wanted: Wanted, shares: list[tuple[Run, ...]], pieces: Pieces, shared: Any
    ) -> list["Counts"]:
        """What is told of all partitions, once each starts where the one before it ends; raises what is wrong with any."""
        seen = Progress(reader, shares)
        counts = self.cluster.ask(counted, pieces, [None] * len(pieces), None, seen.arrived)
        account = Account[None]()
        at = 0
        while at < len(counts):
            before = counts[at - 1].heard[-1] if at else None
            first = counts[at].heard[0]
            if before is not None and not first.follows(before):
                self._again(shares, pieces, counts, at, shared, start=before.end)
                continue
            at += 1
        file, line = -1, 0
        for at, one in enumerate(counts):
            for place, heard in enumerate(one.heard):
                if heard.file != file:
                    file, line = heard.file, 0
                account.hear(heard.done, line, reader.labels[file])
                if heard.broken is not None:
                    if line and not place:      # its message counts lines from the start of the file
                        self._again(shares, pieces, counts, at, shared, start=heard.start, line=line)
                        heard = one.heard[0]     # noqa: PLW2901 - the same, with the right lines
                    raise there(heard.broken)
                line += heard.lines
        reader.learn(wanted, account)
        return counts

    def _again(
        self, shares: list[tuple[Run, ...]], pieces: Pieces, counts: list["Counts"], at: int, shared: Any, **known: int
    ) -> None:
        """Read a partition again whose first run starts elsewhere than it was guessed: a line end stood in quotes."""
        first, *rest = shares[at]
        shares[at] = (first._replace(span=first.span._replace(**known)), *rest)
        (pieces[at],) = self.cluster.map(read, None, [shares[at]], shared)
        (counts[at],) = self.cluster.ask(counted, [pieces[at]], [None], None)


def there(error: DataError | None) -> DataError:
    """What has stopped a reading on a worker."""
    assert error is not None
    if error.code not in (*FILES, *STORES):
        return error
    remedy = "put the file where every worker has it under the same path" if error.code in FILES else error.remedy
    return DataError(f"--engine dask: on a worker, {error.message}", remedy, code=error.code)


class Progress:
    """What a source says of how far it is, as partitions arrive."""

    def __init__(self, reader: Reader, shares: Sequence[Sequence[Run]]) -> None:
        self._reader = reader
        self._sizes = [sum(run.span.size for run in share) for share in shares]
        self._rows = self._bytes = 0

    def arrived(self, place: int, one: "Counts") -> None:
        """One more is there."""
        self._rows += sum(heard.done.rows for heard in one.heard)
        self._bytes += self._sizes[place]
        if self._reader.watch is not None:
            size = self._reader.size or 0
            self._reader.watch(self._rows, size * self._bytes // max(1, sum(self._sizes)))


class KeptCounts(NamedTuple):
    """Rows, parts and numbers of one kind in a partition; of more than `most` numbers in all no rows are kept."""

    rows: int
    parts: int
    numbers: int
    most: int | None


class Counts(NamedTuple):
    """What is told of a partition: of its runs, how many blocks have rows, and what it keeps."""

    heard: tuple[Heard, ...]
    leaves: int
    kept: tuple[KeptCounts, ...]


@dataclass(frozen=True, eq=False)
class Piece:
    """A partition where it was read: what each block adds up to, what is kept of its rows, and what is told."""

    leaves: list[Any]
    kept: tuple[Collected, ...]
    heard: tuple[Heard, ...]

    def __sizeof__(self) -> int:
        return sum(one.__sizeof__() for one in self.kept)


class Keeping:
    """As Keeper: what all pieces keep of one kind, that is number `which`."""

    def __init__(self, afar: Afar, pieces: Pieces, which: int, counts: tuple[KeptCounts, ...]) -> None:
        self._afar, self._pieces, self._which, self._counts = afar, pieces, which, counts
        self.rows = sum(one.rows for one in counts)

    @property
    def complete(self) -> bool:
        """As of Intake."""
        most = self._counts[0].most
        return most is None or sum(one.numbers for one in self._counts) <= most

    def store(self, ranks: Ranks | None = None) -> Store:
        """As Intake.store; the rows stay where they are."""
        first_rows = [0, *accumulate(one.rows for one in self._counts)][:-1]
        placed = self._afar.cluster.map(place, self._pieces, first_rows, (self._which, ranks or Ranks()))
        return Distant(self._afar, placed, [one.parts for one in self._counts], self.rows)


class Distant(Store):
    """Rows on the workers, as `stores`, each of so many `parts`."""

    def __init__(self, afar: Afar, stores: Pieces, parts: Sequence[int], rows: int) -> None:
        super().__init__((), rows)
        self._afar, self._stores, self._counts = afar, stores, list(parts)

    def __reduce__(self) -> tuple[object, ...]:
        return Store, ((), self.rows)

    @property
    def spilled(self) -> bool:
        """Whether it may not be in memory: what is made of rows is made anew in each pass."""
        return True

    def sum(self, task: Callable[[Chunk], M], threads: int) -> M:
        """As Store.sum."""
        firsts = [0, *accumulate(self._counts)][:-1]
        total: M | None = self._afar.cluster.sum(visit, self._stores, firsts, (task, self._afar.threads, self._afar.free))
        if total is None:
            raise ValueError("no rows to add up")
        return total

    def whole(self) -> Chunk:
        """As Store.whole, brought here."""
        asked = [store for store, count in zip(self._stores, self._counts, strict=True) if count]
        return join([part for parts in self._afar.cluster.ask(fetch, asked, [None] * len(asked), None) for part in parts])

    def close(self) -> None:
        """Give the memory back."""
        self._afar.cluster.drop(self._stores)
        self._stores = []


def check(reader: Reader) -> None:
    """Raises UsageError for a table that other processes cannot read."""
    for part in reader.parts:
        what = part.tied()
        if what is not None:
            raise UsageError(f"--engine dask: {part.label} is {what}, and the workers cannot read it",
                             "write it as CSV or Parquet where all workers see it", code="not-afar")


def read(_: None, runs: tuple[Run, ...], shared: tuple[Wanted, Reading[M, Intake], int, int]) -> Piece:
    """On a worker: the rows of a partition. Dask's processes give freed memory back at once, which is two thirds of their time."""
    import numpy as np

    wanted, reading, threads, free = shared
    keep_freed_memory(free)
    task, kept = reading.begun()
    found, heard = list[Any](), list[Heard]()
    with one_thread(), np.errstate(all="ignore"):
        for run in runs:
            results, told = run.visited(wanted, task, threads)
            found += results
            heard.append(told)
    return Piece(found, tuple(intake.collected() for intake in kept), tuple(heard))


def counted(piece: Piece, _: None, __: None) -> Counts:
    """On a worker: what is told of a piece."""
    kept = tuple(KeptCounts(one.rows, len(one.parts), one.numbers, one.most) for one in piece.kept)
    return Counts(piece.heard, len(piece.leaves), kept)


def leaves(piece: Piece, first: int, _: None) -> Nodes[Any]:
    """On a worker: what its blocks add up to, the first of which is leaf number `first`."""
    return Nodes.of(piece.leaves, first)


def place(piece: Piece, first_row: int, shared: tuple[int, Ranks]) -> Store:
    """On a worker: the rows kept, at their place among all."""
    which, ranks = shared
    return piece.kept[which].store(ranks, first_row)


def visit(store: Store, first: int, shared: tuple[Callable[[Chunk], M], int, int]) -> Nodes[M]:
    """On a worker: what the task makes of its parts, the first of which is leaf number `first`."""
    import numpy as np

    task, threads, free = shared
    keep_freed_memory(free)
    with one_thread(), np.errstate(all="ignore"):
        return summed(store.parts, task, threads, first)


def fetch(store: Store, _: None, __: None) -> list[Chunk]:
    """On a worker: the parts themselves."""
    return [part.load() for part in store.parts]


def digest(_: None, part: Any, __: None) -> str:
    """On a worker: the SHA-256 of a file."""
    try:
        found: str = part.digest()
    except OSError as error:
        raise DataError(f"{part.label}: cannot be read any more: {error.strerror}.", "Check the file.", code="unreadable") from None
    return found
