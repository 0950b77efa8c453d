"""Store: encoded parts kept for later passes, in memory up to a budget and beyond it in an unlinked temporary file.

The file has no name from the moment it exists, so it vanishes however the process ends. Parts are read back with
positioned reads into fresh memory, by several threads at once.
"""

import os
import tempfile
from typing import IO

import numpy as np

from mlefit.arrays import Array
from mlefit.errors import DataError
from mlefit.execution.engine import parts
from mlefit.rows.chunk import Chunk


class Layout:
    """How a part lies in memory and on disk: a block (variables, rows), response first, then the design, then the rest.

    Every part has a block of its own, wherever it is kept: BLAS adds up a slice of a larger one in another order.
    """

    def __init__(self, chunk: Chunk) -> None:
        self.extras = tuple(extra is not None for extra in (chunk.weight, chunk.offset, chunk.cluster))
        self.width = chunk.x.shape[1]
        self.shape = (1 + self.width + sum(self.extras), chunk.rows)
        self.numbers: int = self.shape[0] * self.shape[1]
        self.first_row = chunk.first_row

    def pack(self, chunk: Chunk) -> Array:
        """The block of a chunk."""
        block, end = np.empty(self.shape), 1 + self.width
        block[0], block[1:end] = chunk.y, chunk.x.T
        for at, extra in enumerate((one for one in (chunk.weight, chunk.offset, chunk.cluster) if one is not None), end):
            block[at] = extra
        return block

    def unpack(self, block: Array) -> Chunk:
        """Views of a block as a chunk."""
        end = 1 + self.width
        rest = iter(block[end:])
        weight, offset, cluster = (next(rest) if present else None for present in self.extras)
        return Chunk(block[0], block[1:end].T, weight, offset, self.first_row, cluster)


class Stored:
    """One part on disk; `load` brings it back."""

    def __init__(self, file: IO[bytes], chunk: Chunk) -> None:
        self.layout = Layout(chunk)
        self.descriptor, self.start = file.fileno(), file.tell()
        self.numbers = self.layout.numbers
        self.rank: Array | None = None
        file.write(self.layout.pack(chunk).data)

    def load(self) -> Chunk:
        """The part as it was."""
        block = np.empty(self.layout.shape)
        buffer, done = memoryview(block.data).cast("B"), 0
        while done < len(buffer):
            done += os.preadv(self.descriptor, [buffer[done:]], self.start + done)
        if self.rank is not None:
            block[0] = self.rank[block[0].astype(np.intp)]
        return self.layout.unpack(block)

    def relabel(self, rank: Array) -> None:
        """Class indices are translated when the part is read."""
        self.rank = rank


class Held:
    """One part in memory."""

    def __init__(self, chunk: Chunk) -> None:
        layout = Layout(chunk)
        self.chunk = layout.unpack(layout.pack(chunk))
        self.numbers = layout.numbers

    def load(self) -> Chunk:
        """The part itself."""
        return self.chunk

    def relabel(self, rank: Array) -> None:
        """Class indices are translated now."""
        self.chunk.y[:] = rank[self.chunk.y.astype(np.intp)]


class Store:
    """Parts in the order added. `budget`: bytes kept in memory; None keeps everything there."""

    def __init__(self, budget: int | None = None) -> None:
        self.parts: list[Held | Stored] = []
        self.rows = 0
        self.spilled = False
        self._room = budget
        self._file: IO[bytes] | None = None

    def add(self, chunk: Chunk) -> None:
        """Keep a chunk, cut into parts. Raises DataError when the disk is full."""
        self.rows += chunk.rows
        size = chunk.y.nbytes + chunk.x.nbytes
        if self._room is None or size <= self._room:
            self._room = None if self._room is None else self._room - size
            self.parts += [Held(part) for part in parts(chunk)]
            return
        self._room = 0
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="mlefit-")  # noqa: SIM115 - it lives as long as the store
                self.spilled = True
            self.parts += [Stored(self._file, part) for part in parts(chunk)]
            self._file.flush()
        except OSError as error:
            raise DataError(
                f"the temporary file in {tempfile.gettempdir()} could not be written: {error.strerror}",
                "free disk space, set TMPDIR to a larger disk, or give --memory more",
                code="disk-full",
            ) from error

    def relabel(self, rank: Array) -> None:
        """Replace class index k of every response by rank[k]."""
        for part in self.parts:
            part.relabel(rank)

    def close(self) -> None:
        """Give the disk space back."""
        if self._file is not None:
            self._file.close()
            self._file = None
