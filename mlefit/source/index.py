"""Row indices: the column of a table that only names or counts its rows."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from mlefit.source.cells import shown
from mlefit.source.lines import is_number

_FIRST = re.compile("[0-9]{1,15}")
_WHOLE = re.compile(r"[+-]?[0-9]+")
_THOUSANDS = re.compile(r"[0-9]{1,3}"), re.compile(r"[0-9]{3}")
# What pandas, R and databases call the row numbers of an earlier export.
_NAMES = re.compile(
    r"X(?:\.[0-9]+)?|(?i:unnamed: ?[0-9.]+|index|level_0|__index_level_0__|row|row[._ ]?(?:names?|ids?|num|number|no))"
)


def why_no_index(rows: Sequence[Sequence[str]]) -> tuple[int, str] | None:
    """Why the first field of the rows is no row index, and which row tells so; None where it looks like one.

    An index differs from row to row, and is whole numbers or text; a word above numbers is a name. Whole numbers of at
    most three digits before three digits in every row may have thousands separators instead, unless they count the rows.
    """
    first = [row[0].strip() for row in rows]
    seen: set[str] = set()
    for at, cell in enumerate(first):
        if not cell:
            return at, "it is empty"
        if cell in seen:
            return at, f"{shown(cell)} is there a second time"
        if is_number(cell) and not _WHOLE.fullmatch(cell):
            return at, f"{shown(cell)} is no whole number"
        seen.add(cell)
    if len(first) > 1 and not is_number(first[0]) and all(map(is_number, first[1:])):
        return 0, f"{shown(first[0])} stands above numbers"
    head, tail = _THOUSANDS
    if not _counts(first) and all(head.fullmatch(row[0].strip()) and tail.fullmatch(row[1].strip()) for row in rows):
        return 0, f"{shown(f'{rows[0][0]},{rows[0][1]}')} may be one number with a thousands separator"
    return None


def counted(names: Iterable[str], cells: Callable[[str], Sequence[str]]) -> dict[str, int]:
    """Where the columns begin that are called as the row numbers of an export are, and whose `cells` go up by one."""
    return {name: int(found[0]) for name in names if _NAMES.fullmatch(name) and _rises(found := cells(name))}


def counting(parts: Sequence[Mapping[str, int]]) -> frozenset[str]:
    """The columns that count the rows of all parts, each on its own or one after the other, from 0 or 1."""
    return frozenset(name for name in parts[0] if all(name in part for part in parts)
                     and any(part[name] in (0, 1) for part in parts))


def _counts(cells: Sequence[str]) -> bool:
    return cells[0] in ("0", "1") and _rises(cells)


def _rises(cells: Sequence[str]) -> bool:
    return len(cells) > 1 and _FIRST.fullmatch(cells[0]) is not None and all(
        cell == str(at) for at, cell in enumerate(cells, int(cells[0]))
    )
