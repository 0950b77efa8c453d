"""Audit: coefficients of another program -> whether they are the maximum of the likelihood on these rows, and what they are if not.

    maximum             within CLOSE standard errors of it
    maximum, rounded    it, to the digits that are given
    regularised         the optimum of the likelihood with a penalty
    the other outcome   near the maximum with all signs turned
    a local maximum     of a curve: a maximum, and lower than another one
    stopped early       within FAR standard errors; the same rows but a few would do that as well
    another model       farther
"""

from contextlib import ExitStack
from dataclasses import replace

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.auditing.coefficients import Given
from mlefit.auditing.curve import begun, highest
from mlefit.auditing.cuts import in_cuts
from mlefit.auditing.ground import kept_of
from mlefit.auditing.names import Matched, matched, plain
from mlefit.auditing.penalty import Penalty, penalty
from mlefit.auditing.point import Point, point
from mlefit.auditing.record import Audit, Audited, Finding
from mlefit.pipeline.fitted import Fitted, not_certified
from mlefit.problem.indexing import ColumnsWanted
from mlefit.problem.prepare import Progress
from mlefit.problem.problem import Problem
from mlefit.problem.stated import made_of
from mlefit.report.digits import NOISE, significant
from mlefit.request import Request
from mlefit.source import open_source
from mlefit.version import __version__

CLOSE = 1e-3        # standard errors: no digit that anybody prints is another
ROUNDED = 0.1       # standard errors up to which the digits given excuse a distance
FAR = 3.0           # standard errors
SLACK = 1.0 + 1e-6  # of half a unit of the last digit
SAME = 1e-5         # of the logarithm of a scale


def audit(request: Request, given: tuple[Given, ...], place: str, progress: Progress | None = None) -> Audit:
    """Raises UsageError and DataError for what cannot be read or matched, NoEstimateError where there is no maximum."""
    with ExitStack() as stack:
        source = stack.enter_context(open_source(request.data, request.read))
        if request.mean is not None:
            request = begun(request, given, source.names)
        asked = replace(request, draws=0, holdout=None)
        return made_of(lambda problem: _audited(problem, given, place, progress), asked, progress, source=source)


def _audited(problem: Problem, given: tuple[Given, ...], place: str, progress: Progress | None) -> Audit:
    found = highest(problem, progress)
    if found.wants_columns or (problem.indexed and found.fit.noise.loss_has_shapes):
        raise ColumnsWanted
    if not found.certified:
        raise not_certified(problem, found.fit)
    some, notes = _without_limit(found, given)
    prepared = found.problem.prepared
    values = matched(some, prepared.predictors, found.fit.noise, prepared.levels)
    judged = _judged(found, values, place)
    return judged._replace(notes=(*judged.notes, *notes))


def _without_limit(found: Fitted, given: tuple[Given, ...]) -> tuple[tuple[Given, ...], tuple[str, ...]]:
    """What is given but for a shape that is at its limit, where the maximum is that of another law; a note where there was one."""
    limit = found.fit.limit
    if limit is None:
        return given, ()
    name, labels = found.problem.prepared.noise.shapes[limit.shape].name, found.problem.prepared.predictors.labels()
    rest = tuple(one for one in given if plain(one.name).lower() != plain(name).lower() or (one.name in labels and not one.shape))
    if len(rest) == len(given):
        return given, ()
    at = "infinite" if limit.value else "0"
    return rest, (f"{name} is {at} at the maximum, and its value is not judged: {limit.message}.",)


def _judged(found: Fitted, values: Matched, place: str) -> Audit:
    problem, noise = found.problem, found.fit.noise
    where = point(found, values)
    why = _penalty(found, where, values)
    minus = _n_minus_p(found, where, values)
    finding = _finding(found, where, values, why, minus=minus)
    names = _names(found)
    told = _told(names, where) if not noise.cuts else (*_told(names[1:found.mean.size], where.part(1, found.mean.size)),
                                                       *_told([(name, None) for name in noise.cuts], in_cuts(found, where)))
    report = problem.report(())
    given = "given" if len(values.shapes) == len(noise.shapes) else "the best beside the coefficients"
    shapes = given if noise.shapes else "none"
    return Audit(
        __version__, place, noise.spelt, report.data.target, report.model.formula, report.data.source, report.data.sha256,
        problem.n,
        finding.startswith("maximum"), finding, _sentence(finding, where, told, why, found, minus=minus), where.edm, where.away,
        where.excess, where.excess / problem.n, shapes, minus, why, told, report.notes)  # type: ignore[arg-type]


def _told(names: list[tuple[str, str | None]], where: Point) -> tuple[Audited, ...]:
    """A line for each parameter."""
    return tuple(
        Audited(name, class_, float(where.given[j]), float(where.maximum[j]), float(where.error[j]), float(where.distance[j]),
                None if where.gradient is None else float(where.gradient[j]), None if where.pull is None else float(where.pull[j]))
        for j, (name, class_) in enumerate(names))


def _names(found: Fitted) -> list[tuple[str, str | None]]:
    noise, labels = found.fit.noise, found.problem.labels
    names = [(labels[j], noise.predictors[k].class_) for k in range(found.mean.predictors) for j in kept_of(found, k)]
    return [*names, *((f"log {shape.name}", None) for shape in noise.shapes)]


def _coefficients(found: Fitted) -> Mask:
    """(P + s,): which parameters are coefficients."""
    return np.arange(found.mean.size + len(found.fit.noise.shapes)) < found.mean.size


def _n_minus_p(found: Fitted, where: Point, values: Matched) -> bool:
    """Whether the scale given is the root of RSS / (n - p)."""
    if not (found.fit.noise.compresses and values.shapes):
        return False
    usual = where.maximum[-1] + 0.5 * np.log(found.fit.n / max(found.fit.n - found.mean.size, 1.0))
    return bool(abs(where.given[-1] - usual) < max(SAME, values.shapes[0].half / np.exp(where.given[-1])))


def _penalty(found: Fitted, where: Point, values: Matched) -> Penalty | None:
    if where.gradient is None or values.folded or found.curved is not None:
        return None
    mean = found.mean
    constants = np.concatenate([[found.problem.prepared.predictors.intercept and j == 0 for j in kept_of(found, k)]
                                for k in range(mean.predictors)])
    size = mean.size
    return penalty(where.given[:size], where.gradient[:size], where.error[:size], ~constants.astype(bool))


def _finding(found: Fitted, where: Point, values: Matched, why: Penalty | None, *, minus: bool) -> Finding:
    mine = _coefficients(found)
    away = np.abs(where.distance)[mine] if minus else np.abs(where.distance)
    worst, close = float(away.max(initial=0.0)), where.away
    if minus:
        close = worst       # of the coefficients alone
    if close <= CLOSE:
        return "maximum"
    halves = _halves(found, values, where)
    if worst <= ROUNDED and bool((np.abs(where.given - where.maximum)[mine] <= halves * SLACK).all()):
        return "maximum, rounded"
    if why is not None:
        return "regularised"
    if where.local:
        return "a local maximum"
    two = found.fit.noise.response.takes_positive and found.curved is None
    if two and float(np.abs(where.given + where.maximum)[mine].max()) <= float((ROUNDED * where.error[mine]).max()):
        return "the other outcome"
    return "stopped early" if worst <= FAR else "another model"


def _halves(found: Fitted, values: Matched, where: Point) -> Array:
    """Half a unit of the last digit of each coefficient."""
    mean = found.mean
    return np.array([values.values[k, j].half for k in range(mean.predictors) for j in kept_of(found, k)])


def _sentence(
    finding: Finding, where: Point, told: tuple[Audited, ...], why: Penalty | None, found: Fitted, *, minus: bool
) -> str:
    """The finding in words."""
    among = [one for one, coefficient in zip(told, _coefficients(found), strict=True) if coefficient or not minus]
    worst = max(among, key=lambda one: abs(one.distance))
    name = worst.name if worst.class_ is None else f"{worst.name} of {worst.class_}"
    away = f"{significant(abs(worst.distance), 2)} s.e. from the maximum in {name}"
    sigma = "; its scale is that of n - p" if minus else ""
    if finding == "maximum":
        return f"certified: the maximum of the likelihood, within {significant(max(abs(worst.distance), NOISE), 2)} s.e.{sigma}"
    if finding == "maximum, rounded":
        return f"certified: the maximum of the likelihood, to the digits that are given ({away}){sigma}"
    if finding == "regularised" and why is not None:
        return f"regularised: {away}, as {_words(why, found, where)} leaves it"
    if finding == "the other outcome":
        other = found.problem.prepared.levels[0]
        return f"the other outcome: with all signs turned this is the maximum; --positive {other} models what was modelled there"
    if finding == "a local maximum":
        return f"a local maximum, and not the highest: {away}, where the rows are {significant(where.excess, 2)} nats likelier"
    if finding == "stopped early":
        return f"stopped early, or of other rows: {away}, where the rows are {significant(where.excess, 2)} nats likelier"
    return (f"another model, other rows, or a search that stopped far from the maximum: {away}, where the rows are "
            f"{significant(where.excess, 2)} nats likelier")


def _words(why: Penalty, found: Fitted, where: Point) -> str:
    """The penalty as scikit-learn would have it."""
    strength = why.strength
    if found.fit.noise.compresses:
        alpha = strength * float(np.exp(2.0 * where.given[-1]))
        if why.kind == "quadratic":
            return f"a quadratic penalty (ridge) with alpha = {significant(alpha, 3)}"
        return f"an absolute penalty (lasso) with alpha = {significant(alpha / found.fit.n, 3)}"
    kind = "a quadratic penalty" if why.kind == "quadratic" else "an absolute penalty"
    return f"{kind} with C = {significant(1.0 / strength, 3)} (scikit-learn's default is quadratic, C = 1)"
