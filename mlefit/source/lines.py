"""The first lines of a text table as records of fields, and what their cells look like."""

import csv
import io
import re
from typing import NamedTuple

from mlefit.source.cells import MISSING

FIRST = 100     # records that detection looks at
_BLANKS = re.compile(rb'("(?:[^"]++|"")*+")|(?m:^[ \t]+|[ \t]+(?=\r?$))|[ \t]+')
_POINT = re.compile(r"[+-]?(?:[0-9]+[.]?[0-9]*|[.][0-9]+)(?:[eE][+-]?[0-9]+)?")
_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?")


class Record(NamedTuple):
    """`fields` of one row of text; `line`, from 0, where it starts; `gap`: a blank line stands before it."""

    line: int
    fields: list[str]
    gap: bool


def numbered(text: str, delimiter: str, most: int = FIRST, *, squeezed: bool = False, strict: bool = False) -> list[Record]:
    """The first records of a text, blank lines left out.

    What the csv module does not take, such as a field of more than 131,072 characters, ends them; with `strict` it raises
    csv.Error, as does text behind a closing quote.
    """
    found: list[Record] = []
    if squeezed:
        text = squeeze(text.encode()).decode()
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)
    line, gap = 0, False
    try:
        for fields in reader:
            if fields:
                found.append(Record(line, fields, gap))
            gap, line = not fields, reader.line_num
            if len(found) >= most:
                break
    except csv.Error:
        if strict:
            raise
    return found


def records(text: str, delimiter: str, most: int = FIRST, *, squeezed: bool = False) -> list[list[str]]:
    """The fields of the first records."""
    return [record.fields for record in numbered(text, delimiter, most, squeezed=squeezed)]


def column_of(text: bytes, at: int, delimiter: str, *, squeezed: bool = False) -> list[str]:
    """The cells at a place of all records that have it, blanks around them removed."""
    rows = records(text.decode("utf-8", "replace"), delimiter, len(text), squeezed=squeezed)
    return [row[at].strip() for row in rows if at < len(row)]


def squeeze(text: bytes) -> bytes:
    """Runs of blanks outside quotes as one space, none at either end of a line."""
    def one(match: re.Match[bytes]) -> bytes:
        if match[1] is not None:
            return match[1]
        start, stop = match.span()
        at_edge = start == 0 or text[start - 1] in b"\r\n" or stop == len(text) or text[stop] in b"\r\n"
        return b"" if at_edge else b" "

    return _BLANKS.sub(one, text)


def has_point(cell: str) -> bool:
    """Whether a cell is a number with a decimal point, or whole."""
    return bool(_POINT.fullmatch(cell))


def has_comma(cell: str) -> bool:
    """Whether a cell is a number with a decimal comma."""
    return bool(_COMMA.fullmatch(cell))


def is_number(cell: str) -> bool:
    """Whether a cell is a number, by either decimal sign."""
    return has_point(cell.strip()) or has_comma(cell.strip())


def is_numeric(cells: list[str]) -> bool:
    """Whether a column holds numbers or missing cells only, and a number at least."""
    return all(is_number(cell) or cell.strip() in MISSING for cell in cells) and any(map(is_number, cells))
