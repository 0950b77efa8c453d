"""Reader: the one Source. Parts one after the other, parsed and worked on by threads, delivered in order."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import reduce
from operator import add
from threading import Thread
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from mlefit.errors import DataError, InBlockError
from mlefit.source.batch import Batch, Place
from mlefit.source.index import counting
from mlefit.source.knowledge import Knowledge
from mlefit.source.options import ReadOptions
from mlefit.source.part import SMALL, Block, Parsed, Part, Wanted
from mlefit.source.problems import Finding, refusal
from mlefit.source.profile import Profile
from mlefit.source.source import Caution, Kind, Source

if TYPE_CHECKING:
    from mlefit.source.writing import Writing

T = TypeVar("T")


class _Done(NamedTuple, Generic[T]):
    """A block that a worker has gone through: its rows and cells, what is wrong, and what the task made of it, or raised."""

    rows: int
    profiles: Mapping[str, Profile]
    findings: tuple[Finding, ...]
    results: list[T]
    error: Exception | None


class Reader(Source):
    """`parts` (at least one, of the same columns) as one table.

    Workers count rows from their block; the consumer, to whom the blocks come in order, knows how many were before it.
    Each pass counts the cells of columns whose kind was asked, or that are read, until all rows have told what they are.
    `bytes_read` counts stored bytes of the current pass, for progress bars.
    """

    def __init__(self, parts: Sequence[Part], options: ReadOptions) -> None:
        first = parts[0]
        self.parts = tuple(parts)
        self.labels = tuple(part.label for part in parts)
        self.names = first.names
        self.complete = all(part.complete for part in parts)
        heads = {name: reduce(add, (part.profiles[name] for part in parts)) for name in self.names}
        stated = {name: Kind[kind.upper()] for name, kind in options.types}
        self._known = Knowledge(heads, _sure(parts, heads), self.complete, stated)
        self.glimpse = self._known.distinct.answers.copy()
        self.kinds, self.distinct = self._known.kinds, self._known.distinct
        self.warnings, self.remarks = _cautions(self._known.written), _remarks(self._known.written)
        self.counting = counting([part.counted for part in parts])
        self.notes = list(dict.fromkeys(note for part in parts for note in part.notes))
        sizes = [part.size for part in parts]
        self.size = None if None in sizes else sum(size for size in sizes if size is not None)
        self.bytes_read = 0
        self._kept: Parsed | None = None
        self._digested = options.digest
        self._digests: tuple[str, ...] | None = None
        self._hashing: Thread | None = None

    def map(
        self, numbers: Sequence[str], categories: Sequence[str], task: Callable[[Batch], T], threads: int
    ) -> Iterator[T]:
        """As Source.map. Every problem of the pass is in one DataError, raised after the last block."""
        wanted = self.wanted(numbers, categories)
        wanted = wanted._replace(doubts=self._known.doubts(wanted.columns))
        if self._keeps:
            parsed = self._whole(self.parts[0], wanted)
            self.bytes_read = self.size or 0
            if parsed.rows:
                try:
                    result = task(_batch(parsed, Place(0, 0)))
                except InBlockError as error:
                    raise error.told(0) from None
                yield result
        else:
            yield from self._pass(wanted, task, max(1, threads))

    def stands(self, threads: int, *, closely: bool = False) -> bool:
        """As Source.stands."""
        if self._known.doubts().kinds:
            for _ in self.map((), (), _batch_seen, threads):
                pass
        return self._known.held(closely)

    def wanted(self, numbers: Sequence[str], categories: Sequence[str]) -> Wanted:
        """What a block is parsed for, without doubts."""
        return Wanted(tuple(dict.fromkeys(numbers)), tuple(dict.fromkeys(categories)), self._known.kinds.answers,
                      self._known.written)

    def _learn(self, wanted: Wanted, profiles: Mapping[str, Profile]) -> None:
        """All rows have been seen."""
        if self._known.learn(wanted.doubts, profiles):
            self._kept = None       # it was read in another way
            self.warnings, self.remarks = _cautions(self._known.written), _remarks(self._known.written)

    @property
    def _keeps(self) -> bool:
        """Whether the input is so small that what was parsed is kept."""
        return len(self.parts) == 1 and self.parts[0].single and (self.size or 0) <= SMALL

    def head(self, numbers: Sequence[str], categories: Sequence[str]) -> Batch:
        """As Source.head."""
        part, wanted = self.parts[0], self.wanted(numbers, categories)
        if self._keeps and part.complete:
            return _batch(self._whole(part, wanted), Place(0, 0))
        parsed = part.parse(part.head(wanted.columns), wanted)
        return _batch(Parsed(0) if parsed.findings else parsed, Place(0, 0))

    def _whole(self, part: Part, wanted: Wanted) -> Parsed:
        """A part of one block; what was parsed once is kept."""
        kept = self._kept or Parsed(0)
        new = wanted._replace(
            numbers=tuple(name for name in wanted.numbers if name not in kept.numbers),
            categories=tuple(name for name in wanted.categories if name not in kept.categories),
        )
        if self._kept is None or new.columns:
            found, findings = Parsed(0), list[Finding]()
            for block in part.blocks(new.columns):
                found = part.parse(block, new)
                findings += [each.moved(0, block.line, part.label) for each in found.findings]
            if not findings:
                self._kept = kept = Parsed(
                    found.rows, kept.numbers | found.numbers, kept.categories | found.categories,
                    kept.missing_tokens | found.missing_tokens, rests=kept.rests | found.rests,
                )
            self._learn(wanted, found.profiles)
            if findings:
                raise refusal(findings, self.labels)
        return Parsed(
            kept.rows, {name: kept.numbers[name] for name in wanted.numbers},
            {name: kept.categories[name] for name in wanted.categories},
            {name: kept.missing_tokens[name] for name in wanted.categories if name in kept.missing_tokens},
            rests={name: kept.rests[name] for name in wanted.numbers if name in kept.rests},
        )

    def _pass(self, wanted: Wanted, task: Callable[[Batch], T], threads: int) -> Iterator[T]:
        self._hash_meanwhile()
        findings: list[Finding] = []
        profiles: dict[str, Profile] = {}

        def work(part: Part, block: Block, place: Place) -> _Done[T]:
            parsed = part.parse(block, wanted)
            done = _Done[T](parsed.rows, parsed.profiles, parsed.findings, [], None)
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
            for name, profile in done.profiles.items():
                profiles[name] = profiles[name] + profile if name in profiles else profile
            if self.watch is not None:
                self.watch(first_row, self.bytes_read)
            return [] if findings else done.results

        pool = ThreadPoolExecutor(threads, thread_name_prefix="mlefit-read")
        done = 0
        try:
            for file, part in enumerate(self.parts):
                for at, block in enumerate(part.blocks(wanted.columns)):
                    job = pool.submit(work, part, block, Place(file, at))
                    pending.append((done + block.stored, part.label, block.line, job))
                    if len(pending) > threads:
                        yield from oldest()
                done += part.size or 0
            while pending:
                yield from oldest()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        self._learn(wanted, profiles)
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


def _batch_seen(batch: Batch) -> None:
    """The task of a pass that is made for the cells alone."""


def _sure(parts: Sequence[Part], heads: Mapping[str, Profile]) -> set[str]:
    """The columns whose type leaves no other kind than that of their first rows."""
    return {name for name, head in heads.items() if {part.by_type.get(name) for part in parts} - {Kind.EMPTY} == {head.kind}}


def _cautions(written: "Mapping[str, Writing]") -> tuple[Caution, ...]:
    return tuple(
        Caution("unit", f'column "{name}": every cell ends in "{writing.unit}", and is read as a number of {writing.unit}', (name,))
        for name, writing in written.items() if writing.measured
    )


def _remarks(written: "Mapping[str, Writing]") -> tuple[Caution, ...]:
    return tuple(
        Caution("written", f'column "{name}" is read as numbers: {words}.', (name,))
        for name, writing in written.items() if (words := writing.words())
    )
