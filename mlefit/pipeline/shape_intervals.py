"""Intervals of shapes that may be at a limit: profile likelihood, as an estimate with its error says little there.

At the limit itself there is one end, where the likelihood has fallen as far as one side of that confidence asks for.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from mlefit.estimation.constrained import ShapeHeld
from mlefit.execution import Engine
from mlefit.inference.covariance import Inverse
from mlefit.inference.law import NORMAL
from mlefit.inference.standard_errors import StandardErrors
from mlefit.noise.model import Limit
from mlefit.objective import Objective
from mlefit.pipeline.fitted import Fitted

LONGEST = 0.5   # of a free shape: the first steps of the search for an end, where its error says nothing
CLEAR = 5.0     # standard errors, in the likelihood, from the limit: beyond, an interval on the log scale will do


class Ends(NamedTuple):
    """An interval of a shape; None where it has no end."""

    low: float | None
    high: float | None


def shape_intervals(found: Fitted, errors: StandardErrors) -> Mapping[int, Ends]:
    """By place among the shapes of the law asked for; none where the errors do not take the likelihood at its word."""
    noise, fit = found.problem.prepared.noise, found.fit
    none: Mapping[int, Ends] = MappingProxyType({})
    if errors.kind.sandwich or not noise.nested:
        return none
    (limit,) = noise.nested.values()
    try:
        if fit.limit is not None:
            return {limit.shape: _from_the_limit(found, limit)}
        if fit.gain is not None and 2.0 * fit.gain < CLEAR**2:
            return {limit.shape: _beside_the_limit(found, limit, fit.gain)}
    except ArithmeticError:
        return none
    return none


def _held(found: Fitted, theta: np.ndarray, limit: Limit) -> ShapeHeld:
    objective = Objective.likelihood(found.problem.prepared.noise, found.mean)
    sample = Engine.of(found.problem.prepared.sample) if found.sampled else None
    return ShapeHeld(objective, found.rows, sample, theta, found.mean.size + limit.shape)


def _from_the_limit(found: Fitted, limit: Limit) -> Ends:
    """In the distance from it, the shape or its inverse."""
    from mlefit.inference.profile import end

    held = _held(found, np.insert(found.fit.mle.theta, found.mean.size + limit.shape, 0.0), limit)
    sign = 1.0 if limit.value == 0.0 else -1.0
    far = end(lambda w: -held.least(sign * float(np.log(w))), -found.fit.nll[0], 0.0, 1.0 / float(np.sqrt(found.fit.n)),
              NORMAL.quantile(max(0.0, 2.0 * found.problem.request.level - 1.0)))
    return Ends(None, far) if limit.value == 0.0 else Ends(1.0 / far, None)


def _beside_the_limit(found: Fitted, limit: Limit, gain: float) -> Ends:
    """On the log scale; the limit itself is an end where the likelihood does not fall far enough on the way to it."""
    from mlefit.inference.profile import end

    fit, place = found.fit, found.mean.size + limit.shape
    held, width = _held(found, fit.mle.theta, limit), NORMAL.quantile(found.problem.request.level)
    error = min(LONGEST, float(Inverse(fit.mle.curvature).error(np.eye(1), place)[0]))
    to_natural = found.problem.prepared.noise.shapes[limit.shape].to_natural

    def side(unit: float) -> float:
        if 2.0 * gain <= width**2 and (unit < 0.0) == (limit.value == 0.0):
            return limit.value
        return to_natural(end(lambda free: -held.least(free), -fit.nll[0], float(fit.mle.theta[place]), unit, width))

    return Ends(side(-error), side(error))
