"""Pictured effects: the average prediction along a column of a fit, the others as they are in some of the rows."""

from collections.abc import Iterator

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.design.complete import Used
from mlefit.design.encode import Encoded
from mlefit.inference.law import quantile
from mlefit.inference.standard_errors import StandardErrors
from mlefit.noise.model import NoiseModel
from mlefit.picture.effects import Averages, effect
from mlefit.picture.panel import Panel
from mlefit.picture.scene import Scene, Variable
from mlefit.pipeline.effects import averaged, with_level, with_number
from mlefit.pipeline.fitted import Fitted
from mlefit.problem.problem import Problem
from mlefit.rows.chunk import Chunk
from mlefit.source.batch import Batch, Category, Place

AVERAGED = 2_000    # rows over which effects are averaged
RANKED = 40         # over which many levels are put in order


def effect_of(found: Fitted, shown: Scene, errors: StandardErrors, variable: Variable) -> Panel:
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
