"""Reader: the one Source. Parts one after the other, parsed and worked on by threads, delivered in order."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial, reduce
from operator import add
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

from mlefit.errors import DataError, InBlockError
from mlefit.source.again import Again
from mlefit.source.batch import Batch, Place
from mlefit.source.index import counting
from mlefit.source.knowledge import Knowledge
from mlefit.source.options import ReadOptions
from mlefit.source.part import SMALL, Parsed, Part, Wanted
from mlefit.source.passing import Account, Done, batch_of, done_with, in_turn
from mlefit.source.problems import Finding, refusal
from mlefit.source.profile import Profile
from mlefit.source.source import Caution, K, Kind, Reading, Source
from mlefit.sums.nodes import M

if TYPE_CHECKING:
    from mlefit.source.writing import Writing

T = TypeVar("T")


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
        self.versions = tuple(part.version for part in parts)
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
        self._again: Again | None = None
        self._digested = options.digest
        self._digests: tuple[str | None, ...] | None = None
        self._hashing: Thread | None = None

    def map(
        self, numbers: Sequence[str], categories: Sequence[str], task: Callable[[Batch], T], threads: int
    ) -> Iterator[T]:
        """As Source.map. Every problem of the pass is in one DataError, raised after the last block."""
        wanted = self.doubting(numbers, categories)
        if self._keeps:
            parsed = self._whole(self.parts[0], wanted)
            self.bytes_read = self.size or 0
            if parsed.rows:
                try:
                    result = task(batch_of(parsed, Place(0, 0)))
                except InBlockError as error:
                    raise error.told(0) from None
                yield result
        else:
            yield from self._pass(wanted, task, max(1, threads))

    def sum(
        self, numbers: Sequence[str], categories: Sequence[str], reading: Reading[M, K], threads: int
    ) -> tuple[M, tuple[K, ...]]:
        """As Source.sum."""
        if self.elsewhere is not None:
            return self.elsewhere.sum(self, numbers, categories, reading)
        return super().sum(numbers, categories, reading, threads)

    def keep(self, room: int) -> None:
        """As Source.keep."""
        self._again = Again(room)

    def stands(self, threads: int, *, closely: bool = False) -> bool:
        """As Source.stands."""
        if self._known.doubts().kinds:
            self.sum((), (), _Nothing(), threads)
        return self._known.held(closely)

    def wanted(self, numbers: Sequence[str], categories: Sequence[str]) -> Wanted:
        """What a block is parsed for, without doubts."""
        return Wanted(tuple(dict.fromkeys(numbers)), tuple(dict.fromkeys(categories)), self._known.kinds.answers,
                      self._known.written)

    def doubting(self, numbers: Sequence[str], categories: Sequence[str]) -> Wanted:
        """What a block is parsed for in a pass over all rows, which is to tell of what is in doubt."""
        wanted = self.wanted(numbers, categories)
        return wanted._replace(doubts=self._known.doubts(wanted.columns))

    def _learn(self, wanted: Wanted, profiles: Mapping[str, Profile]) -> None:
        """All rows have been seen."""
        if self._known.learn(wanted.doubts, profiles):
            self._kept = self._again = None     # it was read in another way
            self.warnings, self.remarks = _cautions(self._known.written), _remarks(self._known.written)

    @property
    def _keeps(self) -> bool:
        """Whether the input is so small that what was parsed is kept."""
        return len(self.parts) == 1 and self.parts[0].single and (self.size or 0) <= SMALL

    def head(self, numbers: Sequence[str], categories: Sequence[str]) -> Batch:
        """As Source.head."""
        part, wanted = self.parts[0], self.wanted(numbers, categories)
        if self._keeps and part.complete:
            return batch_of(self._whole(part, wanted), Place(0, 0))
        parsed = part.parse(part.head(wanted.columns), wanted)
        return batch_of(Parsed(0) if parsed.findings else parsed, Place(0, 0))

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
        account = Account[T]()
        if self._again is not None and not self._again.serves(wanted):
            self._again = None
        parse = None if self._again is None else self._again.parse

        def opened() -> Iterator[tuple[tuple[int, int, str], Callable[[], Done[T]]]]:
            done = 0
            for file, part in enumerate(self.parts):
                for at, block in enumerate(part.blocks(wanted.columns)):
                    work = partial(done_with, part, block, Place(file, at), wanted, task, account.findings, parse)
                    yield (done + block.stored, block.line, part.label), work
                done += part.size or 0

        for (self.bytes_read, line, label), done in in_turn(opened(), threads):
            results = account.hear(done, line, label)
            if self.watch is not None:
                self.watch(account.rows, self.bytes_read)
            yield from results
        self.learn(wanted, account)

    def learn(self, wanted: Wanted, account: Account[T]) -> None:
        """All rows have been seen. Raises what is wrong with them."""
        self._learn(wanted, account.profiles)
        account.close(self.labels)

    def said_of(self, columns: Collection[str]) -> tuple[str, ...]:
        """What is unusual in the text, and in how these columns are read."""
        read = {*columns}
        return (*self.notes, *(one.message for one in (*self.remarks, *self.warnings) if read.issuperset(one.columns)))

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

    def digests(self) -> tuple[str | None, ...]:
        """As Source.digests; computed on the first call, or during the first long pass."""
        if self._hashing is not None:
            self._hashing.join()
        if self._digests is None and self.elsewhere is not None:
            self._digests = self.elsewhere.digests(self)
        if self._digests is None:
            self._digests = tuple(part.digest() for part in self.parts)
        return self._digests

    def close(self) -> None:
        """Release every part."""
        for part in self.parts:
            part.close()


class _Nothing:
    """Of a pass that is made for the cells alone, which the source counts."""

    zero = 0

    def begun(self) -> tuple[Callable[[Batch], int], tuple[()]]:
        """As Reading.begun."""
        return _nothing, ()


def _nothing(_: Batch) -> int:
    return 0


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
