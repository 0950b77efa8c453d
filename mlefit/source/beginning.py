"""Where a text begins to be a table: below the lines to skip, Excel's `sep=` line and what else stands before it."""

import re
from typing import NamedTuple

from mlefit.errors import DataError
from mlefit.source.dialect import SIGNS, eol_of, stated_delimiter
from mlefit.source.lines import numbered
from mlefit.source.options import ReadOptions
from mlefit.source.preamble import lines_before, named_separator
from mlefit.source.quoting import Rewrite, rewriting

_BREAKS = re.compile(rb"[\r\n]*")
HEAD = 1 << 16      # bytes that tell how a table begins, unless its lines are longer


class Beginning(NamedTuple):
    """`lines` stand before the table; `options` as stated by the user or the file; `rewrite`: what makes quotes usual."""

    lines: int
    options: ReadOptions
    rewrite: Rewrite | None

    def offset(self, text: bytes) -> int:
        """Bytes of the text before the table."""
        return _after(text, self.lines)


def beginning(text: bytes, options: ReadOptions, label: str, notes: list[str]) -> Beginning:
    """Where the table in `text` begins. Raises DataError when --skip leaves nothing of it."""
    lines = options.skip or 0
    offset = _after(text, lines)
    if lines and not text[offset:].strip():
        raise DataError(f"{label}: expected a table below the {lines} lines of --skip, found nothing.",
                        "Skip fewer lines.", code="skip")
    lines += _blank(text, offset)
    rest = _first_lines(text, lines)
    sign = named_separator(rest.partition("\n")[0].partition("\r")[0])
    if sign is not None and (below := _after(text, lines + 1)) < len(text):
        lines += 1 + _blank(text, below)
        if sign and options.delimiter is None:
            options = options._replace(delimiter=sign)
            notes.append(f'the first line says that "{sign}" separates the columns')
    signs = SIGNS if options.delimiter is None else (stated_delimiter(options.delimiter),)
    if options.skip is None and sign is None and not _is_even(rest, signs):
        before = lines_before(rest, signs)
        if before:
            lines += before
            which = f"line {lines} stands" if lines == 1 else f"lines 1 to {lines} stand"
            notes.append(f"{which} before the table and {'is' if lines == 1 else 'are'} skipped")
    rest = rest if not lines else _first_lines(text, lines)
    found = rewriting(rest, [sign for sign in signs if sign != " "] or signs)
    if found is not None:
        notes.append(found[1])
    return Beginning(lines, options, found[0] if found is not None else None)


def _first_lines(text: bytes, skipped: int) -> str:
    """Whole lines below those skipped, about HEAD bytes of them."""
    start = _after(text, skipped)
    stop = text.rfind(eol_of(text), start, start + HEAD) + 1 if len(text) - start > HEAD else 0
    return text[start : stop or len(text)].decode("utf-8", "replace")


def _after(text: bytes, lines: int) -> int:
    """The position after so many lines."""
    eol, at = eol_of(text), 0
    for _ in range(lines):
        found = text.find(eol, at)
        if found < 0:
            return len(text)
        at = found + 1
    return at


def _blank(text: bytes, offset: int) -> int:
    """Empty lines from a position on."""
    end = _BREAKS.match(text, offset)
    return text.count(eol_of(text), offset, end.end() if end else offset)


def _is_even(text: str, signs: tuple[str, ...]) -> bool:
    """Whether a sign cuts all of the first lines into as many fields, without blank lines or a comment at the start."""
    for sign in signs:
        rows = numbered(text, sign)
        if len({len(row.fields) for row in rows}) == 1 and len(rows[0].fields) > 1:
            return not text.startswith("#") and not any(row.gap for row in rows)
    return False
