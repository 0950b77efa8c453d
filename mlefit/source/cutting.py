"""Text cut into blocks at line ends outside quotes, such that any block can be cut without the ones before it.

The text of a file is what its bytes are once decompressed and brought to UTF-8, without a byte order mark, after the
line of names. Its lines start at byte 0 and after every line end outside quotes; the last one need not be ended.

    Block k = the lines of the text that start at one of its bytes k s, ..., (k + 1) s - 1,

s the `block_size` of tables of so many columns. So a block is empty where one line is longer than that, and a file, its compressed
copy and a pipe of it have the same blocks. Whoever reads them in order knows where each starts. Whoever starts in the middle takes
the first line end from byte k s - 1 on for the start, and is right unless it stands in quotes: the block before ends elsewhere
then, which tells on comparing, and `block_within` cuts once more, from where that one ends.
"""

import re
from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mlefit.errors import DataError
from mlefit.source.decoding import Readable, filled


class Flowing(Protocol):
    """A stream that gives what has arrived."""

    def read1(self, size: int, /) -> bytes:
        """At least one byte, none at the end."""


BLOCK = 4 << 20             # bytes: what a worker parses in about 25 ms; all that is alive at once stays below 100 MB
MANY = 256                  # columns from which it is twice that: what is done for each of a block takes as long as its parse
AHEAD = 64                  # the part of a block that is read ahead for the end of the last line
LONGEST_LINE = 16 << 20     # bytes: beyond this a "line" is no row of a table; memory stays bounded
_QUOTE, _BREAKS = 0x22, b"\r\n"


def block_size(columns: int) -> int:
    """Bytes of a block of a table with so many columns."""
    return BLOCK * 2 if columns >= MANY else BLOCK


def quote_marks(text: bytes, delimiter: bytes) -> NDArray[np.intp]:
    """Positions of opening and closing quotes in turn, for a text that starts outside quotes.

    A quote opens only at the start of a field; inside, "" is a literal quote (counted as closing and opening again,
    which comes to the same). Stray quotes, as in `5" pipe`, are literal and left out. An odd number: one stays open.
    """
    marks = np.flatnonzero(np.frombuffer(text, np.uint8) == _QUOTE)
    opening = marks[::2]
    before = np.frombuffer(b"\n" + text, np.uint8)[opening]     # the byte before each, a line end at the very start
    opens = np.zeros(256, bool)
    opens[[*delimiter, *_BREAKS, _QUOTE]] = True
    if opens[before].all():
        return marks
    field = re.compile(rb'(?:\A|[%s\r\n])"((?:[^"]++|"")*+)("?)' % re.escape(delimiter))
    exact: list[int] = []
    for match in field.finditer(text):
        exact.append(match.start(1) - 1)
        exact.extend([match.start(2)] if match[2] else [])
    return np.array(exact, dtype=np.intp)


def line_end(text: bytes, eol: bytes, delimiter: bytes, since: int = 0) -> int:
    """The position after the first line end outside quotes at byte `since` or later; -1 when there is none.

    The text starts outside quotes.
    """
    found = text.find(eol, since)
    if found >= 0 and b'"' in text:
        marks = quote_marks(text, delimiter)
        while found >= 0 and (inside := int(np.searchsorted(marks, found))) % 2:
            found = text.find(eol, int(marks[inside])) if inside < len(marks) else -1
    return found + 1 if found >= 0 else -1


def whole_lines(text: bytes, eol: bytes, delimiter: bytes) -> bytes:
    """`text`, which starts outside quotes, up to its last line end outside quotes."""
    marks = quote_marks(text, delimiter) if b'"' in text else np.empty(0, np.intp)
    stop = len(text)
    while (found := text.rfind(eol, 0, stop)) >= 0:
        inside = int(np.searchsorted(marks, found))
        if inside % 2 == 0:
            break
        stop = int(marks[inside - 1])
    return text[: found + 1]


def count_lines(text: bytes, eol: bytes) -> int:
    """Line ends in `text`. Unlike bytes.count it lets other threads run."""
    return int(np.count_nonzero(np.frombuffer(text, np.uint8) == eol[0]))


def block_within(
    text: bytes, stop: int, eol: bytes, delimiter: bytes, *, start: int | None = None, ended: bool
) -> tuple[int, int] | None:
    """Where in `text` the block starts and ends whose lines start before byte `stop`. None: the text is too short to tell.

    `start`: where its first line starts, None when only the blocks before know: then `text` begins one byte before the
    range of the block. `ended`: there is no more text.
    """
    if start is None:
        start = text.find(eol) + 1 or (len(text) if ended else -1)
    if start < 0:
        return None
    if start >= stop:
        return start, start
    end = line_end(text[start:], eol, delimiter, stop - start - 1)
    if end < 0:
        return (start, len(text)) if ended else None
    return start, start + end


def flowing_blocks(
    stream: Flowing, eol: bytes, delimiter: bytes, label: str, first_line: int
) -> Iterator[tuple[bytes, int]]:
    """The whole lines that have arrived, each time that some have. Raises as cut_blocks."""
    rest, line = b"", first_line
    while piece := stream.read1(BLOCK):
        text = rest + piece
        whole = whole_lines(text, eol, delimiter)
        rest = text[len(whole) :]
        if whole:
            yield whole, line
            line += count_lines(whole, eol)
        elif len(rest) > LONGEST_LINE:
            _refuse_endless(rest, eol, delimiter, label, line, ended=False)
    if rest:
        _refuse_endless(rest, eol, delimiter, label, line, ended=True)
        yield rest, line


def cut_blocks(
    stream: Readable, eol: bytes, delimiter: bytes, label: str, first_line: int, size: int, stop: int | None = None
) -> Iterator[tuple[bytes, int]]:
    """The blocks of a text in order, empty ones between others too, each with the line, from 0, where it starts.

    `size`: that of a block. `stop`: where the range of the first block stops, counted from its first line, with which the stream
    starts.

    Raises DataError for a line longer than LONGEST_LINE and for a quote that is never closed.
    """
    rest, line = b"", first_line        # rest: what is read already of the blocks to come
    stop = size if stop is None else stop      # where the range of the next block stops, counted from its first line
    ahead = max(1, size // AHEAD)
    while True:
        missing = max(0, stop - len(rest)) + ahead
        more = filled(stream, missing)
        ended = len(more) < missing
        if not (rest or more):
            return
        since = stop - 1 - len(rest)
        if since >= 0 and b'"' not in rest and b'"' not in more and (cut := more.find(eol, since) + 1):
            text, rest = b"".join((rest, memoryview(more)[:cut])), more[cut:]       # the usual case, with one copy
        else:
            text = rest + more
            while (bounds := block_within(text, stop, eol, delimiter, start=0, ended=ended)) is None:
                _refuse_endless(text, eol, delimiter, label, line, ended)
                missing = len(text) - stop      # twice as far each time, so that all of the looks cost as the last
                more = filled(stream, missing)
                ended = len(more) < missing
                text += more
            text, rest = text[: bounds[1]], text[bounds[1] :]
            if ended and not rest:
                _refuse_endless(text, eol, delimiter, label, line, ended)
        yield text, line
        line += count_lines(text, eol)
        stop += size - len(text)


def _refuse_endless(text: bytes, eol: bytes, delimiter: bytes, label: str, line: int, ended: bool) -> None:
    """Raises DataError when `text`, which starts at `line`, ends in a line too long to be one, or inside a quote."""
    whole = whole_lines(text, eol, delimiter)
    if not ended and len(text) - len(whole) <= LONGEST_LINE:
        return
    marks = quote_marks(text, delimiter)
    if len(marks) % 2:
        raise DataError(
            f"{label}, line {line + 1 + text.count(eol, 0, int(marks[-1]))}: a double quote opens a cell here and none "
            "closes it.", 'Close it, or double it ("") where a quote is meant.', code="open-quote",
        )
    if not ended:
        raise DataError(
            f"{label}, line {line + 1 + whole.count(eol)}: expected rows of a table, found a line of more than "
            f"{LONGEST_LINE >> 20} MB.", "Check that this is a text table with one row per line.", code="long-line",
        )
