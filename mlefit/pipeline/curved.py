"""Curved: a problem whose mean is an expression, fitted twice, and then seen as the linear problem of the plane that touches it.

In the plane at the maximum the model is linear, with a column for each parameter: all that is said of a fit, its errors, misfit
and predictions, is made of that as of any other. What bends beyond the plane is in the curvature, which is that of the likelihood.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.design.curve import Curve
from mlefit.design.scaling import Scaling
from mlefit.design.tangent import Plane
from mlefit.errors import NoEstimateError
from mlefit.estimation.certificate import EstimatedDistance
from mlefit.estimation.curve_fit import Best, Law, best_law, best_loss, carried, renamed
from mlefit.estimation.curve_routes import likelihood_on, likelihood_route, loss_on, loss_route
from mlefit.estimation.curve_rows import Curved, Ended, Rows
from mlefit.estimation.curve_start import Given
from mlefit.estimation.fit import Optima
from mlefit.estimation.polish import Optimum
from mlefit.execution import Engine
from mlefit.mean import Coordinates, LinearMean
from mlefit.mean.nonlinear import NonlinearMean, columns_of
from mlefit.objective import Objective
from mlefit.pipeline.curve_bounds import at_bounds, holding, next_change, parameters, whole
from mlefit.pipeline.curve_ends import beside_far_values, check_ends, remarks
from mlefit.pipeline.curve_mean import check_start, curve_mean
from mlefit.pipeline.fitted import START_ROWS, Fitted, engine_of
from mlefit.problem.prepare import Prepared, Progress
from mlefit.problem.problem import Problem
from mlefit.problem.stated import geometric
from mlefit.records import record
from mlefit.rows.chunk import Chunk
from mlefit.sums.curvature import Dense
from mlefit.sums.tally import Tally
from mlefit.sums.triangle import Triangle

TURNS = 3       # of the active set, for each parameter


class Searched(NamedTuple):
    """Both routes over the parameters of a curve that are not held."""

    curve: Curve
    mean: NonlinearMean
    start: Array
    law: Law
    least: Best


def fit_curve(problem: Problem, progress: Progress | None = None) -> Fitted:
    """Fit the mean twice, each route with starts of its own. Raises DataError for a start at which the mean does not exist."""
    prepared, curve = problem.prepared, problem.prepared.roles.curve
    assert curve is not None
    rows = engine_of(prepared, problem.threads)
    if progress is not None:
        rows.watch = lambda count: progress(f"searching: pass {count} over the rows", None)
    with np.errstate(all="ignore"):     # of a step too far
        held, found = _settled(problem, curve, rows)
    only = problem.request.start_only
    try:
        triangle = check_ends(problem, found.mean, found.law.rows, found.start, found.law.best, found.least, only=only)
    except NoEstimateError as refusal:
        raise beside_far_values(problem, rows, refusal) from None
    fitted = touched(problem, curve, held, rows, found)
    said = (*remarks(found.mean, triangle, found.law.best), *at_bounds(held))
    return fitted._replace(remarks=said, held=parameters(curve, held))


def _settled(problem: Problem, curve: Curve, rows: Engine) -> tuple[dict[str, float], Searched]:
    """Both routes, with those parameters held that are at a bound."""
    held, found = dict[str, float](), _searched(problem, curve, rows)
    if not curve.bounds:
        return held, found
    full = curve_mean(curve, curve.predictor(problem.prepared.noise), problem.prepared)
    for _ in range(TURNS * len(curve.parameters)):
        change = next_change(curve, held, found.law.rows, full, found.law.best.end)
        if change is None:
            break
        held = {name: value for name, value in held.items() if name != change.name}
        held |= {} if change.value is None else {change.name: change.value}
        if len(held) == len(curve.parameters):
            raise NoEstimateError("--bounds: every parameter of the mean is at a bound, and nothing is left to estimate",
                                  "widen the bounds", code="bounds")
        found = _searched(problem, holding(curve, held), rows)
    return held, found


def _searched(problem: Problem, curve: Curve, rows: Engine) -> Searched:
    prepared, noise = problem.prepared, problem.prepared.noise
    mean = curve_mean(curve, curve.predictor(noise), prepared)
    theta = np.array([curve.start.get(name, np.nan) for name in curve.parameters])
    ends = np.array([curve.bounds.get(name, (-np.inf, np.inf)) for name in curve.parameters]).T
    given = Given(curve_mean(curve, curve.node, prepared), theta, curve.linear, prepared.sample, ends)
    node = curve.predictor(noise)
    check_start(mean, node, np.where(np.isnan(theta), 1.0, theta), rows)    # those without a start multiply what exists
    start = given.start()
    check_start(mean, node, start, rows)
    all_rows, only = Rows.of(noise, rows), problem.request.start_only
    if prepared.ledger.used > START_ROWS:
        law, least = _by_sample(all_rows, Rows.of(noise, Engine.of(prepared.sample)), mean, given, problem.n, only=only)
        return Searched(curve, mean, start, law, least)
    law = best_law(all_rows, mean, given, problem.n, only=only)
    least = best_loss(law.rows, mean, given, problem.n, only)
    return Searched(curve, mean, start, law, least._replace(end=renamed(law.rows, mean, law.best.end, least.end)))


def _by_sample(rows: Rows, some: Rows, mean: NonlinearMean, given: Given, n: float, *, only: bool) -> tuple[Law, Best]:
    """Both routes on a sample, and from their ends on all rows; all the way on all rows where that does not arrive."""
    law = best_law(some, mean, given, n, only=only)
    some, rows = law.rows, rows._replace(noise=law.rows.noise)
    likely, least = law.best, best_loss(some, mean, given, n, only)
    first = likelihood_on(rows, some, likely.end) if likely.end.certified else likely.end
    first = first if first.certified else likelihood_route(rows, mean, likely.end.theta)
    second = loss_on(rows, some, least.end) if least.end.certified else least.end
    second = second if second.certified else loss_route(rows, mean, least.end.theta)
    return law._replace(rows=rows, best=carried(likely, first)), carried(least, second)


def touched(problem: Problem, curve: Curve, held: Mapping[str, float], rows: Engine, found: Searched) -> Fitted:
    """The linear problem that touches the curve at the maximum, with both optima in its coordinates."""
    law, least, mean = found.law, found.least, found.mean
    noise, prepared, likely = law.rows.noise, problem.prepared, law.best.end
    assert prepared.store is not None
    theta = tuple(whole(curve, held, likely.theta).tolist())
    plane = Plane(curve.text, curve.predictor(noise), curve.parameters, theta, _extents(prepared), tuple(held))
    largest = rows.sum(lambda chunk: _Largest(np.abs(_columns(mean, likely.theta, chunk)).max(axis=0))).values
    usable = np.where(largest > 0.0, largest, 1.0)
    scale = np.exp2(np.ceil(np.log2(usable)))
    view = _view(mean, likely.theta, scale)
    moments = rows.sum(lambda chunk: _Sums.of(view(chunk), compresses=noise.compresses))
    low, high = (np.append(ours, raw[-1]) for ours, raw in (
        (moments.low, prepared.moments.low), (moments.high, prepared.moments.high)))
    size = max(abs(float(prepared.moments.low[-1])), abs(float(prepared.moments.high[-1])))
    roles = replace(prepared.roles, columns=prepared.roles.columns._replace(predictors=plane.predictors()))
    width = mean.size
    aside = prepared.aside
    if aside is not None:
        aside = aside._replace(store=aside.store.through(view, width))
    sums = replace(prepared.moments, triangle=moments.triangle, magnitude=largest / scale, y_magnitude=size, low=low, high=high)
    store = prepared.store.through(view, width)
    flat = prepared._replace(roles=roles, scaling=Scaling(np.zeros(width), scale), sample=view(prepared.sample), aside=aside,
                             store=store, moments=sums, written=prepared.sample.x * prepared.scaling.scale)
    tangent = geometric(problem.request, problem.source, flat, problem.threads)
    linear = LinearMean(Coordinates(tangent.shape.triangle(1), tangent.shape.kept), 1, tangent.units)
    both = _optima(tangent, linear, scale, law, least, rows)
    objective, flat_rows = Objective.likelihood(noise, linear), Engine(store, problem.threads)
    straight = objective.whitened(flat_rows.sum(lambda chunk: objective.tally(both.mle.theta, chunk, 2))).curvature
    assert straight is not None
    return Fitted(tangent, linear, both, curved=Curved(law.rows, likely, straight))


def _extents(prepared: Prepared) -> tuple[tuple[str, float, float], ...]:
    """The least and largest value of each column of the curve."""
    scale, ends = prepared.scaling.scale, (prepared.moments.low, prepared.moments.high)
    low, high = (end[: scale.size] * scale for end in ends)
    return tuple((name, float(low[j]), float(high[j])) for j, name in enumerate(prepared.roles.features))


def _optima(
    problem: Problem, mean: LinearMean, scale: Array, law: Law, found: Best, rows: Engine
) -> Optima:
    """Both ends in the coordinates of the plane. Each criterion at the other's end is that of the curve, not of the plane."""
    noise, likely, least = law.rows.noise, law.best.end, found.end
    mle, loss = (replace(_moved(best.end, mean, scale), starts=best.starts, lower=len(best.above)) for best in (law.best, found))
    # The ends may be nearer to each other than doubles are: their difference is what has digits.
    apart = mean.part(0).triangle @ (scale * (least.extended - likely.extended).astype(np.float64))
    loss = replace(loss, theta=np.concatenate([mle.theta[: mean.size] + apart, least.free]))

    def total(objective: Objective, point: Array) -> float:
        return rows.sum(lambda chunk: objective.tally(point, chunk, 0)).value

    def lossy(end: Ended) -> float:
        return total(Objective.loss(noise, end.mean, end.free), end.optimum.theta[: end.mean.size])

    nll = total(Objective.likelihood(noise, least.mean), least.optimum.theta)
    return Optima(noise, mean, mle.weight, mle, loss, (mle.value, nll), (lossy(likely), lossy(least)),
                  law.limit, law.gain)


def _moved(end: Ended, mean: LinearMean, scale: Array) -> Optimum:
    """An end in the coordinates of a linear mean, with its derivatives."""
    from scipy.linalg import solve_triangular

    found, size = end.optimum, end.mean.size
    triangle = mean.part(0).triangle
    gamma = triangle @ (end.theta * scale)
    # gamma = M gamma' + constant with M = triangle diag(scale) T'^-1, so derivatives by gamma are M^-T times those by gamma'.
    back = np.asarray(solve_triangular(triangle, np.eye(size), check_finite=False)) / scale[:, None]
    back = end.mean.coordinates.triangle @ back

    def white(columns: Array) -> Array:
        return np.concatenate([back.T @ columns[:size], columns[size:]])

    width = found.gradient.size
    gradient = white(found.gradient)
    curvature = Dense(_whole(found.curvature.whole(), width)).whitened(white)
    certificate = found.certificate
    assert isinstance(certificate, EstimatedDistance)
    return replace(found, theta=np.concatenate([gamma, end.free]), gradient=gradient, curvature=curvature,
                   certificate=replace(certificate, curvature=curvature))


def _whole(matrix: Array | None, width: int) -> Array:
    assert matrix is not None
    assert matrix.shape == (width, width)
    return matrix


def _columns(mean: NonlinearMean, theta: Array, chunk: Chunk) -> Array:
    return columns_of(mean.curve(theta, chunk, 1), chunk.rows, mean.size)


def _view(mean: NonlinearMean, theta: Array, scale: Array) -> Callable[[Chunk], Chunk]:
    """Rows of the data as rows of the plane."""
    def view(chunk: Chunk) -> Chunk:
        found = mean.curve(theta, chunk, 1)
        x = columns_of(found, chunk.rows, mean.size)
        x /= scale
        return replace(chunk, x=x, offset=found.value - x @ (theta * scale))

    return view


@record(frozen=True)
class _Largest:
    values: Array

    def __add__(self, other: "_Largest") -> "_Largest":
        return _Largest(np.maximum(self.values, other.values))


@record(frozen=True)
class _Sums:
    """The triangle of the columns of the plane, of a law of sums of squares with what is left for them to explain, and extents."""

    triangle: Triangle
    low: Array
    high: Array
    rows: Tally

    @classmethod
    def of(cls, chunk: Chunk, *, compresses: bool) -> "_Sums":
        assert chunk.offset is not None
        table = np.concatenate([chunk.x.T, (chunk.y - chunk.offset)[None]]).T if compresses else chunk.x
        return cls(Triangle.of(table, chunk.weight), chunk.x.min(axis=0), chunk.x.max(axis=0), Tally(float(chunk.rows), 0.0))

    def __add__(self, other: "_Sums") -> "_Sums":
        return _Sums(self.triangle + other.triangle, np.minimum(self.low, other.low), np.maximum(self.high, other.high),
                     self.rows + other.rows)
