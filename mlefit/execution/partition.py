"""Partition: what a task on a worker makes of some runs of blocks, and what it tells of them."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from mlefit.blas import one_thread
from mlefit.errors import DataError
from mlefit.execution.intake import Collected, Intake
from mlefit.machine import keep_freed_memory
from mlefit.source.part import Part, Wanted
from mlefit.source.passing import Heard
from mlefit.source.run import Run
from mlefit.source.source import Reading
from mlefit.sums.nodes import M, Nodes


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
class Partition:
    """A partition where it was read: what each block adds up to, what is kept of its rows, and what is told."""

    leaves: list[Any]
    kept: tuple[Collected, ...]
    heard: tuple[Heard, ...]

    def __sizeof__(self) -> int:
        return sum(one.__sizeof__() for one in self.kept)


def read(_: None, runs: tuple[Run, ...], shared: tuple[Wanted, Reading[M, Intake], int, int]) -> Partition:
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
    return Partition(found, tuple(intake.collected() for intake in kept), tuple(heard))


def counted(partition: Partition, _: None, __: None) -> Counts:
    """On a worker: what is told of a partition."""
    kept = tuple(KeptCounts(one.rows, len(one.parts), one.numbers, one.most) for one in partition.kept)
    return Counts(partition.heard, len(partition.leaves), kept)


def leaves(partition: Partition, first: int, _: None) -> Nodes[Any]:
    """On a worker: what its blocks add up to, the first of which is leaf number `first`."""
    return Nodes.of(partition.leaves, first)


def digest(_: None, part: Part, __: None) -> str | None:
    """On a worker: the SHA-256 of a file, None of an object of a store."""
    try:
        return part.digest()
    except OSError as error:
        raise DataError(f"{part.label}: cannot be read any more: {error.strerror}.", "Check the file.", code="unreadable") from None
