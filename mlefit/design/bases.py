"""Columns made from one numeric expression that first learn from the data: poly, center, scale and bs, as in R."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import ClassVar, Literal

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.design.expression import Expression
from mlefit.design.powers import Powers, Recurrence
from mlefit.design.sample import ValueSample
from mlefit.design.terms import Factor, not_finite
from mlefit.errors import DataError
from mlefit.records import record
from mlefit.rows.keys import Stream, keys
from mlefit.source.batch import Batch


@record(frozen=True)
class Basis(Factor):
    """A function of `argument`, under the name `label`, with a state learnt from the argument's values."""

    learns: ClassVar[bool] = True

    label: str
    argument: Expression

    @property
    def text(self) -> str:
        """What the user typed."""
        return self.label

    @property
    def numbers(self) -> frozenset[str]:
        """The columns of the argument."""
        return self.argument.numbers

    def _kept(self, batch: Batch, keep: Mask) -> Array:
        """The argument's values in `keep`. Raises InBlockError for the first that is not finite."""
        values = self.argument.values(batch)
        lost = np.flatnonzero(keep & ~np.isfinite(values))
        if lost.size:
            row = int(lost[0])
            raise not_finite(self.label, batch, self.numbers, row, float(values[row]))
        return values[keep]

    def _too_few(self, what: str, remedy: str) -> DataError:
        return DataError(
            f'term "{self.label}": {self.argument.label} has too few distinct values in the rows used for {what}',
            remedy, code="too-few-values", columns=sorted(self.numbers),
        )


@record(frozen=True)
class Polynomial(Basis):
    """poly(x, k): polynomials of degree 1 .. k, orthogonal, of mean 0 and length 1 over the complete rows, as R's.

    Kennedy and Gentle (1980), Statistical Computing, 343-4. Beyond the range of the rows learnt from, the same
    polynomials.
    """

    degree: int
    state: Recurrence | None = None

    def labels(self) -> tuple[str, ...]:
        """`poly(x,k)[1]` to `poly(x,k)[k]`."""
        return tuple(f"{self.label}[{j}]" for j in range(1, self.degree + 1))

    def survey(self, batch: Batch, keep: Mask, weight: Array | None) -> Powers:
        """Powers 0 .. k of the argument."""
        return Powers.of(self._kept(batch, keep), None if weight is None else weight[keep], self.degree)

    def learnt(self, summary: Powers, full: bool, reference: Mapping[str, str]) -> "Polynomial":
        """With its recurrence. Raises DataError when the argument has no more than k distinct values."""
        state = summary.recurrence()
        if state is None:
            raise self._too_few(f"degree {self.degree}", "use a lower degree")
        return replace(self, state=state)

    def evaluate(self, batch: Batch, keep: Mask | None = None) -> Array:
        """The polynomials (rows, k)."""
        if self.state is None:
            raise TypeError(f"{self.label} is not learnt")
        with np.errstate(all="ignore"):
            return self.state.evaluate(self.argument.values(batch))


@record(frozen=True)
class Standardised(Basis):
    """center(x) = x - mean, scale(x) = (x - mean) / sd with divisor n - 1, over the complete rows, as R's scale."""

    how: Literal["center", "scale"]
    mean: float | None = None
    deviation: float = 1.0

    def labels(self) -> tuple[str, ...]:
        """The text."""
        return (self.label,)

    def survey(self, batch: Batch, keep: Mask, weight: Array | None) -> Powers:
        """Powers 0 and 1 of the argument."""
        return Powers.of(self._kept(batch, keep), None if weight is None else weight[keep], 1)

    def learnt(self, summary: Powers, full: bool, reference: Mapping[str, str]) -> "Standardised":
        """With mean and deviation. Raises DataError when the argument is constant."""
        state = summary.recurrence()
        if state is None:
            raise self._too_few("a deviation", "leave the term out: it is constant")
        return replace(self, mean=state.mean, deviation=state.deviation if self.how == "scale" else 1.0)

    def evaluate(self, batch: Batch, keep: Mask | None = None) -> Array:
        """The value (rows, 1)."""
        if self.mean is None:
            raise TypeError(f"{self.label} is not learnt")
        with np.errstate(all="ignore"):
            return ((self.argument.values(batch) - self.mean) / self.deviation)[:, np.newaxis]


@record(frozen=True)
class Spline(Basis):
    """bs(x, df, degree): the B-splines of R's splines::bs without intercept, df columns.

    df - degree interior knots at equally spaced quantiles (type 7) of the complete rows, boundary knots at their
    smallest and largest value, the first B-spline left out. Outside the boundary, the outermost polynomial pieces are
    continued, as R does with a warning.
    """

    df: int
    degree: int
    knots: tuple[float, ...] = ()      # all of them, boundary knots degree + 1 times

    def labels(self) -> tuple[str, ...]:
        """`bs(x,df=k)[1]` to `bs(x,df=k)[k]`."""
        return tuple(f"{self.label}[{j}]" for j in range(1, self.df + 1))

    def survey(self, batch: Batch, keep: Mask, weight: Array | None) -> ValueSample:
        """The values of the argument, or a sample of them."""
        chance = keys(0, Stream.QUANTILES, batch.place, batch.start, batch.start + batch.rows)
        return ValueSample.of(self._kept(batch, keep), chance[keep], None if weight is None else weight[keep])

    def learnt(self, summary: ValueSample, full: bool, reference: Mapping[str, str]) -> "Spline":
        """With its knots. Raises DataError when knots coincide."""
        if not summary.values.size:
            raise self._too_few("knots", "use rows without missing cells")
        inner = summary.quantiles(np.linspace(0, 1, self.df - self.degree + 2)[1:-1])
        knots = [summary.low, *inner.tolist(), summary.high]
        if not all(left < right for left, right in pairwise(knots)):
            raise self._too_few(
                f"{self.df - self.degree} knots: some coincide", f"use a smaller df, not below {self.degree}"
            )
        ends = [summary.low] * self.degree, [summary.high] * self.degree
        return replace(self, knots=(*ends[0], *knots, *ends[1]))

    def evaluate(self, batch: Batch, keep: Mask | None = None) -> Array:
        """The B-splines (rows, df)."""
        from scipy.interpolate import BSpline

        if not self.knots:
            raise TypeError(f"{self.label} is not learnt")
        x = self.argument.values(batch)
        finite = np.isfinite(x)
        columns = np.full((self.df, batch.rows), np.nan).T
        if finite.any():
            basis = BSpline.design_matrix(x[finite], np.array(self.knots), self.degree, extrapolate=True)
            columns[finite] = basis.toarray()[:, 1:]
        return columns
