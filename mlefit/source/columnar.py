"""Tables that already have types: Parquet files by row groups, Arrow files by record batches.

Only nulls, NaN, blank text and the `--na` tokens are missing here: the word NA in a typed text column is a word.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from mlefit.errors import DataError
from mlefit.source.arrow import codes
from mlefit.source.cells import category, drop_tokens, level, shown, spelt
from mlefit.source.index import counted
from mlefit.source.options import ReadOptions
from mlefit.source.part import SMALL, Block, Parsed, Part, Span, Wanted, cells_as_numbers
from mlefit.source.problems import SHOWN_CELLS, Case, Finding
from mlefit.source.profile import Profile, of_texts, of_values
from mlefit.source.source import Kind
from mlefit.source.stored import Stored
from mlefit.source.types import as_dictionary, as_numbers, days, decoded, kind_of_type, storage
from mlefit.source.whole import beyond, rests_of_whole

SAMPLE_ROWS = 10_000
ROWS = 65_536       # rows of a block cut from a larger record batch or table
CELLS = 1 << 23     # cells (64 MB) of a row group that is decoded at once: one of 2^20 rows in up to 8 columns
NUMBER = 8          # bytes
BUFFER = 1 << 20    # bytes read ahead per column of a larger one


class TypedPart(Part):
    """A table whose columns have Arrow types. A subclass says how to read `_load(block content, columns)`."""

    def __init__(self, label: str, schema: Any, options: ReadOptions) -> None:
        self.label, self.notes, self._na = label, [], options.na
        self._types = {}
        twice = [name for name, count in Counter(schema.names).items() if count > 1]
        if twice:
            raise DataError(
                f"{label}: expected different column names, found more than once: {', '.join(map(shown, twice))}.",
                "Rename the columns.", code="duplicate-names", columns=twice,
            )
        for field in schema:
            kind = field.type
            self._types[field.name] = getattr(kind, "storage_type", kind)
        self.names = tuple(self._types)
        kinds = {name: kind_of_type(kind) for name, kind in self._types.items()}
        self.by_type = {name: kind or Kind.TEXT for name, kind in kinds.items() if kind is not Kind.TEXT}   # it may have units

    def _look(self, rows: int, sample: Any) -> None:
        """Distinct values from `sample`, the first rows of a table of `rows` rows."""
        if not rows:
            raise DataError(f"{self.label}: expected rows of data, found none: no data rows.", "Check the data.",
                            code="no-rows")
        self.complete = sample.num_rows == rows
        self.counted = counted(self.names, lambda name: [str(cell) for cell in sample.column(name).to_pylist()])
        usable = [name for name in self.names if kind_of_type(self._types[name]) is not None]
        found = {name: self._profile(name, storage(sample.column(name)), True) for name in usable}
        self.profiles = {name: found.get(name, Profile(others=rows, levels=None)) for name in self.names}

    def _profile(self, name: str, column: Any, listed: bool) -> Profile:
        """That of a column without extension type."""
        kind = kind_of_type(self._types[name])
        if kind is Kind.NUMBER:
            return of_values(drop_tokens(as_numbers(column), self._na), listed)
        found = of_texts(as_dictionary(column), ".", self._na, listed, typed=True)
        if kind is Kind.BOOLEAN:
            return Profile(booleans=found.cells, levels=found.levels)
        return Profile(dates=found.cells, levels=found.levels) if kind is Kind.DATE else found

    def parse(self, block: Block, wanted: Wanted) -> Parsed:
        """As Part.parse."""
        for name in (*wanted.numbers, *wanted.categories):
            if kind_of_type(self._types[name]) is None:
                case = Case(None, None, f"has the type {self._types[name]}, which is neither numbers nor categories")
                return Parsed(0, findings=(Finding("type", name, 1, (case,)),))
        table = self._load(block.content, [name for name in wanted.columns if kind_of_type(self._types[name]) is not None])
        parsed = Parsed(table.num_rows)
        findings: list[Finding] = []
        for name in wanted.numbers:
            findings.extend(self._number(parsed, name, storage(table.column(name)), wanted))
        for name in wanted.categories:
            column = as_dictionary(storage(table.column(name)))
            texts = column.dictionary.to_pylist()
            floating = kind_of_type(self._types[name]) is Kind.NUMBER      # NaN among floats is missing, in text it is a word
            parsed.categories[name], tokens = category(
                codes(column), texts, wanted.kinds[name] is Kind.BOOLEAN, ".", self._na,
                tokens=("nan",) if floating else (), called=level if floating else spelt,
            )
            if tokens and not floating:
                parsed.missing_tokens[name] = tokens
        for name in wanted.doubts.kinds.intersection(table.schema.names):
            parsed.profiles[name] = self._profile(name, storage(table.column(name)), name in wanted.doubts.levels)
        return Parsed(table.num_rows, findings=tuple(findings), profiles=parsed.profiles) if findings else parsed

    def _number(self, parsed: Parsed, name: str, column: Any, wanted: Wanted) -> Iterator[Finding]:
        """Add a column as numbers, dates as days since 1970; text is parsed, and what is neither is refused."""
        import pyarrow as pa

        kind, stated = kind_of_type(self._types[name]), wanted.kinds[name]
        if kind in (Kind.NUMBER, Kind.BOOLEAN, Kind.EMPTY) and stated is not Kind.DATE:
            column = decoded(column)
            values = as_numbers(column)
            parsed.numbers[name] = drop_tokens(values, self._na)
            if pa.types.is_integer(column.type) and beyond(values):
                parsed.rests[name] = rests_of_whole(column, values)
            return
        if stated is Kind.DATE and (found := days(decoded(column))) is not None:
            parsed.numbers[name] = found
            return
        cells = as_dictionary(column)
        values, wrong = cells_as_numbers(cells.dictionary, ".", self._na, wanted, name)
        present = codes(cells)
        parsed.numbers[name] = np.append(values, np.nan)[present]
        for code, bad in wrong.items():
            rows = np.flatnonzero(np.append(bad, False)[present])
            if len(rows):
                texts = cells.dictionary.to_pylist()
                cases = tuple(Case(int(row), None, shown(texts[present[row]])) for row in rows[:SHOWN_CELLS])
                yield Finding(code, name, len(rows), cases)


def _sound(table: Any) -> Any:
    """`table` itself. Raises ArrowInvalid when its offsets or indices point elsewhere: reading on would be a crash."""
    table.validate(full=True)
    return table


class _FilePart(TypedPart):
    """A typed table in a file."""

    _stored: Stored
    size: int

    @contextmanager
    def _damage(self, what: str) -> Iterator[None]:
        import pyarrow as pa

        try:
            with self._stored.telling():
                yield
        except (pa.ArrowException, OSError, EOFError, UnicodeError) as error:
            why = str(error).split("\n", maxsplit=1)[0]
            raise DataError(f"{self.label}: the {what} file is damaged or of an unknown version: {why}",
                            "Write the file again.", code="damaged") from None

    def tied(self) -> str | None:
        """As Part.tied."""
        return self._stored.tied

    def digest(self) -> str | None:
        """SHA-256 of the file as stored."""
        return self._stored.digest()

    def close(self) -> None:
        """Delete what was spooled."""
        self._stored.close()


class ParquetPart(_FilePart):
    """A Parquet file; each row group is a block, or several when it is large."""

    def __init__(self, stored: Stored, options: ReadOptions) -> None:
        self._stored, self.label, self.version = stored, stored.label, stored.version
        self.size = stored.whole()      # the directory is at the end
        with self._opened(streamed=stored.remote) as file:
            super().__init__(stored.label, file.schema_arrow, options)
            cells = file.metadata.num_rows * len(self.names)
            self.single = file.num_row_groups == 1 and self.size <= SMALL and cells <= CELLS
            usable = [name for name in self.names if kind_of_type(self._types[name]) is not None]
            batches = file.iter_batches(batch_size=SAMPLE_ROWS, columns=usable, use_threads=False)
            first = next(batches, None)
            self._look(file.metadata.num_rows, None if first is None else _sound(first))

    @contextmanager
    def _opened(self, *, streamed: bool = False) -> Iterator[Any]:
        """The file. `streamed`: columns come in pieces, for some rows at a time; else as a whole, by few requests of a store."""
        import pyarrow.parquet as pq

        far = self._stored.remote and not streamed
        with (
            self._damage("Parquet"), self._stored.columns() as raw,
            pq.ParquetFile(raw, pre_buffer=far, buffer_size=BUFFER if streamed else 0) as file,
        ):
            yield file

    def blocks(self, columns: Sequence[str] = ()) -> Iterator[Block]:
        """As Part.blocks. Row groups too large to decode at once come in batches, decoded one after the other."""
        return self.run(Span(), columns)

    def run(self, span: Span, columns: Sequence[str] = ()) -> Iterator[Block]:
        """As Part.run, of whole row groups."""
        with self._opened(streamed=True) as file:
            sizes, at = _group_blocks(file.metadata, columns), 0
            for group, count in enumerate(sizes):
                stored = self.size * (group + 1) // len(sizes)
                if at >= span.first + (span.blocks or sum(sizes)):
                    return
                if at >= span.first and count == 1 and file.metadata.row_group(group).num_rows * len(columns) <= CELLS:
                    yield Block(group, stored)
                elif at >= span.first:
                    for batch in file.iter_batches(ROWS, [group], list(columns), use_threads=False):
                        yield Block(batch, stored)
                at += count

    def spans(self, columns: Sequence[str], size: int) -> list[Span]:
        """As Part.spans: whole row groups, by the size of their numbers."""
        with self._opened() as file:
            sizes = _group_blocks(file.metadata, columns)
            rows = [file.metadata.row_group(group).num_rows for group in range(len(sizes))]
        found: list[Span] = []
        for at, (blocks, count) in enumerate(zip(sizes, rows, strict=True)):
            numbers = NUMBER * count * max(1, len(columns))
            last = found[-1] if found else None
            if last is None or last.size + numbers > size:
                found.append(Span(sum(sizes[:at]), blocks, size=numbers))
            else:
                found[-1] = last._replace(blocks=(last.blocks or 0) + blocks, size=last.size + numbers)
        return found or [Span()]

    def head(self, columns: Sequence[str] = ()) -> Block:
        """As Part.head."""
        with self._opened(streamed=self._stored.remote) as file:
            return Block(next(file.iter_batches(SAMPLE_ROWS, columns=list(columns), use_threads=False)), 0)

    def _load(self, content: Any, columns: Sequence[str]) -> Any:
        if not isinstance(content, int):
            with self._damage("Parquet"):
                return _sound(content.select(list(columns)))
        with self._opened() as file:
            return _sound(file.read_row_group(content, columns=list(columns), use_threads=False))


def _group_blocks(metadata: Any, columns: Sequence[str]) -> list[int]:
    """How many blocks each row group makes."""
    rows = (metadata.row_group(group).num_rows for group in range(metadata.num_row_groups))
    return [1 if count * len(columns) <= CELLS else -(-count // ROWS) for count in rows]


class ArrowPart(_FilePart):
    """An Arrow IPC file, also called Feather version 2; each record batch is a block."""

    def __init__(self, stored: Stored, options: ReadOptions) -> None:
        self._stored, self.label, self.version = stored, stored.label, stored.version
        self.size = stored.whole()      # the directory is at the end
        from pyarrow import ipc

        with self._damage("Arrow"), stored.columns() as raw, ipc.open_file(raw) as file:
            super().__init__(stored.label, file.schema, options)
            self._count = file.num_record_batches
            self.single = self._count == 1 and self.size <= SMALL
            rows = sum(file.get_batch(at).num_rows for at in range(self._count))
            self._look(rows, _sound(file.get_batch(0)).slice(0, SAMPLE_ROWS) if self._count else None)

    def blocks(self, columns: Sequence[str] = ()) -> Iterator[Block]:
        """As Part.blocks."""
        return self.run(Span(), columns)

    def run(self, span: Span, columns: Sequence[str] = ()) -> Iterator[Block]:
        """As Part.run."""
        for at in range(self._count)[span.first :][: span.blocks]:
            yield Block((at, None), self.size * (at + 1) // self._count)

    def spans(self, columns: Sequence[str], size: int) -> list[Span]:
        """As Part.spans."""
        each = self.size // max(1, self._count)
        count = max(1, size // max(1, each))
        return [Span(first, count, size=count * each) for first in range(0, self._count, count)]

    def head(self, columns: Sequence[str] = ()) -> Block:
        """As Part.head."""
        return Block((0, SAMPLE_ROWS), 0)

    def _load(self, content: Any, columns: Sequence[str]) -> Any:
        from pyarrow import ipc

        at, most = content
        with self._damage("Arrow"), self._stored.columns() as raw, ipc.open_file(raw) as file:
            return _sound(file.get_batch(at).select(list(columns))).slice(0, most)
