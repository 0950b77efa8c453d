"""Pictured: a fit with its report and its pictures."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple, TypeVar

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.design.complete import Used
from mlefit.design.encode import Encoded
from mlefit.design.levels import Levels as Factors
from mlefit.design.levels import in_order, names_of
from mlefit.inference.law import quantile
from mlefit.inference.standard_errors import StandardErrors
from mlefit.mean.indexed import Indexed
from mlefit.noise.model import NoiseModel
from mlefit.picture.catalogue import meant
from mlefit.picture.designed import Columns, Levels
from mlefit.picture.effects import Averages, effect
from mlefit.picture.overview import Overview
from mlefit.picture.panel import Panel, Sheet
from mlefit.picture.scene import Scene, Variable, rounded
from mlefit.picture.slices import Coefficient, along
from mlefit.pipeline.effects import averaged, with_level, with_number
from mlefit.pipeline.everywhere import everywhere_of
from mlefit.pipeline.fitted import Fitted, fit, not_certified
from mlefit.pipeline.knowledge import sample_of
from mlefit.pipeline.run import errors_of, told
from mlefit.problem.indexing import ColumnsWanted
from mlefit.problem.prepare import Progress
from mlefit.problem.problem import Problem
from mlefit.problem.size import columns_fit
from mlefit.problem.stated import stated
from mlefit.report.report import Report
from mlefit.request import Request
from mlefit.rows.chunk import Chunk
from mlefit.rows.seen import Seen
from mlefit.source.batch import Batch, Category, Place
from mlefit.sums.arrow import Arrow

T = TypeVar("T")

MOST = 20_000       # rows that pictures are computed from
AVERAGED = 2_000    # over which effects are averaged
RANKED = 40         # over which many levels are put in order


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
    try:
        return _seen(request, progress, of, index=True)
    except ColumnsWanted:
        return _seen(request, progress, of, index=False)


def _seen(request: Request, progress: Progress | None, of: Callable[[Fitted, StandardErrors, Report], T], *, index: bool) -> T:
    with stated(request, progress, seen=True, index=index) as problem:
        found = fit(problem, progress)
        if problem.indexed and not found.certified and columns_fit(problem):
            raise ColumnsWanted
        if not found.certified:
            raise not_certified(problem, found.fit)
        errors = errors_of(found)
        return of(found, errors, told(found, errors))


def overview_of(found: Fitted, report: Report, errors: StandardErrors) -> Overview:
    """All panels of a fit whose rows were gathered with their cells."""
    shown, further = scene(found, report), dict[str, Callable[[], Panel]]()
    coefficient = _coefficient(found, report)
    if coefficient is not None:
        further["slice"] = partial(along, shown, coefficient)
    if not found.problem.prepared.observed.precision:
        for variable in shown.variables:
            further[f"effect:{variable.name}"] = partial(_effect, found, shown, errors, variable)
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


def _effect(found: Fitted, shown: Scene, errors: StandardErrors, variable: Variable) -> Panel:
    """The average prediction along a column, the others as they are in some of the rows."""
    problem, noise = found.problem, found.fit.noise
    rows = _batch(problem)
    unit = 1.0 if shown.classes else problem.units.y_scale
    shift = problem.units.y_centre if noise.located and not shown.classes else 0.0

    def averages(variable: Variable, grid: Array) -> Averages:
        values, spreads = [], []
        for at in grid:
            moved = (with_level(rows, variable.name, variable.levels[round(at)]) if variable.levels
                     else with_number(rows, variable.name, float(at)))
            value, gradient = averaged(found, moved, _predicted)
            shown_of = slice(-1, None) if shown.classes == 2 else slice(None)
            values.append(value[shown_of] * unit + shift)
            spreads.append(errors.covariance.error(gradient[shown_of]) * abs(unit))
        return Averages(np.stack(values, axis=1), np.stack(spreads, axis=1))

    many = bool(variable.levels) and not variable.named
    return effect(shown, variable, averages, quantile(errors.laws[0], problem.request.level),
                  _by_prediction(found, rows, variable) if many else None)


def _by_prediction(found: Fitted, rows: Batch, variable: Variable) -> Index:
    """The places (K, L) of levels in the order of the average prediction, for each class that is shown. Of several predictors of a
    row that is an average over rows, as far as levels move all of these alike."""
    coef, free = found.objective.split(found.fit.mle.theta)
    eta = np.concatenate([found.mean.eta(coef, chunk) for chunk in _each_level(found, rows, variable)])
    some = _encoded(found, with_level(rows, variable.name, variable.levels[0])).part(0, RANKED if eta.shape[1] > 1 else 1)
    noise = found.fit.noise.among(None if some.trials is None else np.full(len(eta), some.trials[0]))
    values = np.sum([_predicted(noise, eta - eta[0] + one, free) for one in found.mean.eta(coef, some)], axis=0)
    return np.argsort(values[-1:] if len(values) == 2 else values, axis=1, kind="stable")


def _encoded(found: Fitted, batch: Batch) -> Chunk:
    """All rows of a batch."""
    prepared = found.problem.prepared
    return Encoded.of(prepared.roles.columns, prepared.scaling, Used.of(batch, np.ones(batch.rows, bool))).piece.chunk


def _each_level(found: Fitted, rows: Batch, variable: Variable) -> Iterator[Chunk]:
    """The first row with each level in its place."""
    for start in range(0, len(variable.levels), AVERAGED):
        levels = variable.levels[start : start + AVERAGED]
        first = np.zeros(len(levels), np.intp)
        categories = {name: Category(column.codes[first], column.levels) for name, column in rows.categories.items()}
        categories[variable.name] = Category(np.arange(len(levels), dtype=rows.categories[variable.name].codes.dtype), levels)
        numbers = {name: values[first] for name, values in rows.numbers.items()}
        yield _encoded(found, Batch(Place(0, 0), len(levels), numbers, categories))


def _predicted(noise: NoiseModel, eta: Array, free: Array) -> Array:
    """What a prediction shows (1, n) of rows, or the probabilities (K, n) of levels."""
    return noise.probabilities(eta, free) if noise.response.reads_levels else noise.centre(eta, free)[None, :]


def _batch(problem: Problem) -> Batch:
    """The cells of some of the rows, as the source gives them."""
    seen = problem.prepared.seen
    assert seen is not None
    n = seen.row.size
    rows = np.unique(np.linspace(0, n - 1, min(n, AVERAGED)).astype(np.intp))
    part = seen.take(rows)
    categories = {}
    for name, codes in part.codes.items():
        present, place = np.unique(codes, return_inverse=True)      # levels are looked up once for each place of a grid
        categories[name] = Category(place.astype(codes.dtype), tuple(part.levels[name][code] for code in present.tolist()))
    return Batch(Place(0, 0), rows.size, part.numbers, categories)
