"""Run: consecutive blocks of one part, which can be read where they are wanted and without those before them.

What is told of a run is counted from its own start. Where that is in a text, it takes the first line end for it, and whoever
hears of all runs sees whether each starts where the one before it ends.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple, TypeVar

from mlefit.errors import DataError
from mlefit.source.batch import Batch, Place
from mlefit.source.part import Block, Part, Span, Wanted
from mlefit.source.passing import Account, Done, Heard, done_with, in_turn
from mlefit.source.problems import merged

T = TypeVar("T")


class Run(NamedTuple):
    """The blocks of a `span` of the part that is number `file` of a source."""

    file: int
    part: Part
    span: Span

    def visited(
        self, wanted: Wanted, task: Callable[[Batch], T], threads: int
    ) -> tuple[list[T], Heard]:
        """What the `task` makes of the blocks that have rows, in order, and what is to be told of them."""
        part, results, account = self.part, list[T](), Account[T]()
        span, start, end = self.span, 0, 0
        lines, broken, failed = span.line, None, Done[T](0, {}, (), [])

        def opened() -> Iterator[tuple[Block, Callable[[], Done[T]]]]:
            for at, block in enumerate(part.run(span, wanted.columns), span.first):
                yield block, partial(done_with, part, block, Place(self.file, at), wanted, task, account.findings)

        try:
            span = part.begun(span)
            start = end = span.start or 0
            for block, done in in_turn(opened(), threads):
                if done.error is not None and failed.error is None and not account.findings:
                    failed = done._replace(before=account.rows)
                results += account.hear(done._replace(error=None), block.line, "")
                end, lines = part.after(block, end)
        except DataError as error:
            broken = error
        told = failed._replace(rows=account.rows, profiles=account.profiles, findings=tuple(merged(account.findings)))
        return results, Heard(self.file, start, end, lines, told, broken)


def shared_out(parts: Sequence[Part], columns: Sequence[str], size: int) -> list[tuple[Run, ...]]:
    """All blocks of the parts in order, as runs of about `size` bytes each, small ones of several parts together."""
    found: list[tuple[Run, ...]] = []
    waiting: list[Run] = []
    room = size
    for file, part in enumerate(parts):
        light = part.light()
        for span in part.spans(columns, size):
            if waiting and (span.size > room):
                found.append(tuple(waiting))
                waiting, room = [], size
            waiting.append(Run(file, light, span))
            room -= span.size
    return [*found, tuple(waiting)] if waiting else found
