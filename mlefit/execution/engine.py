"""Execution: the one thing the statistics ask of an engine."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from mlefit.rows.chunk import Chunk
from mlefit.sums.nodes import Summable

M = TypeVar("M", bound=Summable)

PART_ROWS = 16_384   # rows per task: small enough to balance two threads, large enough that numpy releases the lock

LEVELED_ROWS = 65_536   # of rows that have a level of a factor without columns: each part makes sums of all levels


class Execution(Protocol):
    """Adds up what `task` makes of every part of the data, in index order, in a fixed tree."""

    def sum(self, task: Callable[[Chunk], M]) -> M:
        """The total over all rows; the same bits for any engine and number of threads."""


def parts(chunk: Chunk) -> list[Chunk]:
    """The chunk in parts of PART_ROWS rows, or LEVELED_ROWS, as views: the cut depends on the data alone."""
    most = PART_ROWS if chunk.level is None else LEVELED_ROWS
    return [chunk.part(start, min(start + most, chunk.rows)) for start in range(0, chunk.rows, most)]
