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
from mlefit.mean import LinearMean
from mlefit.pipeline.fitted import Fitted
from mlefit.problem.problem import Problem
from mlefit.report.report import Holdout, Information
from mlefit.rows.chunk import Chunk


def sample_of(problem: Problem, fit: Optima, mean: LinearMean) -> Sample:
    """The reservoir's rows in natural units with the fitted model on them; `mean` maps design units to the search's."""
    prepared = problem.prepared
    noise, scaling, coordinates = prepared.noise, prepared.scaling, mean.coordinates
    rows: Chunk = prepared.sample
    size = mean.size
    y, eta = rows.y, mean.eta(fit.mle.theta[:size], rows)
    free: Array = fit.mle.theta[size:]
    if prepared.observed.scaled:
        y, eta = y * scaling.y_scale + scaling.y_centre, problem.units.natural(eta)
        free = free + problem.log_unit * np.array([shape.unit_power for shape in noise.shapes])
    return Sample(
        noise=noise, y=y, design=coordinates.design(rows), x=np.asfortranarray(coordinates.columns(rows)), eta=eta, free=free,
        weight=rows.weight, offset=rows.offset, parameters=problem.n_params,
        intercept_only=prepared.predictors.intercept and len(problem.shape.kept) == 1, rows_total=round(problem.n),
        cross_entropy_total=fit.nll[0] / problem.n + problem.log_unit,
    )


def information(found: Fitted, null: float | None) -> Information:
    """Cross-entropy, the entropy of the data and KL with everything that goes with it.

    `null` is the log-likelihood of the intercept alone.
    """
    problem, fit, mean = found.problem, found.fit, found.mean
    request, noise = problem.request, problem.prepared.noise
    known = measure(
        sample_of(problem, fit, mean), fit=partial(refit, noise), seed=request.seed, draws=request.draws, level=request.level,
    )
    cross = fit.nll[0] / problem.n + problem.log_unit
    with_predictors = problem.prepared.predictors.intercept and len(problem.shape.kept) > 1
    trace = takeuchi(found.objective, fit.mle.theta, fit.mle.curvature, problem.prepared.sample, problem.n)
    return known._replace(
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
    known = familiar(noise, found.objective, fit.mle.theta, rows, problem.units.y_scale)
    entropy = mean + problem.log_unit
    return held._replace(
        n=round(n), cross_entropy=entropy, std_error=error, rmse=known.rmse, r_squared=known.r_squared,
        accuracy=known.accuracy, log_loss=entropy if noise.response.reads_levels else None, auc=known.auc,
    )
