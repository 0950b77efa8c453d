"""One outcome: the refusal of a factor with levels in which an outcome does not occur, all of them named at once."""

from collections.abc import Iterator

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.design.levels import Levels
from mlefit.errors import NoEstimateError
from mlefit.execution import Execution
from mlefit.existence.by_level import outcomes_by_level, ways
from mlefit.problem.problem import Problem
from mlefit.report.report import Parameter

SHOWN = 20          # levels named in the message; the columns of the error are all of them
CLASSES = 3         # outcomes named one by one


def check_levels(problem: Problem, rows: Execution) -> None:
    """Raises NoEstimateError for levels of a factor without rows of some outcome."""
    if problem.prepared.noise.separable:
        for factor, first, counts in _counted(problem, rows):
            if not (counts > 0.0).all():
                raise _refusal(problem, factor, first, counts > 0.0)


def _counted(problem: Problem, rows: Execution) -> Iterator[tuple[Levels, int, Array]]:
    """The factors without columns, each with the first place of its levels and with their outcomes (L, K)."""
    noise, predictors = problem.prepared.noise, problem.prepared.predictors
    assert predictors.indexed is not None
    yield predictors.indexed, predictors.indexed_places.start, outcomes_by_level(noise, rows, len(predictors.indexed.levels or ()))
    first, before = predictors.crossed_places.start, 0
    for place, factor in enumerate(predictors.crossed):
        count = len(factor.levels or ())
        yield factor, first, outcomes_by_level(noise, rows, before + count, place)[before:]
        first, before = first + factor.width, before + count


def _refusal(problem: Problem, factor: Levels, first: int, kept: Mask) -> NoEstimateError:
    lacking = np.flatnonzero(~kept.all(axis=1))
    levels = tuple((factor.levels or ())[place] for place in lacking.tolist())
    shown = ", ".join(levels[:SHOWN]) + (f" and {len(levels) - SHOWN:,} more" if len(levels) > SHOWN else "")
    one = "level" if len(levels) == 1 else "levels"
    target = problem.prepared.observed.target
    return NoEstimateError(
        f'quasi-complete separation of "{target}" by {len(levels):,} {one} of {factor.column} ({shown}): {_said(problem, kept)}, '
        "so coefficients are infinite and no maximum-likelihood estimate exists",
        f"merge these levels with others, drop their rows, or leave out {factor.column}", code="separation",
        columns=tuple(f"{factor.column}={level}" for level in levels),
        partial=problem.report(_parameters(problem, factor, first, kept)))


def alone_in_level(problem: Problem, rows: Execution) -> bool:
    """Whether a single row keeps an outcome of some level probable, so that there is no maximum without it."""
    return problem.prepared.noise.separable and any(bool((counts <= 1.0).any()) for _, _, counts in _counted(problem, rows))


def _said(problem: Problem, kept: Mask) -> str:
    """`no row is "a" in 3 of them, none is "b" in 1`."""
    names, counts = problem.prepared.levels or problem.prepared.noise.outcome_names, (~kept).sum(axis=0)
    parts = [f"{'no row' if number == 0 else 'none'} is {names[k]} in {counts[k]:,}{' of them' if number == 0 else ''}"
             for number, k in enumerate(np.flatnonzero(counts).tolist()[:CLASSES])]
    more = np.count_nonzero(counts) > CLASSES
    return ", ".join(parts) + (", ..." if more else "")


def _parameters(problem: Problem, factor: Levels, first: int, kept: Mask) -> tuple[Parameter, ...]:
    """Which are infinite, and which way; of the others nothing is known."""
    found = list[Parameter]()
    baseline = None if factor.baseline is None else (factor.levels or ()).index(factor.baseline)
    shown = [place for place in range(len(kept)) if place != baseline]
    for k, predictor in enumerate(problem.prepared.noise.predictors):
        way = ways(kept, k + 1)
        base = 0.0 if baseline is None else float(way[baseline])
        contrast = _apart(way[shown], base)
        for place, name in problem.named(k):
            plain = Parameter(name, predictor.class_, predictor.kind, "aliased" if problem.aliased(k, place) else "ok")
            own = first <= place < first + len(shown)
            at = contrast[place - first] if own else base if place == 0 and baseline is not None else 0.0
            found.append(plain if at == 0.0 else plain._replace(state="diverges") if np.isnan(at)
                         else plain._replace(state="infinite", limit="+inf" if at > 0.0 else "-inf"))
    shapes = (Parameter(shape.name, None, "shape", "ok") for shape in problem.prepared.noise.shapes)
    return (*found, *shapes)


def _apart(way: Array, base: float) -> Array:
    """Where contrasts go: nowhere in particular where both ends go the same way."""
    found = np.sign(way - base)
    found[(way == base) & (way != 0.0)] = np.nan
    return np.asarray(found)
