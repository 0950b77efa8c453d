"""How a text table is written: delimiter, decimal sign and line ends, found from its first lines."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from mlefit.errors import DataError, UsageError
from mlefit.source.cells import shown
from mlefit.source.lines import FIRST, has_comma, has_point, is_numeric, records
from mlefit.source.options import ReadOptions, character
from mlefit.source.written import number_part

SIGNS = (",", ";", "\t", "|", " ")      # delimiters that are detected; others are asked for
_CALLED = {"\t": "tabs", " ": "spaces", ";": "semicolons", "|": "vertical bars", ",": "commas"}
_SPREAD = re.compile(r"^ +\S|\S {2,}\S")    # blanks as an aligned table has them
_BREAK = re.compile("\r?\n|\r")
_ODD = re.compile(r"[^\w\s.'\"()-]|[\x01-\x08\x0e-\x1f\x7f]")      # what may stand between cells and seldom stands in them


class Dialect(NamedTuple):
    """`delimiter` is one character; `ragged_spaces`: fields are separated by runs of blanks, to be squeezed first."""

    delimiter: str
    decimal: str
    eol: bytes
    ragged_spaces: bool


def stated_delimiter(option: str) -> str:
    """The character that `--delimiter` means. Raises UsageError for what separates no cells."""
    delimiter = character(option)
    if len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n\0' or delimiter.isalnum():
        raise UsageError(
            f"--delimiter: expected one character that separates cells, found {shown(option)}.",
            "Use for example , or ; or | or tab or space.", code="delimiter",
        )
    return delimiter


def is_spread(text: str) -> bool:
    """Whether the first lines have runs of blanks, as an aligned table has them."""
    return any(_SPREAD.search(line) for line in text[:65536].splitlines()[:FIRST])


def first_records(text: str, delimiter: str) -> list[list[str]]:
    """The first records by a delimiter that may turn out not to be one."""
    return records(text, delimiter, squeezed=delimiter == " " and is_spread(text))


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
        if not any(is_numeric([row[at] for row in common]) for at in range(width)):
            return 0.0
    return share


def detect(text: str, options: ReadOptions, label: str, notes: list[str]) -> Dialect:
    """The dialect of a table that starts with `text`.

    Raises UsageError for overrides that cannot be meant, DataError for a single column of cells with one odd sign in
    each, which may be cells that it separates.
    """
    eol = b"\n" if "\n" in text or "\r" not in text else b"\r"
    if options.delimiter is not None:
        delimiter = stated_delimiter(options.delimiter)
    else:
        scores = {sign: _fits(first_records(text, sign), sign) for sign in SIGNS}
        delimiter = max(scores, key=lambda sign: scores[sign])
        if not scores[delimiter]:
            ask_for_delimiter(text, label)
            delimiter = ","
        elif delimiter not in (",", "\t"):
            notes.append(f"columns are separated by {_CALLED[delimiter]}")
    squeezed = delimiter == " " and is_spread(text)
    decimal = options.decimal or "."
    if decimal not in (".", ","):
        raise UsageError(f"--decimal: expected . or , and found {shown(decimal)}.", "Use --decimal ,", code="decimal")
    if decimal == delimiter:
        raise UsageError(
            f"the delimiter and the decimal sign are both {shown(decimal)}.", "Use another --delimiter or --decimal.",
            code="decimal",
        )
    if options.decimal is None and delimiter != ",":
        cells = [number_part(cell.strip()) for row in records(text, delimiter, squeezed=squeezed)[1:] for cell in row]
        if any(map(has_comma, cells)) and not any("." in cell and has_point(cell) for cell in cells):
            decimal = ","
            notes.append("numbers are written with a decimal comma")
    return Dialect(delimiter, decimal, eol, squeezed)


def eol_of(text: bytes) -> bytes:
    r"""What ends the lines of a text: `\n`, also behind `\r`, or a lone `\r`."""
    return b"\n" if b"\n" in text or b"\r" not in text else b"\r"


def ask_for_delimiter(text: str, label: str) -> None:
    """Raises DataError where all lines have one odd sign equally often inside: it may separate cells, or belong to them."""
    lines = [line for line in _BREAK.split(text[:65536])[:FIRST] if line.strip()]
    lines = lines[:-1] if len(text) > 65536 else lines
    for sign in dict.fromkeys(_ODD.findall(lines[0]) if len(lines) > 1 else ()):
        counts = {line.count(sign) for line in lines}
        if len(counts) > 1 or any(line.strip(" ").startswith(sign) or line.strip(" ").endswith(sign) for line in lines):
            continue
        named = sign if sign.isprintable() else f"\\x{ord(sign):02x}"
        remedy = f'If it separates cells, add --delimiter "{named}"'
        if all(line.count(2 * sign) * 2 == line.count(sign) for line in lines):
            remedy = f"A delimiter is one character: write another in place of {shown(2 * sign)}"
        other = "; if the file is one column, add --delimiter comma" if sign.isprintable() else ""
        raise DataError(f"{label}: expected cells separated by , or ; or tabs, found {shown(sign)} in every line.",
                        f"{remedy}{other}.", code="delimiter")
