"""Refusals: data that is readable but has no maximum-likelihood answer, each with its sentence and what is known."""

from collections.abc import Sequence

import numpy as np

from mlefit.arrays import Array
from mlefit.design.levels import Levels
from mlefit.errors import NoEstimateError, UsageError
from mlefit.numerals import numeral, plural, used
from mlefit.problem.means import mean_of
from mlefit.problem.prepare import Prepared
from mlefit.problem.problem import Problem
from mlefit.problem.size import check_size
from mlefit.report.report import Parameter, Report

EXACT = 16.0 * float(np.finfo(float).eps)
VISIBLE = 1e-3          # of the response's spread: noise that large is no rounding, whatever terms cancel in the fit
SHOWN = 8               # parameters named in a message


def check_response(prepared: Prepared) -> None:
    """Raises NoEstimateError where the response alone excludes a maximum: one class or value, no zeros. No design is seen."""
    target, noise, n = prepared.observed.target, prepared.noise, round(prepared.moments.weight)
    if noise.response.reads_levels and len(prepared.levels) < 2:
        raise NoEstimateError(
            f'column "{target}": {noise.name} needs at least two classes, found only one class, '
            f'"{prepared.levels[0]}", in {"all " if n > 1 else "the "}{used(n)}',
            "its probability is 1 and the coefficients are infinite; use data with both outcomes",
            code="one-class", columns=(target,))
    scaling, predictors = prepared.scaling, prepared.predictors
    value = scaling.y_centre + float(prepared.moments.low[-1]) * scaling.y_scale
    reached = predictors.offset is None and (predictors.intercept or value == 0.0)      # by some mean of the model
    if not noise.response.reads_levels and prepared.moments.constant(-1):
        words = noise.without_maximum(value, prepared.moments.weight)
        if words is not None:
            raise NoEstimateError(f'column "{target}": {words[0]}', words[1], code="infinite", columns=(target,))
    if noise.needs_zeros and value > 0.0:
        raise NoEstimateError(
            f'column "{target}": {noise.name} gives zeros a chance of their own, found none in the {used(n)}',
            "that chance is 0 and its coefficients are infinite; use a model of numbers above 0, `mlefit models` lists them",
            code="no-zeros", columns=(target,))
    if noise.collapse is not None and reached and n > 1 and prepared.moments.constant(-1):
        raise NoEstimateError(
            f'column "{target}" is constant: all {n} rows used are {numeral(value)}, so {noise.collapse} and the likelihood is '
            "unbounded", "there is nothing to fit; check that this is the column meant", code="constant-target",
            columns=(target,))


def check_before(problem: Problem) -> None:
    """Raises NoEstimateError for what no search can answer beside the design: too few rows, an exactly fitted target.

    UsageError for a model without coefficients, DataError for one whose standard errors are beyond the memory.
    """
    prepared, shape = problem.prepared, problem.shape
    n = round(problem.n)
    if prepared.roles.curve is not None:
        _check_curve(problem, n, prepared.roles.curve.parameters)
        return
    if not all(each.kept for each in problem.shapes):
        raise UsageError(
            "the model has no coefficients: there is no intercept and no predictor that varies",
            "leave out --no-intercept, or name predictors" if problem.request.formula is None else
            "leave the constant in the formula, or name predictors", code="no-coefficients")
    levels = prepared.predictors.width - prepared.predictors.columns_wide
    check_size(problem.n_params - levels * len(prepared.noise.predictors), problem.request.read.memory)
    if n <= (problem.n_params if len(problem.shapes) > 1 else len(shape.kept)):
        named, labels = problem.shown_shapes, len(problem.shown_shapes)
        count = sum(not problem.in_cuts(j) for k in range(len(prepared.noise.predictors)) for j, _ in problem.named(k))
        what = " and ".join([f"{count} coefficients" if count != 1 else "one coefficient", *named])
        rows = "one row" if n == 1 else f"{n} rows"
        raise _refusal(
            problem, f"too few rows: {rows} cannot determine {plural(count + labels, 'parameter')} ({what}){_identifiers(problem)}",
            "use more rows or fewer predictors: with as many parameters as rows any data is fitted exactly", "too-few-rows")
    if prepared.noise.compresses:
        _check_exact(problem)


def _check_curve(problem: Problem, n: int, names: Sequence[str]) -> None:
    if n <= len(names):
        labels = [*names, *(shape.name for shape in problem.prepared.noise.shapes)]
        rows = "one row" if n == 1 else f"{n} rows"
        raise NoEstimateError(
            f"too few rows: {rows} cannot determine {len(labels)} parameters ({', '.join(labels)})",
            "use more rows: with as many parameters as rows any data is fitted exactly", code="too-few-rows")


def _identifiers(problem: Problem) -> str:
    """What there is to say about categorical predictors with a level per row."""
    names = dict.fromkeys(
        factor.column for term in problem.prepared.predictors.distinct for factor in term.factors
        if isinstance(factor, Levels) and len(factor.levels or ()) >= problem.n > 1
    )
    return "".join(f'; column "{name}" has as many levels as there are rows, as an identifier has' for name in names)


def _check_exact(problem: Problem) -> None:
    from scipy.linalg import solve_triangular

    moments, shape = problem.prepared.moments, problem.shape
    assert shape.y is not None
    assert moments.response is not None
    inside = shape.within
    assert inside.y is not None
    encoded = np.asarray(solve_triangular(inside.r, inside.y[:-1], check_finite=False))
    size = moments.y_magnitude + float(np.abs(encoded) @ moments.magnitude[list(inside.kept)])
    sigma = float(np.sqrt(shape.rss / problem.n))
    spread = float(np.linalg.norm(moments.response.r[0 if not problem.prepared.predictors.intercept else 1 :, 1]))
    if sigma <= EXACT * size and sigma * np.sqrt(problem.n) <= VISIBLE * spread:
        at = shape.y[:-1]
        if shape.grouping is not None and shape.grouping.y is not None:
            at = np.concatenate([np.sqrt(shape.grouping.weight) * shape.grouping.y, at])
        (known,) = mean_of(problem, shape.n).natural(at)
        raise exact_fit(problem, known.value)


def exactly_fitted(problem: Problem) -> NoEstimateError:
    """The refusal of rows that a search has fitted exactly, of a law that has no maximum there."""
    target = problem.prepared.observed.target
    return _refusal(
        problem, f'the fit is exact: every "{target}" is what the predictors make it, to the last digit, so '
        f"{problem.prepared.noise.collapse} and the likelihood is unbounded",
        "there is no noise to model; check whether a predictor was computed from the target", "exact-fit", (target,))


def exact_fit(problem: Problem, values: Array) -> NoEstimateError:
    """The refusal of a fit that leaves nothing, with the coefficients (r,), which exist although the likelihood does not."""
    shape, target = problem.shape, problem.prepared.observed.target
    by_column = dict(zip(shape.kept, values, strict=True))
    found = tuple(
        Parameter(name, None, "mean", "aliased" if j in shape.aliased else "ok", estimate=_number(by_column.get(j)),
                  loss_estimate=_number(by_column.get(j)))
        for j, name in enumerate(problem.labels)
    )
    known = ", ".join(f"{p.name} = {p.estimate:.9g}" for p in [p for p in found if p.estimate is not None][:SHOWN])
    shapes = tuple(Parameter(one.name, None, "shape", "ok", estimate=0.0) for one in problem.prepared.noise.shapes)
    return _refusal(
        problem, f'the fit is exact: "{target}" is a linear function of the predictors ({known}), so '
        f"{problem.prepared.noise.collapse} and the "
        "likelihood is unbounded", "there is no noise to model; check whether a predictor was computed from the target",
        "exact-fit", (target,), (*found, *shapes))


def unknown_parameters(problem: Problem) -> tuple[Parameter, ...]:
    """The parameters with nothing known of them but whether they are aliased."""
    coefficients_ = tuple(
        Parameter(name, predictor.class_, predictor.kind, "aliased" if problem.aliased(k, j) else "ok")
        for k, predictor in enumerate(problem.prepared.noise.predictors) for j, name in problem.named(k) if not problem.in_cuts(j)
    )
    return (*coefficients_, *(Parameter(name, None, "shape", "ok") for name in problem.shown_shapes))


def _refusal(
    problem: Problem, message: str, remedy: str, code: str, columns: tuple[str, ...] = (),
    parameters: tuple[Parameter, ...] | None = None,
) -> NoEstimateError:
    partial: Report = problem.report(parameters or unknown_parameters(problem))
    return NoEstimateError(message, remedy, code=code, columns=columns, partial=partial)


def _number(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)
