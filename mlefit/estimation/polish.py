"""The polish: Newton steps on the route's own criterion sharpen what a search found, and EDM judges the end."""

from dataclasses import replace

import numpy as np

from mlefit.arrays import Array
from mlefit.estimation.certificate import CERTIFIED, DENSE, Certificate, EstimatedDistance, distance
from mlefit.estimation.memo import Memo
from mlefit.estimation.outcome import Outcome
from mlefit.records import record
from mlefit.sums.curvature import Curvature

SHARP = 1e-28            # nats per row; polishing goes on to here, 1e-14 standard deviations of a row from the optimum
STEADY = 1e-2            # a Newton step that changes no row's predictor by more than this leaves the Hessian as it is
EXACT = 1e-6             # and by more than this, the standard errors: log p(1 - p) changes no faster than the logit
POLISHABLE = 1e-1        # nats in total: within half a standard error Newton steps need no safeguard
POLISH_STEPS = 30


@record(frozen=True)
class Point:
    """Where polishing ended: totals over `weight` rows of value, gradient and curvature, its certificate."""

    theta: Array
    weight: float
    value: float
    gradient: Array
    curvature: Curvature
    certificate: Certificate
    outcome: Outcome


def polish(memo: Memo, theta: Array, scale: float = 1.0, steady: float = STEADY, enough: float = 0.0) -> Point:
    """Newton steps from `theta` until EDM is sharp, or within `enough` nats, or stops falling.

    `scale` turns the criterion's total into nats: 1 for a likelihood, a(shapes) for a loss. A second-order memo has the
    Hessian of every point anyway; a first-order one renews it only after a step that may move some row's predictor by
    more than `steady`: a certificate bears more of that than the standard errors do.
    """
    best: Point | None = None
    weight, curvature = memo.at(theta, 2).weight, memo.curvature(theta)
    predictors = memo.objective.mean.predictors
    for _ in range(POLISH_STEPS):
        gradient, value = memo.gradient(theta), memo.at(theta, 1).value
        if memo.order == 2:
            curvature = memo.curvature(theta)
        total = curvature * weight
        certificate = EstimatedDistance(np.inf, total, scale, weight, predictors)
        here = Point(theta, weight, value, weight * gradient, total, certificate, Outcome.NOT_FINITE)
        if not (np.all(np.isfinite(gradient)) and curvature.finite()):
            return best or here
        try:
            edm, step = distance(gradient, curvature)
        except np.linalg.LinAlgError:
            return replace(best or here, outcome=Outcome.FLAT)      # a step away it may have passed for positive by rounding
        edm *= weight * scale
        here = replace(here, certificate=replace(certificate, short=edm), outcome=Outcome.ITERATIONS)
        if edm > POLISHABLE:
            return best or here
        if best is not None and edm >= best.certificate.short:      # rounding has the word now: the point before was better
            break
        best = replace(here, outcome=Outcome.CERTIFIED if edm <= CERTIFIED else Outcome.INEXACT)
        if edm <= max(SHARP * weight, enough):
            break
        theta = theta + step
        if memo.order == 1 and _moved(best, steady):
            curvature = memo.curvature(theta)
    assert best is not None
    return best


def _moved(point: Point, steady: float) -> bool:
    """Whether the Newton step from a point may move some row's predictor by more than `steady`: the Hessian must be renewed.

    With more than DENSE parameters a new Hessian costs a hundred gradients, so the step length in standard errors decides,
    STEADY whatever was asked: a row of leverage h <= 1 moves by sqrt(h) of it at most, in units of the row's own noise. What
    wants more, polishes again.
    """
    if point.curvature.size > DENSE:
        return float(np.sqrt(2.0 * point.certificate.short)) > STEADY
    return point.certificate.reach > steady


@record(frozen=True)
class Optimum(Point):
    """Where a route ended, in whitened coordinates, and what the search took; passes over the data are `evaluations`.

    `refinement`: standard errors by which a step in twice the precision would move it, None where none was made. `starts`:
    searches that were made, `lower` of which ended at a lower maximum, the best of them at `rival` (P,), `behind` nats short.
    """

    method: str
    iterations: int
    evaluations: int
    refinement: float | None = None
    starts: int = 1
    lower: int = 0
    behind: float | None = None
    rival: Array | None = None
