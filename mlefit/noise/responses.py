"""Responses: how the column of a response is read, what it may hold, and in which words everything else is refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.errors import DataError
from mlefit.numerals import numeral

SHOWN = 6       # levels in a message


class Content(Enum):
    """What a column holds, as far as it decides which law it calls for. The value completes "target: ..."."""

    NUMBERS = "a column of numbers"
    TWO_LEVELS = "two levels"
    LEVELS = "text with {count} levels"


@dataclass(frozen=True, slots=True)
class Response:
    """`reads_levels`: the column is read as levels, and y holds their index; else as numbers.

    `least`: the smallest number taken, with `open_end` not itself; `below`: all are below it. `whole`: whole numbers alone.
    `most_levels`: how many there may be, None for any. `takes_positive`: the user may name the level that is modelled, which
    becomes the last; `takes_reference`: the user may name the level that the others are compared with, which becomes the first.
    `ordered`: levels come in an order, which the user tells of text.
    `of_trials`: the numbers are successes, and the user tells of how many trials in each row.
    """

    reads_levels: bool = False
    least: float = -np.inf
    open_end: bool = False
    below: float = np.inf
    whole: bool = False
    values: tuple[float, ...] = ()
    most_levels: int | None = None
    takes_positive: bool = False
    takes_reference: bool = False
    of_trials: bool = False
    ordered: bool = False

    @property
    def wants(self) -> str:
        """What the numbers must be, in words."""
        if self.values:
            return " or ".join(f"{value:g}" for value in self.values)
        kind = "whole numbers" if self.whole else "numbers"
        if self.below < np.inf:
            return f"{kind} > {self.least:g} and < {self.below:g}"
        if self.least == -np.inf:
            return kind
        counts = " (counts)" if self.whole and self.least == 0 else ""
        return f"{kind} {'>' if self.open_end else '>='} {self.least:g}{counts}"

    def refused(self, y: Array) -> Mask | None:
        """Which finite numbers (n,) are no response of this kind; None where all are."""
        bad = y <= self.least if self.open_end else y < self.least
        if self.values:
            bad = ~np.isin(y, self.values)
        if self.below < np.inf:
            bad |= y >= self.below
        if self.whole:
            bad |= y != np.rint(y)
        return bad if bad.any() else None

    def refusal(self, model: str, column: str, row: int, value: float) -> DataError:
        """The refusal of a number that is no response of this kind, in data row `row`."""
        remedy = "use --model gaussian, or drop the row"
        if self.of_trials:
            remedy = "name the column of the successes with --target, or drop the row"
        if self.of_trials and 0.0 < value < 1.0:
            remedy = "it looks like a share: give the counts, which are shares times trials"
        if self.below < np.inf:
            remedy = ("nothing is moved inside; use --model gaussian, or drop the row" if value in (self.least, self.below)
                      else "divide percentages by 100, or use --model gaussian")
        elif self.open_end and value == self.least == 0.0:
            remedy = "nothing is added to zeros; --model hurdle:gamma gives them a chance of their own, or drop the row"
        return DataError(f'column "{column}", row {row}: {model} needs {self.wants}, found {numeral(value)}', remedy,
                         code="bad-response", columns=[column], rows=[row])

    def not_levels(self, model: str, column: str, levels: int, rows: int) -> DataError:
        """The refusal of a column with about a level per row."""
        return DataError(f'column "{column}": {model} needs classes that occur again and again, found {levels} levels in '
                         f"{rows} rows", "use another target, or --model gaussian for numbers", code="too-many-levels",
                         columns=[column])

    def too_many_levels(self, model: str, column: str, levels: Sequence[str]) -> DataError:
        """The refusal of a column with more levels than `most_levels`."""
        shown = ", ".join(levels[:SHOWN]) + (", ..." if len(levels) > SHOWN else "")
        counts = ", or give --trials if it counts successes" if all(level.isdecimal() for level in levels) else ""
        return DataError(
            f'column "{column}": {model} needs two distinct values, found {len(levels)}: {shown}',
            f"use --model categorical, or recode the column to two values{counts}", code="too-many-levels", columns=[column],
        )

    def not_numbers(self, model: str, column: str, found: str, example: str, better: str) -> DataError:
        """The refusal of a column that holds `found`, not numbers; `better`: a law that takes it, if there is one."""
        remedy = (f"use --model {better}, or name a column of numbers with --target" if better
                  else "turn it into a number, such as days since the first date")
        return DataError(f'column "{column}": {model} needs numbers, found {found}{example}', remedy,
                         code="target-not-numeric", columns=[column])


NUMBERS = Response()
TWO_LEVELS = Response(reads_levels=True, most_levels=2, takes_positive=True)
LEVELS = Response(reads_levels=True, takes_reference=True)
ORDERED = Response(reads_levels=True, ordered=True)
COUNTS = Response(least=0.0, whole=True)
TRIALS = Response(least=0.0, whole=True, of_trials=True)
NOT_NEGATIVE = Response(least=0.0)
POSITIVE = Response(least=0.0, open_end=True)
SHARES = Response(least=0.0, open_end=True, below=1.0)
