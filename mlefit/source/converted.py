"""Tables that are no text, row after row as one: what their cells hold is decided as in any text, by the cells of all rows."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from mlefit.source.arriving import Arriving
from mlefit.source.options import ReadOptions
from mlefit.source.part import Block, Parsed, Wanted
from mlefit.source.stored import Stored
from mlefit.source.text import TextPart

ROWS = 1000     # that are written at a time


class Written(io.RawIOBase):
    """Rows of cells as the bytes of a CSV text, made when they are read."""

    def __init__(self, rows: Iterator[Sequence[str]]) -> None:
        super().__init__()
        self._rows, self._left = rows, b""

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes, `size` at most; empty at the end."""
        if not self._left:
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerows(row for row, _ in zip(self._rows, range(ROWS), strict=False))
            self._left = text.getvalue().encode("utf-8", "replace")
        piece, self._left = self._left[:size], self._left[size:]
        return piece


class Converted(Stored):
    """The text made of `rows`, the names first, that come from the bytes of `stored`, whose label and hash it has."""

    def __init__(self, stored: Stored, rows: Iterator[Sequence[str]]) -> None:
        self.label, self.version, self._from = stored.label, stored.version, stored
        self._arriving: Any = Arriving(Written(rows), stored.label, digest=False)   # type: ignore[arg-type]    # read alone is used

    @property
    def tied(self) -> str:
        """As of Stored."""
        return "a table that is made here of something else"

    def digest(self) -> str | None:
        """That of the input."""
        return self._from.digest()

    def close(self) -> None:
        """Delete what was kept, here and of the input."""
        super().close()
        self._from.close()


class ConvertedPart(TextPart):
    """A table in a text that nobody has seen: places are told by row."""

    def __init__(self, stored: Stored, rows: Iterator[Sequence[str]], options: ReadOptions, notes: Sequence[str] = ()) -> None:
        plain = options._replace(delimiter=",", encoding="utf-8", decimal=".", header=True, skip=0)
        converted = Converted(stored, rows)
        try:
            super().__init__(converted, plain)
        except BaseException:
            converted.close()
            raise
        self.notes = [*notes, *self.notes]

    def parse(self, block: Block, wanted: Wanted) -> Parsed:
        """As Part.parse."""
        parsed = super().parse(block, wanted)
        return replace(parsed, findings=tuple(
            replace(finding, cases=tuple(case._replace(line=None) for case in finding.cases)) for finding in parsed.findings))


def cell(value: object) -> str:
    """A value as the text that stands for it; blanks for nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)
