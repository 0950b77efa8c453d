"""From stored bytes to UTF-8 text: compression by magic bytes, encoding by marks and by trial."""

import codecs
import lzma
import zlib
from typing import Any, BinaryIO, Protocol

from mlefit.errors import DataError, UsageError

_MAGIC = ((b"\x1f\x8b", "gz"), (b"BZh", "bz2"), (b"\xfd7zXZ\x00", "xz"), (b"\x28\xb5\x2f\xfd", "zst"))
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_XZ_MEMORY = 256 << 20      # bytes: four times what the strongest preset of xz needs; a header may claim far more


class Readable(Protocol):
    """Anything bytes can be read from."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; empty at the end."""


def compression(head: bytes) -> str | None:
    """gz, bz2, xz or zst by the first bytes, else None."""
    return next((name for magic, name in _MAGIC if head.startswith(magic)), None)


def decompressed(raw: BinaryIO, method: str | None, label: str) -> Readable:
    """`raw` without its compression, read as a stream. Damage becomes a DataError while reading."""
    stream: Any = raw
    if method == "gz":
        import gzip

        stream = gzip.GzipFile(fileobj=raw, mode="rb")
    elif method == "bz2":
        import bz2

        stream = bz2.BZ2File(raw)
    elif method == "xz":
        stream = _Xz(raw)
    elif method == "zst":
        import pyarrow as pa

        stream = pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd")
    return _Guarded(stream, method, label)


class _Xz:
    """xz streams one after the other, with a bound on the memory that their headers may ask for."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw, self._decoder = raw, lzma.LZMADecompressor(memlimit=_XZ_MEMORY)

    def read(self, size: int, /) -> bytes:
        while True:
            if self._decoder.eof:
                rest = self._decoder.unused_data.lstrip(b"\0") or self._raw.read(1 << 16).lstrip(b"\0")
                if not rest:
                    return b""
                self._decoder = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)
                found = self._decoder.decompress(rest, size)
            else:
                more = self._raw.read(1 << 16) if self._decoder.needs_input else b""
                if not more and self._decoder.needs_input:
                    raise EOFError("the end is missing")
                found = self._decoder.decompress(more, size)
            if found:
                return found


class _Guarded:
    """A stream whose failures name the file."""

    def __init__(self, stream: Any, method: str | None, label: str) -> None:
        self._stream, self._method, self._label = stream, method, label

    def read(self, size: int, /) -> bytes:
        try:
            return bytes(self._stream.read(size))
        except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
            if self._method is None:
                raise DataError(
                    f"{self._label}: cannot be read: {error}.", "Check the file.", code="unreadable"
                ) from None
            raise DataError(
                f"{self._label}: the {self._method} compressed data is damaged or its end is missing.",
                "Copy or compress the file again.", code="damaged",
            ) from None


def encoding_of(head: bytes, asked: str | None) -> tuple[str, int]:
    """The encoding of a text that starts with `head`, and how many bytes its mark takes.

    Without a mark: UTF-16 when every other byte is zero, UTF-8 when `head` decodes, else CP1252 or, where that has no
    such character, Latin-1. Raises UsageError for an encoding Python does not know.
    """
    mark = next(((name, len(bom)) for bom, name in _MARKS if head.startswith(bom)), None)
    if asked is not None:
        try:
            name = codecs.lookup(asked).name.replace("iso8859-1", "latin-1")
            "".encode(name)
        except (LookupError, ValueError):
            raise UsageError(
                f"unknown encoding {asked!r}.", "Use a name such as utf-8, utf-16, cp1252 or latin-1.", code="encoding"
            ) from None
        if mark and name in ("utf-16", "utf-32", "utf-8-sig"):
            return mark
        return name, mark[1] if mark and mark[0] == name else 0
    if mark:
        return mark
    even, odd = head[0:200:2], head[1:200:2]
    if len(head) >= 4 and not any(odd) and any(even):
        return "utf-16-le", 0
    if len(head) >= 4 and not any(even) and any(odd):
        return "utf-16-be", 0
    for name in ("utf-8", "cp1252"):
        try:
            codecs.getincrementaldecoder(name)().decode(head)
        except UnicodeDecodeError:
            continue
        return name, 0
    return "latin-1", 0


class Transcoded:
    """The text of `stream` in another encoding, as UTF-8 bytes."""

    def __init__(self, stream: Readable, encoding: str, label: str) -> None:
        self._stream, self._label, self._encoding = stream, label, encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._rest = b""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; empty at the end."""
        while not self._rest:
            piece = self._stream.read(size)
            try:
                self._rest = self._decoder.decode(piece, not piece).encode()
                if not piece:
                    break
            except (UnicodeError, ValueError):
                raise DataError(
                    f"{self._label}: expected {self._encoding} text, found bytes that are none.",
                    "State the encoding with --encoding.", code="encoding",
                ) from None
        text, self._rest = self._rest[:size], self._rest[size:]
        return text


def filled(stream: Readable, size: int) -> bytes:
    """The next `size` bytes of a stream that may give fewer at a time; fewer at its end."""
    pieces, missing = [], size
    while missing > 0 and (piece := stream.read(missing)):
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)
