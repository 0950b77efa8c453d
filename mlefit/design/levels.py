"""Levels: a categorical column as treatment contrasts with a baseline, or as one indicator per level."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.design.terms import Factor, Summary
from mlefit.errors import DataError, InBlockError, UsageError
from mlefit.source.batch import Batch

NUMERAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
SHOWN = 20      # levels listed in a message


def in_order(levels: Iterable[str]) -> tuple[str, ...]:
    """Level order: by value if all levels are numbers, else by code point."""
    found = tuple(levels)
    if all(NUMERAL.fullmatch(level) for level in found):
        return tuple(sorted(found, key=lambda level: (float(level), level)))
    return tuple(sorted(found))


def listed(levels: Sequence[str]) -> str:
    """The levels for a message: `levels: a, b, c`, at most SHOWN of them."""
    more = f" and {len(levels) - SHOWN} more" if len(levels) > SHOWN else ""
    return f"levels: {', '.join(levels[:SHOWN])}{more}"


def match(wanted: str, levels: Sequence[str]) -> str | None:
    """The level that the user means: as it stands, or a boolean in other letter case, or a number written otherwise."""
    if wanted in levels:
        return wanted
    if wanted.lower() in levels:
        return wanted.lower()
    if NUMERAL.fullmatch(wanted):
        return next((level for level in levels if NUMERAL.fullmatch(level) and float(level) == float(wanted)), None)
    return None


@dataclass(frozen=True)
class LevelCounts(Summary):
    """How often each level occurs."""

    counts: Mapping[str, float]

    def __add__(self, other: "LevelCounts") -> "LevelCounts":
        return LevelCounts(dict(Counter(self.counts) + Counter(other.counts)))


@dataclass(frozen=True)
class Levels(Factor):
    """g = level as 0 or 1, one column for each of `levels` except `baseline` (None: for all, or not learnt yet)."""

    learns: ClassVar[bool] = True
    coded: ClassVar[bool] = True

    column: str
    levels: tuple[str, ...] | None = None
    baseline: str | None = None

    @property
    def text(self) -> str:
        """The column."""
        return self.column

    @property
    def numbers(self) -> frozenset[str]:
        """None."""
        return frozenset()

    @property
    def categories(self) -> frozenset[str]:
        """The column."""
        return frozenset((self.column,))

    def labels(self) -> tuple[str, ...]:
        """`g=level` for every level but the baseline."""
        return tuple(f"{self.column}={level}" for level in self._shown())

    def _shown(self) -> tuple[str, ...]:
        if self.levels is None:
            raise TypeError(f"the levels of {self.column} are not learnt")
        return tuple(level for level in self.levels if level != self.baseline)

    def survey(self, batch: Batch, keep: Mask, weight: Array | None) -> LevelCounts:
        """Counts of the levels that occur in `keep`."""
        category = batch.categories[self.column]
        there = keep & (category.codes >= 0)
        counts = np.bincount(category.codes[there], None if weight is None else weight[there], len(category.levels))
        return LevelCounts({level: float(n) for level, n in zip(category.levels, counts, strict=True) if n > 0})

    def learnt(self, summary: LevelCounts, full: bool, reference: Mapping[str, str]) -> "Levels":
        """With its levels; the baseline is the reference or the first in level order. Raises UsageError."""
        levels = in_order(summary.counts)
        typed = reference.get(self.column)
        wanted = None if typed is None else match(typed, levels)
        if typed is not None and wanted is None:
            raise UsageError(
                f'--reference {self.column}={typed}: column "{self.column}" has no level "{typed}"',
                listed(levels), code="unknown-level", columns=[self.column],
            )
        first = wanted if wanted is not None else next(iter(levels), None)
        return replace(self, levels=levels, baseline=None if full else first)

    def evaluate(self, batch: Batch, keep: Mask | None = None) -> Array:
        """Indicators (rows, k)."""
        category = batch.categories[self.column]
        shown = self._shown()
        places = {level: place for place, level in enumerate(shown)}
        if self.baseline is not None:
            places[self.baseline] = -1
        unknown = len(shown)
        place = np.array([places.get(level, unknown) for level in category.levels] + [unknown])
        of_row = place[category.codes]      # a missing cell has code -1: the last entry
        columns = np.zeros((len(shown), batch.rows)).T
        present = np.flatnonzero((of_row >= 0) & (of_row < unknown))
        columns[present, of_row[present]] = 1
        lost = of_row == unknown
        if lost.any():
            self._refuse_unknown(batch, lost if keep is None else lost & keep)
            columns[lost] = np.nan
        return columns

    def _refuse_unknown(self, batch: Batch, rows: Mask) -> None:
        category = batch.categories[self.column]
        strange = np.flatnonzero(rows & (category.codes >= 0))
        if strange.size:
            level = category.levels[category.codes[strange[0]]]
            known = listed(self.levels or ())
            raise InBlockError(partial(_not_learnt, self.column, batch.start + int(strange[0]) + 1, level, known))


def _not_learnt(column: str, row: int, level: str, known: str, before: int) -> DataError:
    return DataError(
        f'column "{column}", row {before + row}: level "{level}" was not among the rows from which the levels were learnt',
        known, code="unknown-level", columns=[column], rows=[before + row],
    )
