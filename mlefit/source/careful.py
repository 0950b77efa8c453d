"""The second, slow look at a block that the fast parse refused: every problem with its row, line and cell."""

import csv
import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlefit.arrays import Codes, Mask
from mlefit.source.cells import shown
from mlefit.source.dialect import Dialect
from mlefit.source.problems import SHOWN_CELLS, Case, Finding

Rows = NDArray[np.intp]


def lines_of(text: bytes, rows: Sequence[int], dialect: Dialect) -> dict[int, int]:
    """The line, from 0, where each of the data `rows` (from 0, blank lines not counted) of a block starts."""
    wanted, found, last = set(rows), {}, max(rows, default=-1)
    reader = csv.reader(io.StringIO(text.decode("utf-8", "replace"), newline=""), delimiter=dialect.delimiter)
    row = line = 0
    try:
        for fields in reader:
            if fields:
                if row in wanted:
                    found[row] = line
                if row >= last:
                    break
                row += 1
            line = reader.line_num
    except csv.Error:       # a field longer than the csv module takes: the rows after it go without a line
        pass
    return found


def bad_cells(
    name: str, code: str, bad: Mask, cells: Codes, texts: list[str], rows: Rows, text: bytes, dialect: Dialect
) -> Finding | None:
    """A finding about the cells (codes into `texts`) that are marked `bad` per distinct text; `rows` of the block."""
    where = np.flatnonzero(bad[cells])
    if not len(where):
        return None
    first = [int(at) for at in where[:SHOWN_CELLS]]
    lines = lines_of(text, [int(rows[at]) for at in first], dialect)
    cases = (
        Case(int(rows[at]), lines.get(int(rows[at])), shown(texts[int(cells[at])].strip())) for at in first
    )
    return Finding(code, name, len(where), tuple(cases))


def ragged_lines(rows: Sequence[tuple[int, int]], width: int, text: bytes, dialect: Dialect) -> Finding | None:
    """A finding about rows, given as (row of the block, fields found), that do not have `width` fields."""
    if not rows:
        return None
    lines = lines_of(text, [row for row, _ in rows[:SHOWN_CELLS]], dialect)
    cases = tuple(
        Case(None, lines.get(row, row), f"has {found} field{'' if found == 1 else 's'}, not {width}")
        for row, found in rows[:SHOWN_CELLS]
    )
    return Finding("ragged", None, len(rows), cases)


def repeated_names(text: bytes, names: bytes, eol: bytes) -> Finding | None:
    """A finding about lines that hold the column names again, as files written one behind the other do."""
    lines = [line for line, content in enumerate(text.split(eol)) if content.rstrip(b"\r") == names]
    if not lines or not names:
        return None
    words = shown(names.decode("utf-8", "replace"))
    return Finding("names-again", None, len(lines), tuple(Case(None, line, words) for line in lines[:SHOWN_CELLS]))


def nul_lines(text: bytes, eol: bytes) -> Finding:
    """A finding about the lines of a text that hold NUL bytes."""
    lines = [line for line, content in enumerate(text.split(eol)) if b"\0" in content]
    cases = []
    for line in lines[:SHOWN_CELLS]:
        content = text.split(eol)[line].decode("utf-8", "replace").strip("\r\n")
        cases.append(Case(None, line, shown(content)))
    return Finding("nul", None, len(lines), tuple(cases))


def broken_text(text: bytes, eol: bytes) -> Finding | None:
    """A finding about the first line that is not UTF-8; None when all of the text is."""
    try:
        text.decode()
    except UnicodeDecodeError as error:
        line = text.count(eol, 0, error.start)
        return Finding("encoding", None, 1, (Case(None, line, f"has the byte 0x{text[error.start]:02X}"),))
    return None
