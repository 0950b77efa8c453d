"""Execution: the one thing the statistics ask of an engine."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from mlefit.rows.chunk import Chunk
from mlefit.sums.nodes import Summable

M = TypeVar("M", bound=Summable)

PART_ROWS = 16_384   # rows per task: small enough to balance two threads, large enough that numpy releases the lock


class Execution(Protocol):
    """Adds up what `task` makes of every part of the data, in index order, in a fixed tree."""

    def sum(self, task: Callable[[Chunk], M]) -> M:
        """The total over all rows; the same bits for any engine and number of threads."""


def parts(chunk: Chunk) -> list[Chunk]:
    """The chunk in parts of PART_ROWS rows, as views: the cut depends on the data alone."""
    return [chunk.part(start, min(start + PART_ROWS, chunk.rows)) for start in range(0, chunk.rows, PART_ROWS)]
