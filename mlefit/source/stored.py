"""Stored bytes that can be opened again and again: a file, or input that comes once and is kept."""

import io
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mlefit.errors import DataError
from mlefit.source.version import Version

if TYPE_CHECKING:
    from mlefit.source.arriving import Arriving


class Stored:
    """The bytes behind `label`. Raises DataError when there is no such file, or it is no file, or may not be read.

    `remote`: an object of a store, whose `version` there is.
    """

    remote = False
    version: Version | None = None

    def __init__(self, label: str, digest: bool = False) -> None:
        self.label = label
        self._arriving: Arriving | None = None
        try:
            if label == "-":
                if sys.stdin is None:
                    raise DataError("-: expected a table on standard input, found it closed.", "Name a file, or pipe one in.",
                                    code="no-file")
                self._arriving = _arriving(sys.stdin.buffer, label, digest)
                return
            status = os.stat(label)
            if stat.S_ISDIR(status.st_mode):
                raise DataError(
                    f"{label}: expected a file, found a directory.", f'Name the files in it, such as "{label}/*.csv".',
                    code="not-a-file",
                )
            stream = open(label, "rb")      # noqa: SIM115 - a pipe is read later, and closed by close()
            if not stat.S_ISREG(status.st_mode):    # a pipe or device gives its bytes only once
                self._arriving = _arriving(stream, label, digest)
                return
            stream.close()
            self._size, self._changed = status.st_size, status.st_mtime_ns
            self._path = os.path.abspath(label)     # for those who work elsewhere
        except FileNotFoundError:
            from mlefit.source.nearby import absent

            raise absent(label) from None
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise DataError(f"{label}: cannot be read: {why}.", "Check the path and its permissions.",
                            code="unreadable") from None

    @property
    def tied(self) -> str | None:
        """What it is, where its bytes are kept by this process alone; else None."""
        return None if self._arriving is None else "input that comes once"

    @property
    def size(self) -> int | None:
        """The number of bytes, None while more may come."""
        return self._size if self._arriving is None else self._arriving.size

    def first(self, size: int, lines: int, pause: float) -> tuple[bytes, bool] | None:
        """As Arriving.first; None of a file, which is all there."""
        return None if self._arriving is None else self._arriving.first(size, lines, pause)

    def whole(self) -> int:
        """The number of bytes, once all have arrived."""
        return self._size if self._arriving is None else self._arriving.drain()

    def open(self) -> io.BufferedReader:
        """A new binary stream over all bytes, at their start."""
        if self._arriving is not None:
            return self._arriving.open()
        try:
            stream = open(self._path, "rb")     # noqa: SIM115 - the caller closes it
            status = os.fstat(stream.fileno())
        except OSError as error:
            raise DataError(f"{self.label}: cannot be read any more: {error.strerror}.", "Check the file.",
                            code="unreadable") from None
        if (status.st_size, status.st_mtime_ns) != (self._size, self._changed):
            stream.close()
            raise DataError(f"{self.label}: the file changed while it was being read.",
                            "Run again when nothing writes to it.", code="changed")
        return stream

    def columns(self) -> Any:
        """The bytes for readers of pyarrow."""
        return self.open()

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Failures of what the bytes come from become DataErrors; others stay what they are. Those of files are no others."""
        yield

    def digest(self) -> str | None:
        """SHA-256 of the bytes, in hex; None of an object of a store."""
        if self._arriving is not None and (known := self._arriving.digest()) is not None:
            return known
        import hashlib  # which links OpenSSL: predict asks for it where it has something to say

        with self.open() as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    def close(self) -> None:
        """Delete what was kept. Safe to call twice."""
        if self._arriving is not None:
            self._arriving.close()


def _arriving(stream: Any, label: str, digest: bool) -> "Arriving":
    """Bytes that come once, for which files are made; its module is loaded where there are any."""
    from mlefit.source.arriving import Arriving

    return Arriving(stream, label, digest)
