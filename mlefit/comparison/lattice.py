"""Lattice: responses that were written to a step, halves or prices in .05, and stand for the cells about them.

A density is the mass of a cell over its width where it hardly bends within. Of a law with a corner (laplace) the density at the
corner is that of no cell: with scales s of rows it gains (step / s)^2 / 4 nats a row beside a smooth law, on average. That is less
than a quarter of what chance makes of a difference (about 0.3 / sqrt n) where the mean of (step / s)^2 is below 1 / (4 sqrt n): a
scale of 2 n^(1/4) steps.
"""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.comparison.costs import rows_of
from mlefit.comparison.levels import judged_rows, residuals
from mlefit.information.lattice import step_of
from mlefit.mean import Units
from mlefit.noise.responses import Response
from mlefit.problem.problem import Problem
from mlefit.rows.chunk import Chunk

FINEST = 4.0            # steps in a scale, below which they matter for any number of rows
ROWS = 4.0              # the mean of (step / scale)^2 beyond which they matter, times sqrt n, inverted
NORMAL = 1.349          # standard deviations between the quartiles of a normal law
TIED = 0.8              # of the rows, distinct values beyond which steps do not matter
FEWEST = 3              # distinct values in which shapes can be told
ROUNDED = 1e-6          # of a step: an origin as near to a multiple of it is one


class Steps(NamedTuple):
    """The numbers `origin` + k `step`, in the unit of the response. `from_zero`: of counts, whose cell of 0 has all below."""

    step: float
    origin: float
    from_zero: bool = False

    def of(self, units: Units, response: Response) -> "Lattice":
        """As a law of such responses has them, in the unit of its rows."""
        return Lattice(*self, units.y_centre, units.y_scale, response)


COUNTS = Steps(1.0, 0.0, from_zero=True)


class Lattice(NamedTuple):
    """Steps beside the encoding of a response, y = centre + scale y'."""

    step: float
    origin: float
    from_zero: bool
    centre: float
    scale: float
    response: Response

    def ends(self, y: Array) -> tuple[Array, Array]:
        """The ends (n,) of the cells of encoded responses: infinite where the law has nothing beyond."""
        middle = self._nearest(y * self.scale + self.centre)
        low, high = middle - 0.5 * self.step, middle + 0.5 * self.step
        outside = low <= self.response.least if np.isfinite(self.response.least) else np.zeros(low.shape, dtype=bool)
        if self.from_zero:
            outside = outside | (middle <= 0.0)
        low, high = np.where(outside, -np.inf, low), np.where(high >= self.response.below, np.inf, high)
        return (low - self.centre) / self.scale, (high - self.centre) / self.scale

    def rounded(self, y: Array) -> Array:
        """The encoded responses (n,) as they would have been written, of those that the law takes."""
        middle = self._nearest(y * self.scale + self.centre)
        if self.from_zero:
            middle = np.maximum(middle, 0.0)
        if np.isfinite(self.response.least):
            first = self._nearest(np.array([self.response.least]))[0]
            refused = first <= self.response.least if self.response.open_end else first < self.response.least
            middle = np.maximum(middle, first + self.step if refused else first)
        if np.isfinite(self.response.below):
            last = self._nearest(np.array([self.response.below]))[0]
            middle = np.minimum(middle, last - self.step if last >= self.response.below else last)
        return (middle - self.centre) / self.scale

    def _nearest(self, natural: Array) -> Array:
        return self.origin + np.rint((natural - self.origin) / self.step) * self.step


class Distinct(NamedTuple):
    """The distinct values of some rows (m,), ordered; none where they are more than `most`."""

    values: Array | None
    most: int

    def __add__(self, other: "Distinct") -> "Distinct":  # type: ignore[override]
        if self.values is None or other.values is None:
            return Distinct(None, self.most)
        return Distinct.of(np.concatenate([self.values, other.values]), self.most)

    @classmethod
    def of(cls, y: Array, most: int) -> "Distinct":
        """Those of y (n,)."""
        values = np.unique(y)
        return cls(values if values.size <= most else None, most)


def steps_of(problem: Problem) -> Steps | None:
    """The steps of all responses; None where they are told apart by more than steps, or by fewer than FEWEST values."""
    units, sample = problem.units, problem.prepared.sample.y
    if np.unique(sample).size > TIED * sample.size:
        return None
    most = int(TIED * problem.prepared.ledger.used)

    def of(chunk: Chunk) -> Distinct:
        return Distinct.of(chunk.y * units.y_scale + units.y_centre, most)

    values = rows_of(problem).sum(of).values
    if values is None or values.size < FEWEST:
        return None
    step = step_of(values)
    if step is None:
        return None
    origin = float(values[0] + np.mean((values - values[0]) - np.rint((values - values[0]) / step) * step))
    return Steps(step, 0.0 if abs(np.rint(origin / step) * step - origin) < ROUNDED * step else origin)


def coarse(problem: Problem, step: float) -> bool:
    """Whether the steps are so wide beside the scales of the rows that densities differ from masses by what may decide."""
    chunk, units = judged_rows(problem), problem.units
    y = chunk.y * units.y_scale + units.y_centre
    shares = [_shares(y, chunk, np.ones(1), step)]
    if y.min() > 0.0:       # of laws of positive numbers the scale goes with the mean
        shares.append(_shares(np.log(y), chunk, y, step))
    worst = max(float(np.mean(one)) for one in shares)
    return bool(worst > min(1.0 / FINEST**2, 1.0 / (ROWS * np.sqrt(problem.n))))


def _shares(y: Array, chunk: Chunk, unit: Array, step: float) -> Array:
    """(step / scale)^2 of rows, the scale that of residuals, times a `unit`; at most 1."""
    rest = residuals(y, chunk)
    low, high = np.quantile(rest, (0.25, 0.75))
    scale = min(float(rest.std()), float(high - low) / NORMAL)
    with np.errstate(divide="ignore"):
        return np.asarray(np.minimum(1.0, np.square(step / (scale * unit))))
