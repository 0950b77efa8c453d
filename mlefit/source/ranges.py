"""Ranges: the bytes of an object of a store, asked for in pieces, some of them ahead of a reader that goes straight on."""

import io
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, NamedTuple

from mlefit.source.waiting import started

FIRST = (1 << 20) + (1 << 16)     # bytes of the first piece, which are all that a pass is prepared by, and of one behind a jump
MOST = 4 << 20      # of a later one: a request takes some 20 ms however short it is, and a store gives some 80 MB in a second
AHEAD = 4           # pieces on their way at a time, as soon as two have been read one after the other


class _Coming(NamedTuple):
    start: int
    stop: int
    bytes_: "Future[bytes]"


class Ranges(io.RawIOBase):
    """`size` bytes, of which `fetch(start, stop)` gets some, in a thread of its own. What it raises is raised by reads."""

    def __init__(self, fetch: Callable[[int, int], bytes], size: int) -> None:
        super().__init__()
        self._fetch, self._size, self._at = fetch, size, 0
        self._start, self._piece = 0, b""       # the piece at hand, and where it starts
        self._coming: deque[_Coming] = deque()
        self._straight = 0                      # pieces that were read one after the other

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """The position."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """The new position; nothing is asked for before it is read."""
        self._at = max(0, offset + (self._at if whence == io.SEEK_CUR else self._size if whence == io.SEEK_END else 0))
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Fill some of the buffer; 0 at the end."""
        wanted = memoryview(buffer).nbytes
        if self._at >= self._size or not wanted:
            return 0
        if not self._start <= self._at < self._start + len(self._piece):
            self._next(wanted)
        found = memoryview(self._piece)[self._at - self._start :][:wanted]
        memoryview(buffer)[: len(found)] = found
        self._at += len(found)
        return len(found)

    def _next(self, wanted: int) -> None:
        """Have the piece at hand that has the byte at the position."""
        on = self._at == self._start + len(self._piece) and bool(self._piece)
        self._straight = self._straight + 1 if on else 0
        while self._coming and self._coming[0].stop <= self._at:
            self._coming.popleft()
        if not self._coming or self._at < self._coming[0].start:
            self._coming.clear()
            self._ask(self._at, max(wanted, min(FIRST << self._straight, MOST)))
        while self._straight and len(self._coming) < AHEAD and self._coming[-1].stop < self._size:
            self._ask(self._coming[-1].stop, MOST)
        self._start, _, bytes_ = self._coming.popleft()
        self._piece = b""       # so that both are not in memory while the next one comes
        self._piece = bytes_.result()

    def _ask(self, start: int, length: int) -> None:
        stop = min(start + length, self._size)
        self._coming.append(_Coming(start, stop, started(partial(self._fetch, start, stop))))

    def close(self) -> None:
        """Want nothing that is on its way. Safe to call twice."""
        self._coming.clear()
        super().close()
