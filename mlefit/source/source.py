"""Source: where rows come from. A table that can be read again and again, in batches, in the same order.

Batch boundaries depend on the data alone, never on the machine or the number of threads.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from mlefit.source.batch import Batch
from mlefit.source.version import Version, identity
from mlefit.sums.nodes import M, Summable
from mlefit.sums.tally import tree_sum

if TYPE_CHECKING:
    from mlefit.source.reader import Reader

T = TypeVar("T")
K = TypeVar("K")
Total_co = TypeVar("Total_co", bound=Summable, covariant=True)
Kept_co = TypeVar("Kept_co", covariant=True)


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


class Reading(Protocol[Total_co, Kept_co]):
    """What is made of every batch, to be added up, and what is kept of it beside."""

    @property
    def zero(self) -> Total_co:
        """The sum of no batches."""

    def begun(self) -> tuple[Callable[[Batch], Total_co], tuple[Kept_co, ...]]:
        """A task, and where it keeps what it keeps. Whoever visits some of the batches begins on his own."""


class Elsewhere(Protocol):
    """Those who read a table in the place of this process, `workers` of them, the most in so many `partitions`; `bytes_moved` have
    come from them."""

    partitions: int

    @property
    def workers(self) -> int:
        """How many there are."""

    @property
    def bytes_moved(self) -> int:
        """How many have come from them."""

    @property
    def cautions(self) -> tuple["Caution", ...]:
        """What the user should know of them."""


    def sum(
        self, reader: "Reader", numbers: Sequence[str], categories: Sequence[str], reading: Reading[M, K]
    ) -> tuple[M, tuple[K, ...]]:
        """As Source.sum."""

    def digests(self, reader: "Reader") -> tuple[str | None, ...]:
        """As Source.digests."""


class Nowhere:
    """What stands for a source in a task that has been sent elsewhere."""


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
    consumer's thread, with the rows and the bytes read so far. `versions`: by input, those of objects of a store, else None.
    `elsewhere`: who makes sums over all rows, if not this process.
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
    versions: tuple[Version | None, ...]
    watch: Callable[[int, int], None] | None = None
    elsewhere: Elsewhere | None = None

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

    def sum(
        self, numbers: Sequence[str], categories: Sequence[str], reading: Reading[M, K], threads: int
    ) -> tuple[M, tuple[K, ...]]:
        """The sum over every batch of the named columns, in a tree that depends on their number alone, and what is kept.

        Raises as `map`.
        """
        task, kept = reading.begun()
        return tree_sum(self.map(numbers, categories, task, threads), reading.zero), kept

    def keep(self, room: int) -> None:      # noqa: B027 - a table in memory is parsed already
        """The next pass may keep `room` bytes of what it parses, for the one after it."""

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
    def digests(self) -> tuple[str | None, ...]:
        """SHA-256 of each input's bytes as stored (hex), of the Arrow IPC bytes of tables in memory; None of objects of a store."""

    def identities(self) -> tuple[str, ...]:
        """What tells each input from others: its SHA-256, or the version of an object of a store."""
        return tuple(map(identity, self.digests(), self.versions))

    def close(self) -> None:    # noqa: B027 - a table in memory holds nothing
        """Release what the source holds (spooled input, memory maps). Safe to call twice."""

    def __reduce__(self) -> tuple[object, ...]:
        return Nowhere, ()      # tasks that are sent elsewhere take no table with them

    def __enter__(self) -> "Source":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
