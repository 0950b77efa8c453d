"""Far rows: one huge value must not decide in which coordinates, and to which digits, all other rows are looked at.

Separation is a matter of the signs of margins, which do not change when a row is multiplied by a positive number. So rows
that are FAR times as far out as those around the centre are drawn in, the constant with the rest, before the programme of
`separation` sees them; where there are none, nothing is done at all.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.execution import Execution
from mlefit.execution.engine import M
from mlefit.mean import Coordinates, LinearMean
from mlefit.records import record
from mlefit.rows.chunk import Chunk
from mlefit.sums.triangle import Triangle

FAR = 2.0**10       # lognormal and t_2 predictors of a million rows stay below it
SHARE = 0.25        # the quantile of a column's distances from its centre that is its unit, zeros left out
LEAST = -1080       # binary exponents of doubles
COUNT = 2110


@record(frozen=True)
class Exponents:
    """How many values of each column have each binary exponent, (r, COUNT): quantiles to a factor 2 that add up."""

    counts: Array

    @classmethod
    def of(cls, x: Array) -> "Exponents":
        """Those of columns (n, r), zeros left out."""
        _, exponent = np.frexp(x)
        return cls(np.stack([
            np.bincount(exponent[x[:, j] != 0.0, j] - LEAST, minlength=COUNT) for j in range(x.shape[1])
        ]).astype(np.float64))

    def __add__(self, other: "Exponents") -> "Exponents":
        return Exponents(self.counts + other.counts)

    def unit(self) -> Array:
        """The power of two at or above the quantile SHARE of each column (r,); 1 where all values are 0."""
        below = np.cumsum(self.counts, axis=1)
        place = (below >= SHARE * below[:, -1:]).argmax(axis=1)
        return np.where(below[:, -1] > 0.0, np.ldexp(1.0, place + LEAST), 1.0)


@record(frozen=True)
class Farthest:
    """The value farthest out in units of its column: `ratio` of them, in kept row `row` (from 0) and kept column `column`."""

    ratio: float
    row: int
    column: int
    value: float

    @classmethod
    def of(cls, x: Array, unit: Array, first_row: int) -> "Farthest":
        """Of columns (n, r) with these units."""
        ratio = np.abs(x) / unit
        row, column = np.unravel_index(int(np.argmax(ratio)), ratio.shape)
        return cls(float(ratio[row, column]), first_row + int(row), int(column), float(x[row, column]))

    def __add__(self, other: "Farthest") -> "Farthest":
        return self if self.ratio >= other.ratio else other


def farthest(mean: LinearMean, execution: Execution) -> tuple[Farthest, Array]:
    """Where the design reaches farthest, and the units (r,) of its kept columns in which that is told."""
    design = mean.part(0).design
    unit = execution.sum(lambda chunk: Exponents.of(design(chunk))).unit()
    return execution.sum(lambda chunk: Farthest.of(design(chunk), unit, chunk.first_row)), unit


def farthest_response(execution: Execution) -> Farthest:
    """The largest response, in the unit of its column."""
    unit = execution.sum(lambda chunk: Exponents.of(chunk.y[:, None])).unit()
    return execution.sum(lambda chunk: Farthest.of(chunk.y[:, None], unit, chunk.first_row))


class Drawn(NamedTuple):
    """An execution in which every row that is far out, by these units of the kept columns, is drawn in to FAR of them."""

    execution: Execution
    mean: LinearMean
    unit: Array

    def sum(self, task: Callable[[Chunk], M]) -> M:
        """The total over all rows, drawn in."""
        return self.execution.sum(lambda chunk: task(self._drawn(chunk)))

    def _drawn(self, chunk: Chunk) -> Chunk:
        ratio = (np.abs(self.mean.part(0).design(chunk)) / self.unit).max(axis=1)
        return replace(chunk, x=(chunk.x.T / np.maximum(1.0, ratio / FAR)).T)


def drawn_in(mean: LinearMean, execution: Execution, n: float) -> tuple[LinearMean, Execution]:
    """The rows, `n` with their weights, with those far out drawn in, and a mean in whose coordinates these are orthonormal.

    Both are as they were where no row is far out.
    """
    reach, unit = farthest(mean, execution)
    if reach.ratio <= FAR:
        return mean, execution
    rows, design = Drawn(execution, mean, unit), mean.part(0).design
    triangle = rows.sum(lambda chunk: Triangle.of(design(chunk), chunk.weight)).r / np.sqrt(n)
    return replace(mean, coordinates=Coordinates(triangle, mean.part(0).kept)), rows
