"""Levels: a categorical column as treatment contrasts with a baseline, or as one indicator per level."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from functools import cached_property, partial
from itertools import repeat
from operator import add
from typing import ClassVar

import numpy as np

from mlefit.arrays import Array, Index, Mask
from mlefit.design.terms import Factor, Summary
from mlefit.errors import DataError, InBlockError, UsageError
from mlefit.records import record
from mlefit.source.batch import Batch
from mlefit.source.cells import level as value_name

NUMERAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
SHOWN = 20      # levels listed in a message
_POINT_ZERO = re.compile(r"([+-]?[0-9]+)\.0")


def names_of(levels: Iterable[str], *, by_value: bool = False) -> dict[str, str]:
    """What each level, as spelt in the file, is called: itself, or `1` for `1.0` where all are whole numbers with `.0`.

    With `by_value` numbers are called by their value in shortest form, so that `1`, `01` and `1.0` are one level.
    """
    found = tuple(levels)
    if by_value and all(map(NUMERAL.fullmatch, found)):
        return {level: value_name(level, False, ".") for level in found}
    shorter = [match[1] for level in found if (match := _POINT_ZERO.fullmatch(level))]
    return dict(zip(found, shorter if len(shorter) == len(found) else found, strict=True))


def _value(numeral: str) -> Decimal | float:
    """Exact, so that codes of more than 16 digits differ; an exponent beyond Decimal is infinite or zero."""
    try:
        return Decimal(numeral)
    except InvalidOperation:
        return float(numeral)


def one_number(levels: Iterable[str]) -> list[tuple[str, ...]]:
    """The levels that are different spellings of one number, together, in order of appearance."""
    found: dict[Decimal | float, list[str]] = {}
    for level in levels:
        if NUMERAL.fullmatch(level):
            found.setdefault(_value(level), []).append(level)
    return [tuple(spellings) for spellings in found.values() if len(spellings) > 1]


def in_order(levels: Iterable[str]) -> tuple[str, ...]:
    """Level order: by value if all levels are numbers, else by code point."""
    found = tuple(levels)
    if all(NUMERAL.fullmatch(level) for level in found):
        return tuple(sorted(found, key=lambda level: (float(level), level)))
    return tuple(sorted(found))


def arranged(levels: Iterable[str], order: Sequence[str], column: str) -> tuple[str, ...]:
    """In the order that the user has given, if any. Raises UsageError for a level that is not in it."""
    found = in_order(levels)
    if not order:
        return found
    places = {match(typed, found): place for place, typed in reversed([*enumerate(order)])}
    strange = [level for level in found if level not in places]
    if strange:
        raise UsageError(f'the order of column "{column}" ({", ".join(order)}) has no level "{strange[0]}", and the column has',
                         listed(found), code="unknown-level", columns=[column])
    return tuple(sorted(found, key=lambda level: places[level]))


def listed(levels: Sequence[str]) -> str:
    """The levels for a message: `levels: a, b, c`, at most SHOWN of them."""
    more = f" and {len(levels) - SHOWN} more" if len(levels) > SHOWN else ""
    return f"levels: {', '.join(levels[:SHOWN])}{more}"


def match(wanted: str, levels: Sequence[str]) -> str | None:
    """The level that the user means: as it stands, a boolean in other letter case, or the only one of that value."""
    if wanted in levels:
        return wanted
    if wanted.lower() in levels:
        return wanted.lower()
    if NUMERAL.fullmatch(wanted):
        equal = [level for level in levels if NUMERAL.fullmatch(level) and _value(level) == _value(wanted)]
        return equal[0] if len(equal) == 1 else None
    return None


@record(frozen=True)
class LevelCounts(Summary):
    """How often each level occurs."""

    counts: Mapping[str, float]

    def __add__(self, other: "LevelCounts") -> "LevelCounts":
        total, more = dict(self.counts), other.counts
        total.update(zip(more, map(add, map(total.get, more, repeat(0.0)), more.values()), strict=True))
        return LevelCounts(total)


@record(frozen=True)
class Levels(Factor):
    """g = level as 0 or 1, one column for each of `levels` except `baseline` (None: for all, or not learnt yet).

    `order`: of the levels, as the user has it; none, and they have that of `in_order`.
    """

    learns: ClassVar[bool] = True
    coded: ClassVar[bool] = True

    column: str
    levels: tuple[str, ...] | None = None
    baseline: str | None = None
    order: tuple[str, ...] = ()

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
        return tuple(f"{self.column}={level}" for level in self._shown)

    @property
    def width(self) -> int:
        """As many."""
        return len(self._shown)

    @cached_property
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

    def ordered(self, orders: Mapping[str, tuple[str, ...]]) -> "Levels":
        """With the order of the column."""
        return replace(self, order=orders.get(self.column, ()))

    def learnt(self, summary: LevelCounts, full: bool, reference: Mapping[str, str]) -> "Levels":
        """With its levels; the baseline is the reference or the first in level order. Raises UsageError."""
        levels = arranged(names_of(summary.counts).values(), self.order, self.column)
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
        shown = self._shown
        places = {level: place for place, level in enumerate(shown)}
        if self.baseline is not None:
            places[self.baseline] = -1
        unknown = len(shown)
        place = np.array([*self._found(places, category.levels, unknown), unknown])
        of_row = place[category.codes]      # a missing cell has code -1: the last entry
        columns = np.zeros((len(shown), batch.rows)).T
        present = np.flatnonzero((of_row >= 0) & (of_row < unknown))
        columns[present, of_row[present]] = 1
        lost = of_row == unknown
        if lost.any():
            self._refuse_unknown(batch, lost if keep is None else lost & keep)
            columns[lost] = np.nan
        return columns

    def index(self, batch: Batch, keep: Mask | None = None) -> Index:
        """The place (rows,) of each row's level among all of them, the baseline included; -1 where a cell is missing.

        Raises InBlockError for a level that was not learnt, in a row of `keep`."""
        category, places = batch.categories[self.column], self._places
        unknown = len(places)
        place = np.array([*self._found(places, category.levels, unknown), -1], np.intp)
        of_row = place[category.codes]
        lost = of_row == unknown
        if lost.any():
            self._refuse_unknown(batch, lost if keep is None else lost & keep)
        return of_row

    @cached_property
    def _places(self) -> dict[str, int]:
        """Of all levels."""
        return {level: place for place, level in enumerate(self.levels or ())}

    def unlearnt(self, batch: Batch) -> Mask | None:
        """The rows with another level than those learnt."""
        category = batch.categories[self.column]
        known, unknown = self._places, len(self._places)
        strange = np.array([*self._found(known, category.levels, unknown), -1], np.intp) == unknown
        return strange[category.codes] if strange.any() else None

    @staticmethod
    def _found(places: Mapping[str, int], levels: Sequence[str], unknown: int) -> list[int]:
        """The places of levels as spelt in the file; the names of learnt levels may do without `.0`."""
        found = list(map(places.get, levels))
        return [places.get(level.removesuffix(".0"), unknown) if place is None else place
                for place, level in zip(found, levels, strict=True)]

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
