"""Misspecification: a warning where the errors of the model and those of the sandwich tell different stories.

Under the model both estimate the same covariance, H^-1 and H^-1 J H^-1 (White 1982); where they differ by more than
a factor, the noise is not what the model says (its spread varies, its tails are heavier, rows depend on one another), and
the errors printed by default are too small or too large.
"""

import numpy as np

from mlefit.arrays import Array
from mlefit.inference.covariance import scores
from mlefit.mean import MeanFunction
from mlefit.objective import Objective
from mlefit.problem.problem import Problem
from mlefit.report.report import Warn
from mlefit.sums.curvature import Curvature

FACTOR = 1.5        # in standard errors; intervals that are that wrong cover 81 % instead of 95 %
ENOUGH = 50         # rows per parameter group: the sandwich itself is uncertain by a factor 1 + 1.4 / sqrt(n), 1.2 there
MANY = 600          # parameters beyond which the comparison would cost more than the fit


def misspecification(
    problem: Problem, theta: Array, objective: Objective, curvature: Curvature
) -> tuple[Warn, ...]:
    """The warning, or nothing. The sandwich is that of the sampled rows; `curvature` is H."""
    if problem.n - problem.n_params < ENOUGH or problem.n_params > MANY:
        return ()
    rows = problem.prepared.sample
    total = objective.whitened(scores(objective, theta, None, rows))
    assert total.outer is not None
    weight = float(rows.rows if rows.weight is None else rows.weight.sum())
    spread = curvature.root(curvature.root(total.outer).T) * (problem.n / weight)      # F'JF: the identity under the model
    names, directions = _directions(problem, objective.mean, theta, curvature)
    ratio = np.sqrt(np.einsum("ij,jk,ik->i", directions, spread, directions) / np.square(directions).sum(axis=1))
    apart = np.maximum(ratio, 1.0 / np.maximum(ratio, np.finfo(float).tiny))
    worst = int(np.argmax(apart))
    if apart[worst] <= FACTOR:
        return ()
    named = tuple(names[i] for i in np.argsort(-apart, kind="stable") if apart[i] > FACTOR)
    asked = problem.request.se
    remedy = "use --se robust" if asked in ("model", "ols") else "the robust ones are shown"
    if named == ("sigma",):
        remedy += "; the tails are not those of the model, and the coefficients are hardly affected"
    message = (f"robust and model standard errors differ by more than a factor {FACTOR:g} for {', '.join(dict.fromkeys(named))} "
               f"(robust / model = {ratio[worst]:.2g} for {names[worst]}), so the noise is not what the model says; {remedy}")
    return (Warn("robust-differs", message, tuple(dict.fromkeys(named))),)


def _directions(problem: Problem, mean: MeanFunction, theta: Array, curvature: Curvature) -> tuple[list[str], Array]:
    """Names (c,) of all parameters that have errors, and F'a (c, P) of each: its standard error is the norm."""
    by_class = [curvature.root(part.directions, part.first) for part in mean.natural(theta[: mean.size])]
    labels = [problem.labels[j] for j in mean.coordinates.kept]
    shapes = [shape.name for shape in problem.prepared.noise.shapes]
    return labels * mean.predictors + shapes, np.concatenate([*by_class, curvature.root(np.eye(len(shapes)), mean.size)])
