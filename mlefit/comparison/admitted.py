"""Admitted: the models that a response allows, by what its numbers are, and whether steps of 1 are too coarse for a density."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.comparison.costs import rows_of
from mlefit.comparison.lattice import steps_of
from mlefit.design.curve import takes_curve
from mlefit.noise import MODELS
from mlefit.noise.model import Measure
from mlefit.problem.indexing import as_for
from mlefit.problem.problem import Problem
from mlefit.problem.size import room
from mlefit.rows.chunk import Chunk

FINE = 4.0              # steps in a standard deviation of whole numbers, of which the predictors may explain three quarters
ALIKE = 1.3             # times sqrt n steps in it: the density of n rows is their mass to a tenth of a nat, n / (24 sd^2)
MINUTES = 1e10          # rows times squared columns, beyond which such a fit takes minutes
LONG = 1e9              # the same, half a minute, which is long beside fits by levels
FAR_FROM_ZERO = 10.0    # steps: nearer, a density has a part of its mass where no count is


class Whole(NamedTuple):
    """Whether every response of some rows is a whole number."""

    so: bool

    def __add__(self, other: "Whole") -> "Whole":  # type: ignore[override]
        return Whole(self.so and other.so)


def admitted(problem: Problem) -> tuple[str, ...]:
    """The models that the response admits, by what its numbers are."""
    noise = problem.prepared.noise
    if noise.response.reads_levels or noise.response.of_trials:
        return tuple(name for name, law in MODELS.items() if law.compared and law.response == noise.response)
    ends, bent = extent(problem), problem.prepared.roles.curve is not None
    counts, near = ends[0] >= 0.0 and in_ones(problem), ends[0] <= FAR_FROM_ZERO
    taken = (law for law in MODELS.values() if law.compared and not law.response.reads_levels and not law.response.of_trials
             and (takes_curve(law) or not bent))
    return tuple(law.name for law in taken if law.response.refused(ends) is None and (counts or not law.response.whole)
                 and not (counts and near and law.measure is Measure.DENSITY and not law.standard)
                 and not (law.response.whole and not law.standard and fine(problem))      # a density says the same of them
                 and not (law.needs_zeros and ends[0] > 0.0))


def left_out(problem: Problem, models: tuple[str, ...]) -> dict[str, str]:
    """Those of the models that are not fitted unless they are named, each with why: by columns they would take minutes or more than
    the memory. None where no other is left."""
    found = {name: why for name in models if (why := by_columns(problem, name)) is not None}
    return found if len(found) < len(models) else {}


def by_columns(problem: Problem, name: str) -> str | None:
    """Why a model takes too long or too much by its columns, None where it does not.

    The ones that are searched from several planes, by programmes, or with a scale of as many columns are slow; where others have
    levels in the place of columns, beside which a matrix of them is, all that have columns."""
    law, rows, mine = MODELS[name], problem.prepared.moments.rows, problem.prepared.predictors
    own = as_for(problem, replace(problem.request, model=name), law.of(problem.prepared.levels))
    width = own.columns_wide
    work, columned = rows * float(width) ** 2, [one for one in mine.uncolumned if one not in own.uncolumned]
    if columned:
        levels = " and ".join(f"the {len(one.levels or ()):,} levels of {one.column}" for one in columned)
        if not room(rows, width, width * len(law.predictors) + len(law.shapes), problem.request.read.memory):
            return f"columns for {levels} are beyond the memory that may be used"
        if work >= LONG:
            return f"with columns for {levels} each takes half a minute or more"
    slow = not law.smooth or (law.begins and law.located) or any(predictor.kind == "scale" for predictor in law.predictors)
    return f"with {width:,} columns of {rows:,} rows each takes minutes" if slow and work >= MINUTES else None


def may_be_celled(problem: Problem) -> bool:
    """Whether the responses themselves are what the law is of."""
    prepared = problem.prepared
    return not (prepared.observed.precision or moved(problem) or prepared.observed.transform or prepared.roles.curve)


def moved(problem: Problem) -> bool:
    """Whether an offset has been taken off the responses."""
    return problem.prepared.noise.located and problem.prepared.predictors.offset is not None


def without_location() -> tuple[str, ...]:
    """A law of counts and one of positive numbers: what their rows are is not moved by an offset."""
    of_numbers = (law for law in MODELS.values() if not (law.response.reads_levels or law.response.of_trials))
    free = [law for law in of_numbers if law.compared and not law.located]
    kinds = {law.response: law.name for law in reversed(free)}
    return tuple(name for response, name in sorted(kinds.items(), key=lambda kind: not kind[0].whole) if response.least == 0.0)


def extent(problem: Problem) -> Array:
    """The least and the largest response, in natural units."""
    units, moments = problem.units, problem.prepared.moments
    return np.array([units.y_centre + float(end[-1]) * units.y_scale for end in (moments.low, moments.high)])


def in_ones(problem: Problem) -> bool:
    """Whether the responses are whole numbers that may be counts: not all of them tens, or even."""
    return whole(problem) and ((steps := steps_of(problem)) is None or steps.step < 2.0)


def whole(problem: Problem) -> bool:
    """Whether every response is a whole number."""
    units = problem.units

    def of(chunk: Chunk) -> Whole:
        y = chunk.y * units.y_scale + units.y_centre
        return Whole(bool(np.array_equal(y, np.rint(y))))

    return rows_of(problem).sum(of).so


def fine(problem: Problem) -> bool:
    """Whether steps of 1 are so small beside the spread of whole numbers and their distance from 0 that the density of a law is
    its mass on them."""
    low, high = extent(problem)
    response = problem.prepared.moments.response
    spread = 0.0 if response is None else float(response.r[1, 1]) / np.sqrt(problem.n) * problem.units.y_scale
    return bool(spread > max(FINE, ALIKE * np.sqrt(problem.n)) and (low > FAR_FROM_ZERO or high < 0.0))
