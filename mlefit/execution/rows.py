"""Engine: all rows of a store, as the statistics visit them."""

from collections.abc import Callable

from mlefit.execution.engine import M
from mlefit.execution.store import Store
from mlefit.rows.chunk import Chunk


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

    def __reduce__(self) -> tuple[object, ...]:
        return Engine.of, ()        # tasks that are sent elsewhere take no rows with them

    def sum(self, task: Callable[[Chunk], M]) -> M:
        """The total over all parts; the same bits whatever the number of threads and wherever the parts are kept."""
        self._passes += 1
        if self.watch is not None:
            self.watch(self._passes)
        return self.store.sum(task, self.threads)
