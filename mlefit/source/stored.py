"""Stored bytes that can be opened again and again: a file, or input that came once and was spooled."""

import hashlib
import io
import os
import stat
import sys
import tempfile
import threading
from typing import IO, Any, BinaryIO

from mlefit.errors import DataError
from mlefit.source.part import SMALL

PIECE = 1 << 20     # bytes moved at a time


class Stored:
    """The bytes behind `label`. Raises DataError when there is no such file, or it is no file, or may not be read."""

    def __init__(self, label: str) -> None:
        self.label = label
        self._spool: IO[bytes] | None = None
        self._lock = threading.Lock()
        try:
            if label == "-":
                self._take(sys.stdin.buffer)
                return
            status = os.stat(label)
            if stat.S_ISDIR(status.st_mode):
                raise DataError(
                    f"{label}: expected a file, found a directory.", f'Name the files in it, such as "{label}/*.csv".',
                    code="not-a-file",
                )
            with open(label, "rb") as stream:
                if not stat.S_ISREG(status.st_mode):    # a pipe or device gives its bytes only once
                    self._take(stream)
                    return
            self.size, self._changed = status.st_size, status.st_mtime_ns
        except FileNotFoundError:
            raise DataError(f"{label}: there is no such file.", "Check the path.", code="no-file") from None
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise DataError(f"{label}: cannot be read: {why}.", "Check the path and its permissions.",
                            code="unreadable") from None

    def _take(self, stream: BinaryIO) -> None:
        """Spool a stream: small ones in memory, others in a file without a name, gone however the program ends."""
        self._spool = tempfile.SpooledTemporaryFile(max_size=SMALL)   # noqa: SIM115 - closed by close()
        self.size = 0
        while piece := stream.read(PIECE):
            self._spool.write(piece)
            self.size += len(piece)

    def open(self) -> io.BufferedReader:
        """A new binary stream over all bytes, at their start."""
        if self._spool is not None:
            return io.BufferedReader(_Window(self._spool, self.size, self._lock), PIECE)
        try:
            stream = open(self.label, "rb")     # noqa: SIM115 - the caller closes it
            status = os.fstat(stream.fileno())
        except OSError as error:
            raise DataError(f"{self.label}: cannot be read any more: {error.strerror}.", "Check the file.",
                            code="unreadable") from None
        if (status.st_size, status.st_mtime_ns) != (self.size, self._changed):
            stream.close()
            raise DataError(f"{self.label}: the file changed while it was being read.",
                            "Run again when nothing writes to it.", code="changed")
        return stream

    def digest(self) -> str:
        """SHA-256 of the bytes, in hex."""
        with self.open() as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    def close(self) -> None:
        """Delete what was spooled. Safe to call twice."""
        if self._spool is not None:
            self._spool.close()


class _Window(io.RawIOBase):
    """One of several readers of a shared file, each with a position of its own."""

    def __init__(self, file: IO[bytes], size: int, lock: threading.Lock) -> None:
        super().__init__()
        self._file, self._size, self._lock, self._at = file, size, lock, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        with self._lock:
            self._file.seek(self._at)
            piece = self._file.read(memoryview(buffer).nbytes)
        memoryview(buffer)[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)
