"""The two routes to the parameters of a curve: a descent, each its own, and what makes its end an answer.

Newton steps with the exact Hessian sharpen the end, in coordinates in which the Jacobian there is orthonormal, and EDM judges it.
Where a fit is nearly exact, doubles are too coarse for that: then the residuals are made in extended precision.
"""

from dataclasses import replace

import numpy as np

from mlefit.arrays import Array
from mlefit.estimation.careful import Careful
from mlefit.estimation.curve_descent import STEPS, Low, by_likelihood, by_loss, trust
from mlefit.estimation.curve_rows import Ended, Rows
from mlefit.estimation.memo import Memo
from mlefit.estimation.optimize import first_order_guided, second_order
from mlefit.estimation.outcome import Outcome
from mlefit.estimation.polish import EXACT, Optimum, Point, polish
from mlefit.mean.bent import Bent
from mlefit.mean.nonlinear import NonlinearMean
from mlefit.objective import Objective

ROUNDS = 3              # of exact Hessians, each in coordinates of its own
SINGULAR = 1e-12        # a triangle whose columns are that nearly dependent gives no coordinates


def likelihood_route(rows: Rows, mean: NonlinearMean, theta: Array) -> Ended:
    """Minimise -log L over (theta, free shapes) from theta."""
    return likelihood_end(rows, mean, by_likelihood(rows, mean, theta, STEPS))


def likelihood_end(rows: Rows, mean: NonlinearMean, low: Low) -> Ended:
    """The maximum of the likelihood near where a descent came to, shapes and coefficients jointly."""
    noise, theta, free, steps, evaluations = rows.noise, low.theta, low.free, low.steps, low.evaluations
    end: Point | None = None
    for turn in range(ROUNDS):
        mean = mean.at(centred(rows, mean, theta))
        memo = Careful(Objective.likelihood(noise, mean), rows.all, 2)
        begin = np.concatenate([mean.coordinates.of(theta), free])
        if turn:
            begin, more = trust(memo, begin, 0.0, 1.0, rows)
            steps += more
        end = polish(memo, begin)
        evaluations += memo.evaluations
        theta, free = mean.coordinates.encoded(end.theta[: mean.size]), end.theta[mean.size :]
        if end.outcome is Outcome.CERTIFIED:
            break
    assert end is not None
    if end.outcome is Outcome.INEXACT and noise.located:
        mean = mean.at(centred(rows, mean, theta))
        objective = Objective.likelihood(noise, replace(mean, extended=True))
        end = _extended(rows, objective, np.append(np.zeros(mean.size), free), end, 1.0)
    return Ended(mean, _optimum(end, end.theta, low.method, steps, evaluations))


def loss_route(rows: Rows, mean: NonlinearMean, theta: Array) -> Ended:
    """Minimise the loss from theta, by a search that knows nothing of the likelihood."""
    return loss_end(rows, mean, by_loss(rows, mean, theta, STEPS))


def loss_end(rows: Rows, mean: NonlinearMean, low: Low) -> Ended:
    """The least loss near where a descent came to."""
    noise, mean = rows.noise, mean.at(centred(rows, mean, low.theta))
    objective, begin = Objective.second(noise, mean), mean.coordinates.of(low.theta)
    memo = Careful(objective, rows.all, 2)
    if noise.loss_has_shapes:
        end = polish(memo, np.concatenate([begin, low.free]))
        return Ended(mean, _optimum(end, end.theta, low.method, low.steps, low.evaluations + memo.evaluations))
    end = polish(memo, begin, rows.per_loss(memo.at(begin, 1)))
    if end.outcome is Outcome.INEXACT and noise.located:
        mean = mean.at(centred(rows, mean, mean.coordinates.encoded(end.theta)))
        objective = Objective.second(noise, replace(mean, extended=True))
        end = _extended(rows, objective, np.zeros(mean.size), end, rows.per_loss(end))
    point = np.concatenate([end.theta, rows.implied(end)])
    return Ended(mean, _optimum(end, point, low.method, low.steps, low.evaluations + memo.evaluations))


def likelihood_on(rows: Rows, sample: Rows, end: Ended) -> Ended:
    """The maximum on all rows from that of a sample, whose Hessian guides the way."""
    objective = Objective.likelihood(rows.noise, end.mean)
    memo = Careful(objective, rows.all, 1)
    point, steps, method = second_order(memo, end.optimum.theta, curvature=Memo(objective, sample.all, 2))
    found = polish(memo, point, steady=EXACT)
    return Ended(end.mean, _optimum(found, found.theta, method, steps, memo.evaluations))


def loss_on(rows: Rows, sample: Rows, end: Ended) -> Ended:
    """The least loss on all rows from that of a sample, in the metric of its Hessian."""
    noise, objective = rows.noise, Objective.second(rows.noise, end.mean)
    memo, begin = Memo(objective, rows.all, 1), end.optimum.theta[: objective.size]
    scale = 1.0 if noise.loss_has_shapes else rows.per_loss(memo.at(begin, 1))
    point, steps = first_order_guided(memo, begin, Memo(objective, sample.all, 2), scale)
    found = polish(memo, point, scale)
    theta = found.theta if noise.loss_has_shapes else np.concatenate([found.theta, rows.implied(found)])
    return Ended(end.mean, _optimum(found, theta, "L-BFGS-B", steps, memo.evaluations))


def _optimum(end: Point, point: Array, method: str, steps: int, evaluations: int) -> Optimum:
    return Optimum(point, end.weight, end.value, end.gradient, end.curvature, end.certificate, end.outcome, method, steps,
                   evaluations)


def _extended(rows: Rows, objective: Objective, begin: Array, end: Point, scale: float) -> Point:
    """The polish of a fit that is nearly exact, in extended precision; `end`, where that is no better."""
    wide = polish(Careful(objective, rows.errors, 2), begin, scale)
    return wide if wide.certificate.short < end.certificate.short else replace(end, theta=begin)


def centred(rows: Rows, mean: NonlinearMean, theta: Array) -> Bent:
    """Coordinates around theta, in which the Jacobian there is orthonormal; by the lengths of its columns where that fails."""
    r = rows.triangle(mean, theta)
    lengths = np.linalg.norm(r, axis=0)
    if np.isfinite(r).all() and (np.abs(np.diagonal(r)) > SINGULAR * lengths).all():
        return Bent(r, theta)
    return replace(Bent.scaled(lengths), centre=theta)
