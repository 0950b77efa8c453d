"""Fitted: the corridor up to both optima, which the report and the proof have in common."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import NamedTuple

from mlefit import machine
from mlefit.blas import one_thread
from mlefit.criterion import likelihood
from mlefit.errors import NoEstimateError
from mlefit.estimation.fit import Fit, Separated, fit_both
from mlefit.estimation.outcome import Outcome
from mlefit.execution import Engine
from mlefit.existence.rank import geometry
from mlefit.inference.covariance import check_kind, needs_rows
from mlefit.mean import Coordinates, LinearMean
from mlefit.noise import find
from mlefit.objective import Objective
from mlefit.problem.context import Context
from mlefit.problem.prepare import Prepared, Progress, prepare
from mlefit.problem.refusals import check_before, unknown_parameters
from mlefit.request import Request
from mlefit.source import open_source

START_ROWS = 60_000     # with more rows than this, a sample of them gives both searches their start


class Fitted(NamedTuple):
    """Both optima. `mean` maps rows of the data to the coordinates of the search (where sums
    of squares stand for the data, scaled to their pseudo-rows)."""

    context: Context
    mean: LinearMean
    fit: Fit

    @property
    def objective(self) -> Objective:
        """The negative log-likelihood of rows of the data."""
        noise = self.context.prepared.noise
        return Objective(likelihood(noise), self.mean, len(noise.shapes))

    @property
    def rows(self) -> Engine:
        """All fitted rows, where the pipeline keeps them; else none."""
        return _engine(self.context.prepared, self.context.threads)

    @property
    def certified(self) -> bool:
        """Whether both searches ended at a proven optimum."""
        return self.fit.mle.outcome is Outcome.CERTIFIED and self.fit.loss.outcome is Outcome.CERTIFIED


@contextmanager
def fitted(request: Request, progress: Progress | None = None, *, keep_rows: bool = False) -> Iterator[Fitted]:
    """Read, gather, fit twice; the rows kept are given back at the end.

    Raises UsageError, DataError, or NoEstimateError with what is known as its partial report. BLAS runs on one thread,
    so that the same input gives the same bits; mlefit's own threads work on whole chunks.
    """
    threads = request.threads or machine.threads()
    if request.model is not None:
        check_kind(request.se, find(request.model.partition(":")[0]))
    with ExitStack() as stack:
        source = stack.enter_context(open_source(request.data, request.read))
        stack.enter_context(one_thread())
        prepared = prepare(source, request, threads, keep_rows or needs_rows(request.se), progress)
        import scipy.linalg  # noqa: F401  its BLAS is one of its own, and can be held to one thread only once it is there

        stack.enter_context(one_thread())
        for store in (prepared.store, None if prepared.aside is None else prepared.aside.store):
            if store is not None:
                stack.enter_context(closing(store))
        check_kind(request.se, prepared.roles.model)
        moments = prepared.moments
        shape = geometry(moments.triangle.r, moments.weight, moments.magnitude, prepared.noise.compresses)
        context = Context(request, source, prepared, shape, threads)
        check_before(context)
        scale = len(shape.kept) + 1 if prepared.noise.compresses else 1
        mean = LinearMean(Coordinates(shape.triangle(scale), shape.kept), len(prepared.noise.predictors), context.units)
        yield Fitted(context, mean, _fit(context, mean, progress))


def not_certified(context: Context, fit: Fit) -> NoEstimateError:
    """The refusal of a search that did not arrive, with what it came to."""
    worst = fit.mle if fit.mle.outcome is not Outcome.CERTIFIED else fit.loss
    return NoEstimateError(
        f"{worst.method} did not converge: {worst.outcome.value} ({worst.certificate.kind} {worst.certificate.short:.3g} nats "
        f"after {worst.iterations} steps)",
        "rescale or drop nearly collinear columns, or collect more rows", code="not-converged",
        partial=context.report(unknown_parameters(context)))


def _engine(prepared: Prepared, threads: int) -> Engine:
    return Engine.of(threads=threads) if prepared.store is None else Engine(prepared.store, threads)


def _fit(context: Context, mean: LinearMean, progress: Progress | None) -> Fit:
    """Both routes, on all rows, or on the pseudo-rows that stand for them. Raises NoEstimateError for separation."""
    prepared, shape, noise = context.prepared, context.shape, context.prepared.noise
    if noise.compresses:
        whitened = LinearMean(Coordinates.orthonormal(len(shape.kept)), len(noise.predictors))
        return fit_both(noise, whitened, Engine.of(shape.compressed()))
    rows = _engine(prepared, context.threads)
    if progress is not None:
        rows.watch = lambda count: progress(f"searching: pass {count} over the rows", None)
    many = prepared.ledger.used > START_ROWS
    sample = Engine.of(prepared.sample) if many else None
    try:
        return fit_both(noise, mean, rows, sample)
    except Separated as found:
        from mlefit.diagnosis.no_maximum import separated

        raise separated(context, found, mean, rows) from None
