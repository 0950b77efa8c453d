"""Above zero: the refusal of numbers above 0 that are all the same, beside zeros with a chance of their own."""

import numpy as np

from mlefit.errors import NoEstimateError
from mlefit.execution import Execution
from mlefit.noise import called_for
from mlefit.noise.responses import Content
from mlefit.numerals import numeral
from mlefit.problem.problem import Problem
from mlefit.problem.refusals import unknown_parameters
from mlefit.records import record
from mlefit.rows.chunk import Chunk


@record(frozen=True)
class Above:
    """The least and the largest number above 0, and how many there are."""

    least: float
    most: float
    count: int

    def __add__(self, other: "Above") -> "Above":
        return Above(min(self.least, other.least), max(self.most, other.most), self.count + other.count)


def check_above(problem: Problem, rows: Execution) -> None:
    """Raises NoEstimateError where a law of what is above 0 would collapse on one number."""
    noise, target = problem.prepared.noise, problem.prepared.observed.target

    def above(chunk: Chunk) -> Above:
        y = chunk.y[chunk.y > 0.0]
        return Above(float(y.min(initial=np.inf)), float(y.max(initial=0.0)), y.size)

    found = rows.sum(above)
    if noise.collapse is not None and found.count > 1 and found.least == found.most:
        value, of_two = numeral(found.most * problem.prepared.scaling.y_scale), called_for(Content.TWO_LEVELS).name
        raise NoEstimateError(
            f'column "{target}": all {found.count:,} numbers above 0 are {value}, so {noise.collapse} and the likelihood is '
            "unbounded", f"use --model {of_two}, which asks whether they are above 0", code="constant-target",
            columns=(target,), partial=problem.report(unknown_parameters(problem)))
