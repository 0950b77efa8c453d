"""run: Request -> Report, the corridor from end to end."""

import os
from contextlib import closing, nullcontext

import numpy as np

from mlefit.errors import NoEstimateError
from mlefit.estimation.fit import Fit, Separated, fit_both
from mlefit.estimation.outcome import Outcome
from mlefit.estimation.rank import geometry
from mlefit.execution import Engine
from mlefit.inference.covariance import check_kind, covariance, information_root, needs_rows
from mlefit.inference.estimates import estimates
from mlefit.mean import LinearMean
from mlefit.noise import find
from mlefit.objective import Objective, likelihood
from mlefit.pipeline.context import Context
from mlefit.pipeline.data import Prepared, Progress, prepare
from mlefit.pipeline.knowledge import information
from mlefit.pipeline.refusals import check_before, separated, unknown_parameters
from mlefit.pipeline.results import agreement, criteria, null_loglik, parameters, route, with_kl
from mlefit.report.report import Report
from mlefit.request import Request
from mlefit.source import open_source

START_ROWS = 60_000     # with more rows than this, a sample of them gives both searches their start


def run(request: Request, progress: Progress | None = None) -> Report:
    """Read, gather, fit twice, certify, estimate KL, report.

    Raises UsageError, DataError, or NoEstimateError with what is known as its partial report. BLAS runs on one thread,
    so that the same input gives the same bits; mlefit's own threads work on whole chunks.
    """
    from threadpoolctl import threadpool_limits

    threads = request.threads or min(2, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2)
    if request.model is not None:
        check_kind(request.se, find(request.model.partition(":")[0]))
    with open_source(request.data, request.read) as source, threadpool_limits(1):
        prepared = prepare(source, request, threads, needs_rows(request.se), progress)
        check_kind(request.se, prepared.roles.model)
        moments = prepared.gathered.moments
        assert moments is not None
        shape = geometry(moments.triangle.r, moments.weight, moments.magnitude, prepared.noise.quadratic)
        with nullcontext() if prepared.store is None else closing(prepared.store):
            return _report(Context(request, source, prepared, shape, threads))


def _report(context: Context) -> Report:
    """Everything after the data is numbers."""
    check_before(context)
    prepared, shape, request = context.prepared, context.shape, context.request
    noise, k = prepared.noise, len(shape.kept)
    # Coordinates of the search as seen from the rows: those of a quadratic loss are scaled to its k + 1 pseudo-rows.
    mean = LinearMean(shape.triangle(k + 1 if noise.quadratic else 1), shape.kept, noise.predictors)
    fit = _fit(context, mean)
    if Outcome.CERTIFIED not in (fit.mle.outcome, fit.loss.outcome) or fit.mle.outcome is not fit.loss.outcome:
        raise _not_certified(context, fit)
    model = information_root(fit.mle.hessian)
    rows = _engine(prepared, context.threads)
    objective = Objective(likelihood(noise), mean, len(noise.shapes))
    root = covariance(request.se, fit, model, rows, objective)
    found = estimates(fit, mean.triangle, context.units, model, root)
    agreed = agreement(fit, found)
    knowledge = information(context, fit, mean)
    report = context.report(
        parameters(context, fit, found, root), status="ok" if agreed.agree else "no estimate", agreement=agreed,
        mle=with_kl(route(context, fit, fit.mle, 0, mean, model), knowledge.entropy),
        loss=with_kl(route(context, fit, fit.loss, 1, mean, model), knowledge.entropy),
        information=knowledge, criteria=criteria(context, fit, null_loglik(context)),
    )
    if not agreed.agree:
        raise NoEstimateError(
            f"the routes disagree: their largest gap is {agreed.max_gap_se:.3g} standard errors",
            "the problem is too ill-conditioned for 16 digits; rescale or drop the nearly collinear columns",
            code="routes-disagree", partial=report)
    return report


def _engine(prepared: Prepared, threads: int) -> Engine:
    return Engine.of(threads=threads) if prepared.store is None else Engine(prepared.store, threads)


def _fit(context: Context, mean: LinearMean) -> Fit:
    """Both routes, on all rows, or on the pseudo-rows that stand for them. Raises NoEstimateError for separation."""
    prepared, shape, noise = context.prepared, context.shape, context.prepared.noise
    if noise.quadratic:
        k = len(shape.kept)
        whitened = LinearMean(np.eye(k), tuple(range(k)), noise.predictors)
        return fit_both(noise, whitened, Engine.of(shape.compressed()))
    rows = _engine(prepared, context.threads)
    many = prepared.gathered.ledger.used > START_ROWS
    sample = Engine.of(prepared.gathered.reservoir.sample()) if many else None
    try:
        return fit_both(noise, mean, rows, sample)
    except Separated as found:
        raise separated(context, found, mean, rows) from None


def _not_certified(context: Context, fit: Fit) -> NoEstimateError:
    worst = fit.mle if fit.mle.outcome is not Outcome.CERTIFIED else fit.loss
    return NoEstimateError(
        f"{worst.method} did not converge: {worst.outcome.value} (EDM {worst.edm:.3g} nats after {worst.iterations} steps)",
        "rescale or drop nearly collinear columns, or collect more rows", code="not-converged",
        partial=context.report(unknown_parameters(context)))
