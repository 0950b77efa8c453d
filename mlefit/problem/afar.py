"""Afar: whether a source is read by the workers of a cluster, for as long as a problem is open."""

from contextlib import ExitStack

from mlefit import machine
from mlefit.errors import UsageError
from mlefit.problem.prepare import Prepared
from mlefit.report.machine import Machine
from mlefit.request import Request
from mlefit.source.source import Caution, Source


def reach(source: Source, request: Request, stack: ExitStack) -> None:
    """Have the source read there, if the request says so, until the `stack` ends. Raises UsageError for what only one process does.

    Until then nothing of it is loaded.
    """
    if not request.afar:
        return
    check(request)
    from mlefit.execution.afar import Afar
    from mlefit.execution.joining import joined

    processes = request.threads or machine.processors()
    cluster = stack.enter_context(joined(request.engine, processes, request.read.memory, insecure=request.insecure))
    source.elsewhere = Afar(cluster, request.threads or 1 if ":" in request.engine else 1, request.partition)


def check(request: Request) -> None:
    """Raises UsageError for what only one process does."""
    if request.by and request.afar:
        raise UsageError("--by and --engine dask: its rows are visited in one process alone", "use --engine stream",
                         code="options-contradict")


def worked(source: Source, prepared: Prepared, request: Request, threads: int) -> Machine:
    """Who has done the work."""
    afar = source.elsewhere
    if afar is not None:
        return Machine(threads, "dask", afar.workers, afar.partitions, afar.bytes_moved)
    spilled = request.engine == "stream" or (prepared.store is not None and prepared.store.spilled)
    return Machine(threads, "stream" if spilled else "memory")


def cautions(source: Source) -> tuple[Caution, ...]:
    """What the user should know of how columns are read, and of those who read them."""
    return source.warnings if source.elsewhere is None else (*source.warnings, *source.elsewhere.cautions)
