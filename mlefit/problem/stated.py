"""Stated: a request becomes a problem, read and gathered, with everything refused that no search can answer."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import TypeVar

from mlefit import machine
from mlefit.blas import one_thread
from mlefit.design.predictors import Side
from mlefit.design.roles import Roles
from mlefit.execution import Engine
from mlefit.existence.digits import Design
from mlefit.existence.rank import Geometry
from mlefit.inference.kinds import needs_rows
from mlefit.problem.afar import reach
from mlefit.problem.grouped import grouped
from mlefit.problem.indexing import ColumnsWanted
from mlefit.problem.prepare import Prepared, Progress, gathered, prepare
from mlefit.problem.problem import Problem
from mlefit.problem.refusals import check_before, check_response
from mlefit.problem.size import columns_fit
from mlefit.request import Request
from mlefit.source import open_source
from mlefit.source.source import Source

T = TypeVar("T")


@contextmanager
def stated(
    request: Request, progress: Progress | None = None, *, keep_rows: bool = False, source: Source | None = None,
    seen: bool = False, index: bool = False,
) -> Iterator[Problem]:
    """Read and gather; the rows kept are given back at the end. `keep_rows`: keep them even where their sums suffice.

    `source`: the request's data, where somebody has opened it; `seen`: keep the cells of the sample as well; `index`: a factor of
    many levels may do without columns. Raises UsageError, DataError, or NoEstimateError with what is known as its partial report.

    Inside, BLAS runs on one thread, so that the same input gives the same bits; mlefit's own threads work on whole chunks.
    """
    threads = request.threads or machine.threads()
    with ExitStack() as stack:
        opened = source or stack.enter_context(open_source(request.data, request.read))
        reach(opened, request, stack)
        stack.enter_context(one_thread())
        yield _checked(opened, request, threads, lambda every: prepare(
            opened, request, threads, every, progress, seen=seen, index=index), keep_rows, stack)


def made_of(
    of: Callable[[Problem], T], request: Request, progress: Progress | None = None, *, keep_rows: bool = False,
    source: Source | None = None, seen: bool = False, index: bool = True,
) -> T:
    """What is made of a problem as `stated`; with `index` a factor of many levels has columns where ColumnsWanted is raised."""
    try:
        with stated(request, progress, keep_rows=keep_rows, source=source, seen=seen, index=index) as problem:
            return of(problem)
    except ColumnsWanted:
        pass
    with stated(request, progress, keep_rows=keep_rows, source=source, seen=seen) as problem:
        return of(problem)


@contextmanager
def stated_part(
    request: Request, source: Source, roles: Roles, levels: tuple[str, ...], threads: int, *, keep_rows: bool = False
) -> Iterator[Problem]:
    """As `stated`, of some rows by roles and levels of the response that are those of more. Nothing is learnt from them."""
    with ExitStack() as stack:
        stack.enter_context(one_thread())
        yield _checked(source, request, threads, lambda every: gathered(source, request, roles, threads, every, levels),
                       keep_rows, stack)


def _checked(
    source: Source, request: Request, threads: int, make: Callable[[bool], Prepared], keep_rows: bool, stack: ExitStack
) -> Problem:
    """The problem that `make` prepares, keeping every row or not; again where their sums do not suffice."""
    keep_rows = keep_rows or needs_rows(request.se, request.weights_kind) or request.mean is not None
    problem = _problem(source, request, threads, make(keep_rows), stack)
    if problem.indexed and (problem.doubtful or _told_otherwise(problem)):
        raise ColumnsWanted
    if problem.doubtful and problem.prepared.store is None:
        problem = _problem(source, request, threads, make(True), stack)
    check_before(problem)
    return problem


def _told_otherwise(problem: Problem) -> bool:
    """Whether columns would have other names for what is aliased, or rows held out hang on it, where several factors have none."""
    predictors, aliased = problem.prepared.predictors, problem.shape.aliased
    if not predictors.crossed or not aliased:
        return False
    order = [term.factors for term in predictors.terms]
    later = any(order.index((factor,)) < order.index((predictors.indexed,)) for factor in predictors.crossed if predictors.indexed)
    wanted = problem.prepared.aside is not None or (later and any(place in predictors.crossed_places for place in aliased))
    return wanted and columns_fit(problem)


def _problem(source: Source, request: Request, threads: int, prepared: Prepared, stack: ExitStack) -> Problem:
    """The problem of what is prepared; what is kept is given back with the `stack`."""
    import scipy.linalg  # noqa: F401  its BLAS is one of its own, and can be held to one thread only once it is there

    stack.enter_context(one_thread())
    for store in (prepared.store, None if prepared.aside is None else prepared.aside.store):
        if store is not None:
            stack.enter_context(closing(store))
    return geometric(request, source, prepared, threads)


def geometric(request: Request, source: Source, prepared: Prepared, threads: int) -> Problem:
    """The problem of gathered rows: the geometry of their design. Raises NoEstimateError for a response without a maximum."""
    check_response(prepared)
    sides = prepared.predictors.sides
    return Problem(request, source, prepared, tuple(_geometry(prepared, side, threads) for side in sides), threads)


def _geometry(prepared: Prepared, side: Side, threads: int) -> Geometry:
    """That of the columns of one right-hand side."""
    moments, scaling = prepared.moments, prepared.scaling
    if moments.within is not None and prepared.predictors.crossed:
        from mlefit.problem.crossed import crossed

        assert prepared.store is not None
        return crossed(prepared, moments.within, side, Engine(prepared.store, threads))
    if moments.within is not None:
        return grouped(prepared, moments.within, side)
    return Design(moments.triangle.r, moments.weight, moments.magnitude, prepared.noise.compresses, side.intercept,
                  moments.low[:-1], moments.high[:-1], scaling.centre, scaling.scale, prepared.sample.x, side.places).geometry()
