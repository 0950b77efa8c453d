"""Joining a cluster: one that is started here, or one whose scheduler is named."""

import json
import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from ipaddress import ip_address
from typing import Any

from mlefit.errors import DataError, UsageError
from mlefit.execution.cluster import Cluster

WAIT = 30       # seconds for a scheduler and a first worker
LOGGERS = "distributed", "distributed.client", "tornado.application", "asyncio"     # each has a level of its own
_joined: dict[str, tuple[Cluster, list[int]]] = {}


@contextmanager
def joined(engine: str, processes: int, memory: int | None, *, insecure: bool = False) -> Iterator[Cluster]:
    """The cluster of an engine `dask`, `dask:ADDRESS` or `dask:FILE.json`, one for all who want it at the same time.

    Without an address `processes` are started here, which may use `memory` bytes altogether, and end with the last who wants
    them. Raises UsageError where Dask is missing, or a scheduler would run the code of whoever reaches it, and DataError where
    there is none.
    """
    with ExitStack() as stack:
        if engine not in _joined:
            client = _client(engine, processes, memory, insecure, stack)
            _joined[engine] = Cluster(client), []
            stack.callback(_joined.pop, engine)
        cluster, _ = _joined[engine]
        yield cluster


def _client(engine: str, processes: int, memory: int | None, insecure: bool, stack: ExitStack) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise UsageError("--engine dask: expected Dask, found it not installed", "pip install 'mlefit[dask]'",
                         code="not-installed") from None
    for name in LOGGERS:        # what they would tell is told in our words
        logging.getLogger(name).setLevel(logging.CRITICAL)
    place = engine.partition(":")[2]
    if not place:
        return stack.enter_context(Client(_started(processes, memory, stack)))
    address = _address(place)
    if not insecure and not is_safe(address):
        raise UsageError(
            f"--engine dask: {address} is not encrypted: whoever reaches it can run any program as you, here and on every worker",
            "use a tls:// scheduler and the certificates in Dask's configuration, or --insecure in a network of your own",
            code="insecure")
    try:
        client = stack.enter_context(Client(address, timeout=WAIT, set_as_default=False))
        client.wait_for_workers(1, timeout=WAIT)
    except (OSError, TimeoutError, TypeError, ValueError, RuntimeError) as error:
        why = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        raise DataError(f"--engine dask: no cluster at {address}: {why}", "check that its scheduler and its workers run, and "
                        "that both sides use the same certificates", code="no-cluster") from None
    return client


def _started(processes: int, memory: int | None, stack: ExitStack) -> Any:
    """A cluster of processes on this machine, encrypted: others on it can reach its ports, too."""
    import dask
    from distributed import LocalCluster, Security

    pages: list[str] = []       # none is served
    with dask.config.set({"distributed.scheduler.http.routes": pages, "distributed.worker.http.routes": pages}):
        return stack.enter_context(LocalCluster(
            n_workers=processes, threads_per_worker=1, processes=True, protocol="tls://", security=Security.temporary(),
            host="127.0.0.1", dashboard_address=":0", silence_logs=logging.CRITICAL,
            memory_limit="auto" if memory is None else memory // processes))


def _address(place: str) -> str:
    """The address of a scheduler, or that in the file that it has written."""
    if not place.endswith(".json"):
        return place if "://" in place else f"tcp://{place}"
    try:
        with open(place, encoding="utf-8") as file:
            return str(json.load(file)["address"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "it is no scheduler file"
        raise DataError(f"--engine dask:{place}: expected the file that a scheduler has written: {why}",
                        "start it with dask scheduler --scheduler-file FILE.json", code="no-cluster") from None


def is_safe(address: str) -> bool:
    """Whether nobody else can reach a scheduler: it is encrypted, or on this machine."""
    from distributed.comm import parse_address, parse_host_port

    scheme, rest = parse_address(address)
    if scheme in ("tls", "wss", "inproc"):
        return True
    host = parse_host_port(rest, 0)[0]
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
