"""Engine: the parts of a store, visited by a few threads (numpy releases the interpreter lock), summed in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from mlefit.execution.engine import M
from mlefit.execution.store import Store
from mlefit.rows.chunk import Chunk
from mlefit.sums.tally import tree_sum

ENOUGH = 1 << 21     # numbers worth a task: handing over a smaller one takes a visible part of the time it saves
TASKS = 4            # per thread at least, so that both end together

S = TypeVar("S")
T = TypeVar("T")


def in_order(task: Callable[[S], T], items: Iterable[S], threads: int) -> Iterator[T]:
    """`task` of every item, in order, at most two per thread ahead of the consumer."""
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[T]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(task, item))
                if len(waiting) > 2 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


class Engine:
    """All rows of a store. `watch`, if given, is told the number of each pass, for those who wait."""

    def __init__(self, store: Store, threads: int = 1, watch: Callable[[int], None] | None = None) -> None:
        self.store = store
        self.threads = threads
        self.watch = watch
        self._passes = 0

    @classmethod
    def of(cls, *chunks: Chunk, threads: int = 1) -> "Engine":
        """Rows that are in memory already."""
        return cls(Store.of(*chunks), threads)

    def sum(self, task: Callable[[Chunk], M]) -> M:
        """The total over all parts; the same bits whatever the number of threads and wherever the parts are kept."""
        stored = self.store.parts
        self._passes += 1
        if self.watch is not None:
            self.watch(self._passes)
        if self.threads == 1 or len(stored) == 1:
            return tree_sum(task(part.load()) for part in stored)
        length = self._run_length()
        runs = (stored[first : first + length] for first in range(0, len(stored), length))
        return tree_sum(in_order(lambda run: tree_sum(task(part.load()) for part in run), runs, self.threads))

    def _run_length(self) -> int:
        """How many parts make a task: a power of two, so that sums of runs are nodes of the tree over all parts."""
        stored = self.store.parts
        wanted = min(ENOUGH // stored[0].numbers, len(stored) // (TASKS * self.threads))
        return 1 << max(0, wanted.bit_length() - 1)
