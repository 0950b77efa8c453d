"""Cluster: work done by the workers of a Dask scheduler. It knows nothing of rows, and nobody else knows Dask.

Tasks are pure and named by their place, so that one that is done again, after a worker is lost, or twice, changes nothing. A shared
value is a task as well: what is scattered would be lost with the worker that has it (distributed issue 3149). What comes back to
this process is counted.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any, TypeVar
from uuid import uuid4

from mlefit.errors import DataError, MlefitError
from mlefit.execution.builds import build, differing
from mlefit.sums.nodes import M, Nodes

T = TypeVar("T")
Pieces = list[Any]      # futures of Dask, one for each partition

FAN_IN = 16     # sums that one task adds up: two levels for 256 partitions, three for 4096
LARGE = 1 << 20     # bytes from which a value that all tasks share is sent to each worker once, by a task of its own
LOST = "start again when the cluster is whole; nothing was written"


class Cluster:
    """Those of a `client`. `workers`: how many there are; `slots`: tasks that they do at once; `memory`: bytes that one may use, 0
    where nothing is said; `bytes_moved`: that have come from them; `differing`: in what they differ that reaches last bits."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._run, self._serial = uuid4().hex[:8], count()
        self.bytes_moved = 0
        known = client.scheduler_info(n_workers=-1)["workers"].values()
        self.workers = len(known)
        self.slots: int = sum(one["nthreads"] for one in known)
        self.memory: int = min((int(one["memory_limit"]) for one in known), default=0)
        self.differing = self._alike()

    def _alike(self) -> str | None:
        """In what the builds of the workers and of this process differ. Raises DataError where they cannot work together."""
        mine = build()
        try:
            builds = self._client.run(build)
        except (ImportError, AttributeError) as error:
            raise DataError(f"--engine dask: the workers do not know this mlefit: {error}",
                            f"install mlefit {mine['mlefit']} where they run", code="no-cluster") from None
        strangers = {address: one["mlefit"] for address, one in builds.items() if one["mlefit"] != mine["mlefit"]}
        if strangers:
            address, version = next(iter(strangers.items()))
            raise DataError(f"--engine dask: the worker {address} has mlefit {version}, and this is {mine['mlefit']}",
                            "install the same version everywhere", code="no-cluster")
        return differing([mine, *builds.values()])

    def map(self, function: Callable[..., T], pieces: Pieces | None, given: Sequence[Any], shared: Any) -> Pieces:
        """function(piece, given, shared) for every piece, or None, and what is given for it: kept where it is made."""
        return self._map(_made, function, pieces, given, shared)

    def ask(
        self, function: Callable[..., T], pieces: Pieces | None, given: Sequence[Any], shared: Any,
        watch: Callable[[int, T], None] | None = None,
    ) -> list[T]:
        """What function(piece, given, shared) is, small values, brought here; `watch` is told each one, with its number, when it
        arrives."""
        from distributed import as_completed

        futures = self._map(_told, function, pieces, given, shared)
        places, found = {future.key: place for place, future in enumerate(futures)}, dict[int, T]()
        with _failures():
            for future, told in as_completed(futures, loop=self._client.loop, with_results=True):
                if isinstance(told, BaseException):     # cancelled, as all are when the scheduler is lost
                    raise told
                place = places[future.key]
                found[place] = self._arrived(told)
                if watch is not None:
                    watch(place, found[place])
        return [found[place] for place in range(len(futures))]

    def sum(self, function: Callable[..., Nodes[M]], pieces: Pieces, given: Sequence[Any], shared: Any) -> M | None:
        """The total of function(piece, given, shared), neighbours added up where they are: one graph, of which one value comes
        back, None where no piece has a leaf."""
        name, common = self._name(function.__name__), _packed((function, shared))
        graph: dict[str, Any] = {}
        if len(common) * len(pieces) > LARGE:
            common, graph[f"{name}-shared"] = f"{name}-shared", (_same, common)     # type: ignore[assignment]
        level = [f"{name}-{at}" for at in range(len(pieces))]
        graph |= {key: (_made, _packed(one), common, piece) for key, one, piece in zip(level, given, pieces, strict=True)}
        while len(level) > FAN_IN:
            groups = [level[at : at + FAN_IN] for at in range(0, len(level), FAN_IN)]
            level = [f"{name}-{len(level)}-{at}" for at in range(len(groups))]
            graph |= {key: (_added, group) for key, group in zip(level, groups, strict=True)}
        graph[f"{name}-sum"] = (_total, level)
        with _failures():
            found: M | None = self._arrived(self._client.get(graph, f"{name}-sum"))
        return found

    def drop(self, pieces: Pieces) -> None:
        """Give back what is kept."""
        for piece in pieces:
            piece.release()

    def _map(self, way: Callable[..., Any], function: Callable[..., Any], pieces: Pieces | None, given: Sequence[Any],
             shared: Any) -> Pieces:
        name, count = self._name(function.__name__.strip("_")), len(given)
        common = self._client.submit(_same, _packed((function, shared)), key=f"{name}-shared", pure=False)
        columns = [[_packed(one) for one in given], [common] * count] + ([] if pieces is None else [pieces])
        found: Pieces = self._client.map(way, *columns, key=[f"{name}-{at}" for at in range(count)], pure=False)
        return found

    def _name(self, step: str) -> str:
        return f"mlefit-{step}-{self._run}-{next(self._serial)}"

    def _arrived(self, told: bytes) -> Any:
        self.bytes_moved += len(told)
        return _unpacked(told)


def _made(given: bytes, common: bytes, piece: Any = None) -> Any:
    function, shared = _unpacked(common)
    return function(piece, _unpacked(given), shared)


def _told(given: bytes, common: bytes, piece: Any = None) -> bytes:
    return _packed(_made(given, common, piece))


def _same(value: bytes) -> bytes:
    return value


def _added(group: list[Nodes[M]]) -> Nodes[M]:
    total = group[0]
    for nodes in group[1:]:
        total += nodes
    return total


def _total(group: list[Nodes[M]]) -> bytes:
    nodes = _added(group)
    return _packed(nodes.total() if nodes.nodes else None)


def _packed(value: Any) -> bytes:
    """As one block of bytes, in which Dask looks for nothing."""
    from distributed.protocol.pickle import dumps

    packed: bytes = dumps(value)
    return packed


def _unpacked(packed: bytes) -> Any:
    from distributed.protocol.pickle import loads

    return loads(packed)


@contextmanager
def _failures() -> Iterator[None]:
    """What happens to a cluster, in words. Raises DataError."""
    from concurrent.futures import CancelledError

    from distributed import KilledWorker
    from distributed.comm import CommClosedError

    try:
        yield
    except MlefitError:
        raise
    except KilledWorker as error:
        raise DataError(
            f"the workers that took on one partition of the data died, the last of {error.allowed_failures + 1} at "
            f"{error.last_worker.address}, as they do for want of memory",
            "smaller partitions (--partition 100MB), more memory for each worker, or fewer threads in one", code="worker-killed",
        ) from None
    except (CancelledError, CommClosedError, TimeoutError):
        raise DataError("the scheduler of the cluster is lost, and with it all work done so far", LOST,
                        code="scheduler-lost") from None
