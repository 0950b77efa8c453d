"""A pass over blocks: each is parsed and worked on by itself, here or elsewhere, and heard of in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from mlefit.errors import DataError, InBlockError
from mlefit.source.batch import Batch, Place
from mlefit.source.part import Block, Parsed, Part, Wanted
from mlefit.source.problems import Finding, refusal
from mlefit.source.profile import Profile

if TYPE_CHECKING:
    from concurrent.futures import Future

S = TypeVar("S")
T = TypeVar("T")


class Done(NamedTuple, Generic[T]):
    """What is heard of rows that somebody has gone through: how many they are, their cells, what is wrong with them, and what the
    task made of them, or raised in a block before which there are `before` of them."""

    rows: int
    profiles: Mapping[str, Profile]
    findings: tuple[Finding, ...]
    results: list[T]
    error: Exception | None = None
    before: int = 0


class Account(Generic[T]):
    """Everything heard so far, in order: `rows`, what is wrong (`findings`), and the cells of columns in doubt (`profiles`)."""

    def __init__(self) -> None:
        self.rows = 0
        self.findings: list[Finding] = []
        self.profiles: dict[str, Profile] = {}

    def hear(self, done: Done[T], line: int, label: str) -> list[T]:
        """Add rows, the first of which stands in line `line` of `label`. Gives their results unless something is wrong with them
        or with others before; raises the error of the first block that has one, if nothing is wrong with the cells before."""
        self.findings.extend(finding.moved(self.rows, line, label) for finding in done.findings)
        if done.error is not None and not self.findings:
            raise done.error.told(self.rows + done.before) if isinstance(done.error, InBlockError) else done.error
        self.rows += done.rows
        for name, profile in done.profiles.items():
            self.profiles[name] = self.profiles[name] + profile if name in self.profiles else profile
        return [] if self.findings else done.results

    def close(self, labels: Sequence[str]) -> None:
        """Raises all findings as one error."""
        if self.findings:
            raise refusal(self.findings, labels)


class Heard(NamedTuple):
    """What is told of a run of blocks of a `file`, which is to follow on the one before it.

    `start` and `end`: of text, the bytes at which its first line starts and the last one ends; `lines` that it has. `done`: its
    rows, with lines counted from its start. `broken`: what stopped the reading.
    """

    file: int
    start: int
    end: int
    lines: int
    done: Done[Any]
    broken: DataError | None = None

    def follows(self, other: "Heard") -> bool:
        """Whether it starts where the other one ends, if both are in one file."""
        return self.file != other.file or self.start == other.end


def done_with(
    part: Part, block: Block, place: Place, wanted: Wanted, task: Callable[[Batch], T], in_vain: Sequence[Finding] = (),
    parse: Callable[[Part, Block, Place, Wanted], Parsed] | None = None,
) -> Done[T]:
    """Parse a block, by `parse` if any, and do the `task`; after a finding, `in_vain` or of its own, a pass only looks for more."""
    parsed = part.parse(block, wanted) if parse is None else parse(part, block, place, wanted)
    done = Done[T](parsed.rows, parsed.profiles, parsed.findings, [])
    if parsed.findings or in_vain or not parsed.rows:
        return done
    try:
        done.results.append(task(batch_of(parsed, place)))
    except Exception as error:      # what counts is whether a block before it has findings
        return done._replace(error=error)
    return done


def in_turn(items: Iterable[tuple[S, Callable[[], T]]], threads: int) -> Iterator[tuple[S, T]]:
    """What is made of every item, in order, at most `threads` ahead of the consumer."""
    from concurrent.futures import ThreadPoolExecutor  # for whoever has more than one block

    pending: deque[tuple[S, Future[T]]] = deque()
    pool = ThreadPoolExecutor(threads, thread_name_prefix="mlefit-read")
    try:
        for item, work in items:
            pending.append((item, pool.submit(work)))
            if len(pending) > threads:
                first, job = pending.popleft()
                yield first, job.result()
        while pending:
            first, job = pending.popleft()
            yield first, job.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def batch_of(parsed: Parsed, place: Place) -> Batch:
    """The columns of a block as what a task is given."""
    return Batch(
        place, parsed.rows, parsed.numbers, parsed.categories, parsed.missing_tokens, parsed.extents, rests=parsed.rests,
    )
