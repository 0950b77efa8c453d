"""Bytes that come once: handed on as they arrive, kept on the way, and so readable again from the start.

What is kept lies in memory while it is small, then in a file without a name, gone however the program ends.
"""

import hashlib
import io
import select
import tempfile
import threading
from typing import Any, BinaryIO

from mlefit.errors import DataError
from mlefit.source.part import SMALL

PIECE = 1 << 20     # bytes asked for at a time; a pipe gives what it has


class Arriving:
    """The bytes of `stream`, which is read no further than somebody has asked for. Any number of threads may read."""

    def __init__(self, stream: BinaryIO, label: str, digest: bool) -> None:
        self._stream, self._label = stream, label
        self._kept = tempfile.SpooledTemporaryFile(max_size=SMALL)   # noqa: SIM115 - closed by close()
        self._lock = threading.Lock()
        self._hash = hashlib.sha256() if digest else None
        self._arrived, self._ended = 0, False

    @property
    def size(self) -> int | None:
        """The number of bytes, None while more may come."""
        return self._arrived if self._ended else None

    def open(self) -> io.BufferedReader:
        """A new reader, at the start."""
        return io.BufferedReader(_Window(self), PIECE)

    def read(self, start: int, most: int) -> bytes:
        """Bytes from `start` on, at least one and at most `most`, waiting for them; none at the end."""
        with self._lock:
            while start >= self._arrived and not self._ended:
                self._wait()
            self._kept.seek(start)
            return self._kept.read(min(most, max(0, self._arrived - start)))

    def first(self, size: int, lines: int, pause: float) -> tuple[bytes, bool]:
        """Up to `size` bytes from the start, and whether these are all: waiting for as many line ends, then `pause` seconds for
        each piece."""
        with self._lock:
            while not self._ended and self._arrived < size:
                self._kept.seek(0)
                if self._kept.read(size).count(b"\n") >= lines and not self._comes(pause):
                    break
                self._wait()
            self._kept.seek(0)
            return self._kept.read(size), self._ended

    def _comes(self, pause: float) -> bool:
        """Whether something comes within some seconds; yes where nobody can tell."""
        try:
            return bool(select.select([self._stream], [], [], pause)[0])
        except (OSError, ValueError, TypeError):
            return True

    def digest(self) -> str | None:
        """SHA-256 of all bytes, in hex, taken on the way if that was wanted; else None."""
        self.drain()
        return None if self._hash is None else self._hash.hexdigest()

    def drain(self) -> int:
        """Wait for the last byte; the number of all."""
        with self._lock:
            while not self._ended:
                self._wait()
        return self._arrived

    def close(self) -> None:
        """Delete what was kept. Safe to call twice."""
        self._kept.close()
        if self._label != "-":
            self._stream.close()

    def _wait(self) -> None:
        """Take what comes next. Raises DataError when it cannot be read or kept."""
        try:
            piece = self._next()
        except OSError as error:
            raise DataError(f"{self._label}: cannot be read: {error.strerror}.", "Check where it comes from.",
                            code="unreadable") from None
        self._ended = not piece
        if self._hash is not None:
            self._hash.update(piece)
        try:
            self._kept.seek(self._arrived)
            self._kept.write(piece)
            self._kept.flush()      # or else a full disk shows at the next seek
        except OSError as error:
            raise DataError(
                f"{self._label}: the temporary file in {tempfile.gettempdir()} that keeps it could not be written: "
                f"{error.strerror}", "free disk space, set TMPDIR to a larger disk, or give a file instead of a pipe",
                code="disk-full",
            ) from None
        self._arrived += len(piece)

    def _next(self) -> bytes:
        """What a pipe has, waiting for it; empty at the end. It may have been set not to wait, by whoever shares it."""
        raw: Any = getattr(self._stream, "raw", self._stream)
        while (piece := raw.read(PIECE)) is None:
            select.select([raw], [], [])
        return bytes(piece)


class _Window(io.RawIOBase):
    """One of several readers, each with a position of its own."""

    def __init__(self, bytes_: Arriving) -> None:
        super().__init__()
        self._bytes, self._at = bytes_, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = self._bytes.drain() if whence == io.SEEK_END else self._at if whence == io.SEEK_CUR else 0
        self._at = max(0, start + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        piece = self._bytes.read(self._at, memoryview(buffer).nbytes)
        memoryview(buffer)[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)
