"""Effects: what a predictor changes in the mean of the response, in the reader's unit, averaged over rows.

    effect = sum_i w_i [ m(x_i with the predictor at `to`) - m(x_i with it at `from`) ] / sum_i w_i

where m is the mean, or the probability of a class. Numbers go from the lower to the upper quartile, and where these are one
value from the least to the largest; levels from the baseline to each other level. The terms of the formula are evaluated anew,
so that a polynomial or an interaction moves as a whole. The standard error is that of the delta method, |G' grad|, with the
covariance in force; the derivatives of m by the predictors of a row are central differences.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.design.complete import Used
from mlefit.design.encode import Columns, Encoded
from mlefit.design.levels import Levels
from mlefit.errors import InBlockError
from mlefit.inference.intervals import wald
from mlefit.inference.standard_errors import StandardErrors
from mlefit.mean.jacobian import derived
from mlefit.noise.model import NoiseModel
from mlefit.pipeline.finite import number
from mlefit.pipeline.fitted import Fitted
from mlefit.report.effect import Effect
from mlefit.source.batch import Batch, Category, Place

ROWS = 20_000           # over which effects are averaged; of more rows every k-th one
STEP = 6e-6             # of a central difference, in units of 1 + |eta|: the cube root of the rounding of a double
QUARTILES = (0.25, 0.75)


class Change(NamedTuple):
    """A predictor moved: its cells in the rows that stand for all, before and after."""

    predictor: str
    start: float | str
    end: float | str
    before: Batch
    after: Batch


def effects(found: Fitted, errors: StandardErrors) -> tuple[Effect, ...]:
    """The effects of every column that a term of the mean uses, in the order of the columns in the formula."""
    rows = _rows(found)
    return tuple(effect for change in _changes(found, rows) for effect in _effects(found, errors, change))


class _Some(NamedTuple):
    """Some rows, in pieces."""

    parts: tuple[Batch, ...]

    def __add__(self, other: "_Some") -> "_Some":  # type: ignore[override]
        return _Some(self.parts + other.parts)


class _Thinning(NamedTuple):
    """The reading of every k-th row that is used."""

    columns: Columns
    step: int

    @property
    def zero(self) -> _Some:
        """No rows."""
        return _Some(())

    def begun(self) -> tuple[Callable[[Batch], _Some], tuple[()]]:
        """As Reading.begun."""
        return self.of, ()

    def of(self, batch: Batch) -> _Some:
        """Those of a batch."""
        used, _ = self.columns.used(batch)
        rows = used.rows[(used.rows + batch.start) % self.step == 0]
        numbers = {name: batch.numbers[name][rows] for name in self.columns.numbers}
        categories = {
            name: Category(batch.categories[name].codes[rows], batch.categories[name].levels) for name in self.columns.categories
        }
        return _Some((Batch(Place(0, 0), rows.size, numbers, categories),))


def _rows(found: Fitted) -> Batch:
    """Every k-th row that is used, as one batch: another pass over the source."""
    problem = found.problem
    columns, step = problem.prepared.roles.columns, -(-problem.prepared.ledger.used // ROWS)
    (parts,), _ = problem.source.sum(columns.numbers, columns.categories, _Thinning(columns, step), problem.threads)
    numbers = {name: np.concatenate([part.numbers[name] for part in parts]) for name in columns.numbers}
    categories = {name: _joined([part.categories[name] for part in parts]) for name in columns.categories}
    return Batch(Place(0, 0), sum(part.rows for part in parts), numbers, categories)


def _joined(parts: list[Category]) -> Category:
    """One column of levels of several."""
    levels = {level: code for code, level in enumerate(dict.fromkeys(level for part in parts for level in part.levels))}
    codes = [np.array([levels[level] for level in part.levels], dtype=part.codes.dtype)[part.codes] for part in parts]
    return Category(np.concatenate(codes), tuple(levels))


def _changes(found: Fitted, rows: Batch) -> Iterator[Change]:
    """Each predictor moved, the others as they are."""
    predictors = found.problem.prepared.predictors
    weights = found.problem.prepared.observed.weights
    numbers = {name for term in predictors.terms for name in term.numbers} - {weights}
    categories = {name for term in predictors.terms for name in term.categories}
    order = dict.fromkeys(name for term in predictors.terms for name in sorted(term.numbers | term.categories))
    for name in order:
        if name in numbers - categories:
            start, end = _ends(rows.numbers[name])
            yield Change(name, start, end, with_number(rows, name, start), with_number(rows, name, end))
        elif name in categories - numbers:      # a column in both parts has no value that would be right for each
            yield from _of_levels(found, rows, name)


def _ends(values: Array) -> tuple[float, float]:
    low, high = (float(np.quantile(values, share, method="inverted_cdf")) for share in QUARTILES)
    return (low, high) if low < high else (float(values.min()), float(values.max()))


def _of_levels(found: Fitted, rows: Batch, name: str) -> Iterator[Change]:
    """From the baseline, or where there is none from the first level, to each other level."""
    factors = (factor for term in found.problem.prepared.predictors.terms for factor in term.factors)
    known = [factor for factor in factors if isinstance(factor, Levels) and factor.column == name]
    levels = next((factor.levels for factor in known if factor.levels), rows.categories[name].levels)
    first = next((factor.baseline for factor in known if factor.baseline is not None), levels[0])
    for level in levels:
        if level != first:
            yield Change(name, first, level, with_level(rows, name, first), with_level(rows, name, level))


def with_number(rows: Batch, name: str, value: float) -> Batch:
    """The rows with one value of a column of numbers."""
    numbers: Mapping[str, Array] = {**rows.numbers, name: np.full(rows.rows, value)}
    return replace(rows, numbers=numbers, extents={})


def with_level(rows: Batch, name: str, level: str) -> Batch:
    """The rows with one level of a column."""
    column = Category(np.zeros(rows.rows, dtype=rows.categories[name].codes.dtype), (level,))
    return replace(rows, categories={**rows.categories, name: column}, extents={})


def _effects(found: Fitted, errors: StandardErrors, change: Change) -> Iterator[Effect]:
    """One effect, or one for each class."""
    noise, problem = found.fit.noise, found.problem
    levels = problem.prepared.levels if noise.response.reads_levels else ()
    shown = ((len(levels) - 1, None),) if len(levels) == 2 else tuple(enumerate(levels)) or ((0, None),)
    try:
        before, after = (averaged(found, part, _told) for part in (change.before, change.after))
    except InBlockError:        # a term has no value there, such as log(a - b)
        for _, class_ in shown:
            yield Effect(change.predictor, change.start, change.end, class_, "mean" if not levels else "probability")
        return
    unit = 1.0 if levels else problem.units.y_scale
    values, gradients = after[0] - before[0], after[1] - before[1]
    for k, class_ in shown:
        estimate = float(values[k]) * unit
        error = float(errors.covariance.error(gradients[k][None, :])[0]) * abs(unit)
        said = wald(estimate, error, problem.request.level, errors.laws[0])
        yield Effect(
            change.predictor, change.start, change.end, class_, "probability" if levels else "mean",
            number(estimate), number(said.std_error), number(said.low), number(said.high))


def averaged(found: Fitted, rows: Batch, of: Callable[[NoiseModel, Array, Array], Array]) -> tuple[Array, Array]:
    """The averages (K,) of what a law tells (K, n) of rows, and their derivatives (K, P) by theta."""
    problem, objective, noise = found.problem, found.objective, found.fit.noise
    columns = problem.prepared.roles.columns
    used = Used.of(rows, np.ones(rows.rows, bool))
    chunk = Encoded.of(columns, problem.prepared.scaling, used).piece.chunk
    coef, free = objective.split(found.fit.mle.theta)
    eta = objective.mean.eta(coef, chunk)
    weight = np.ones(chunk.rows) if chunk.weight is None else chunk.weight
    weight = weight / weight.sum()
    noise = noise.among(chunk.trials)
    values = of(noise, eta, free) @ weight
    mean = objective.mean
    coordinates, ready = (mean.coordinates, chunk) if mean.columned else mean.coordinates.prepared(chunk)
    jacobian, gradient = derived(mean, coef, ready), np.zeros((values.size, found.fit.mle.theta.size))
    slopes = np.stack([_slope(of, noise, eta, free, a) * weight for a in range(eta.shape[1])], axis=2)     # (K, n, m)
    for k in range(values.size):
        gradient[k, : coef.size] = coordinates.whiten(jacobian.pull(slopes[k]))
    for s in range(free.size):
        moved = [of(noise, eta, free + sign * STEP * np.eye(free.size)[s]) @ weight for sign in (1.0, -1.0)]
        gradient[:, coef.size + s] = (moved[0] - moved[1]) / (2.0 * STEP)
    return values, gradient


def _slope(of: Callable[[NoiseModel, Array, Array], Array], noise: NoiseModel, eta: Array, free: Array, a: int) -> Array:
    """The derivatives (K, n) by predictor a of each row."""
    step = STEP * (1.0 + np.abs(eta[:, a]))
    up, down = eta.copy(), eta.copy()
    up[:, a] += step
    down[:, a] -= step
    return np.asarray((of(noise, up, free) - of(noise, down, free)) / (up[:, a] - down[:, a]))


def _told(noise: NoiseModel, eta: Array, free: Array) -> Array:
    """The mean (1, n) of each row, or the probabilities (K, n) of its classes."""
    return noise.probabilities(eta, free) if noise.response.reads_levels else noise.expected(eta, free)[None, :]
