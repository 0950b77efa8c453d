"""Pictured: a fit with its report and its pictures."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple, TypeVar

import numpy as np

from mlefit.arrays import Index
from mlefit.design.levels import Levels as Factors
from mlefit.design.levels import in_order, names_of
from mlefit.inference.standard_errors import StandardErrors
from mlefit.mean.indexed import Indexed
from mlefit.picture.catalogue import meant
from mlefit.picture.designed import Columns, Levels
from mlefit.picture.overview import Overview
from mlefit.picture.panel import Panel, Sheet
from mlefit.picture.scene import Scene, Variable, rounded
from mlefit.picture.slices import Coefficient, along
from mlefit.pipeline.everywhere import everywhere_of
from mlefit.pipeline.fitted import Fitted, fit, not_certified
from mlefit.pipeline.knowledge import sample_of
from mlefit.pipeline.pictured_effects import effect_of
from mlefit.pipeline.run import errors_of, told
from mlefit.problem.indexing import ColumnsWanted
from mlefit.problem.prepare import Progress
from mlefit.problem.problem import Problem
from mlefit.problem.stated import made_of
from mlefit.report.report import Report
from mlefit.request import Request
from mlefit.rows.seen import Seen
from mlefit.sums.arrow import Arrow

T = TypeVar("T")

MOST = 20_000       # rows that pictures are computed from


class Pictured(NamedTuple):
    """What is said of a fit, and its sheet."""

    report: Report
    sheet: Sheet


def pictured(request: Request, wanted: Sequence[str] = (), progress: Progress | None = None) -> Pictured:
    """Fit, report, and draw the panels wanted, or those of the model's own sheet.

    Raises what `run` raises, and UsageError for a panel that the model does not have.
    """
    def drawn(found: Fitted, errors: StandardErrors, report: Report) -> Pictured:
        overview = overview_of(found, report, errors)
        return Pictured(report, overview.sheet(meant(wanted, overview.ids)))

    return seen(request, progress, drawn)


def seen(request: Request, progress: Progress | None, of: Callable[[Fitted, StandardErrors, Report], T]) -> T:
    """What is made of a fit whose rows were gathered with their cells. A factor of many levels has columns only where a search
    does not prove a maximum without. Raises what `run` raises."""
    def fitted(problem: Problem) -> T:
        found = fit(problem, progress)
        if found.wants_columns:
            raise ColumnsWanted
        if not found.certified:
            raise not_certified(problem, found.fit)
        errors = errors_of(found)
        return of(found, errors, told(found, errors))

    return made_of(fitted, request, progress, seen=True)


def overview_of(found: Fitted, report: Report, errors: StandardErrors) -> Overview:
    """All panels of a fit whose rows were gathered with their cells."""
    shown, further = scene(found, report), dict[str, Callable[[], Panel]]()
    coefficient = _coefficient(found, report)
    if coefficient is not None:
        further["slice"] = partial(along, shown, coefficient)
    if not found.problem.prepared.observed.precision:
        for variable in shown.variables:
            further[f"effect:{variable.name}"] = partial(effect_of, found, shown, errors, variable)
    return Overview(shown, further)


def scene(found: Fitted, report: Report) -> Scene:
    """The rows of a fit, at most MOST of them, with the fitted law on them."""
    problem, prepared = found.problem, found.problem.prepared
    sample, seen = sample_of(problem, found.fit, found.mean), prepared.seen
    assert seen is not None, "the rows were gathered with their cells"
    plain = sample.predictor_free and problem.request.offset is None and not problem.indexed
    design = _by_level(found, found.mean) if isinstance(found.mean, Indexed) else Columns(sample.designs)
    whole = Scene(
        sample.noise, sample.y, sample.eta, sample.free, design, tuple(_variables(problem, seen)), seen.row,
        round(problem.n), prepared.observed.label, prepared.levels, plain, report, problem.request.seed, reason=_reason(problem),
        stretch=np.sqrt(seen.numbers[str(prepared.observed.weights)]) if prepared.observed.precision else None,
        moved=prepared.scaling.y_centre, curved=prepared.written is not None)
    shown = rounded(whole.take(_places(problem)))
    if shown.n >= shown.total or problem.indexed:     # sums over all rows know nothing of what a fit takes from a level's few
        return shown
    return replace(shown, everywhere=everywhere_of(found, shown.free))


def _by_level(found: Fitted, mean: Indexed) -> Levels:
    """The design of a factor without columns."""
    curvature, problem = found.fit.mle.curvature, found.problem
    assert isinstance(curvature, Arrow)
    m = mean.predictors
    unit = np.ones(m)
    if problem.prepared.observed.scaled:
        unit = (problem.units.natural(np.ones((1, m))) - problem.units.natural(np.zeros((1, m))))[0]
    information = curvature.levels * np.square(mean.leveled.scale)[:, None, None] / np.outer(unit, unit)
    return Levels.of(mean, problem.prepared.sample, information)


def _places(problem: Problem) -> Index:
    """The rows of the sample that are shown, one of weight k k times; of too many some at random."""
    sample, seed = problem.prepared.sample, problem.request.seed
    places = np.arange(sample.rows)
    if sample.weight is not None and not problem.prepared.observed.sampling:
        places = np.repeat(places, np.rint(sample.weight).astype(np.int64))
    if places.size > MOST:
        places = places[np.sort(np.random.default_rng([seed, places.size]).choice(places.size, MOST, replace=False))]
    return places


def _reason(problem: Problem) -> str | None:
    """Why rows are no draws of the law even if it is true."""
    return "with sampling weights the rows are not drawn with equal chances" if problem.prepared.observed.sampling else None


def _variables(problem: Problem, seen: Seen) -> Iterator[Variable]:
    """The columns of the file that the model uses and that vary, in the order of its terms."""
    predictors = problem.prepared.predictors
    categories = [name for term in predictors.terms for name in sorted(term.categories)]    # one without columns in its place, too
    for name in dict.fromkeys((*predictors.numbers, *categories, *predictors.categories)):
        if name in seen.numbers:
            if np.ptp(seen.numbers[name]) > 0.0:
                yield Variable(name, seen.numbers[name])
            continue
        names = names_of(_learnt(problem, seen, name))
        levels = in_order(dict.fromkeys(names.values()))
        place = {level: float(k) for k, level in enumerate(levels)}
        table = np.array([place[names[level]] if level in names else np.nan for level in seen.levels[name]])
        if len(levels) > 1:
            yield Variable(name, table[seen.codes[name]], levels)


def _learnt(problem: Problem, seen: Seen, name: str) -> Iterator[str]:
    """The levels of a column, as they are spelt in the file, without those that stand in rows alone that were left out."""
    factors = [factor for term in problem.prepared.predictors.distinct for factor in term.factors]
    known = {level for factor in factors if isinstance(factor, Factors) and factor.column == name for level in factor.levels or ()}
    there = {seen.levels[name][code] for code in np.unique(seen.codes[name]).tolist()}
    return (level for level in seen.levels[name] if level in there or level in known or level.removesuffix(".0") in known)


def _coefficient(found: Fitted, report: Report) -> Coefficient | None:
    """The first of the mean that has a standard error, a constant only where there is no other; None where there is none."""
    problem, prepared = found.problem, found.problem.prepared
    first = found.fit.noise.predictors[0]
    labels = problem.labels
    with_error = {p.name: p for p in report.parameters
                  if p.kind == first.kind and p.class_ == first.class_ and p.std_error and p.state == "ok"}
    wide = prepared.predictors.columns_wide     # of a level few rows may have been drawn
    kept = [j for j in problem.shape.kept if labels[j] in with_error and j < wide]
    if not kept or prepared.observed.precision or prepared.written is not None:     # a curve has no column of its own
        return None
    j = next((j for j in kept if labels[j] != "(Intercept)"), kept[0])
    parameter, scaling = with_error[labels[j]], prepared.scaling
    column = prepared.sample.x[:, j] * scaling.scale[j] + scaling.centre[j]
    if parameter.estimate is None or parameter.loss_estimate is None or parameter.std_error is None:
        return None
    return Coefficient(parameter.name, parameter.estimate, parameter.loss_estimate, parameter.std_error, column[_places(problem)])
