"""Dates as predictors: days since the first, and the year, the month or the day of the week."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.design.levels import LevelCounts
from mlefit.design.terms import Factor, Summary
from mlefit.records import record
from mlefit.source.batch import Batch

PARTS = ("year", "month", "weekday")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
EPOCH = 3               # 1970 began on a Thursday


def _dated(days: Array) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    """The dates of days since 1970 (n,); those that are missing are dates that nobody asks for."""
    return np.nan_to_num(np.floor(days)).astype("datetime64[D]")


def year(days: Array) -> Array:
    """The year of days since 1970 (n,), NaN where they are missing."""
    return np.where(np.isnan(days), np.nan, _dated(days).astype("datetime64[Y]").astype(np.float64) + 1970)


def place(part: str, days: Array) -> Array:
    """The place of the month or the day of the week (n,) in MONTHS or WEEKDAYS, -1 where the date is missing."""
    months = _dated(days).astype("datetime64[M]").astype(np.int64)
    found = months % 12 if part == "month" else (np.nan_to_num(np.floor(days)).astype(np.int64) + EPOCH) % 7
    return np.where(np.isnan(days), -1, found)


@record(frozen=True)
class First(Summary):
    """The earliest of some dates, in days since 1970; infinite where there is none."""

    day: float

    def __add__(self, other: "First") -> "First":
        return First(min(self.day, other.day))


@record(frozen=True)
class Days(Factor):
    """A column of dates as days since `first`, the earliest among the rows used (None: not learnt yet)."""

    learns: ClassVar[bool] = True

    column: str
    first: float | None = None

    @property
    def text(self) -> str:
        """The column."""
        return self.column

    @property
    def numbers(self) -> frozenset[str]:
        """The column."""
        return frozenset((self.column,))

    def labels(self) -> tuple[str, ...]:
        """The column."""
        return (self.column,)

    @property
    def remark(self) -> str:
        """Where the days begin."""
        first = self.first or 0.0
        day = np.datetime64("1970-01-01") + np.timedelta64(int(np.floor(first)), "D")
        clock = round((first - np.floor(first)) * 86_400)
        time = f" {clock // 3600:02d}:{clock // 60 % 60:02d}:{clock % 60:02d}" if clock else ""
        return f"{self.column} counts days since {day}{time}."

    def survey(self, batch: Batch, keep: Mask, weight: Array | None) -> First:
        """The earliest date in `keep`."""
        return First(float(np.min(batch.numbers[self.column][keep], initial=np.inf)))

    def learnt(self, summary: First, full: bool, reference: Mapping[str, str]) -> "Days":
        """With the first day."""
        return replace(self, first=summary.day)

    def evaluate(self, batch: Batch, keep: Mask | None = None) -> Array:
        """The days (rows, 1)."""
        return (batch.numbers[self.column] - (self.first or 0.0))[:, np.newaxis]


@record(frozen=True)
class Year(Factor):
    """year(d): a number."""

    column: str
    label: str

    @property
    def text(self) -> str:
        """What the user typed, blanks removed."""
        return self.label

    @property
    def numbers(self) -> frozenset[str]:
        """The column."""
        return frozenset((self.column,))

    def labels(self) -> tuple[str, ...]:
        """The label."""
        return (self.label,)

    def evaluate(self, batch: Batch, keep: Mask | None = None) -> Array:
        """The year (rows, 1)."""
        return year(batch.numbers[self.column])[:, np.newaxis]


@record(frozen=True)
class Cycle(Factor):
    """month(d) or weekday(d): one column for each that occurs, but for the `baseline` (None: for all, or not learnt yet)."""

    learns: ClassVar[bool] = True
    coded: ClassVar[bool] = True

    part: str
    column: str
    label: str
    levels: tuple[str, ...] | None = None
    baseline: str | None = None

    @property
    def text(self) -> str:
        """What the user typed, blanks removed."""
        return self.label

    @property
    def numbers(self) -> frozenset[str]:
        """The column."""
        return frozenset((self.column,))

    @property
    def names(self) -> tuple[str, ...]:
        """All that there are, in the order of the calendar."""
        return MONTHS if self.part == "month" else WEEKDAYS

    def labels(self) -> tuple[str, ...]:
        """`month(d)=Feb` for every one but the baseline."""
        if self.levels is None:
            raise TypeError(f"what occurs of {self.label} is not learnt")
        return tuple(f"{self.label}={level}" for level in self.levels if level != self.baseline)

    def survey(self, batch: Batch, keep: Mask, weight: Array | None) -> LevelCounts:
        """How often each occurs in `keep`."""
        places = place(self.part, batch.numbers[self.column])
        there = keep & (places >= 0)
        counts = np.bincount(places[there], None if weight is None else weight[there], len(self.names))
        return LevelCounts({name: float(count) for name, count in zip(self.names, counts, strict=True) if count > 0})

    def learnt(self, summary: LevelCounts, full: bool, reference: Mapping[str, str]) -> "Cycle":
        """With those that occur; the baseline is the first of them."""
        levels = tuple(name for name in self.names if summary.counts.get(name, 0.0) > 0.0)
        return replace(self, levels=levels, baseline=None if full else next(iter(levels), None))

    def evaluate(self, batch: Batch, keep: Mask | None = None) -> Array:
        """Indicators (rows, k), NaN where the date is missing."""
        days = batch.numbers[self.column]
        places = place(self.part, days)
        shown = [self.names.index(label.rpartition("=")[2]) for label in self.labels()]
        columns = np.zeros((len(shown), batch.rows)).T
        for j, at in enumerate(shown):
            columns[:, j] = places == at
        columns[np.isnan(days)] = np.nan
        return columns

    def unlearnt(self, batch: Batch) -> Mask | None:
        """The rows with a month or a day that was in no row learnt from."""
        places = place(self.part, batch.numbers[self.column])
        known = [self.names.index(level) for level in self.levels or ()]
        strange: Mask = (places >= 0) & ~np.isin(places, known)
        return strange if strange.any() else None
