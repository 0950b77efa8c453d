"""Curve ends: what is refused, and what is said, of the ends of the searches for a curve."""

import numpy as np

from mlefit.arrays import Array
from mlefit.diagnosis.far_values import far_values
from mlefit.diagnosis.undetermined import hardly_determined, no_change, undetermined, weak
from mlefit.errors import NoEstimateError
from mlefit.estimation.curve_fit import Best
from mlefit.estimation.curve_rows import Ended, Rows
from mlefit.estimation.curve_start import around
from mlefit.execution import Engine
from mlefit.mean.nonlinear import NonlinearMean
from mlefit.pipeline.curve_mean import bad_row, check_slopes
from mlefit.problem.problem import Problem
from mlefit.problem.refusals import EXACT, VISIBLE
from mlefit.report.report import Parameter, Warn

NEWTON = (0.01, 0.1, 1.0, 3.0)      # steps
CHANCE = "between 0 and 1", "logistic(...)"
EDGES = {"log": ("above 0", "exp(...)"), "logit": CHANCE, "probit": CHANCE, "cloglog": CHANCE}     # of a mean, by its link
SILENT = 1e-6           # standard errors: an estimate, and a start, that are less are not told from any other


def spelt(names: tuple[str, ...], theta: Array) -> str:
    """`a = 1.5, b = 0.2`."""
    return ", ".join(f"{name} = {value:.9g}" for name, value in zip(names, theta, strict=True))


def as_start(names: tuple[str, ...], theta: Array) -> str:
    """The option that begins there."""
    return "--start " + ",".join(f"{name}={value:.6g}" for name, value in zip(names, theta, strict=True))


def check_ends(
    problem: Problem, mean: NonlinearMean, rows: Rows, start: Array, likely: Best, least: Best, *, only: bool
) -> Array:
    """The triangle of the Jacobian at the maximum. Raises NoEstimateError where there is no answer: an exact fit, parameters that
    are not identified, a search that did not arrive, or one that arrived at another minimum than it should have."""
    triangle = rows.triangle(mean, likely.end.theta)
    if likely.end.certified:
        _check_exact(problem, mean, rows, likely.end, triangle)
    elif rows.noise.compresses:
        _check_exact(problem, mean, rows, least.end, rows.triangle(mean, least.end.theta))
    if not np.isfinite(triangle).all():
        check_slopes(mean, mean.node, start, rows.all)
        raise _not_arrived(problem, mean, rows, likely.end)
    # A search that runs away ends where nothing is told apart any more: that is a fact of the mean only if it is one elsewhere too.
    if likely.end.certified or all(weak(rows.triangle(mean, point)) for point in around(start)):
        refusal = undetermined(problem, mean, likely.end.theta, triangle, problem.prepared.sample)
        if refusal is not None:
            raise refusal
    for best in (likely, least):
        if not best.end.certified:
            raise _not_arrived(problem, mean, rows, best.end)
    silent = [name for name, known in zip(mean.parameters, rows.told(likely.end, start, triangle), strict=True) if known < SILENT]
    if silent:
        raise no_change(problem, mean, silent[0])
    _check_same(problem, mean, rows, likely, least, only=only)
    return triangle


def remarks(mean: NonlinearMean, triangle: Array, likely: Best) -> tuple[Warn, ...]:
    """What is to be said although the fit stands, by the triangle of the Jacobian."""
    found = list(hardly_determined(mean, triangle))
    names = mean.parameters
    if not likely.from_start.certified:
        found.append(Warn("start", f"the search from the start did not arrive; the answer is that of the best of {likely.starts} "
                          f"searches: {as_start(names, likely.end.theta)} begins there"))
    if likely.below is not None:
        found.append(Warn("lower-minimum", _lower(names, likely.end, likely.below)))
    return tuple(found)


def _lower(names: tuple[str, ...], end: Ended, below: Ended) -> str:
    gain = end.optimum.value - below.optimum.value
    return f"a lower minimum exists at {spelt(names, below.theta)}, where the log-likelihood is higher by {gain:.6g}"


def _check_same(
    problem: Problem, mean: NonlinearMean, rows: Rows, likely: Best, least: Best, *, only: bool
) -> None:
    """Raises NoEstimateError where the start leads to a higher minimum than others do, or the routes to different ones."""
    names, first, best = mean.parameters, likely.from_start, likely.end
    if not only and first.certified and first.optimum.value > best.optimum.value + rows.same(best):
        raise NoEstimateError(
            f"the start leads to {spelt(names, first.theta)}, a local minimum; {_lower(names, first, best)}",
            f"{as_start(names, best.theta)} begins there, --start-only keeps the first", code="lower-minimum",
            partial=_known(problem, names, best.theta))
    if not _apart(likely.end, least.end) <= 1.0:
        raise NoEstimateError(
            f"the routes ended at different minima: maximum likelihood at {spelt(names, likely.end.theta)}, least loss at "
            f"{spelt(names, least.end.theta)}", "begin nearer to the answer with --start", code="routes-disagree",
            partial=_known(problem, names, likely.end.theta))


def _apart(likely: Ended, least: Ended) -> float:
    """The distance of the ends in standard errors of the likelihood, the shapes aside."""
    size = likely.mean.size
    step = likely.mean.coordinates.of(least.theta) - likely.optimum.theta[:size]
    return float(np.sqrt(max(0.0, likely.optimum.curvature.leading(size).square(step))))


def _not_arrived(problem: Problem, mean: NonlinearMean, rows: Rows, end: Ended) -> NoEstimateError:
    found, row = end.optimum, _edge(rows, end)
    words = EDGES.get(str(rows.noise.mean_link))
    beyond, remedy = "", "begin nearer to the answer with --start"
    if row is not None and words is not None:
        beyond = f"; the likelihood rises from there towards a mean that is not {words[0]} (row {row} of those used)"
        remedy = f"write a mean that is {words[0]} whatever its parameters, such as {words[1]}, or {remedy}"
    return NoEstimateError(
        f"{found.method} did not converge: {found.outcome.value} ({found.certificate.kind} {found.certificate.short:.3g} nats "
        f"after {found.iterations} steps); it ended at {spelt(mean.parameters, end.theta)}{beyond}",
        remedy, code="not-converged", partial=_known(problem, mean.parameters, None))


def _edge(rows: Rows, end: Ended) -> int | None:
    """The first row of those for which a Newton step from an end, or some of them, leads to where there is no such mean."""
    mean, found = end.mean, end.optimum
    try:
        step = -found.curvature.solve(found.gradient)[: mean.size]
    except np.linalg.LinAlgError:
        return None
    for part in NEWTON:
        with np.errstate(all="ignore"):
            theta = mean.coordinates.encoded(found.theta[: mean.size] + part * step)
        bad = bad_row(mean, theta, rows.all) if np.isfinite(theta).all() else None
        if bad is not None:
            return bad[0] + 1
    return None


def _check_exact(problem: Problem, mean: NonlinearMean, rows: Rows, end: Ended, triangle: Array) -> None:
    """Raises NoEstimateError where nothing is left of the rows but rounding: of y, and of |J| |theta|."""
    noise, moments = rows.noise, problem.prepared.moments
    if not noise.compresses:
        return
    size = max(abs(float(moments.low[-1])), abs(float(moments.high[-1])))
    size += float(np.linalg.norm(triangle, axis=0) @ np.abs(end.theta))
    sigma = float(np.sqrt(max(rows.loss(end), 0.0)))
    assert moments.response is not None
    spread = float(moments.response.r[1, 1]) / np.sqrt(problem.n)
    if sigma <= EXACT * size and sigma <= VISIBLE * spread:
        target = problem.prepared.observed.target
        raise NoEstimateError(
            f'the fit is exact: "{target}" is the mean at {spelt(mean.parameters, end.theta)}, so {noise.collapse} and the '
            "likelihood is unbounded", "there is no noise to model; check whether a column was computed from the target",
            code="exact-fit", columns=(target,), partial=_known(problem, mean.parameters, end.theta))


def _known(problem: Problem, names: tuple[str, ...], theta: Array | None) -> object:
    """The report with the parameters as far as they are known."""
    values = [None] * len(names) if theta is None else [float(value) if np.isfinite(value) else None for value in theta]
    shapes = (Parameter(shape.name, None, "shape", "ok") for shape in problem.prepared.noise.shapes)
    return problem.report((*(Parameter(name, None, "mean", "ok", estimate=value, loss_estimate=value)
                             for name, value in zip(names, values, strict=True)), *shapes))


def beside_far_values(problem: Problem, rows: Engine, refusal: NoEstimateError) -> NoEstimateError:
    """The refusal with the responses that lie far beyond all others, if there are any: what helps with them comes first."""
    far = () if refusal.code == "exact-fit" else far_values(problem, rows)
    if not far:
        return refusal
    told, _, helps = far[0].message.rpartition(": ")
    return NoEstimateError(f"{refusal.message}; {told}", f"{helps}; else {refusal.remedy}", code=refusal.code,
                           columns=(*refusal.columns, *far[0].columns), rows=refusal.rows, partial=refusal.partial)
