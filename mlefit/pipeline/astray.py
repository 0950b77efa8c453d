"""Astray: what there is to say of searches that did not arrive, or not at one place, and what helps."""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.errors import NoEstimateError
from mlefit.estimation.fit import Optima
from mlefit.execution import Engine
from mlefit.existence.far import FAR, farthest, farthest_response
from mlefit.mean import LinearMean
from mlefit.noise import MODELS
from mlefit.problem.problem import Problem
from mlefit.report.report import Report

BENT = 30.0     # of a law that is not log-concave: a value that far out can pull a search beyond where its criterion bends up


class Astray(NamedTuple):
    """`where`: the end of the sentence, with the columns and rows that it names."""

    where: str
    remedy: str
    columns: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()


def astray(problem: Problem, mean: LinearMean, theta: Array, rows: Engine) -> Astray:
    """Of a search that ended at theta (P,): that its loss is straight there; else the value farthest out, if one is that far, with
    its column and row; what helps, in any case."""
    straight = _straight(problem, mean, theta)
    if straight is not None:
        return straight
    prepared, far = problem.prepared, None
    if prepared.store is not None:
        far, _ = farthest(mean, rows)
    if far is None or far.ratio <= (FAR if prepared.noise.log_concave else BENT):
        found = _response(problem, rows)
        return Astray("", _remedy(problem)) if found is None else found
    place = problem.shape.kept[far.column]
    value = far.value * prepared.scaling.scale[place] + prepared.scaling.centre[place]
    least = prepared.moments.low[place] * prepared.scaling.scale[place] + prepared.scaling.centre[place]
    name, row = problem.labels[place], far.row + 1
    helps = ("correct the value, drop the row, or use the logarithm of the column" if least > 0.0 and name in problem.source.names
             else "correct the value, or drop the row")      # a term is no column
    return Astray(f'; column "{name}", row {row} of those used: {value:.6g} is {far.ratio:.1g} times as far out as a quarter of '
                  "the column is", helps, (name,), (row,))


def _straight(problem: Problem, mean: LinearMean, theta: Array) -> Astray | None:
    """Where fewer residuals than there are coefficients lie where the loss bends, so that no search by curvature can arrive."""
    sample, noise = problem.prepared.sample, problem.prepared.noise
    within = noise.bends_within(theta[mean.size :]) if np.isfinite(theta).all() else None
    if within is None:
        return None
    error = np.abs(sample.y - mean.eta(theta[: mean.size], sample)[:, 0])
    count = int((error <= within).sum())
    if count >= len(problem.shape.kept):
        return None
    unit, half = problem.units.y_scale, float(np.median(error)) * problem.units.y_scale
    other = next(law.name for law in MODELS.values() if law.located and law.assumed and not law.smooth)
    instead = f"-m {other}, whose loss that is, or " if problem.prepared.roles.curve is None else ""
    return Astray(
        f"; {count} of {error.size} residuals lie where the loss bends, within {within * unit:.2g}, and beyond it is that of "
        "absolute errors", f"use {instead}a threshold among the residuals, half of which are within {half:.2g}")


def _remedy(problem: Problem) -> str:
    """Where no value is far out."""
    prepared = problem.prepared
    helps = {
        "use fewer predictors of the scale": problem.scaled,
        "rescale or drop nearly collinear columns": len(problem.shape.kept) - prepared.predictors.intercept > 1,
        "try another noise model": not prepared.noise.log_concave,
    }
    return ", ".join((*(what for what, does in helps.items() if does), "or collect more rows")).removeprefix("or ")


def parted(problem: Problem, fit: Optima, gap: float, report: Report) -> NoEstimateError:
    """The refusal where the routes do not agree, `gap` standard errors apart: at different maxima, or for want of digits."""
    sentence, remedy = "", "the problem is too ill-conditioned for 16 digits; rescale or drop the nearly collinear columns"
    if fit.apart:
        sentence = f", at maxima of the likelihood that are {abs(fit.nll[1] - fit.nll[0]):.2g} nats apart"
        remedy = ("use fewer predictors of the scale, or " if problem.scaled else "") + "try another noise model"
    return NoEstimateError(f"the routes disagree: their largest gap is {gap:.3g} standard errors{sentence}", remedy,
                           code="routes-disagree", partial=report)


def _response(problem: Problem, rows: Engine) -> Astray | None:
    """The same of a count that is far beyond the others."""
    prepared = problem.prepared
    if prepared.store is None or not prepared.noise.response.whole:
        return None
    far = farthest_response(rows)
    if far.ratio <= FAR:
        return None
    name, row = prepared.observed.target, far.row + 1
    return Astray(f'; column "{name}", row {row} of those used: {far.value:.6g} is {far.ratio:.1g} times the lower quartile of '
                  "those above 0", "correct the value, or drop the row", (name,), (row,))
