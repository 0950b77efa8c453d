"""Knowledge: the KL part of the report, from a sample of the rows that all of the fit has seen."""

from functools import partial

import numpy as np

from mlefit.arrays import Array
from mlefit.estimation.fit import Fit
from mlefit.estimation.refit import refit
from mlefit.execution import Engine
from mlefit.information.evidence import Evidence
from mlefit.information.measure import measure
from mlefit.information.prediction import held_out, takeuchi
from mlefit.information.sample import Sample
from mlefit.mean import LinearMean
from mlefit.pipeline.fitted import Fitted
from mlefit.problem.context import Context
from mlefit.report.report import Divergence, Holdout, Information
from mlefit.rows.chunk import Chunk


def sample_of(context: Context, fit: Fit, mean: LinearMean) -> Sample:
    """The reservoir's rows in natural units with the fitted model on them; `mean` maps design units to the search's."""
    prepared = context.prepared
    noise, scaling, coordinates = prepared.noise, prepared.scaling, mean.coordinates
    rows: Chunk = prepared.sample
    size = mean.size
    y, eta = rows.y, mean.eta(fit.mle.theta[:size], rows)
    free: Array = fit.mle.theta[size:]
    if noise.located:
        y = y * scaling.y_scale + scaling.y_centre
        eta = eta * scaling.y_scale + scaling.y_centre
        free = free + context.log_unit * np.array([shape.unit_power for shape in noise.shapes])
    return Sample(
        noise=noise, y=y, design=coordinates.design(rows), x=np.asfortranarray(coordinates.columns(rows)), eta=eta, free=free,
        weight=rows.weight, offset=rows.offset, parameters=context.n_params,
        intercept_only=prepared.predictors.intercept and len(context.shape.kept) == 1, rows_total=round(context.n),
        cross_entropy_total=fit.nll[0] / context.n + context.log_unit,
    )


def information(found: Fitted, null: float | None) -> Information:
    """Cross-entropy, the entropy of the data and KL with everything that goes with it.

    `null` is the log-likelihood of the intercept alone.
    """
    context, fit, mean = found.context, found.fit, found.mean
    request, noise = context.request, context.prepared.noise
    evidence: Evidence = measure(
        sample_of(context, fit, mean), fit=partial(refit, noise),
        seed=request.seed, draws=request.draws, level=request.level,
    )
    kl = Divergence(
        raw=evidence.raw, misfit=evidence.misfit, ci_low=evidence.ci_low, ci_high=evidence.ci_high,
        null_low=evidence.null_low, null_high=evidence.null_high, p_value=evidence.p_value,
        ad_p_value=evidence.ad_p_value, verdict_p_value=evidence.verdict_p_value, bound=evidence.bound,
        verdict=evidence.verdict, reason=evidence.reason, resolution=evidence.resolution,
        detection_limit=evidence.detection_limit, draws=evidence.draws, n_used=evidence.n_used, parts=dict(evidence.parts),
        upper=evidence.upper, sd_equivalent=evidence.sd_equivalent, rows_20to1=evidence.rows_20to1, flags=evidence.flags,
    )
    entropy = evidence.cross_entropy
    with_predictors = context.prepared.predictors.intercept and len(context.shape.kept) > 1
    trace = takeuchi(found.objective, fit.mle.theta, fit.mle.curvature, context.prepared.sample, context.n)
    return Information(
        request.unit, entropy, evidence.entropy, evidence.entropy_method, kl,
        explained=-null / context.n - entropy if null is not None and with_predictors else None,
        expected_tic=None if trace is None else entropy + trace / context.n,
        expected_aic=entropy + context.n_params / context.n, holdout=_unseen(found),
    )


def _unseen(found: Fitted) -> Holdout | None:
    """The model on the rows put aside, in natural units."""
    context, fit = found.context, found.fit
    aside = context.prepared.aside
    if aside is None:
        return None
    n, mean, error = held_out(
        found.objective, fit.mle.theta, Engine(aside.store, context.threads), fit.nll[0] / context.n)
    return Holdout(aside.share, aside.store.rows, round(n), mean + context.log_unit, error)
