"""The columns of a text table, from its first record and how the records below fit it."""

import csv
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from mlefit.errors import DataError
from mlefit.source.cells import shown
from mlefit.source.dialect import Dialect
from mlefit.source.index import why_no_index
from mlefit.source.lines import Record, has_point, numbered
from mlefit.source.options import ReadOptions

_FEW = 2        # lines below the names that tell nothing about them


class Header(NamedTuple):
    """`names`: the columns in use by position; `width`: fields of a row; `named`: the first record holds the names."""

    names: dict[str, int]
    width: int
    named: bool


def header_of(text: str, dialect: Dialect, options: ReadOptions, label: str, lines: int, notes: list[str]) -> Header:
    """The columns of a table that starts with `text`, `lines` lines down the file.

    Raises DataError for a first row of numbers where names are expected, for names that occur twice, and for a field
    without a name that is no row index.
    """
    rows = numbered(text, dialect.delimiter, squeezed=dialect.ragged_spaces)
    if not rows:        # the csv module takes no longer cell
        raise DataError(
            f"{label}, line {lines + 1}: expected column names, found more than {csv.field_size_limit():,} characters.",
            "Check that this is a text table with one row per line.", code="long-line",
        )
    first, body = rows[0].fields, rows[1:]
    if not options.header:
        return Header({f"c{at + 1}": at for at in range(len(first))}, len(first), False)
    filled = [cell.strip() for cell in first if cell.strip()]
    # pandas writes 0, 1, ... for columns without names, after the empty name of its index
    counted = not first[0].strip() and filled == [str(at) for at in range(len(first) - 1)]
    if filled and all(map(has_point, filled)) and not counted:
        more = ", ..." if len(first) > 5 else ""    # enough to recognise the row
        raise DataError(
            f"{label}: expected column names in the first row, found numbers: {', '.join(filled[:5])}{more}.",
            "Use --no-header if the file has no names; the columns are then c1, c2, ...", code="no-header",
        )
    first = _filled_up(first, body, notes)
    width, many = Counter(len(row.fields) for row in body).most_common(1)[0] if body else (len(first), 0)
    if width == len(first) + 1 and many == len(body):
        whole = numbered(text, dialect.delimiter, len(text), squeezed=dialect.ragged_spaces)[1:]
        _check_index([row for row in whole if len(row.fields) == width], len(first), label, lines)
        first = ["", *first]
    elif width != len(first) and 2 * many > max(len(body), _FEW):
        where = next(row.line for row in body if len(row.fields) == width)
        raise DataError(
            f"{label}, line {lines + 1}: expected column names, found {_count(len(first))} where most lines have {width}, "
            f"as line {lines + where + 1} has.",
            "Skip lines before the table with --skip N; a cell that contains the separator must stand in double quotes.",
            code="ragged",
        )
    return Header(_named(first, [row.fields for row in body], label, notes), len(first), True)


def _filled_up(first: list[str], body: Sequence[Record], notes: list[str]) -> list[str]:
    """The names, with those of empty fields at the end of all rows, and without an empty name at their own end."""
    widths = {len(row.fields) for row in body}
    width = widths.pop() if len(widths) == 1 else len(first)
    if width > len(first) and not any(cell.strip() for row in body for cell in row.fields[len(first) :]):
        return first + [""] * (width - len(first))
    if width == len(first) - 1 and not first[-1].strip():
        notes.append("the line of names ends with a separator, which is ignored")
        return first[:-1]
    return first


def _count(fields: int) -> str:
    return f"{fields} field{'' if fields == 1 else 's'}"


def _check_index(rows: Sequence[Record], names: int, label: str, lines: int) -> None:
    """Raises DataError when the first of one field too many is no row index."""
    found = why_no_index([row.fields for row in rows])
    if found is not None:
        at, why = found
        raise DataError(
            f"{label}, line {lines + rows[at].line + 1}: expected {_count(names)} as in the line of "
            f"names, found {names + 1}, and the first is no row index: {why}.",
            "A cell that contains the separator must stand in double quotes; if no cell does, name every column.",
            code="ragged",
        )


def _named(first: Sequence[str], body: Sequence[Sequence[str]], label: str, notes: list[str]) -> dict[str, int]:
    names: dict[str, int] = {}
    twice: list[str] = []
    last = max((at for at, raw in enumerate(first) if raw.strip()), default=-1)
    for at, raw in enumerate(first):
        name = raw.strip()
        if not name:
            empty = all(len(row) <= at or not row[at].strip() for row in body)
            if empty and at > last >= 0:
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
