"""Threads: parts visited by a few of them at once (numpy releases the interpreter lock), and summed by their place."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Protocol, TypeVar

from mlefit.execution.engine import M
from mlefit.rows.chunk import Chunk
from mlefit.sums.nodes import Nodes

if TYPE_CHECKING:
    from concurrent.futures import Future

ENOUGH = 1 << 21     # numbers worth a task: handing over a smaller one takes a visible part of the time it saves
TASKS = 4            # per thread at least, so that both end together

S = TypeVar("S")
T = TypeVar("T")


def in_order(task: Callable[[S], T], items: Iterable[S], threads: int) -> Iterator[T]:
    """`task` of every item, in order, at most two per thread ahead of the consumer, under numpy's `errstate` of the caller."""
    from concurrent.futures import ThreadPoolExecutor  # for whoever has more than one part
    from contextvars import copy_context

    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[T]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(copy_context().run, task, item))
                if len(waiting) > 2 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def each(task: Callable[[S], T], items: Sequence[S], threads: int) -> Iterator[T]:
    """The same of items that are all there; of one, or with one thread, here."""
    return in_order(task, items, threads) if threads > 1 and len(items) > 1 else map(task, items)


class Loadable(Protocol):
    """A part, of so many `numbers`, which `load` brings."""

    @property
    def numbers(self) -> int:
        """How many numbers it holds."""

    def load(self) -> Chunk:
        """Its rows."""


def summed(parts: Sequence[Loadable], task: Callable[[Chunk], M], threads: int, first: int = 0) -> Nodes[M]:
    """The sums of what the task makes of the parts, the first of which is leaf number `first` of the tree over all of them."""
    if threads == 1 or len(parts) <= 1:
        return Nodes.of((task(part.load()) for part in parts), first)
    length = run_length(parts, threads)

    def added(start: int) -> Nodes[M]:
        run = parts[max(start, first) - first : start + length - first]
        return Nodes.of((task(part.load()) for part in run), max(start, first))

    starts = range(first - first % length, first + len(parts), length)
    return reduce(add, in_order(added, starts, threads))


def run_length(parts: Sequence[Loadable], threads: int) -> int:
    """How many parts make a task: a power of two, so that sums of runs are nodes of the tree over all parts."""
    wanted = min(ENOUGH // parts[0].numbers, len(parts) // (TASKS * threads))
    return 1 << max(0, wanted.bit_length() - 1)
