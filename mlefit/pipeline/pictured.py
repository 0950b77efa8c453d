"""Pictured: a fit with its report and its pictures."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.design.levels import in_order, names_of
from mlefit.picture.catalogue import meant
from mlefit.picture.overview import Overview
from mlefit.picture.panel import Sheet
from mlefit.picture.scene import Scene, Variable
from mlefit.pipeline.fitted import Fitted, fit, not_certified
from mlefit.pipeline.knowledge import sample_of
from mlefit.pipeline.run import errors_of, told
from mlefit.problem.prepare import Progress
from mlefit.problem.problem import Problem
from mlefit.problem.stated import stated
from mlefit.report.report import Report
from mlefit.request import Request
from mlefit.rows.seen import Seen

MOST = 20_000       # rows that pictures are computed from


class Pictured(NamedTuple):
    """What is said of a fit, and its sheet."""

    report: Report
    sheet: Sheet


def pictured(request: Request, wanted: Sequence[str] = (), progress: Progress | None = None) -> Pictured:
    """Fit, report, and draw the panels wanted, or those of the model's own sheet.

    Raises what `run` raises, and UsageError for a panel that the model does not have.
    """
    with stated(request, progress, seen=True) as problem:
        found = fit(problem, progress)
        if not found.certified:
            raise not_certified(problem, found.fit)
        report = told(found, errors_of(found))
        overview = Overview(scene(found, report))
        return Pictured(report, overview.sheet(meant(wanted, overview.ids)))


def scene(found: Fitted, report: Report) -> Scene:
    """The rows of a fit, at most MOST of them, with the fitted law on them."""
    problem, prepared = found.problem, found.problem.prepared
    sample, seen = sample_of(problem, found.fit, found.mean), prepared.seen
    assert seen is not None, "the rows were gathered with their cells"
    whole = Scene(
        sample.noise, sample.y, sample.eta, sample.free, sample.designs, tuple(_variables(problem, seen)), seen.row,
        round(problem.n), prepared.observed.label, prepared.levels,
        sample.predictor_free and problem.request.offset is None, report, problem.request.seed, reason=_reason(problem))
    return whole.take(_places(sample.weight, sample.y.size, problem.request.seed))


def _places(weight: Array | None, rows: int, seed: int) -> Index:
    """The rows that are shown, one of weight k k times; of too many some at random."""
    places = np.arange(rows)
    if weight is not None:
        places = np.repeat(places, np.rint(weight).astype(np.int64))
    if places.size > MOST:
        places = places[np.sort(np.random.default_rng([seed, places.size]).choice(places.size, MOST, replace=False))]
    return places


def _reason(problem: Problem) -> str | None:
    """Why rows are no draws of the law even if it is true."""
    return "with sampling weights the rows are not drawn with equal chances" if problem.prepared.observed.sampling else None


def _variables(problem: Problem, seen: Seen) -> Iterator[Variable]:
    """The columns of the file that the model uses, in the order of its terms."""
    predictors = problem.prepared.predictors
    for name in dict.fromkeys((*predictors.numbers, *predictors.categories)):
        if name in seen.numbers:
            yield Variable(name, seen.numbers[name])
            continue
        names = names_of(seen.levels[name])
        levels = in_order(dict.fromkeys(names.values()))
        place = {level: float(k) for k, level in enumerate(levels)}
        table = np.array([place[names[level]] for level in seen.levels[name]])
        yield Variable(name, table[seen.codes[name]], levels)
