"""Source: where rows come from. A table that can be read again and again, in batches, in the same order.

Batch boundaries depend on the data alone, never on the machine or the number of threads.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from typing import NamedTuple, TypeVar

from mlefit.source.batch import Batch

T = TypeVar("T")


class Kind(Enum):
    """What the cells of a column are. The value is what the user reads."""

    NUMBER = "numbers"
    BOOLEAN = "booleans"      # true/false, yes/no, t/f in any letter case
    TEXT = "text"
    DATE = "dates"            # dates or times: refused as numbers, with a hint
    EMPTY = "no values"       # every cell is missing


class Caution(NamedTuple):
    """What the user should know of how a column is read, as a sentence with a code for programs."""

    code: str
    message: str
    columns: tuple[str, ...]


class Source(ABC):
    """A table of named columns.

    `labels`: what the user typed for it (paths, `-`, `<DataFrame>`). `names`: the columns, in order. `kinds`: by
    column, as the cells of all rows decide: text where more than half are no numbers, else numbers. `distinct`: the
    different values as levels, at most 64 each (more: the key is absent). Both are told from the first rows of each file
    until a pass has seen all of them, so whoever has built on them asks `stands` in the end. `complete`: the first rows
    are the whole table. `notes`: what was detected and is unusual, as sentences. `warnings`: what is doubtful in how
    columns are read as numbers; `remarks`: what is not, but should be known. `glimpse`: the different values of the first rows
    as levels, None where they are many, for remarks on which nothing hangs. `counting`: columns that do no more than count
    the rows, as the index of an export does. `size`: bytes, or None when unknown. `watch`: called during a pass, in the
    consumer's thread, with the rows and the bytes read so far.
    """

    labels: tuple[str, ...]
    names: tuple[str, ...]
    kinds: Mapping[str, Kind]
    distinct: Mapping[str, tuple[str, ...]]
    complete: bool
    notes: list[str]
    warnings: tuple[Caution, ...]
    remarks: tuple[Caution, ...]
    glimpse: Mapping[str, tuple[str, ...] | None]
    counting: frozenset[str]
    size: int | None
    watch: Callable[[int, int], None] | None = None

    @abstractmethod
    def map(
        self, numbers: Sequence[str], categories: Sequence[str], task: Callable[[Batch], T], threads: int
    ) -> Iterator[T]:
        """`task` applied to every batch of the named columns, results in index order.

        Parsing and `task` run in `threads` worker threads, at most `threads + 1` batches ahead of the consumer. When
        the consumer stops early or is interrupted, the workers end with their current batch. Raises DataError for every
        cell of `numbers` that is not a number, all problems of the pass in one message; before such a cell, the error of
        the earliest batch whose task fails. A task may raise InBlockError and count rows from its batch.
        """

    @abstractmethod
    def stands(self, threads: int, *, closely: bool = False) -> bool:
        """Whether what `kinds` and `distinct` have told since the last call holds for all rows; from now on they do.

        What no pass has shown yet is looked up in a pass of its own, which raises DataError as every pass may. Levels met
        later count where they are the first, the second or the third, or those of a text, with `closely` all of them.
        """

    @abstractmethod
    def head(self, numbers: Sequence[str], categories: Sequence[str]) -> Batch:
        """The named columns of the first rows, those that `kinds` and `distinct` come from.

        No rows, and no columns, where a cell among them cannot be read: the next pass says so, with all others.
        """

    @abstractmethod
    def digests(self) -> tuple[str, ...]:
        """SHA-256 of each input's bytes as stored (hex); of the Arrow IPC bytes for tables in memory."""

    def close(self) -> None:    # noqa: B027 - a table in memory holds nothing
        """Release what the source holds (spooled input, memory maps). Safe to call twice."""

    def __enter__(self) -> "Source":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
