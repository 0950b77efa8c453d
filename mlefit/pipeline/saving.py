"""Saving: a certified fit as the model that predictions are made from."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.design.bases import Polynomial, Spline
from mlefit.design.levels import Levels
from mlefit.design.tangent import Rest
from mlefit.design.terms import Factor
from mlefit.estimation.polish import Optimum
from mlefit.execution import Engine
from mlefit.inference.covariance import Covariance, Inverse
from mlefit.inference.effective import residual_df
from mlefit.inference.standard_errors import StandardErrors
from mlefit.information.prediction import held_out
from mlefit.mean import LinearMean
from mlefit.pipeline.finite import number
from mlefit.pipeline.fitted import Fitted
from mlefit.pipeline.saving_levels import by_level
from mlefit.problem.means import mean_of
from mlefit.problem.problem import Problem
from mlefit.report.json import to_dict
from mlefit.report.report import Report
from mlefit.rows.chunk import Chunk
from mlefit.saved.factors import columns_of
from mlefit.saved.model import MOST_NUMBERS, MOST_ROOTS, Encoding, Errors, Saved, Training


class Largest(NamedTuple):
    """The largest leverage of some rows."""

    value: float

    def __add__(self, other: "Largest") -> "Largest":  # type: ignore[override]
        return Largest(max(self.value, other.value))


class Scores(NamedTuple):
    """How far the responses of some rows are from their mean (n,), in pieces."""

    scores: tuple[Array, ...]

    def __add__(self, other: "Scores") -> "Scores":  # type: ignore[override]
        return Scores(self.scores + other.scores)


def saved(found: Fitted, report: Report, errors: StandardErrors, *, every: bool) -> Saved:
    """What is kept of a fit whose routes agree. `every`: all rows are there, and worth a pass; else a sample tells of them."""
    assert report.status == "ok", "any other fit has ended before"
    problem, optimum, mean = found.problem, found.fit.mle, found.mean
    prepared = problem.prepared
    return Saved(
        to_dict(report), found.fit.noise.in_unit(1.0), prepared.observed.target,
        replace(prepared.predictors, indexed=None, crossed=()), tuple(_columns(problem)), encoded_in(problem),
        mean.told(optimum.theta[: mean.size]), optimum.theta[mean.size :], roots(found, errors, optimum),
        _training(found, report, _rows(found, every=every)), prepared.levels, tuple(problem.request.read.na),
        prepared.observed.transform, None if found.fit.limit is None else prepared.noise.in_unit(1.0), prepared.observed.trials,
    )


def encoded_in(problem: Problem) -> Encoding:
    """How columns are encoded, at the places that all of them have, levels with or without columns."""
    prepared, moments = problem.prepared, problem.prepared.moments
    kept = tuple(problem.shapes[problem.side(k)].kept for k in range(len(prepared.noise.predictors)))
    scaling, low, high = prepared.scaling, moments.low[:-1], moments.high[:-1]
    if problem.indexed:     # its places are the last
        places = list(prepared.predictors.sides[0].places)
        kept = tuple(tuple(np.flatnonzero(np.isin(places, own)).tolist()) for own in kept)
        scaling = scaling._replace(centre=scaling.centre[places], scale=scaling.scale[places])
        low, high = low[places], high[places]
    return Encoding(scaling, low, high, kept)


def roots(found: Fitted, errors: StandardErrors, optimum: Optimum) -> Errors:
    """Roots K of the covariance asked for; of a law of sums of squares with n - p, whatever was asked for."""
    mean, df = found.mean, None
    covariance: Covariance = errors.covariance
    if found.fit.noise.compresses:
        free = residual_df(found.fit.n, mean.size)
        df = float(free)
        if not errors.kind.sandwich:
            covariance = Inverse(optimum.curvature, float(np.sqrt(found.fit.n / free)), mean.size)
    levels = by_level(found, covariance)
    if levels is not None or mean.size > MOST_ROOTS or mean.size**2 > MOST_NUMBERS:
        return Errors(None, None, None, df, by_level=levels)
    shapes = np.eye(len(found.fit.noise.shapes))
    inverse = [mean.combined(k) for k in range(mean.predictors)]
    root = np.concatenate([covariance.root(each, place.start) for each, place in zip(inverse, mean.places, strict=True)])
    shape_root = covariance.root(shapes, mean.size) if len(shapes) else np.empty((0, 0))
    if root.shape[1] > len(root) + len(shapes):     # that of groups has a column for each: any rotation will do
        together = np.asarray(np.linalg.qr(np.concatenate([root, shape_root]).T if len(shapes) else root.T, mode="r")).T
        root, shape_root = together[: len(root)], together[len(root) :] if len(shapes) else shape_root
    design = _orthonormal(found)
    every = mean.size**2 + (mean.size // mean.predictors) ** 2 <= MOST_NUMBERS
    return Errors(root, shape_root, design.combined(0) if every else None, df)


def _orthonormal(found: Fitted) -> LinearMean:
    """The mean in whose coordinates the length of a row is its leverage in the design."""
    return mean_of(found.problem, found.problem.n)


def _training(found: Fitted, report: Report, rows: Engine) -> Training:
    problem, fit, criteria = found.problem, found.fit, report.criteria
    n, nll, error = held_out(found.objective, fit.mle.theta, rows, fit.nll[0] / problem.n)
    with np.errstate(over="ignore"):
        rss = number(problem.shape.rss * float(np.square(problem.prepared.scaling.y_scale))) if fit.noise.compresses else None
    free = residual_df(fit.n, found.mean.size) if fit.noise.compresses else None
    return Training(
        round(problem.n), problem.n_params, None if free is None else float(free), rss, _leverage(found),
        nll + problem.log_density, error * float(np.sqrt(n)), None if criteria is None else criteria.on_new_rows,
        _conformal(found))


def _rows(found: Fitted, *, every: bool) -> Engine:
    return found.rows if every else Engine.of(found.problem.prepared.sample)


def _leverage(found: Fitted) -> float | None:
    """The largest leverage of a row in the design of the mean: of a sample, where the fit has kept no more."""
    if found.mean.size > MOST_ROOTS and (found.mean.columned or found.problem.prepared.predictors.crossed):
        return None
    rows = found.rows
    if rows.store.rows < found.problem.prepared.moments.rows:
        rows = Engine.of(found.problem.prepared.sample)
    mean = _orthonormal(found)
    return rows.sum(lambda chunk: Largest(float(mean.lengths(chunk).max(initial=0.0)))).value


def _conformal(found: Fitted) -> tuple[float, ...] | None:
    """|y - mean| of the rows held out, in natural units and in order; MOST_ROOTS quantiles of more."""
    aside, noise = found.problem.prepared.aside, found.fit.noise
    if aside is None or noise.response.reads_levels or not aside.store.rows:
        return None
    objective = found.objective
    coef, free = objective.split(found.fit.mle.theta)

    def of(chunk: Chunk) -> Scores:
        return Scores((np.abs(chunk.y - noise.among(chunk.trials).centre(objective.mean.eta(coef, chunk), free)),))

    scores = Engine(aside.store, found.problem.threads).sum(of).scores
    ordered = np.sort(np.concatenate(scores)) * found.problem.prepared.scaling.y_scale
    if ordered.size > MOST_ROOTS:
        ordered = ordered[np.ceil(np.linspace(0, ordered.size - 1, MOST_ROOTS)).astype(np.intp)]
    return tuple(ordered.tolist())


def _columns(problem: Problem) -> list[dict[str, Any]]:
    """The columns that a prediction needs, with their ranges and levels as far as the fit has seen them."""
    predictors = problem.prepared.predictors
    known = _ranges(problem)
    factors = [factor for term in predictors.distinct for factor in term.factors]
    kinds = columns_of(predictors.distinct)
    observed = problem.prepared.observed
    beside = [name for one in (predictors.offset, observed.trials) if one is not None for name in sorted(one.numbers)]
    found: list[dict[str, Any]] = []
    for name, kind in {**kinds, **{column: "number" for column in beside if column not in kinds}}.items():
        if kind != "levels":
            low, high = known.get(name, (None, None))
            found.append({"name": name, "kind": kind, "min": low, "max": high})
        else:
            levels = next(factor for factor in factors if isinstance(factor, Levels) and factor.column == name)
            found.append({"name": name, "kind": kind, "levels": list(levels.levels or ()), "reference": levels.baseline})
    return found


def _ranges(problem: Problem) -> dict[str, tuple[float | None, float | None]]:
    """The least and largest value of columns that are terms of their own, or the arguments of polynomials and splines."""
    prepared, found = problem.prepared, dict[str, tuple[float | None, float | None]]()
    offset = prepared.predictors.offset
    if offset is not None and isinstance(offset.factor, Rest):
        return {name: (low, high) for name, low, high in offset.factor.plane.extents}
    for term, places in prepared.predictors.placed[: len(prepared.predictors.columned)]:
        if term.plain is not None:
            place = places.start
            low, high = (float(end[place]) * prepared.scaling.scale[place] + prepared.scaling.centre[place]
                         for end in (prepared.moments.low, prepared.moments.high))
            found[term.plain] = float(low), float(high)
        for factor in term.factors:
            ends = _argument(factor)
            if ends is not None:
                found.setdefault(ends[0], ends[1:])
    return found


def _argument(factor: Factor) -> tuple[str, float, float] | None:
    """The column that a basis is a function of, and its range."""
    if isinstance(factor, Polynomial) and factor.state is not None and factor.argument.plain is not None:
        return factor.argument.plain, factor.state.centre - factor.state.scale, factor.state.centre + factor.state.scale
    if isinstance(factor, Spline) and factor.knots and factor.argument.plain is not None:
        return factor.argument.plain, factor.knots[0], factor.knots[-1]
    return None
