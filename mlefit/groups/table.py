"""Rows in memory as a source: those of a whole file, and those of each group of it."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from mlefit.arrays import Array
from mlefit.design.encode import Columns
from mlefit.errors import DataError, InBlockError
from mlefit.machine import half_of_memory
from mlefit.source.batch import Batch, Category, Place
from mlefit.source.source import Source

T = TypeVar("T")
FIRST = Place(0, 0)
COPIES = 3          # of the rows at one time: as they came, as one block, and in order of the groups


class Table(Source):
    """The rows of `batch`, one block; what else there is to say of them is said by the source that they come from.

    `names`: its columns, of which those that no fit uses are not looked at.
    """

    def __init__(self, source: Source, batch: Batch, names: tuple[str, ...]) -> None:
        self.labels, self.names, self.kinds, self.distinct = source.labels, names, source.kinds, source.distinct
        self.glimpse, self.counting = source.glimpse, source.counting
        self.complete, self.notes, self.warnings, self.remarks, self.size = True, [], (), (), 0
        self.source, self.batch, self.versions = source, batch, source.versions

    def map(
        self, numbers: Sequence[str], categories: Sequence[str], task: Callable[[Batch], T], threads: int
    ) -> Iterator[T]:
        """As Source.map: one batch, which has the columns already."""
        if self.batch.rows:
            try:
                result = task(self.batch)
            except InBlockError as error:
                raise error.told(0) from None
            yield result

    def stands(self, threads: int, *, closely: bool = False) -> bool:
        """The rows have been seen."""
        return True

    def head(self, numbers: Sequence[str], categories: Sequence[str]) -> Batch:
        """All rows."""
        return self.batch

    def digests(self) -> tuple[str | None, ...]:
        """Those of the whole file."""
        return self.source.digests()


def table_of(source: Source, columns: Columns, threads: int, memory: int | None) -> Table:
    """All rows of a source with the columns in use, by one pass.

    Raises DataError where they take more than `memory` bytes, None for half of what there is.
    """
    batches, taken, room = list[Batch](), 0, memory or half_of_memory()
    for batch in source.map(columns.numbers, columns.categories, lambda batch: batch, threads):
        batches.append(batch)
        taken += COPIES * batch.rows * (8 * len(batch.numbers) + 4 * len(batch.categories))
        if taken > room:
            rows = sum(one.rows for one in batches)
            raise DataError(
                f"--by keeps the columns in use in memory: the first {rows:,} rows take more than the {room >> 20:,} MB that may "
                "be used", "use fewer columns, or allow more with --memory", code="out-of-memory")
    return Table(source, joined(batches), source.names)


def joined(batches: Sequence[Batch]) -> Batch:
    """Consecutive batches of the same columns as one."""
    if len(batches) == 1:
        return batches[0]
    rows, first = sum(batch.rows for batch in batches), batches[0] if batches else Batch(FIRST, 0)
    rests = {name for batch in batches for name in batch.rests}
    tokens: dict[str, Counter[str]] = {}
    for batch in batches:
        for name, found in batch.missing_tokens.items():
            tokens.setdefault(name, Counter()).update(found)
    return Batch(
        FIRST, rows, {name: np.concatenate([batch.numbers[name] for batch in batches]) for name in first.numbers},
        {name: _together([batch.categories[name] for batch in batches]) for name in first.categories}, tokens,
        rests={name: np.concatenate([_rest(batch, name) for batch in batches]) for name in rests},
    )


def _rest(batch: Batch, name: str) -> Array:
    return batch.rests[name] if name in batch.rests else np.zeros(batch.rows)


def _together(categories: Sequence[Category]) -> Category:
    """Codes into the levels of all, in order of first appearance."""
    known: dict[str, int] = {}
    codes = []
    for category in categories:
        places = [known.setdefault(level, len(known)) for level in category.levels]
        codes.append(np.array([*places, -1], np.int32)[category.codes])     # a missing cell has code -1: the last entry
    return Category(np.concatenate(codes), tuple(known))


def section(batch: Batch, start: int, stop: int) -> Batch:
    """Rows start..stop-1 as views, as a block of its own."""
    return replace(batch.part(start, stop), start=0)


def renamed(category: Category, names: Mapping[str, str], levels: Sequence[str]) -> Category:
    """The column with codes into `levels`, each level by its name."""
    places = {level: place for place, level in enumerate(levels)}
    codes = np.array([*(places.get(names.get(level, level), -1) for level in category.levels), -1], np.int32)
    return Category(codes[category.codes], tuple(levels))
