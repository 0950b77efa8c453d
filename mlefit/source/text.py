"""TextPart: one delimited text file, plain, compressed or in another encoding.

The stream is decompressed, brought to UTF-8 and cut into blocks by the consumer's thread, which is cheap; workers parse
the blocks with pyarrow, whose own threads are off. The fast parse is typed. Only a block that it refuses is read again,
as text, to find every bad cell or to accept a cell that is written in an unusual way.
"""

import codecs
import math
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, BinaryIO

import numpy as np

from mlefit.errors import DataError
from mlefit.source.arrow import codes, floats
from mlefit.source.batch import Extent
from mlefit.source.beginning import beginning
from mlefit.source.careful import bad_cells, broken_text, nul_lines, ragged_lines, repeated_names
from mlefit.source.cells import EXACT, MISSING, WORDS, category, drop_tokens, level, parse_numbers
from mlefit.source.cutting import BLOCK, cut_blocks, line_end, whole_lines
from mlefit.source.decoding import Readable, Transcoded, compression, decompressed, encoding_of, filled
from mlefit.source.dialect import detect
from mlefit.source.header import header_of
from mlefit.source.index import counting
from mlefit.source.kinds import distinct_of, kind_of, unit_of
from mlefit.source.lines import column_of, squeeze
from mlefit.source.nontext import refuse_binary, refuse_others
from mlefit.source.options import ReadOptions
from mlefit.source.part import DISTINCT, Block, Parsed, Part
from mlefit.source.problems import Finding, refusal
from mlefit.source.quoting import Rewrite, Rewritten
from mlefit.source.source import Kind
from mlefit.source.stored import Stored
from mlefit.source.whole import add_rests, beyond

SAMPLE = 1 << 20        # bytes of text that detection looks at
_CALLED = {"utf-16-le": "UTF-16", "utf-16-be": "UTF-16", "cp1252": "CP1252", "latin-1": "Latin-1"}

Invalid = list[tuple[int, int]]     # ragged rows: (row of the block, fields found)


class TextPart(Part):
    """The table in `stored`. Raises DataError for what is no table, such as an empty or a binary file."""

    def __init__(self, stored: Stored, options: ReadOptions) -> None:
        self._stored, self._na = stored, options.na
        self._rewrite: Rewrite | None = None
        self.label, self.notes = stored.label, []
        with stored.open() as raw:
            self._method = compression(raw.read(8))
            raw.seek(0)
            start = filled(decompressed(raw, self._method, self.label), SAMPLE)
        refuse_others(start, self.label)
        self._encoding, self._mark = encoding_of(start, options.encoding)
        if options.encoding is None and self._encoding in _CALLED:
            self.notes.append(f"the text is read as {_CALLED[self._encoding]}")
        with stored.open() as raw:
            start = filled(self._stream(raw), SAMPLE + 1)
        self.complete, start = len(start) <= SAMPLE, start[:SAMPLE]
        self.size = stored.size
        text = start.lstrip(b"\r\n")
        refuse_binary(text, options, self.label)
        if not self.complete and b"\n" not in text and b"\r" not in text:
            raise DataError(
                f"{self.label}, line 1: expected rows of a table, found a line of more than {SAMPLE >> 20} MB.",
                "Check that this is a text table with one row per line.", code="long-line",
            )
        begun = beginning(start, options, self.label, self.notes)
        if begun.rewrite is not None:
            self._rewrite, start = begun.rewrite, begun.rewrite(start)
        offset = begun.offset(start)
        text = start[offset:]
        readable = text.decode("utf-8", "replace")
        self._dialect = detect(readable, begun.options, self.label, self.notes)
        header = header_of(readable, self._dialect, options, self.label, begun.lines, self.notes)
        self.names, self._positions = tuple(header.names), header.names
        self._columns = [str(at) for at in range(header.width)]
        self._sign, self._eol = self._dialect.delimiter.encode(), self._dialect.eol
        after_names = line_end(text, self._eol, self._sign) if header.named else 0
        self._header = offset + (after_names if after_names >= 0 else len(text))
        line = text[: self._header - offset].rstrip(b"\r\n")
        self._names_line = squeeze(line) if self._dialect.ragged_spaces else line
        broken = broken_text(start[: self._header], self._eol)
        if broken is not None:
            raise refusal([broken], [self.label])
        self._header_lines = start.count(self._eol, 0, self._header)
        self.single = len(start) < BLOCK if self.complete else self._is_stored_text() and (self.size or BLOCK) < BLOCK
        sample = start[self._header :] if self.complete else whole_lines(start[self._header :], self._eol, self._sign)
        self._look(sample)
        sign, squeezed = self._dialect.delimiter, self._dialect.ragged_spaces
        self.counting = counting(
            self.names, lambda name: column_of(sample, header.names[name], sign, squeezed=squeezed)
        )

    def _is_plain(self) -> bool:
        return self._encoding in ("utf-8", "ascii")

    def _is_stored_text(self) -> bool:
        """Whether the bytes of the file are those of the text."""
        return self._method is None and self._is_plain() and self._rewrite is None

    def _stream(self, raw: BinaryIO) -> Readable:
        """The text of an opened file as UTF-8."""
        stream = decompressed(raw, self._method, self.label)
        filled(stream, self._mark)
        text = stream if self._is_plain() else Transcoded(stream, self._encoding, self.label)
        return text if self._rewrite is None else Rewritten(text, self._rewrite, self._eol)

    def _look(self, text: bytes) -> None:
        """Kinds and distinct values from the first rows."""
        text = text.removeprefix(codecs.BOM_UTF8)       # pyarrow would drop a second mark, and then find nothing
        if self.complete and not text.strip(b"\r\n \t"):
            raise DataError(f"{self.label}: expected rows of data, found column names only: no data rows.",
                            "Check the file.", code="no-rows")
        text = squeeze(text) if self._dialect.ragged_spaces else text
        text = text.decode("utf-8", "replace").encode()     # what is no UTF-8 is refused when its column is read
        kinds: dict[str, Kind] = {}
        distinct: dict[str, tuple[str, ...]] = {}
        self.kinds, self.distinct, self.units = kinds, distinct, {}
        if self._look_at_numbers(text, kinds, distinct):
            return
        table = self._read(text, (), self.names, []) if text.strip(b"\r\n") else None
        for at, name in enumerate(self.names):
            if table is None:
                kinds[name], distinct[name] = Kind.EMPTY, ()
                continue
            texts = table.column(at).chunk(0).dictionary
            kinds[name] = kind_of(texts, self._dialect.decimal, self._na)
            if kinds[name] is Kind.NUMBER and (unit := unit_of(texts, self._na)) is not None:
                self.units[name] = unit
            levels = distinct_of(texts, kinds[name], self._dialect.decimal, self._na)
            if levels is not None:
                distinct[name] = levels

    def _look_at_numbers(self, text: bytes, kinds: dict[str, Kind], distinct: dict[str, tuple[str, ...]]) -> bool:
        """Fill both for a table of nothing but plain numbers without a look at each cell's text; False if it is not."""
        import pyarrow as pa

        try:
            table = self._read(text, self.names, (), []) if text.strip(b"\r\n") else None
        except pa.ArrowInvalid:
            return False
        if table is None or not table.num_rows:
            return False
        columns = [drop_tokens(floats(table.column(at).chunk(0)), self._na) for at in range(len(self.names))]
        if any(np.isinf(values).any() for values in columns):
            return False
        for name, values in zip(self.names, columns, strict=True):
            present = values[~np.isnan(values)]
            kinds[name] = Kind.NUMBER if present.size else Kind.EMPTY
            if np.unique(present[:1024]).size > DISTINCT:       # most columns of numbers: no need to sort them all
                continue
            found, first = np.unique(present, return_index=True)
            if found.size <= DISTINCT:
                distinct[name] = tuple(level(repr(value), False, ".") for value in present[np.sort(first)].tolist())
        return True

    def blocks(self, columns: Sequence[str] = ()) -> Iterator[Block]:
        """As Part.blocks: those of mlefit.source.cutting, empty ones too."""
        with self._stored.open() as raw:
            stream = self._stream(raw)
            filled(stream, self._header)
            for text, line in cut_blocks(stream, self._eol, self._sign, self.label, self._header_lines):
                yield Block(text, raw.tell(), line)

    def head(self, columns: Sequence[str] = ()) -> Block:
        """As Part.head: the whole lines of the first SAMPLE bytes."""
        with self._stored.open() as raw:
            text = filled(self._stream(raw), SAMPLE)[self._header :]
        return Block(text if self.complete else whole_lines(text, self._eol, self._sign), 0, self._header_lines)

    def _read(
        self, text: bytes, numbers: Collection[str], texts: Collection[str], invalid: Invalid | None = None
    ) -> Any:
        """The columns as an Arrow table of one chunk: `numbers` typed, then `texts` as dictionaries of raw cells.

        With a list `invalid`, ragged rows are skipped and noted there; without, they raise ArrowInvalid.
        """
        import pyarrow as pa
        import pyarrow.csv as pc

        def note(row: Any) -> str:
            if invalid is not None:
                invalid.append((row.number - 1, row.actual_columns))
            return "skip"

        dictionary = pa.dictionary(pa.int32(), pa.string())
        types = {self._columns[self._positions[name]]: pa.float64() for name in numbers}
        types |= {self._columns[self._positions[name]]: dictionary for name in texts}
        return pc.read_csv(
            pa.BufferReader(pa.py_buffer(text)),
            read_options=pc.ReadOptions(use_threads=False, block_size=len(text) + 1, column_names=self._columns),
            parse_options=pc.ParseOptions(
                delimiter=self._dialect.delimiter, newlines_in_values=b'"' in text,
                invalid_row_handler=None if invalid is None else note,
            ),
            convert_options=pc.ConvertOptions(
                include_columns=list(types), column_types=types, null_values=[*MISSING, *self._na],
                strings_can_be_null=False, decimal_point=self._dialect.decimal,
            ),
        )

    def parse(self, block: Block, numbers: Sequence[str], categories: Sequence[str]) -> Parsed:
        """As Part.parse: first typed, and when that is refused, as text."""
        import pyarrow as pa

        text: bytes = block.content
        if b"\0" in text:
            return Parsed(text.count(self._eol), findings=(nul_lines(text, self._eol),))
        if not text.removeprefix(codecs.BOM_UTF8).lstrip(b"\r\n"):
            return Parsed(0)
        text = squeeze(text) if self._dialect.ragged_spaces else text
        texts = list(dict.fromkeys([*categories, *(() if numbers else self.names[:1])]))    # no columns: count rows
        texts += [name for name in numbers if name in self.units and name not in texts]
        typed = [name for name in dict.fromkeys(numbers) if name not in texts]
        try:
            table = self._read(text, typed, texts)
        except pa.ArrowInvalid:
            return self._carefully(text, numbers, categories)
        parsed = Parsed(table.num_rows)
        for at, name in enumerate(typed):
            values = parsed.numbers[name] = floats(table.column(at).chunk(0))
            extent = Extent.of(values)
            if not extent.finite and np.isinf(values).any():    # written as inf, or too large: only the text tells
                return self._carefully(text, numbers, categories)
            if extent.magnitude >= EXACT or (math.isnan(extent.low) and beyond(values)):
                add_rests(parsed, name, self._read(text, (), [name]).column(0).chunk(0))
            if self._na:
                parsed.numbers[name] = drop_tokens(values, self._na)
            else:
                parsed.extents[name] = extent
        columns = {name: table.column(at).chunk(0) for at, name in enumerate(texts, len(typed))}
        bad: set[str] = set()
        parsed = self._from_texts(
            parsed, columns, [name for name in numbers if name in columns], categories,
            lambda name, _, wrong, __: bad.update([name] if wrong.any() else []),
        )
        if len(self._columns) > 1:      # a level called as its column may be the line of names again
            bad.update(name for name, column in parsed.categories.items() if name in column.levels)
        return self._carefully(text, numbers, categories) if bad else parsed

    def _from_texts(
        self, parsed: Parsed, columns: dict[str, Any], numbers: Sequence[str], categories: Sequence[str],
        problem: Callable[[str, str, Any, Any], None],
    ) -> Parsed:
        """`parsed` with the named columns added from dictionaries of raw cells; bad numbers go to `problem`."""
        for name in numbers:
            column = columns[name]
            values, bad, large = parse_numbers(column.dictionary, self._dialect.decimal, self._na, self.units.get(name))
            problem(name, "not-a-number", bad, column)
            problem(name, "too-large", large, column)
            parsed.numbers[name] = values[codes(column)]
            add_rests(parsed, name, column)
        for name in categories:
            column = columns[name]
            parsed.categories[name], tokens = category(
                codes(column), column.dictionary.to_pylist(), self.kinds[name] is Kind.BOOLEAN, self._dialect.decimal,
                self._na, tokens=WORDS if self.kinds[name] is Kind.TEXT else MISSING,
            )
            if tokens:
                parsed.missing_tokens[name] = tokens
        return parsed

    def _carefully(self, text: bytes, numbers: Sequence[str], categories: Sequence[str]) -> Parsed:
        """The block read as text: what was only written unusually is accepted, what is wrong becomes findings."""
        import pyarrow as pa

        broken = broken_text(text, self._eol) or repeated_names(text, self._names_line, self._eol)
        if broken is not None:
            return Parsed(text.count(self._eol), findings=(broken,))
        names = list(dict.fromkeys([*numbers, *categories])) or list(self.names[:1])
        invalid: Invalid = []
        try:
            table = self._read(text, (), names, invalid)
        except pa.ArrowInvalid as error:
            raise DataError(f"{self.label}: expected a text table, found what cannot be parsed: {error}.",
                            "Check the file.", code="not-a-table") from None
        ragged = ragged_lines(invalid, len(self._columns), text, self._dialect)
        rows = np.delete(np.arange(table.num_rows + len(invalid)), [row for row, _ in invalid])
        findings: list[Finding | None] = [ragged]

        def problem(name: str, code: str, bad: Any, column: Any) -> None:
            if bad.any():
                texts = column.dictionary.to_pylist()
                findings.append(bad_cells(name, code, bad, codes(column), texts, rows, text, self._dialect))

        columns = {name: table.column(at).chunk(0) for at, name in enumerate(names)}
        parsed = self._from_texts(Parsed(len(rows)), columns, numbers, categories, problem)
        found = tuple(finding for finding in findings if finding is not None)
        return Parsed(len(rows), findings=found) if found else parsed

    def digest(self) -> str:
        """SHA-256 of the file as stored."""
        return self._stored.digest()

    def close(self) -> None:
        """Delete what was spooled."""
        self._stored.close()
