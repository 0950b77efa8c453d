"""Part: one file or table of a source, as a sequence of blocks that workers parse on their own."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from mlefit.arrays import Array, Mask
from mlefit.records import record
from mlefit.source.batch import Category, Extent
from mlefit.source.cells import parse_numbers, patterns
from mlefit.source.problems import Finding
from mlefit.source.profile import Profile
from mlefit.source.source import Kind
from mlefit.source.version import Version

if TYPE_CHECKING:
    from mlefit.source.writing import Writing

SMALL = 8 << 20             # bytes: inputs up to this size keep what was parsed


class Block(NamedTuple):
    """Consecutive rows as stored. `stored`: bytes of the input up to its end; `line`: where it starts, from 0."""

    content: Any
    stored: int
    line: int = 0


class Span(NamedTuple):
    """Consecutive blocks of a part, from number `first` on: `blocks` of them, or all. `start`: of a text, the byte at which the
    first line of the first block starts, None where only the blocks before tell; `line`: of that, from 0. `size`: in bytes, about.
    """

    first: int = 0
    blocks: int | None = None
    start: int | None = 0
    line: int = 0
    size: int = 0


class Doubts(NamedTuple):
    """Columns whose cells are counted in a pass (`kinds`), and those of them whose levels are listed as well."""

    kinds: frozenset[str] = frozenset()
    levels: frozenset[str] = frozenset()


class Wanted(NamedTuple):
    """What a block is parsed for: columns as numbers and as levels, none twice in either, and what is in doubt.

    `kinds` and `written` tell how they are read, whatever the part they are in looks like.
    """

    numbers: tuple[str, ...]
    categories: tuple[str, ...]
    kinds: Mapping[str, Kind | None]
    written: "Mapping[str, Writing]"
    doubts: Doubts = Doubts()

    @property
    def unread(self) -> tuple[str, ...]:
        """The doubtful columns that are neither read as numbers nor as levels."""
        return tuple(sorted(self.doubts.kinds.difference(self.numbers, self.categories)))

    @property
    def columns(self) -> tuple[str, ...]:
        """All of them, each once."""
        return tuple(dict.fromkeys((*self.numbers, *self.categories, *self.unread)))


def cells_as_numbers(
    texts: Any, decimal: str, na: tuple[str, ...], wanted: Wanted, name: str
) -> tuple[Array, dict[str, Mask]]:
    """Cells (n,) of an Arrow string array as the numbers that column `name` holds, dates as days since 1970.

    Returns the values, NaN where there is none, and by the code of a finding which cells are none.
    """
    writing = wanted.written.get(name)
    if wanted.kinds[name] is not Kind.DATE:
        values, bad, large = parse_numbers(texts, decimal, na, writing)
        return values, {"not-a-number": bad, "too-large": large}
    from mlefit.source.dates import days

    values, bad, either = days(texts, patterns(decimal, na)[2], writing.order if writing else "")
    return values, {"not-a-date": bad & ~either, "day-or-month": either}


@record(frozen=True)
class Parsed:
    """The columns of one block, or what is wrong with it, with places counted from its start."""

    rows: int
    numbers: dict[str, Array] = field(default_factory=dict)
    categories: dict[str, Category] = field(default_factory=dict)
    missing_tokens: dict[str, dict[str, int]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    extents: dict[str, Extent] = field(default_factory=dict)    # of the numbers for which they are known
    rests: dict[str, Array] = field(default_factory=dict)       # of whole numbers beyond 2^53
    profiles: dict[str, Profile] = field(default_factory=dict)  # of the columns in doubt


class Part(ABC):
    """Attributes as in Source; `single`: one block holds it all; `profiles` are those of its head, or `complete` of it all.
    `flows`: its blocks are the rows that have arrived, each time that some have.

    `version`: of an object of a store.

    `by_type`: the kinds of columns whose type leaves no other but that of no values. `counted`: where row numbers begin (index).
    """

    label: str
    names: tuple[str, ...]
    profiles: Mapping[str, Profile]
    complete: bool
    notes: list[str]
    size: int | None
    single: bool = False
    flows: bool = False
    version: Version | None = None
    by_type: Mapping[str, Kind] = MappingProxyType({})
    counted: Mapping[str, int] = MappingProxyType({})

    @abstractmethod
    def blocks(self, columns: Sequence[str] = ()) -> Iterator[Block]:
        """The blocks in order, to be parsed for `columns`: cheap to produce, the same on every call with these columns.

        Raises DataError for damaged input.
        """

    def spans(self, columns: Sequence[str], size: int) -> list[Span]:
        """All blocks, in pieces of about `size` bytes that can be read without those before them; one, where none can."""
        return [Span(size=self.size or 0)]

    def begun(self, span: Span) -> Span:
        """The span with its start, as far as can be told without the blocks before."""
        return span

    def run(self, span: Span, columns: Sequence[str] = ()) -> Iterator[Block]:
        """The blocks of a span, as `blocks` gives them; lines are counted from that of the span."""
        return self.blocks(columns)

    def after(self, block: Block, start: int) -> tuple[int, int]:
        """Of text, the byte and the line at which a block ends that starts at byte `start`."""
        return start, 0

    def tied(self) -> str | None:
        """What it is, where no other process can read it; else None."""
        return "a table that is made here"

    def light(self) -> "Part":
        """The part without what is known of its head, for those who only read its blocks."""
        found = copy(self)
        found.profiles, found.notes = {}, []
        return found

    @abstractmethod
    def head(self, columns: Sequence[str] = ()) -> Block:
        """The first rows, those that `profiles` come from, to be parsed for `columns`."""

    @abstractmethod
    def parse(self, block: Block, wanted: Wanted) -> Parsed:
        """The wanted columns of a block. Thread-safe; bad cells become findings, never exceptions."""

    @abstractmethod
    def digest(self) -> str | None:
        """SHA-256 in hex; None of an object of a store."""

    def heading(self) -> bytes:
        """The line of column names as it stands, without its end; empty where there is none."""
        from mlefit.source.standing import heading_of

        return heading_of(self.names)

    def lines(self, block: Block, rows: int) -> Any:
        """The rows of a block as they stand, an Arrow array of texts (rows,); those of a table with types as CSV."""
        from mlefit.source.standing import lines_of_table

        return lines_of_table(self._load(block.content, self.names))

    def _load(self, content: Any, columns: Sequence[str]) -> Any:
        """The columns of a block as an Arrow table or record batch, where the table has types."""
        raise AssertionError("a subclass reads the block")

    def marked(self, block: Block, wanted: Wanted) -> tuple[Parsed, dict[str, Mask]]:
        """As `parse`, but cells that are no numbers are marked by column (rows,) where that is possible, and no findings."""
        return self.parse(block, wanted), {}

    @property
    def signs(self) -> tuple[str, str]:
        """What separates cells, and the decimal sign, of `heading` and `lines`."""
        return ",", "."

    def close(self) -> None:    # noqa: B027 - most parts hold nothing
        """Release what the part holds. Safe to call twice."""
