"""Part: one file or table of a source, as a sequence of blocks that workers parse on their own."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from mlefit.arrays import Array
from mlefit.source.batch import Category, Extent
from mlefit.source.problems import Finding
from mlefit.source.source import Kind

SMALL = 8 << 20             # bytes: inputs up to this size keep what was parsed
DISTINCT = 64               # levels per column that `Source.distinct` lists


class Block(NamedTuple):
    """Consecutive rows as stored. `stored`: bytes of the input up to its end; `line`: where it starts, from 0."""

    content: Any
    stored: int
    line: int = 0


@dataclass(frozen=True, slots=True)
class Parsed:
    """The columns of one block, or what is wrong with it, with places counted from its start."""

    rows: int
    numbers: dict[str, Array] = field(default_factory=dict)
    categories: dict[str, Category] = field(default_factory=dict)
    missing_tokens: dict[str, dict[str, int]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    extents: dict[str, Extent] = field(default_factory=dict)    # of the numbers for which they are known
    rests: dict[str, Array] = field(default_factory=dict)       # of whole numbers beyond 2^53


class Part(ABC):
    """Attributes as in Source; `single`: one block holds it all; `units`: what all cells of a column of numbers end in."""

    label: str
    names: tuple[str, ...]
    kinds: Mapping[str, Kind]
    distinct: Mapping[str, tuple[str, ...]]
    complete: bool
    notes: list[str]
    size: int | None
    single: bool = False
    counting: frozenset[str] = frozenset()
    units: Mapping[str, str] = MappingProxyType({})

    @abstractmethod
    def blocks(self, columns: Sequence[str] = ()) -> Iterator[Block]:
        """The blocks in order, to be parsed for `columns`: cheap to produce, the same on every call with these columns.

        Raises DataError for damaged input.
        """

    @abstractmethod
    def head(self, columns: Sequence[str] = ()) -> Block:
        """The first rows, those that `kinds` and `distinct` come from, to be parsed for `columns`."""

    @abstractmethod
    def parse(self, block: Block, numbers: Sequence[str], categories: Sequence[str]) -> Parsed:
        """The named columns of a block. Thread-safe; bad cells become findings, never exceptions."""

    @abstractmethod
    def digest(self) -> str:
        """SHA-256 in hex."""

    def close(self) -> None:    # noqa: B027 - most parts hold nothing
        """Release what the part holds. Safe to call twice."""
