"""Text streams cut into blocks at line ends outside quotes. Where the cuts fall depends on the text alone."""

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mlefit.errors import DataError
from mlefit.source.decoding import Readable, filled

BLOCK = 4 << 20             # bytes: what a worker parses in about 25 ms; all that is alive at once stays below 100 MB
LONGEST_LINE = 16 << 20     # bytes: beyond this a "line" is no row of a table; memory stays bounded
_QUOTE, _BREAKS = 0x22, b"\r\n"


def quote_marks(text: bytes, delimiter: bytes) -> NDArray[np.intp]:
    """Positions of opening and closing quotes in turn, for a text that starts outside quotes.

    A quote opens only at the start of a field; inside, "" is a literal quote (counted as closing and opening again,
    which comes to the same). Stray quotes, as in `5" pipe`, are literal and left out. An odd number: one stays open.
    """
    marks = np.flatnonzero(np.frombuffer(text, np.uint8) == _QUOTE)
    opening = marks[::2]
    before = np.frombuffer(b"\n" + text, np.uint8)[opening]     # the byte before each, a line end at the very start
    regular = np.isin(before, np.frombuffer(delimiter + _BREAKS, np.uint8)) | (before == _QUOTE)
    if regular.all():
        return marks
    field = re.compile(rb'(?:\A|[%s\r\n])"((?:[^"]++|"")*+)("?)' % re.escape(delimiter))
    exact: list[int] = []
    for match in field.finditer(text):
        exact.append(match.start(1) - 1)
        exact.extend([match.start(2)] if match[2] else [])
    return np.array(exact, dtype=np.intp)


def last_line_end(text: bytes, eol: bytes, marks: NDArray[np.intp]) -> int:
    """The position after the last line end outside quotes; 0 when there is none."""
    stop = len(text)
    while (found := text.rfind(eol, 0, stop)) >= 0:
        inside = int(np.searchsorted(marks, found))
        if inside % 2 == 0:
            return found + 1
        stop = int(marks[inside - 1])
    return 0


def first_line_end(text: bytes, eol: bytes, delimiter: bytes) -> int:
    """The position after the first line end outside quotes; the whole length when there is none."""
    marks = quote_marks(text, delimiter) if b'"' in text else np.empty(0, np.intp)
    found = text.find(eol)
    while found >= 0 and (inside := int(np.searchsorted(marks, found))) % 2:
        found = text.find(eol, int(marks[inside])) if inside < len(marks) else -1
    return found + 1 if found >= 0 else len(text)


def whole_lines(text: bytes, eol: bytes, delimiter: bytes) -> bytes:
    """`text` up to its last line end outside quotes."""
    marks = quote_marks(text, delimiter) if b'"' in text else np.empty(0, np.intp)
    return text[: last_line_end(text, eol, marks)]


def count_lines(text: bytes, eol: bytes) -> int:
    """Line ends in `text`. Unlike bytes.count it lets other threads run."""
    return int(np.count_nonzero(np.frombuffer(text, np.uint8) == eol[0]))


def cut_blocks(
    stream: Readable, eol: bytes, delimiter: bytes, label: str, first_line: int
) -> Iterator[tuple[bytes, int]]:
    """The text in blocks of whole lines of about BLOCK bytes, each with the line, from 0, where it starts.

    Raises DataError for a line longer than LONGEST_LINE and for a quote that is never closed.
    """
    rest, ended, line = b"", False, first_line
    while not ended:
        missing = BLOCK if len(rest) >= BLOCK else BLOCK - len(rest)
        more = filled(stream, missing)
        ended = len(more) < missing
        if not ended and b'"' not in rest and b'"' not in more and (cut := more.rfind(eol) + 1):
            text = b"".join((rest, memoryview(more)[:cut]))     # the usual case, with one copy
            rest = more[cut:]
            yield text, line
            line += count_lines(text, eol)
            continue
        text = rest + more
        marks = quote_marks(text, delimiter) if b'"' in text else np.empty(0, np.intp)
        cut = len(text) if ended else last_line_end(text, eol, marks)
        open_quote = len(marks) % 2 == 1
        if open_quote and (ended or (not cut and len(text) > LONGEST_LINE)):
            at = line + 1 + text.count(eol, 0, int(marks[-1]))
            raise DataError(
                f"{label}, line {at}: a double quote opens a cell here and none closes it.",
                'Close it, or double it ("") where a quote is meant.', code="open-quote",
            )
        if not cut and len(text) > LONGEST_LINE:
            raise DataError(
                f"{label}, line {line + 1}: expected rows of a table, found a line of more than "
                f"{LONGEST_LINE >> 20} MB.", "Check that this is a text table with one row per line.", code="long-line",
            )
        rest = text[cut:]
        if cut:
            yield text[:cut], line
            line += count_lines(text[:cut], eol)
