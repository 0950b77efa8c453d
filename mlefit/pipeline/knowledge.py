"""Knowledge: the KL part of the report, from a sample of the rows that all of the fit has seen."""

from functools import partial

import numpy as np

from mlefit.arrays import Array
from mlefit.estimation.fit import Optima
from mlefit.estimation.refit import refit
from mlefit.execution import Engine
from mlefit.information.familiar import familiar
from mlefit.information.measure import measure
from mlefit.information.prediction import held_out, takeuchi
from mlefit.information.sample import Sample
from mlefit.information.unknown import not_identifiable, off
from mlefit.mean import LinearMean
from mlefit.pipeline.fitted import Fitted
from mlefit.problem.problem import Problem
from mlefit.report.information import Holdout, Information
from mlefit.rows.chunk import Chunk


def sample_of(problem: Problem, fit: Optima, mean: LinearMean) -> Sample:
    """The reservoir's rows in natural units with the fitted model on them; `mean` maps design units to the search's.

    With precision weights w, rows times sqrt(w): then all have the same law about their means.
    """
    prepared = problem.prepared
    noise, coordinates = prepared.noise, mean.part(0)
    rows: Chunk = prepared.sample
    size = mean.size
    y, eta = rows.y, mean.eta(fit.mle.theta[:size], rows)
    free: Array = fit.mle.theta[size:]
    constant = prepared.predictors.intercept and not prepared.observed.precision
    if prepared.observed.scaled:
        units = problem.units._replace(y_centre=0.0) if prepared.observed.precision else problem.units
        y, eta = y * units.y_scale + units.y_centre, units.natural(eta)
        free = free + problem.log_unit * np.array([shape.unit_power for shape in noise.shapes])
    return Sample(
        noise=noise, y=y, design=coordinates.design(rows), x=np.asfortranarray(coordinates.columns(rows)), eta=eta, free=free,
        weight=rows.weight, offset=rows.offset, parameters=problem.n_params,
        intercept_only=constant and all(len(shape.kept) == 1 for shape in problem.shapes), rows_total=round(problem.n),
        cross_entropy_total=fit.nll[0] / problem.n + problem.log_unit,
    )


def information(found: Fitted, null: float | None) -> Information:
    """Cross-entropy, the entropy of the data and KL with everything that goes with it.

    `null` is the log-likelihood of the intercept alone.
    """
    problem, fit, mean = found.problem, found.fit, found.mean
    request, noise = problem.request, problem.prepared.noise
    cross = fit.nll[0] / problem.n + problem.log_density
    if problem.prepared.observed.sampling:
        reason = "with sampling weights the likelihood is not that of the rows"
        return not_identifiable(cross, reason, problem.prepared.moments.rows)._replace(unit=request.unit, holdout=_unseen(found))
    known = off(cross, problem.prepared.moments.rows) if not request.kl else measure(
        sample_of(problem, fit, mean), fit=partial(refit, noise), seed=request.seed, draws=request.draws, level=request.level,
    )
    with_predictors = problem.prepared.predictors.intercept and any(len(shape.kept) > 1 for shape in problem.shapes)
    trace = takeuchi(found.objective, fit.mle.theta, fit.mle.curvature, problem.prepared.sample, problem.n)
    enlarged = problem.log_unit - problem.log_density       # what sqrt(w) adds to the entropy per row
    return known._replace(
        cross_entropy=cross, entropy=None if known.entropy is None else known.entropy - enlarged,
        unit=request.unit, explained=-null / problem.n - cross if null is not None and with_predictors else None,
        expected_tic=None if trace is None else cross + trace / problem.n, expected_aic=cross + problem.n_params / problem.n,
        holdout=_unseen(found),
    )


def _unseen(found: Fitted) -> Holdout | None:
    """The model on the rows put aside, in natural units."""
    problem, fit = found.problem, found.fit
    aside, noise = problem.prepared.aside, problem.prepared.noise
    if aside is None:
        return None
    held = Holdout(aside.share, aside.store.rows + aside.unscored, 0, None, None, aside.unscored)
    if not aside.store.rows:
        return held
    rows = Engine(aside.store, problem.threads)
    n, mean, error = held_out(found.objective, fit.mle.theta, rows, fit.nll[0] / problem.n)
    precision = problem.prepared.observed.precision     # after which rows know neither their mean nor their weight
    known = familiar(noise, found.objective, fit.mle.theta, rows, problem.units.y_scale)
    entropy = mean + problem.log_unit - 0.5 * aside.log_weight / aside.store.rows
    return held._replace(
        n=round(n), cross_entropy=entropy, std_error=None if precision else error,
        rmse=known.rmse, r_squared=None if precision else known.r_squared,
        accuracy=known.accuracy, log_loss=entropy if noise.response.reads_levels else None, auc=known.auc,
    )
