"""A curve that is audited: where its search begins, and with which of its maxima the parameters given are compared.

The likelihood of a curve may have several maxima, and one maximum several names, as where the terms of a sum change places. The
highest counts, and of those as high that to which a search from the parameters given leads.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from mlefit.arrays import Array
from mlefit.auditing.coefficients import Given
from mlefit.auditing.ground import Ground
from mlefit.errors import NoEstimateError
from mlefit.estimation.curve_routes import likelihood_route
from mlefit.estimation.curve_rows import Curved, Ended
from mlefit.pipeline.curve_mean import check_start
from mlefit.pipeline.fitted import Fitted, fit
from mlefit.problem.prepare import Progress
from mlefit.problem.problem import Problem
from mlefit.report.report import Report
from mlefit.request import Request

AWAY = 0.1          # standard errors from which on a search looks where the parameters given lead
_NAME = re.compile(r"[^\W\d]\w*")
POINT = "at the coefficients given", "check that they are those of this mean"


def begun(request: Request, given: Sequence[Given], columns: Collection[str]) -> Request:
    """The request with the parameters given in the place of starts that the user has not."""
    named = set(_NAME.findall(str(request.mean))) - set(columns)
    start = {one.name: one.value for one in given if one.name in named and one.value is not None and not one.shape}
    return replace(request, start={**start, **request.start})


def highest(problem: Problem, progress: Progress | None) -> Fitted:
    """The fit at the highest maximum known, wherever the start leads. Raises as `fit` does."""
    roles, known = problem.prepared.roles, None
    try:
        return fit(problem, progress)
    except NoEstimateError as refusal:
        known = refusal.partial
        if refusal.code != "lower-minimum" or roles.curve is None or not isinstance(known, Report):
            raise
    start = {one.name: one.estimate for one in known.parameters if one.kind == "mean" and one.estimate is not None}
    roles = replace(roles, curve=replace(roles.curve, start=start))
    return fit(replace(problem, prepared=problem.prepared._replace(roles=roles)), progress)


def ground(curved: Curved, theta: Array) -> Ground:
    """The maximum with which theta (p,) is compared. Raises DataError where the mean is no number at theta."""
    rows, end = curved.rows, curved.end
    check_start(end.mean, end.mean.node, theta, rows.all, *POINT)
    if _away(end, theta) <= AWAY:
        return _ground(curved, end, theta)
    with np.errstate(all="ignore"):     # of a step too far
        led = likelihood_route(rows, end.mean, theta)
    if not led.certified:
        return _ground(curved, end, theta)
    if led.optimum.value <= end.optimum.value + rows.same(end):
        return _ground(curved, led, theta)
    return _ground(curved, end, theta)._replace(local=_away(led, theta) <= AWAY)


def _ground(curved: Curved, end: Ended, theta: Array) -> Ground:
    mean, best = end.mean, end.optimum
    return Ground(curved.rows.all, mean, mean, mean.coordinates.of(theta), best.theta, best.value, best.curvature)


def _away(end: Ended, theta: Array) -> float:
    """The distance of theta from an end, in standard errors as if the shapes were known."""
    step = end.mean.coordinates.of(theta) - end.optimum.theta[: end.mean.size]
    return float(np.sqrt(max(0.0, end.optimum.curvature.leading(step.size).square(step))))
