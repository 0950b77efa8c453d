"""TextPart: one delimited text file, plain, compressed or in another encoding.

The stream is decompressed, brought to UTF-8 and cut into blocks by the consumer's thread, which is cheap; workers parse
the blocks with pyarrow, whose own threads are off.
"""

import codecs
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, BinaryIO

from mlefit.arrays import Mask
from mlefit.errors import DataError
from mlefit.source.beginning import beginning
from mlefit.source.careful import broken_text
from mlefit.source.cutting import block_size, count_lines, cut_blocks, flowing_blocks, line_end, whole_lines
from mlefit.source.decoding import Readable, Transcoded, compression, decompressed, encoding_of, filled
from mlefit.source.dialect import detect
from mlefit.source.header import header_of
from mlefit.source.index import counted
from mlefit.source.lines import column_of, squeeze
from mlefit.source.nontext import refuse_binary, refuse_others
from mlefit.source.options import ReadOptions
from mlefit.source.parsing import Parser
from mlefit.source.part import Block, Parsed, Part, Span, Wanted
from mlefit.source.problems import refusal
from mlefit.source.quoting import Rewrite, Rewritten
from mlefit.source.stored import Stored

SAMPLE = 1 << 20        # bytes of text that detection looks at
REACH = 1 << 13         # bytes that are looked through at once for the end of a line
FIRST_LINES = 2         # of a pipe whose rows are wanted as they arrive: names and a row
PAUSE = 0.2             # seconds after which such a pipe is slow
_CALLED = {"utf-16-le": "UTF-16", "utf-16-be": "UTF-16", "cp1252": "CP1252", "latin-1": "Latin-1"}


class TextPart(Part):
    """The table in `stored`. Raises DataError for what is no table, such as an empty or a binary file."""

    def __init__(self, stored: Stored, options: ReadOptions) -> None:
        self._stored = stored
        self._rewrite: Rewrite | None = None
        self.label, self.notes, self.version = stored.label, [], stored.version
        arrived = stored.first(SAMPLE, FIRST_LINES, PAUSE) if options.flowing else None
        with stored.open() as raw:
            self._method = compression(raw.read(8) if arrived is None else arrived[0][:8])
            raw.seek(0)
            self.flows = arrived is not None and self._method is None
            start = arrived[0] if arrived and self.flows else filled(decompressed(raw, self._method, self.label), SAMPLE)
        refuse_others(start, self.label)
        self._encoding, self._mark = encoding_of(start, options.encoding)
        if options.encoding is None and self._encoding in _CALLED:
            self.notes.append(f"the text is read as {_CALLED[self._encoding]}")
        start, ended = self._start(options)
        self.complete, start = ended and len(start) <= SAMPLE, start[:SAMPLE]
        self.size = stored.size
        text = start.lstrip(b"\r\n")
        refuse_binary(text, options, self.label)
        self._begun = start if self.flows else b""
        if not self.complete and b"\n" not in text and b"\r" not in text:
            raise DataError(
                f"{self.label}, line 1: expected rows of a table, found a line of more than {SAMPLE >> 20} MB.",
                "Check that this is a text table with one row per line.", code="long-line",
            )
        begun = beginning(start, options, self.label, self.notes)
        if begun.rewrite is not None:
            self.flows = False
            self._rewrite, start = begun.rewrite, begun.rewrite(start)
        offset = begun.offset(start)
        text = start[offset:]
        readable = text.decode("utf-8", "replace")
        self._dialect = detect(readable, begun.options, self.label, self.notes)
        header = header_of(readable, self._dialect, options, self.label, begun.lines, self.notes)
        self.names = tuple(header.names)
        block = self._block = block_size(len(self.names))
        self._sign, self._eol = self._dialect.delimiter.encode(), self._dialect.eol
        after_names = line_end(text, self._eol, self._sign) if header.named else 0
        self._header = offset + (after_names if after_names >= 0 else len(text))
        line = self._heading = text[: self._header - offset].rstrip(b"\r\n")
        line = squeeze(line) if self._dialect.ragged_spaces else line
        self._parser = Parser(self.label, header.names, header.width, self._dialect, line, options.na,
                              tuple(name for name, kind in options.types if kind == "text" and name in header.names))
        broken = broken_text(start[: self._header], self._eol)
        if broken is not None:
            raise refusal([broken], [self.label])
        self._header_lines = start.count(self._eol, 0, self._header)
        self.single = len(start) < block if self.complete else self._is_stored_text() and (self.size or block) < block
        head = start[self._header :] if self.complete else whole_lines(start[self._header :], self._eol, self._sign)
        if self.complete and not head.removeprefix(codecs.BOM_UTF8).strip(b"\r\n \t"):
            raise DataError(f"{self.label}: expected rows of data, found column names only: no data rows.",
                            "Check the file.", code="no-rows")
        self.profiles = self._parser.profiles(head)
        sign, squeezed = self._dialect.delimiter, self._dialect.ragged_spaces
        self.counted = counted(self.names, lambda name: column_of(head, header.names[name], sign, squeezed=squeezed))

    def _start(self, options: ReadOptions) -> tuple[bytes, bool]:
        """What detection looks at, of the text, and whether there is no more: of a pipe whose rows are wanted as they arrive, what
        has arrived."""
        self.flows = self.flows and self._is_plain()
        if self.flows:
            arrived = self._stored.first(SAMPLE + 1, FIRST_LINES, PAUSE)
            assert arrived is not None
            return arrived[0][self._mark :], arrived[1]
        with self._stored.open() as raw:
            start = filled(self._stream(raw), SAMPLE + 1)
        return start, len(start) <= SAMPLE

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

    def blocks(self, columns: Sequence[str] = ()) -> Iterator[Block]:
        """As Part.blocks: those of mlefit.source.cutting, empty ones too."""
        with self._stored.open() as raw:
            stream = self._stream(raw)
            filled(stream, self._header)
            cut = flowing_blocks(raw, self._eol, self._sign, self.label, self._header_lines) if self.flows else cut_blocks(
                stream, self._eol, self._sign, self.label, self._header_lines, self._block)
            for text, line in cut:
                yield Block(text, raw.tell(), line)

    def spans(self, columns: Sequence[str], size: int) -> list[Span]:
        """As Part.spans: ranges of the text, where the bytes of the file are those of the text."""
        if not self._is_stored_text() or self.tied() or self.size is None:
            return super().spans(columns, size)
        block, text = self._block, self.size - self._mark - self._header
        count = max(1, size // block)
        firsts = range(0, max(1, -(-text // block)), count)
        spans = [Span(first, count, None, 0, count * block) for first in firsts]
        spans[-1] = spans[-1]._replace(blocks=None, size=text - firsts[-1] * block)
        spans[0] = spans[0]._replace(start=0, line=self._header_lines)
        return spans

    def begun(self, span: Span) -> Span:
        """As Part.begun: behind the first line end from the last byte before the range on."""
        if span.start is not None:
            return span
        begin = self._mark + self._header
        at = begin + span.first * self._block - 1
        with self._stored.open() as raw:
            raw.seek(at)
            while piece := raw.read(REACH):
                if found := piece.find(self._eol) + 1:
                    return span._replace(start=at + found - begin)
                at += len(piece)
        return span._replace(start=at - begin)

    def run(self, span: Span, columns: Sequence[str] = ()) -> Iterator[Block]:
        """As Part.run."""
        if span.blocks is None and span.first == 0:
            yield from self.blocks(columns)
            return
        assert span.start is not None
        with self._stored.open() as raw:
            raw.seek(self._mark + self._header + span.start)
            stop = (span.first + 1) * self._block - span.start
            cut = cut_blocks(raw, self._eol, self._sign, self.label, span.line, self._block, stop)
            for text, line in islice(cut, span.blocks):
                yield Block(text, raw.tell(), line)

    def after(self, block: Block, start: int) -> tuple[int, int]:
        """As Part.after."""
        return start + len(block.content), block.line + count_lines(block.content, self._eol)

    def tied(self) -> str | None:
        """As Part.tied."""
        return self._stored.tied

    def head(self, columns: Sequence[str] = ()) -> Block:
        """As Part.head: the whole lines of the first SAMPLE bytes."""
        if self.flows:
            text = self._begun[self._header :]
        else:
            with self._stored.open() as raw:
                text = filled(self._stream(raw), SAMPLE)[self._header :]
        return Block(text if self.complete else whole_lines(text, self._eol, self._sign), 0, self._header_lines)

    def parse(self, block: Block, wanted: Wanted) -> Parsed:
        """As Part.parse."""
        return self._parser.parse(block.content, wanted)

    def marked(self, block: Block, wanted: Wanted) -> tuple[Parsed, dict[str, Mask]]:
        """As Part.marked."""
        parsed = self.parse(block, wanted)
        return self._parser.marked(block.content, wanted) if parsed.findings else (parsed, {})

    def heading(self) -> bytes:
        """As Part.heading."""
        return self._heading

    def lines(self, block: Block, rows: int) -> Any:
        """As Part.lines."""
        from mlefit.source.standing import lines_of_text

        return lines_of_text(block.content, self._eol, self._sign, rows)

    @property
    def signs(self) -> tuple[str, str]:
        """As Part.signs."""
        return self._dialect.delimiter, self._dialect.decimal

    def digest(self) -> str | None:
        """SHA-256 of the file as stored."""
        return self._stored.digest()

    def close(self) -> None:
        """Delete what was spooled."""
        self._stored.close()
