"""JSON: one object a line, or one array of objects. Objects within objects become columns with a point in their names."""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from mlefit.errors import DataError
from mlefit.source.converted import ConvertedPart, cell
from mlefit.source.decoding import compression, decompressed
from mlefit.source.options import ReadOptions
from mlefit.source.stored import Stored

HEAD = 1 << 16      # bytes in which the first object must end


class JsonPart(ConvertedPart):
    """The table of the objects in `stored`, with a column for every key that any of them has."""

    def __init__(self, stored: Stored, options: ReadOptions) -> None:
        names: dict[str, None] = {}
        rows, last = 0, dict[str, str]()
        for row in _objects(stored):
            names.update(dict.fromkeys(row))
            rows, last = rows + 1, row
        if rows == 1 and last and all(cell.startswith("[") for cell in last.values()):
            raise DataError(f"{stored.label}: expected an object for each row, found one with a list for each column.",
                            "Write one object a row: one a line, or all in one array.", code="not-a-table")
        super().__init__(stored, _rows(stored, tuple(names)), options)


def is_json(start: bytes) -> bool:
    """Whether a text that starts so is JSON lines, or an array of objects."""
    text = start.decode("utf-8-sig", "ignore").lstrip()
    if text.startswith("["):
        return text[1:].lstrip().startswith("{")
    try:
        return text.startswith("{") and isinstance(json.loads(text.partition("\n")[0]), dict)
    except ValueError:
        return False


def _rows(stored: Stored, names: Sequence[str]) -> Iterator[Sequence[str]]:
    yield names
    for row in _objects(stored):
        yield [row.get(name, "") for name in names]


def _objects(stored: Stored) -> Iterator[dict[str, str]]:
    """The objects as texts by key; numbers as they are spelt. Raises DataError for a line that is none."""
    with stored.open() as raw:
        method = compression(raw.read(8))
        raw.seek(0)
        stream: Any = decompressed(raw, method, stored.label)
        text = io.TextIOWrapper(io.BufferedReader(_Whole(stream)), encoding="utf-8-sig", errors="replace")
        start = text.read(1)
        while start.isspace():
            start = text.read(1)
        if start == "[":
            yield from _array(start + text.read(), stored.label)
            return
        for at, line in enumerate(_with(start, text), start=1):
            if line.strip():
                yield _flat(_parsed(line, f"{stored.label}, line {at}"), f"{stored.label}, line {at}")


def _with(start: str, text: Iterator[str]) -> Iterator[str]:
    yield start + next(text, "")
    yield from text


def _array(text: str, label: str) -> Iterator[dict[str, str]]:
    rows = _parsed(text, label)
    for at, row in enumerate(rows, start=1):
        yield _flat(row, f"{label}, object {at}")


def _parsed(text: str, place: str) -> Any:
    try:
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{place}: expected JSON, found what is none: {error}.", "Check the file.", code="not-a-table") from None


def _flat(row: Any, place: str, prefix: str = "") -> dict[str, str]:
    if not isinstance(row, Mapping):
        found = "a list" if isinstance(row, list) else "a value"
        raise DataError(f"{place}: expected an object, found {found}.", "Write one object a row.", code="not-a-table")
    cells: dict[str, str] = {}
    for key, value in row.items():
        if isinstance(value, Mapping):
            cells |= _flat(value, place, f"{prefix}{key}.")
        else:
            cells[f"{prefix}{key}"] = json.dumps(value) if isinstance(value, list) else cell(value)
    return cells


class _Whole(io.RawIOBase):
    """A stream that TextIOWrapper can read."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._stream.read(memoryview(buffer).nbytes)
        memoryview(buffer)[: len(piece)] = piece
        return len(piece)
