"""Ready: rows as all sums of a search are made of them, which are made once where they are in memory, else anew in each pass."""

from collections.abc import Callable

from mlefit.execution.engine import Execution, M
from mlefit.execution.rows import Engine
from mlefit.rows.chunk import Chunk


class Ready(Execution):
    """What `made` makes of the parts of `rows`. The same bits wherever these are kept."""

    def __init__(self, rows: Engine, made: Callable[[Chunk], Chunk]) -> None:
        self._rows, self._made = rows, made
        self._kept: dict[int, Chunk] | None = None if rows.store.spilled else {}

    def sum(self, task: Callable[[Chunk], M]) -> M:
        """The total over all rows."""
        return self._rows.sum(lambda chunk: task(self._ready(chunk)))

    def _ready(self, chunk: Chunk) -> Chunk:
        if self._kept is None:
            return self._made(chunk)
        found = self._kept.get(chunk.first_row)
        if found is None:
            found = self._kept[chunk.first_row] = self._made(chunk)
        return found
