"""Criteria: the figures of a whole fit on its rows."""

import numpy as np

from mlefit.diagnosis.one_outcome import alone_in_level
from mlefit.errors import NoEstimateError
from mlefit.estimation.limits import best
from mlefit.estimation.outcome import Outcome
from mlefit.estimation.routes import maximum_likelihood
from mlefit.execution import Engine, Execution
from mlefit.inference.moves import Projection
from mlefit.information.familiar import Familiar, familiar
from mlefit.information.left_out import LeftOut, affordable, left_out, of_least_squares
from mlefit.mean import Coordinates, LinearMean
from mlefit.noise.model import Measure
from mlefit.pipeline.finite import number
from mlefit.pipeline.fitted import START_ROWS, Fitted
from mlefit.problem.problem import Problem
from mlefit.report.report import ALONE, Criteria

FEW = 10        # rows beyond the coefficients, below which a figure for new rows says nothing


def criteria(found: Fitted, null: float | None, projection: Projection | None = None) -> Criteria:
    """AIC = 2k - 2L, BIC = k log n - 2L with every free parameter counted; `null` is L of the intercept alone.
    `projection`: what is known of the rows of the sample (`projected`).

    With sampling weights L is a weighted sum that is no likelihood of the rows, and what compares likelihoods is None.
    """
    problem, fit = found.problem, found.fit
    k, n, noise = problem.n_params, fit.n, fit.noise
    loglik = -(fit.nll[0] + n * problem.log_density)
    assumed = noise.assumed     # else the law has no say in what is expected of a response
    known, new = _familiar(found), _on_new_rows(found, projection)
    squared, kind = known.r_squared, "R2"
    if noise.measure is Measure.MASS:       # log-likelihoods <= 0, so that their ratio is a share
        squared, kind = None if not null else 1.0 - loglik / null, "McFadden"
    if not noise.smooth:        # s is the mean loss, and log s all that two likelihoods differ by
        squared, kind = None if null is None else -float(np.expm1((null - loglik) / n)), "R1"
    sampled = problem.prepared.observed.sampling
    whole = Criteria(
        k, number(loglik), number(null), number(squared), kind,  # type: ignore[arg-type]
        None if sampled else number(2.0 * k - 2.0 * loglik), None if sampled else number(k * float(np.log(n)) - 2.0 * loglik),
        rmse=number(known.rmse) if assumed else None, accuracy=known.accuracy, auc=known.auc,
        log_loss=number(-loglik / n) if noise.response.reads_levels else None,
        r_squared_centred=problem.prepared.centred,
        on_new_rows=None if new.value is None else new.value + problem.log_density, on_new_rows_note=new.note,
    )
    return _judged_on_new_rows(whole, new, problem.units.y_scale)


def projected(found: Fitted) -> Projection | None:
    """R of the design and the leverages of the sample, where that is all rows of a fit by least squares to columns."""
    problem, sample = found.problem, found.problem.prepared.sample
    everyone = problem.prepared.moments.rows <= sample.rows and affordable(sample.rows, len(problem.shape.kept))
    if not found.fit.noise.compresses or problem.indexed or problem.prepared.roles.curve is not None or not everyone:
        return None
    return Projection.of(problem.shape.r, found.mean.part(0).design(sample), problem.threads)


def _judged_on_new_rows(whole: Criteria, new: LeftOut, unit: float) -> Criteria:
    """With the figures people know, as they are for rows left out of the fit, where they are known."""
    if new.judged is None:
        return whole
    if whole.accuracy is not None:
        return whole._replace(accuracy_on_new_rows=whole.accuracy + new.judged)
    square = -1.0 if whole.rmse is None else (whole.rmse / unit) ** 2 + new.judged
    return whole if square < 0.0 else whole._replace(rmse_on_new_rows=number(float(np.sqrt(square)) * unit))


def _on_new_rows(found: Fitted, projection: Projection | None) -> LeftOut:
    """Leave-one-out cross-entropy, or that of rows in folds, in the units of the encoded response."""
    problem, prepared = found.problem, found.problem.prepared
    if prepared.observed.sampling:
        return LeftOut(None, "with sampling weights the likelihood is not that of the rows")
    if problem.indexed and alone_in_level(problem, found.rows):
        return LeftOut(None, ALONE)
    if round(problem.n) - found.mean.size < FEW:
        return LeftOut(None, f"fewer than {FEW} rows more than coefficients")
    if not found.fit.noise.smooth:
        from mlefit.information.folds import new_rows

        return new_rows(found.fit, found.mean, found.rows, prepared.sample, problem.request.seed)
    if projection is not None:
        return of_least_squares(found.fit, found.objective, prepared.sample, projection.leverage)
    count = 0 if prepared.store is None else prepared.store.rows
    return left_out(found.fit, found.objective, found.rows, prepared.sample, count)


def _familiar(found: Fitted) -> Familiar:
    """The figures people know, on the rows fitted, or on the sums that stand for them."""
    problem, fit = found.problem, found.fit
    unit = problem.units.y_scale
    if not fit.noise.compresses:
        return familiar(fit.noise, found.objective, fit.mle.theta, found.rows, unit)
    rss = problem.shape.rss
    return Familiar(rmse=float(np.sqrt(rss / fit.n)) * unit, r_squared=1.0 - rss / _total_square(problem))


def _total_square(problem: Problem) -> float:
    """Sum of squares of the response, about its mean when there is an intercept, else about 0, as R does."""
    moments = problem.prepared.moments
    assert moments.response is not None
    r = moments.response.r
    about_mean = float(r[1, 1] ** 2)
    return about_mean if problem.prepared.centred else about_mean + float(r[0, 1] ** 2)


def null_loglik(problem: Problem, rows: Execution) -> float | None:
    """Log-likelihood of the intercept alone, beside the offset if there is one.

    In closed form from sums of squares, and for classes without an offset; else it takes a search over the `rows`, and None
    says that there is no maximum, or no intercept, or that with sampling weights there is no likelihood.
    """
    if problem.prepared.observed.sampling:
        return None
    noise, n, moments = problem.prepared.noise, problem.n, problem.prepared.moments
    if noise.compresses:
        assert moments.response is not None
        mean_square = float(moments.response.r[1, 1] ** 2) / n
        if mean_square == 0.0:      # a constant response, in a model without an intercept
            return None
        a, c = noise.affine(noise.implied_shapes(mean_square, 0.0))
        return -n * (a * mean_square + c + problem.log_density)
    if noise.response.reads_levels and problem.prepared.predictors.offset is None:
        counts = np.array(list(problem.prepared.level_weights.values()))
        return float(counts @ np.log(counts / n))
    if 0 not in problem.shape.kept or not problem.prepared.predictors.intercept:
        return None
    # The intercept's column holds ones, which are white already.
    mean = LinearMean(Coordinates.orthonormal(1), len(noise.predictors))
    many = problem.prepared.ledger.used > START_ROWS
    several = many and (noise.loss_has_shapes or not noise.smooth)       # searches, which want few rows
    sample = Engine.of(problem.prepared.sample) if several else None
    try:
        alone = best(noise, mean, rows, lambda law, beside: (
            mean, maximum_likelihood(law, mean, rows, sample, beside=beside))).optimum
    except NoEstimateError:
        return None
    return -(alone.value + n * problem.log_density) if alone.outcome is Outcome.CERTIFIED else None
