"""What stands before a table: Excel's `sep=` line, and lines that are no part of it."""

import re
from collections.abc import Iterable, Sequence

from mlefit.source.cells import MISSING
from mlefit.source.lines import Record, is_number, is_numeric, numbered

_SEP = re.compile(r'"?[sS][eE][pP]=([^\w\r\n"]?)"?[ \t;,]*')
_LEAST = 2      # rows below the names without which lines that do not fit are no preamble


def named_separator(line: str) -> str | None:
    """The character that Excel's first line `sep=;` names, "" when it names none; None for any other line."""
    match = _SEP.fullmatch(line)
    return None if match is None else match[1]


def lines_before(text: str, delimiters: Iterable[str]) -> int:
    """How many lines stand before the column names: 0 unless it is plain that some do.

    It is plain when they have another number of fields than all lines from the names on, or start with `#`, or a blank
    line ends them and a column of numbers begins below; and when names stand above a column of numbers.
    """
    best = (0, 0)       # fields, lines
    for delimiter in delimiters:
        rows = numbered(text, delimiter, squeezed=delimiter == " ")
        at = _names(rows)
        if at and (delimiter != " " or _all_numeric(rows[at + 1 :])):     # words of a sentence are no columns
            best = max(best, (len(rows[at].fields), rows[at].line))
    return best[1]


def _names(rows: Sequence[Record]) -> int:
    """The index of the record with the column names; 0 where it is not plain that it is a later one."""
    if not rows:
        return 0
    width = len(rows[-1].fields)
    start = len(rows)       # from here on all records have that many fields
    while start and len(rows[start - 1].fields) == width:
        start -= 1
    first = next((at for at in range(start, len(rows)) if not _is_comment(rows[at])), 0)
    if first and _are_names(rows, first) and (width > 1 or all(map(_is_comment, rows[:first]))):
        return first
    if _are_names(rows, 0):
        return 0
    return next((at for at in range(max(start, 1), len(rows)) if rows[at].gap and _are_names(rows, at)), 0)


def _all_numeric(rows: Sequence[Record]) -> bool:
    return all(is_numeric([row.fields[at] for row in rows]) for at in range(len(rows[0].fields)))


def _is_comment(row: Record) -> bool:
    return row.fields[0].lstrip().startswith("#")


def _are_names(rows: Sequence[Record], at: int) -> bool:
    """Whether the record holds different words, and one of them stands above numbers that begin below it."""
    names, above, body = [cell.strip() for cell in rows[at].fields], rows[:at], rows[at + 1 :]
    if len(body) < _LEAST or len(set(names)) < len(names) or any(is_number(name) or name in MISSING for name in names):
        return False
    columns = ([row.fields[place] for row in body if place < len(row.fields)] for place in range(len(names)))
    numeric = [place for place, column in enumerate(columns) if is_numeric(column)]
    return any(
        not any(is_number(row.fields[place]) for row in above if len(row.fields) == len(names)) for place in numeric
    )
