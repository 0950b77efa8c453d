"""How a text table is written: delimiter, decimal sign, line ends, header, found from its first lines."""

import csv
import io
import re
from collections.abc import Sequence
from typing import NamedTuple

from mlefit.errors import DataError, UsageError
from mlefit.source.cells import MISSING, shown
from mlefit.source.options import ReadOptions

_WORDS = {"tab": "\t", "\\t": "\t", "space": " ", "comma": ",", "semicolon": ";", "pipe": "|"}
_CALLED = {"\t": "tabs", " ": "spaces", ";": "semicolons", "|": "vertical bars", ",": "commas"}
_LINES = 100        # lines that the search for a delimiter looks at
_SPREAD = re.compile(r"^ +\S|\S {2,}\S")    # blanks as an aligned table has them
_POINT = re.compile(r"[+-]?(?:[0-9]+[.]?[0-9]*|[.][0-9]+)(?:[eE][+-]?[0-9]+)?")
_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?")


class Dialect(NamedTuple):
    """`delimiter` is one character; `ragged_spaces`: fields are separated by runs of blanks, to be squeezed first."""

    delimiter: str
    decimal: str
    eol: bytes
    ragged_spaces: bool


def records(text: str, delimiter: str, most: int = _LINES, squeezed: bool = False) -> list[list[str]]:
    """The first records of a text as lists of fields, blank lines left out."""
    found: list[list[str]] = []
    if squeezed:
        text = squeeze(text.encode()).decode()
    try:
        for fields in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if fields:
                found.append(fields)
            if len(found) >= most:
                break
    except csv.Error:       # a field longer than the csv module takes: what came before must do
        pass
    return found


_BLANKS = re.compile(rb'("(?:[^"]++|"")*+")|(?m:^[ \t]+|[ \t]+(?=\r?$))|[ \t]+')


def squeeze(text: bytes) -> bytes:
    """Runs of blanks outside quotes as one space, none at either end of a line."""
    def one(match: re.Match[bytes]) -> bytes:
        if match[1] is not None:
            return match[1]
        start, stop = match.span()
        at_edge = start == 0 or text[start - 1] in b"\r\n" or stop == len(text) or text[stop] in b"\r\n"
        return b"" if at_edge else b" "

    return _BLANKS.sub(one, text)


def _is_number(cell: str) -> bool:
    return bool(_POINT.fullmatch(cell.strip()) or _COMMA.fullmatch(cell.strip()))


def _fits(rows: Sequence[Sequence[str]], delimiter: str) -> float:
    """How well a delimiter explains the lines: the share of them with the header's fields, 0 when it splits nothing."""
    width = len(rows[0]) if rows else 0
    body = rows[1:] or rows
    shares = {extra: sum(len(row) == width + extra for row in body) / len(body) for extra in (0, 1)} if body else {}
    share = max(shares.values(), default=0.0) if width > 1 else shares.get(0, 0.0)
    if width < 2 or share <= 0.5:       # fewer than half of the lines is no pattern
        return 0.0
    if delimiter == " ":                # words of a sentence are not columns: one column of numbers must come of it
        common = [row for row in body if len(row) >= width]
        if not any(
            all(_is_number(row[at]) or row[at].strip() in MISSING for row in common)
            and any(_is_number(row[at]) for row in common)
            for at in range(width)
        ):
            return 0.0
    return share


def detect(text: str, options: ReadOptions, notes: list[str]) -> Dialect:
    """The dialect of a table that starts with `text`. Raises UsageError for overrides that cannot be meant."""
    eol = b"\n" if "\n" in text or "\r" not in text else b"\r"
    spread = any(_SPREAD.search(line) for line in text[:65536].splitlines()[:_LINES])
    if options.delimiter is not None:
        delimiter = _WORDS.get(options.delimiter.lower(), options.delimiter)
        if len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n\0' or delimiter.isalnum():
            raise UsageError(
                f"--delimiter: expected one character that separates cells, found {shown(options.delimiter)}.",
                "Use for example , or ; or | or tab or space.", code="delimiter",
            )
    else:
        scores = {
            sign: _fits(records(text, sign, squeezed=sign == " " and spread), sign)
            for sign in (",", ";", "\t", "|", " ")
        }
        delimiter = max(scores, key=lambda sign: scores[sign])
        if not scores[delimiter]:
            delimiter = ","
        elif delimiter not in (",", "\t"):
            notes.append(f"columns are separated by {_CALLED[delimiter]}")
    squeezed = delimiter == " " and spread
    decimal = options.decimal or "."
    if decimal not in (".", ","):
        raise UsageError(f"--decimal: expected . or , and found {shown(decimal)}.", "Use --decimal ,", code="decimal")
    if decimal == delimiter:
        raise UsageError(
            f"the delimiter and the decimal sign are both {shown(decimal)}.", "Use another --delimiter or --decimal.",
            code="decimal",
        )
    if options.decimal is None and delimiter != ",":
        cells = [cell.strip() for row in records(text, delimiter, squeezed=squeezed)[1:] for cell in row]
        commas = sum(bool(_COMMA.fullmatch(cell)) for cell in cells)
        points = sum("." in cell and bool(_POINT.fullmatch(cell)) for cell in cells)
        if commas and not points:
            decimal = ","
            notes.append("numbers are written with a decimal comma")
    return Dialect(delimiter, decimal, eol, squeezed)


class Header(NamedTuple):
    """`names`: the columns in use by position; `width`: fields of a row; `named`: the first record holds the names."""

    names: dict[str, int]
    width: int
    named: bool


def header_of(text: str, dialect: Dialect, options: ReadOptions, label: str, notes: list[str]) -> Header:
    """The columns of a table that starts with `text`.

    Raises DataError for a first row of numbers where names are expected, and for names that occur twice.
    """
    rows = records(text, dialect.delimiter, squeezed=dialect.ragged_spaces)
    if not rows:        # the csv module takes no longer cell
        raise DataError(
            f"{label}, line 1: expected column names, found more than {csv.field_size_limit():,} characters.",
            "Check that this is a text table with one row per line.", code="long-line",
        )
    first, body = rows[0], rows[1:]
    if not options.header:
        return Header({f"c{at + 1}": at for at in range(len(first))}, len(first), False)
    filled = [cell.strip() for cell in first if cell.strip()]
    # pandas writes 0, 1, ... for columns without names, after the empty name of its index
    counted = not first[0].strip() and filled == [str(at) for at in range(len(first) - 1)]
    if filled and all(_POINT.fullmatch(cell) for cell in filled) and not counted:
        more = ", ..." if len(first) > 5 else ""    # enough to recognise the row
        raise DataError(
            f"{label}: expected column names in the first row, found numbers: {', '.join(filled[:5])}{more}.",
            "Use --no-header if the file has no names; the columns are then c1, c2, ...", code="no-header",
        )
    longer = [row for row in body if len(row) == len(first) + 1]
    if body and len(longer) == len(body):
        trailing = all(not row[-1].strip() for row in longer)
        first = [*first, ""] if trailing else ["", *first]
    return Header(_named(first, body, label, notes), len(first), True)


def _named(first: Sequence[str], body: Sequence[Sequence[str]], label: str, notes: list[str]) -> dict[str, int]:
    names: dict[str, int] = {}
    twice: list[str] = []
    for at, raw in enumerate(first):
        name = raw.strip()
        if not name:
            empty = all(len(row) <= at or not row[at].strip() for row in body)
            if empty and at == len(first) - 1:
                notes.append("lines end with a separator, which is ignored")
            elif at == 0:
                notes.append("the first column has no name and is left out: it looks like a row index")
            else:
                notes.append(f"column {at + 1} has no name and is left out")
            continue
        if name in names:
            twice.append(name)
        if name != raw and "blanks around column names are removed" not in notes:
            notes.append("blanks around column names are removed")
        names.setdefault(name, at)
    if twice:
        listed = ", ".join(shown(name) for name in dict.fromkeys(twice))
        raise DataError(
            f"{label}: expected different column names, found more than once: {listed}.",
            "Rename the columns in the first line.", code="duplicate-names", columns=list(dict.fromkeys(twice)),
        )
    if not names:
        raise DataError(f"{label}: expected column names in the first line, found none.",
                        "Write the names there, or use --no-header.", code="no-header")
    return names
