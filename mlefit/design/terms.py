"""Term: one summand of a linear predictor, a product of factors, each of which turns columns into design columns.

A factor that depends on the data (levels, orthogonal polynomials, knots) is built without state, learns it once from a
summary of all complete rows, and is a new, frozen object afterwards that serves every batch alike.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property, partial
from math import prod
from typing import Any, ClassVar, Self

import numpy as np

from mlefit.arrays import Array, Mask, block
from mlefit.errors import DataError, InBlockError
from mlefit.numerals import numeral
from mlefit.records import record
from mlefit.source.batch import Batch


class Summary(ABC):
    """What one factor needs to know of the data; `a + b` stands for the rows of both."""

    @abstractmethod
    def __add__(self, other: Self, /) -> Self: ...


@record(frozen=True)
class Factor(ABC):
    """A function from columns to k design columns.

    `learns`: it needs a summary of the data before it can be evaluated. `coded`: its columns stand for levels, by
    contrasts with a baseline or by one indicator each.
    """

    learns: ClassVar[bool] = False
    coded: ClassVar[bool] = False

    @property
    @abstractmethod
    def text(self) -> str:
        """What the user typed, blanks removed."""

    @property
    @abstractmethod
    def numbers(self) -> frozenset[str]:
        """The columns it needs as numbers."""

    @property
    def categories(self) -> frozenset[str]:
        """The columns it needs as levels."""
        return frozenset()

    @property
    def plain(self) -> str | None:
        """The column of numbers that it is, as it is."""
        return None

    @property
    def remark(self) -> str:
        """What is to be said of what it has learnt, if anything."""
        return ""

    @abstractmethod
    def labels(self) -> tuple[str, ...]:
        """The names of its k design columns."""

    @property
    def width(self) -> int:
        """k."""
        return len(self.labels())

    @abstractmethod
    def evaluate(self, batch: Batch, keep: Mask | None = None) -> Array:
        """The design columns (rows, k) in Fortran order, as in Term."""

    def unlearnt(self, batch: Batch) -> Mask | None:
        """The rows (rows,) with a value that was in no row learnt from, so that it has no column; None where there are none."""
        return None

    def survey(self, batch: Batch, keep: Mask, weight: Array | None) -> Summary:
        """The summary of the rows in `keep`, each counted `weight` times."""
        raise TypeError(f"{self.text} learns nothing")

    def ordered(self, orders: Mapping[str, tuple[str, ...]]) -> "Factor":
        """This factor, before it learns, with the order that its column has among `orders`."""
        return self

    def learnt(self, summary: Any, full: bool, reference: Mapping[str, str]) -> "Factor":
        """This factor with its state; `full`: levels by indicators, not by contrasts with the baseline."""
        return self


@record(frozen=True)
class Term:
    """A product of factors: its design columns are the products of one column from each, the first factor fastest."""

    factors: tuple[Factor, ...]

    @cached_property
    def text(self) -> str:
        """The term as the user typed it, blanks removed, such as `a:log(b)`."""
        return ":".join(factor.text for factor in self.factors)

    @cached_property
    def numbers(self) -> frozenset[str]:
        """The columns it needs as numbers."""
        return frozenset().union(*(factor.numbers for factor in self.factors))

    @cached_property
    def categories(self) -> frozenset[str]:
        """The columns it needs as levels."""
        return frozenset().union(*(factor.categories for factor in self.factors))

    @cached_property
    def plain(self) -> str | None:
        """The column of numbers that it is, as it is."""
        return self.factors[0].plain if len(self.factors) == 1 else None

    def labels(self) -> tuple[str, ...]:
        """The names of its design columns; none when a categorical column turned out to have one level only."""
        names = self.factors[0].labels()
        for factor in self.factors[1:]:
            names = tuple(f"{first}:{second}" for second in factor.labels() for first in names)
        return names

    @cached_property
    def width(self) -> int:
        """How many design columns it has, however long the list of their names would be."""
        return prod(factor.width for factor in self.factors)

    def evaluate(self, batch: Batch, keep: Mask | None = None) -> Array:
        """The design columns (rows, k) in Fortran order; NaN where a cell that the term needs is missing.

        A value that does not exist (log 0) is NaN or infinite too, without a numpy warning: see `not_finite`. Raises
        InBlockError for a level that was not learnt, in a row of `keep` (None: in any row); elsewhere it gives NaN.
        """
        columns = self.factors[0].evaluate(batch, keep)
        for factor in self.factors[1:]:
            columns = _product(columns, factor.evaluate(batch, keep))
        return columns


@record(frozen=True)
class Ones(Factor):
    """The constant of a right-hand side beside one that has none."""

    @property
    def text(self) -> str:
        """As the intercept of R."""
        return "1"

    @property
    def numbers(self) -> frozenset[str]:
        """None."""
        return frozenset()

    def labels(self) -> tuple[str, ...]:
        """That of every intercept."""
        return ("(Intercept)",)

    def evaluate(self, batch: Batch, keep: Mask | None = None) -> Array:
        """Ones."""
        return np.ones((batch.rows, 1))


CONSTANT = Term((Ones(),))


def _product(first: Array, second: Array) -> Array:
    """All products of a column of `first` (n, j) with one of `second` (n, k): (n, j k), `first` fastest."""
    n, j = first.shape
    columns = block(n, j * second.shape[1])
    with np.errstate(all="ignore"):     # the encoder refuses what is not finite, with its row
        for i in range(second.shape[1]):
            np.multiply(first, second[:, i : i + 1], out=columns[:, i * j : (i + 1) * j])
    return columns


@record(frozen=True)
class Offset:
    """A known part of the linear predictor: one factor of one column, with coefficient 1."""

    factor: Factor

    @property
    def text(self) -> str:
        """What the user typed, blanks removed."""
        return self.factor.text

    @property
    def numbers(self) -> frozenset[str]:
        """The columns it needs as numbers."""
        return self.factor.numbers

    def evaluate(self, batch: Batch) -> Array:
        """The offset (rows,), as in Term."""
        return self.factor.evaluate(batch)[:, 0]


def not_finite(text: str, batch: Batch, numbers: frozenset[str], row: int, value: float) -> InBlockError:
    """The refusal of `value`, which the term `text` has in row `row` of `batch` although every cell is there."""
    cells = {name: float(batch.numbers[name][row]) for name in sorted(numbers)}
    return InBlockError(partial(_not_finite, text, cells, batch.start + row + 1, value))


def _not_finite(text: str, cells: Mapping[str, float], row: int, value: float, before: int) -> DataError:
    listed = ", ".join(f"{name} = {numeral(cell)}" for name, cell in cells.items())
    return DataError(
        f'term "{text}", row {before + row}: expected a finite number, found {numeral(value)} ({listed})',
        "use a term that exists in every row, or drop the row",
        code="not-finite", columns=list(cells), rows=[before + row],
    )
