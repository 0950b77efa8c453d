"""An object of a store as stored bytes: opened where it lies, read by ranges, the same for every reader of one version of it.

What is kept of it is its address, its size and its entity tag, so that it can be pickled and opened again elsewhere; each
opening asks the store whether it is still that version.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import Any

from mlefit.errors import DataError
from mlefit.source.places import ATTEMPTS, Address, address, file_system
from mlefit.source.ranges import FIRST, Ranges
from mlefit.source.stored import Stored
from mlefit.source.unreached import refusal
from mlefit.source.version import Version
from mlefit.source.waiting import awaited

BUFFER = 1 << 16
HELD = 8        # beginnings of objects that are kept: each is looked at several times before the first pass


class ObjectStored(Stored):
    """The object behind an address. Raises DataError when it is not there, or may not be read, or its store does not answer."""

    remote = True

    def __init__(self, label: str) -> None:
        self.label, self._arriving = label, None
        self._address = address(label)
        with telling(label, self._address):
            self.version = _version(_file(self._address))
        self._size = self.version.size

    def open(self) -> io.BufferedReader:
        """A new binary stream over all bytes, at their start. It asks for none before they are read."""
        return io.BufferedReader(Ranges(_Fetch(self.label, self._address, self._known), self._size), BUFFER)

    def columns(self) -> Any:
        """The object for readers of pyarrow, which know what to ask for."""
        return opened(self.label, self._address, self._known)

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Failures of the store inside become DataErrors; others stay what they are."""
        with telling(self.label, self._address):
            yield

    def digest(self) -> None:
        """None: nobody reads all of the bytes in order. `version` tells one from another."""
        return

    @property
    def _known(self) -> Version:
        assert self.version is not None, "an object has one"
        return self.version


@contextmanager
def telling(label: str, place: Address) -> Iterator[None]:
    """Failures of the store inside become DataErrors; others stay what they are."""
    from pyarrow import ArrowException

    try:
        yield
    except (OSError, ArrowException) as error:
        found = refusal(error, label, place)
        if found is None:
            raise
        raise found from None


def opened(label: str, place: Address, version: Version) -> Any:
    """The file of pyarrow. Raises DataError where it is another version now."""
    with telling(label, place):
        file = _file(place)
        if _version(file) != version:
            raise DataError(f"{label}: the object changed while it was being read.", "Run again when nothing writes to it.",
                            code="object-changed")
        return file


def _file(place: Address) -> Any:
    return awaited(lambda: file_system(place.place).open_input_file(place.path))


def _version(file: Any) -> Version:
    names = {name.lower(): value for name, value in file.metadata().items()}
    return Version(names.get("etag", b"").decode("utf-8", "replace").strip('"'), file.size())


class _Fetch:
    """Ranges of an object, opened when the first is asked for. Any number of threads may ask."""

    def __init__(self, label: str, place: Address, version: Version) -> None:
        self._label, self._place, self._version = label, place, version
        self._file: Any = None
        self._lock = Lock()

    def __call__(self, start: int, stop: int) -> bytes:
        """Bytes start..stop-1."""
        if stop <= min(FIRST, self._version.size):
            return _beginning(self._label, self._place, self._version)[start:stop]
        with self._lock:
            self._file = self._file or opened(self._label, self._place, self._version)
        return fetched(self._file, self._label, self._place, start, stop)


@lru_cache(HELD)
def _beginning(label: str, place: Address, version: Version) -> bytes:
    with opened(label, place, version) as file:
        return fetched(file, label, place, 0, min(FIRST, version.size))


def fetched(file: Any, label: str, place: Address, start: int, stop: int) -> bytes:
    """Bytes start..stop-1 of a file of pyarrow, all of them: it gives fewer where a connection is closed too early."""
    found: bytes = b""
    for _ in range(ATTEMPTS):
        with telling(label, place):
            found += file.read_at(stop - start - len(found), start + len(found))
        if len(found) == stop - start:
            return found
    raise DataError(
        f"{label}: expected {stop - start:,} bytes from byte {start:,} on, found the connection closed after {len(found):,}, "
        f"{ATTEMPTS} times.", "Run again; if it stays so, copy the object here first.", code="unreachable",
    )
