"""What is no text table: other kinds of file by their first bytes, and bytes that no text has."""

from mlefit.errors import DataError
from mlefit.source.careful import nul_lines
from mlefit.source.dialect import ask_for_delimiter, eol_of, stated_delimiter
from mlefit.source.options import ReadOptions
from mlefit.source.problems import refusal

_OTHERS = (
    (b"PK\x03\x04", "a compressed zip archive or Excel workbook"), (b"%PDF", "a PDF document"),
    (b"SQLite format 3", "a compressed SQLite database"), (b"\x89HDF", "an HDF5 file"),
)
_MARKUP = ((b"<!doctype html", "an HTML page"), (b"<html", "an HTML page"), (b"<?xml", "an XML document"))
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\v\0\x1a\x1b"))    # bytes that no text has
_BINARY = 0.01          # share of such bytes from which a file is no text


def refuse_others(start: bytes, label: str) -> None:
    """Raises DataError for an empty file and for one that starts as other kinds do."""
    if not start:
        raise DataError(f"{label}: expected a table, found an empty file.", "Check the path.", code="empty")
    for magic, name in _OTHERS:
        if start.startswith(magic):
            raise DataError(f"{label}: expected a table, found {name}.", "Export it as CSV or Parquet.",
                            code="not-a-table")
    if start[257:262] == b"ustar":
        raise DataError(f"{label}: expected a table, found a tar archive.", "Unpack it, and name the table.", code="not-a-table")
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] == b"<":
        for opening, name in _MARKUP:
            if text[: len(opening)].lower() == opening:
                raise DataError(f"{label}: expected a table, found {name}.",
                                "Check what was downloaded, or export it as CSV or Parquet.", code="not-a-table")
    if text[:1] in (b"{", b"["):
        _refuse_json(text, label)


def _refuse_json(text: bytes, label: str) -> None:
    """Raises DataError for a file of mlefit, and for JSON whose rows are no objects."""
    import json
    import re

    if re.match(rb'\{\s*"schema":\s*"mlefit\.model', text):
        raise DataError(f"{label}: expected a table, found a model that mlefit has saved.",
                        "A model is read by predict, simulate, check, show and export, and a table stands behind it.",
                        code="not-a-table")
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError):        # text that begins like JSON, or more of it than this
        return
    found = "an empty array" if rows == [] else "JSON that is no list of objects"
    raise DataError(f"{label}: expected a table, found {found}.",
                    "Write one object a row: one a line, or all in one array.", code="not-a-table")


def refuse_binary(text: bytes, options: ReadOptions, label: str) -> None:
    """Raises DataError for blank and binary text; a control character that may separate cells is asked about."""
    if not text.strip():
        raise DataError(f"{label}: expected a table, found only blank lines.", "Check the file.", code="empty")
    head = text[:65536]
    sign = b"" if options.delimiter is None else stated_delimiter(options.delimiter).encode()
    controls = len(head) - len(head.translate(None, _CONTROLS.translate(None, sign)))
    if controls > _BINARY * len(head) or head.count(0) > len(head) // 4:
        if not sign and not head.count(0):
            ask_for_delimiter(head.decode("utf-8", "replace"), label)
        raise DataError(f"{label}: expected a text table, found binary data.", "Export it as CSV or Parquet.",
                        code="not-a-table")
    if b"\0" in text:
        raise refusal([nul_lines(text, eol_of(text))], [label])
