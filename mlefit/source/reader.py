"""Reader: the one Source. Parts one after the other, parsed and worked on by threads, delivered in order."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import Thread
from typing import Generic, NamedTuple, TypeVar

from mlefit.errors import DataError, InBlockError
from mlefit.source.batch import Batch, Place
from mlefit.source.part import SMALL, Block, Parsed, Part
from mlefit.source.problems import Finding, refusal
from mlefit.source.source import Caution, Source

T = TypeVar("T")


class _Done(NamedTuple, Generic[T]):
    """A block that a worker has gone through: its rows, what is wrong with it, and what the task made of it, or raised."""

    rows: int
    findings: tuple[Finding, ...]
    results: list[T]
    error: Exception | None


class Reader(Source):
    """`parts` (at least one, of the same columns) as one table.

    Workers count rows from their block; the consumer, to whom the blocks come in order, knows how many were before it.
    `bytes_read` counts stored bytes of the current pass, for progress bars.
    """

    def __init__(self, parts: Sequence[Part], digest: bool = False) -> None:
        first = parts[0]
        self.parts = tuple(parts)
        self.labels = tuple(part.label for part in parts)
        self.names, self.kinds, self.distinct = first.names, first.kinds, first.distinct
        self.warnings = tuple(
            Caution("unit", f'column "{name}": every cell ends in "{unit}", and is read as a number of {unit}', (name,))
            for name, unit in first.units.items()
        )
        self.counting = first.counting
        self.complete = len(parts) == 1 and first.complete
        self.notes = list(dict.fromkeys(note for part in parts for note in part.notes))
        sizes = [part.size for part in parts]
        self.size = None if None in sizes else sum(size for size in sizes if size is not None)
        self.bytes_read = 0
        self._kept: Parsed | None = None
        self._digested = digest
        self._digests: tuple[str, ...] | None = None
        self._hashing: Thread | None = None

    def map(
        self, numbers: Sequence[str], categories: Sequence[str], task: Callable[[Batch], T], threads: int
    ) -> Iterator[T]:
        """As Source.map. Every problem of the pass is in one DataError, raised after the last block."""
        if self._keeps:
            parsed = self._whole(self.parts[0], tuple(numbers), tuple(categories))
            self.bytes_read = self.size or 0
            if parsed.rows:
                try:
                    result = task(_batch(parsed, Place(0, 0)))
                except InBlockError as error:
                    raise error.told(0) from None
                yield result
        else:
            yield from self._pass(tuple(numbers), tuple(categories), task, max(1, threads))

    @property
    def _keeps(self) -> bool:
        """Whether the input is so small that what was parsed is kept."""
        return len(self.parts) == 1 and self.parts[0].single and (self.size or 0) <= SMALL

    def head(self, numbers: Sequence[str], categories: Sequence[str]) -> Batch:
        """As Source.head."""
        part = self.parts[0]
        if self._keeps and part.complete:
            return _batch(self._whole(part, tuple(numbers), tuple(categories)), Place(0, 0))
        parsed = part.parse(part.head(list(dict.fromkeys((*numbers, *categories)))), numbers, categories)
        return _batch(Parsed(0) if parsed.findings else parsed, Place(0, 0))

    def _whole(self, part: Part, numbers: tuple[str, ...], categories: tuple[str, ...]) -> Parsed:
        """A part of one block; what was parsed once is kept."""
        kept = self._kept or Parsed(0)
        new_numbers = [name for name in numbers if name not in kept.numbers]
        new_categories = [name for name in categories if name not in kept.categories]
        if self._kept is None or new_numbers or new_categories:
            found = Parsed(0)
            for block in part.blocks((*new_numbers, *new_categories)):
                found = part.parse(block, new_numbers, new_categories)
                if found.findings:
                    raise refusal([each.moved(0, block.line, part.label) for each in found.findings], self.labels)
            self._kept = kept = Parsed(
                found.rows, kept.numbers | found.numbers, kept.categories | found.categories,
                kept.missing_tokens | found.missing_tokens, rests=kept.rests | found.rests,
            )
        return Parsed(
            kept.rows, {name: kept.numbers[name] for name in numbers},
            {name: kept.categories[name] for name in categories},
            {name: kept.missing_tokens[name] for name in categories if name in kept.missing_tokens},
            rests={name: kept.rests[name] for name in numbers if name in kept.rests},
        )

    def _pass(
        self, numbers: tuple[str, ...], categories: tuple[str, ...], task: Callable[[Batch], T], threads: int
    ) -> Iterator[T]:
        self._hash_meanwhile()
        findings: list[Finding] = []

        def work(part: Part, block: Block, place: Place) -> _Done[T]:
            parsed = part.parse(block, numbers, categories)
            done = _Done[T](parsed.rows, parsed.findings, [], None)
            if parsed.findings or findings or not parsed.rows:      # after a finding the pass only looks for more
                return done
            try:
                done.results.append(task(_batch(parsed, place)))
            except Exception as error:      # what counts is whether a block before it has findings
                return done._replace(error=error)
            return done

        pending: deque[tuple[int, str, int, Future[_Done[T]]]] = deque()
        first_row = 0

        def oldest() -> list[T]:
            nonlocal first_row
            self.bytes_read, label, line, job = pending.popleft()
            done = job.result()
            findings.extend(finding.moved(first_row, line, label) for finding in done.findings)
            if done.error is not None and not findings:
                raise done.error.told(first_row) if isinstance(done.error, InBlockError) else done.error
            first_row += done.rows
            if self.watch is not None:
                self.watch(first_row, self.bytes_read)
            return [] if findings else done.results

        pool = ThreadPoolExecutor(threads, thread_name_prefix="mlefit-read")
        done = 0
        try:
            for file, part in enumerate(self.parts):
                for at, block in enumerate(part.blocks(tuple(dict.fromkeys((*numbers, *categories))))):
                    job = pool.submit(work, part, block, Place(file, at))
                    pending.append((done + block.stored, part.label, block.line, job))
                    if len(pending) > threads:
                        yield from oldest()
                done += part.size or 0
            while pending:
                yield from oldest()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        if findings:
            raise refusal(findings, self.labels)

    def _hash_meanwhile(self) -> None:
        """Compute digests that are wanted while the first long pass waits for its workers; failures show when asked for.

        What is still arriving is hashed on the way.
        """
        if self._digested and self._hashing is None and self.size is not None:

            def work() -> None:
                with suppress(DataError, OSError, ValueError):      # ValueError: closed meanwhile
                    self._digests = tuple(part.digest() for part in self.parts)

            self._hashing = Thread(target=work, daemon=True, name="mlefit-hash")
            self._hashing.start()

    def digests(self) -> tuple[str, ...]:
        """As Source.digests; computed on the first call, or during the first long pass."""
        if self._hashing is not None:
            self._hashing.join()
        if self._digests is None:
            self._digests = tuple(part.digest() for part in self.parts)
        return self._digests

    def close(self) -> None:
        """Release every part."""
        for part in self.parts:
            part.close()


def _batch(parsed: Parsed, place: Place) -> Batch:
    return Batch(
        place, parsed.rows, parsed.numbers, parsed.categories, parsed.missing_tokens, parsed.extents, rests=parsed.rests,
    )
