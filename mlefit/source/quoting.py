"""Text in single quotes and quotes behind a backslash, rewritten line by line as the double quotes of CSV."""

import csv
import re
from collections.abc import Callable, Collection

from mlefit.source.decoding import Readable
from mlefit.source.lines import FIRST, numbered

LONGEST = 1 << 24       # bytes of a line from which it is handed on as it stands, to be refused
_ESCAPED = re.compile(rb'\\(["\\])')

Rewrite = Callable[[bytes], bytes]


def from_backslashes(text: bytes) -> bytes:
    r"""`\"` as `""`, and `\\` as one backslash."""
    return _ESCAPED.sub(lambda match: b'""' if match[1] == b'"' else b"\\", text)


def from_single_quotes(delimiters: Collection[str]) -> Rewrite:
    r"""`'it''s'` as `"it's"`, where the quotes enclose a whole cell; `\'` is a quote as well."""
    sign = re.escape("".join(delimiters)).encode()
    cell = re.compile(rb"(?m)((?:^|(?<=[%s\r])) *)'((?:[^'\\\r\n]|''|\\.)*)'(?=[ ]*(?:[%s\r\n]|\Z))" % (sign, sign))

    def quoted(match: re.Match[bytes]) -> bytes:
        inside = match[2].replace(b"''", b"'").replace(b"\\'", b"'").replace(b'"', b'""')
        return match[1] + b'"' + inside + b'"'

    return lambda text: cell.sub(quoted, text)


def rewriting(text: str, delimiters: Collection[str]) -> tuple[Rewrite, str] | None:
    """What makes usual quotes of the text's own and how a note says it, None where the text is written as usual.

    Single quotes are quotes when more than half of the first lines have a cell in them; backslashes are escapes when
    all of the first lines have the same fields only so.
    """
    if "'" in text:
        rewrite = from_single_quotes(delimiters)
        lines = [line.encode() for line in re.split("[\r\n]+", text)[:FIRST] if line]
        if 2 * sum(rewrite(line) != line for line in lines[1:]) > len(lines) - 1:
            return rewrite, "text in single quotes is read without them"
    if '\\"' in text:
        escaped = from_backslashes(text.encode()).decode()
        if _is_regular(escaped, delimiters) and not _is_regular(text, delimiters):
            return from_backslashes, "a quote behind a backslash is read as part of the text"
    return None


def _is_regular(text: str, delimiters: Collection[str]) -> bool:
    """Whether a delimiter of the first line gives all records the same number of fields, with nothing behind quotes."""
    first = text.split("\n", 1)[0]
    for delimiter in [sign for sign in delimiters if sign in first] or [","]:
        try:
            widths = {len(row.fields) for row in numbered(text, delimiter, strict=True)}
        except csv.Error:
            continue
        if len(widths) == 1:
            return True
    return False


class Rewritten:
    """The text of `stream` with each line rewritten."""

    def __init__(self, stream: Readable, rewrite: Rewrite, eol: bytes) -> None:
        self._stream, self._rewrite, self._eol = stream, rewrite, eol
        self._begun, self._ready = b"", b""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; empty at the end."""
        while not self._ready:
            piece = self._stream.read(size)
            text = self._begun + piece
            cut = text.rfind(self._eol) + 1 if piece and len(text) < LONGEST else len(text)
            self._ready, self._begun = self._rewrite(text[:cut]), text[cut:]
            if not piece:
                break
        text, self._ready = self._ready[:size], self._ready[size:]
        return text
