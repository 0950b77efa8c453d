"""Zero levels: levels of a factor of which every count is 0, beside a dispersion that depends on predictors.

Without one, separation is a matter of the mean, and a linear programme finds all of it. Here a level whose counts add up to 0 is
enough: its coefficient in the mean may fall, or in log alpha grow, without end, and its zeros only become more probable.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.design.levels import Levels
from mlefit.errors import NoEstimateError
from mlefit.execution import Engine
from mlefit.numerals import plural
from mlefit.problem.problem import Problem
from mlefit.problem.refusals import unknown_parameters
from mlefit.report.report import Parameter
from mlefit.rows.chunk import Chunk

SHOWN = 8       # levels named in a message


class Sums(NamedTuple):
    """By column (p,), the rows where it is 1 and their counts, with weights; and those of all rows."""

    rows: Array
    counts: Array
    of_all: Array

    def __add__(self, other: "Sums") -> "Sums":  # type: ignore[override]
        return Sums(self.rows + other.rows, self.counts + other.counts, self.of_all + other.of_all)


class Level(NamedTuple):
    """A level without a count above 0: the kind of its predictor, the factor, its name, and how many rows it has; `baseline`:
    whether it is the one that the constant stands for."""

    kind: str
    column: str
    name: str
    rows: float
    baseline: bool


def check_zero_levels(problem: Problem, rows: Engine) -> None:
    """Raises NoEstimateError with every level that has no count above 0."""
    scaling = problem.prepared.scaling
    one = (1.0 - scaling.centre) / scaling.scale

    def sums(chunk: Chunk) -> Sums:
        weight = np.ones(chunk.rows) if chunk.weight is None else chunk.weight
        there = (chunk.x == one).T
        return Sums(there @ weight, there @ (weight * chunk.y), np.array([weight.sum(), weight @ chunk.y]))

    found = rows.sum(sums)
    levels = list[Level]()
    for level in _without_counts(problem, found):       # of a factor in both, those of the mean
        levels += [] if level.name in [one.name for one in levels] else [level]
    if not levels:
        return
    named = [f"{level.name} ({plural(round(level.rows), 'row')})" for level in levels[:SHOWN]]
    named += [f"one of {len(levels) - SHOWN} more levels"] if len(levels) > SHOWN else []
    raise NoEstimateError(
        f"every row with {' or '.join(named)} has {problem.prepared.observed.target}=0: the likelihood only rises as the chance of "
        "these nears 1, and no maximum-likelihood estimate exists",
        "drop the level, or merge it with another", code="separation", columns=tuple(dict.fromkeys(one.column for one in levels)),
        partial=problem.report(tuple(_known(p, levels) for p in unknown_parameters(problem))))


def _without_counts(problem: Problem, found: Sums) -> Iterator[Level]:
    """Of the mean first, whose levels are those of the scale as well where a factor is in both."""
    predictors = problem.prepared.predictors
    for k, predictor in enumerate(problem.prepared.noise.predictors):
        side = predictors.sides[problem.side(k)]
        for term, own in side.by_term():
            places, factor = list(own), term.factors[0]
            if len(term.factors) > 1 or not isinstance(factor, Levels) or any(problem.aliased(k, j) for j in places):
                continue
            named = [(problem.labels[j], found.rows[j], found.counts[j]) for j in places]
            if factor.baseline is not None and side.intercept:
                rest = found.of_all - np.array([found.rows[places].sum(), found.counts[places].sum()])
                named.append((f"{factor.column}={factor.baseline}", *rest))
            yield from (Level(predictor.kind, factor.column, name, rows, place == len(places))
                        for place, (name, rows, counts) in enumerate(named) if rows > 0.0 == counts)


def _known(p: Parameter, levels: list[Level]) -> Parameter:
    """Where the coefficient of such a level goes, if the baseline does not go there as well."""
    based = {(level.kind, level.column) for level in levels if level.baseline}
    goes = any((one.kind, one.name) == (p.kind, p.name) and (one.kind, one.column) not in based for one in levels)
    return p._replace(state="infinite", limit="+inf" if p.kind == "scale" else "-inf") if goes else p
