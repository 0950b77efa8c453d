"""Afar: rows read and kept by the workers of a cluster, each its own ranges of the files, and visited there.

One partition is some runs of blocks, read by one task. What every block adds up to is summed in the tree over all blocks, and what
every part of the rows kept adds up to in the tree over all parts: the same trees as in one process, cut elsewhere.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from mlefit.errors import DataError, UsageError
from mlefit.execution.cluster import Cluster, Pieces
from mlefit.execution.distant import Crew, Keeping
from mlefit.execution.engine import M
from mlefit.execution.partition import Counts, counted, digest, leaves, read
from mlefit.machine import KEPT
from mlefit.source.part import Wanted
from mlefit.source.passing import Account
from mlefit.source.reader import Reader
from mlefit.source.run import Run, shared_out
from mlefit.source.source import Caution, Elsewhere, K, Reading

MOST = 1 << 30          # bytes of a partition: half a minute of reading, so that 100 of them are lost with little
LEAST = 32 << 20        # below, a task takes no longer than to hand it over
EACH = 4                # partitions to a task that a cluster can do at once, so that all end together
FILES = {       # what one worker alone may say of a file, and of an object of a store
    "unreadable": "put the file where every worker has it under the same path",
    "changed": "run again when nothing writes to it; copies on other machines need its time, too (cp -p)",
}
STORES = "object-changed", "unreachable", "denied", "no-credentials", "no-bucket", "no-file", "store", "not-installed"
SHARE = 8               # of the memory of a worker, with a copy of it and what is made of each row


class Afar(Elsewhere):
    """The workers of a `cluster`; in a task, rows are visited by `threads` threads. `size`: of a partition, in bytes; None, by
    what there is. `partitions`: of the longest reading so far."""

    def __init__(self, cluster: Cluster, threads: int, size: int | None) -> None:
        self.cluster, self._size = cluster, size
        self._crew = Crew(cluster, threads, min(KEPT, cluster.memory // SHARE or KEPT))
        self.partitions = 0

    def sum(
        self, reader: Reader, numbers: Sequence[str], categories: Sequence[str], reading: Reading[M, K]
    ) -> tuple[M, tuple[K, ...]]:
        """As Source.sum; what is kept is there."""
        check(reader)
        wanted = reader.doubting(numbers, categories)
        shares = shared_out(reader.parts, wanted.columns, self._size or self.fitting(reader.size or 0))
        if not shares:      # no block, and so nobody to keep anything
            return reading.zero, reading.begun()[1]
        self.partitions = max(self.partitions, len(shares))
        shared = (wanted, reading, self._crew.threads, self._crew.free)
        pieces = self.cluster.map(read, None, shares, shared)
        counts = self._heard(reader, wanted, shares, pieces, shared)
        firsts = [0, *accumulate(one.leaves for one in counts)][:-1]
        total = self.cluster.sum(leaves, pieces, firsts, None)
        each = zip(*(one.kept for one in counts), strict=True)
        kept: Any = tuple(Keeping(self._crew, pieces, which, told) for which, told in enumerate(each))
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

    def digests(self, reader: Reader) -> tuple[str | None, ...]:
        """As Source.digests, each file by one worker."""
        return tuple(self.cluster.ask(digest, None, [part.light() for part in reader.parts], None))

    def fitting(self, size: int) -> int:
        """Bytes of a partition of data of this size: several for each that can be done at once, and never too many for a worker."""
        memory, slots = self.cluster.memory, self.cluster.slots
        most = min(MOST, memory // SHARE) if memory else MOST
        return max(LEAST, min(most, size // (EACH * max(1, slots))))

    def _heard(
        self, reader: Reader, wanted: Wanted, shares: list[tuple[Run, ...]], pieces: Pieces, shared: Any
    ) -> list[Counts]:
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
        self, shares: list[tuple[Run, ...]], pieces: Pieces, counts: list[Counts], at: int, shared: Any, **known: int
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
    return DataError(f"--engine dask: on a worker, {error.message}", FILES.get(error.code, error.remedy), code=error.code)


class Progress:
    """What a source says of how far it is, as partitions arrive."""

    def __init__(self, reader: Reader, shares: Sequence[Sequence[Run]]) -> None:
        self._reader = reader
        self._sizes = [sum(run.span.size for run in share) for share in shares]
        self._rows = self._bytes = 0

    def arrived(self, place: int, one: Counts) -> None:
        """One more is there."""
        self._rows += sum(heard.done.rows for heard in one.heard)
        self._bytes += self._sizes[place]
        if self._reader.watch is not None:
            size = self._reader.size or 0
            self._reader.watch(self._rows, size * self._bytes // max(1, sum(self._sizes)))


def check(reader: Reader) -> None:
    """Raises UsageError for a table that other processes cannot read."""
    for part in reader.parts:
        what = part.tied()
        if what is not None:
            raise UsageError(f"--engine dask: {part.label} is {what}, and the workers cannot read it",
                             "write it as CSV or Parquet where all workers see it", code="not-afar")
