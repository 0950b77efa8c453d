"""Batch: consecutive rows of a table as plain numpy columns, the only form in which rows leave this room."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Codes, Index
from mlefit.records import record

MANY = 64       # columns


class Extent(NamedTuple):
    """The least and the largest value of a column: both NaN where a cell is missing, and where there is none."""

    low: float
    high: float

    @classmethod
    def of(cls, values: Array) -> "Extent":
        """That of the values (n,)."""
        return cls(float(values.min()), float(values.max())) if values.size else cls(math.nan, math.nan)

    @classmethod
    def each(cls, columns: Sequence[Array]) -> "list[Extent]":
        """Those of columns (n,); of many at once, as two calls for each would take longer than a look at the values of a block."""
        if len(columns) < MANY or not columns[0].size:
            return [cls.of(values) for values in columns]
        found: list[Extent] = []
        for start in range(0, len(columns), MANY):
            table = np.stack(columns[start : start + MANY])
            found += map(cls, table.min(axis=1).tolist(), table.max(axis=1).tolist())
        return found

    @property
    def finite(self) -> bool:
        """Whether there are values, and all of them are finite."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    @property
    def magnitude(self) -> float:
        """max |x|."""
        return max(self.high, -self.low)


class Category(NamedTuple):
    """One column read as levels: `codes` (n,) index into `levels`, -1 where the cell is missing.

    Levels are text as in the file; booleans lower case, and numbers of typed columns in shortest form. They stand in
    order of first appearance in the block, and each of them appears there.
    """

    codes: Codes
    levels: tuple[str, ...]


class Place(NamedTuple):
    """Which block of which file, both counted from 0: the same whoever reads it, and before the others are read."""

    file: int
    block: int


@record(frozen=True)
class Batch:
    """`rows` consecutive data rows of the block at `place`, all of them or those from row `start` of it on.

    `numbers[name]` is (n,) float64 with NaN where the cell is missing (infinite cells stay infinite: the encoder
    refuses them); `categories[name]` holds the columns that were asked for as levels. A column may be in both.
    """

    place: Place
    rows: int
    numbers: Mapping[str, Array] = field(default_factory=dict)
    categories: Mapping[str, Category] = field(default_factory=dict)
    missing_tokens: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """For text columns read as categories: which non-empty tokens made cells missing, and how often (`{"NA": 3}`)."""
    extents: dict[str, Extent] = field(default_factory=dict)
    """Those of `numbers` that are known already; `extent` adds the others."""
    start: int = 0
    rests: Mapping[str, Array] = field(default_factory=dict)
    """Of columns with whole numbers beyond 2^53: what is to be added to each of `numbers` (n,) for the exact value."""

    def extent(self, name: str) -> Extent:
        """The extent of a column of numbers, which tells without a look at each cell that none is missing or infinite."""
        if name not in self.extents:
            self.extents[name] = Extent.of(self.numbers[name])
        return self.extents[name]

    def take(self, rows: Index) -> "Batch":
        """The named rows (indices), copied, as a block of its own. What was missing in the block is told by the whole alone."""
        return Batch(
            Place(0, 0), rows.size, {name: values[rows] for name, values in self.numbers.items()},
            {name: Category(codes[rows], levels) for name, (codes, levels) in self.categories.items()},
            rests={name: rest[rows] for name, rest in self.rests.items()},
        )

    def part(self, start: int, stop: int) -> "Batch":
        """Rows start..stop-1 as views. What was missing in the block is told by the whole batch alone."""
        return Batch(
            self.place, stop - start, {name: values[start:stop] for name, values in self.numbers.items()},
            {name: Category(codes[start:stop], levels) for name, (codes, levels) in self.categories.items()},
            start=self.start + start, rests={name: rest[start:stop] for name, rest in self.rests.items()},
        )
