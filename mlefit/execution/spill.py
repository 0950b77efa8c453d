"""Spill: parts on disk, in a temporary file without a name.

It has no name from the moment it exists, so it vanishes however the process ends. Parts are written and read at positions
of their own, by several threads at once.
"""

import os
import tempfile
import threading
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from mlefit.arrays import Index
from mlefit.errors import DataError
from mlefit.rows.chunk import Chunk

Buffer = np.ndarray[Any, Any]     # of numbers, or of levels


class Layout(NamedTuple):
    """How a part of `rows` rows lies in memory and on disk: response, cluster, levels, and a block (variables, rows) of the rest.

    Every part has a block of its own, wherever it is kept: BLAS adds up a slice of a larger one in another order. Response
    and cluster, whose codes are translated, lie outside. `leveled`: how many factors a row has a level of instead of columns.
    """

    rows: int
    width: int
    weighted: bool
    shifted: bool
    tried: bool
    clustered: bool
    leveled: int = 0

    @classmethod
    def of(cls, chunk: Chunk) -> "Layout":
        """That of the rows of a chunk."""
        return cls(
            chunk.rows, chunk.x.shape[1], chunk.weight is not None, chunk.offset is not None, chunk.trials is not None,
            chunk.cluster is not None, sum(one.shape[1] for one in _levels(chunk)),
        )

    @property
    def numbers(self) -> int:
        """How many numbers they are."""
        return self.rows * (1 + self.width + self.weighted + self.shifted + self.tried + self.clustered + self.leveled)

    def arrays(self) -> list[Buffer]:
        """Memory for them."""
        block = np.empty((self.width + self.weighted + self.shifted + self.tried, self.rows))
        levels = [np.empty((self.leveled, self.rows), np.intp)] if self.leveled else []
        return [block, *(np.empty(self.rows) for _ in range(1 + self.clustered)), *levels]

    def packed(self, chunk: Chunk) -> list[Buffer]:
        """Copies of the rows of a chunk."""
        arrays = self.arrays()
        levels = arrays.pop() if self.leveled else None
        block, *codes = arrays
        block[: self.width] = chunk.x.T
        extras = (chunk.weight, chunk.offset, chunk.trials)
        for at, extra in enumerate((one for one in extras if one is not None), self.width):
            block[at] = extra
        for array, values in zip(codes, (one for one in (chunk.y, chunk.cluster) if one is not None), strict=True):
            array[:] = values
        if levels is None:
            return arrays
        np.concatenate([one.T for one in _levels(chunk)], out=levels)
        return [*arrays, levels]

    def chunk(self, arrays: Sequence[Buffer]) -> Chunk:
        """Views of the arrays as a chunk."""
        block, y, *codes = arrays
        levels: Index | None = codes.pop() if self.leveled else None
        rest = iter(block[self.width :])
        weight, offset, trials = (next(rest) if present else None for present in (self.weighted, self.shifted, self.tried))
        first, others = (None, None) if levels is None else (levels[0], levels[1:].T if self.leveled > 1 else None)
        return Chunk(y, block[: self.width].T, weight, offset, cluster=codes[0] if codes else None, trials=trials, level=first,
                     crossed=others)


def _levels(chunk: Chunk) -> list[Index]:
    """The levels of its rows, (n, 1) of the first factor and (n, f) of others, as far as there are any."""
    return [one for one in (None if chunk.level is None else chunk.level[:, None], chunk.crossed) if one is not None]


class Spill:
    """The file. Raises DataError when it cannot be made or the disk is full."""

    def __init__(self) -> None:
        try:
            self._file = tempfile.TemporaryFile(prefix="mlefit-")  # noqa: SIM115 - it lives as long as the parts in it
        except OSError as error:
            raise _full(error) from error
        self._end = 0
        self._lock = threading.Lock()

    def write(self, arrays: Sequence[Buffer]) -> int:
        """Where the arrays have been written, one after the other."""
        with self._lock:
            start = at = self._end
            self._end += sum(array.nbytes for array in arrays)
        try:
            for array in arrays:
                buffer, done = _bytes(array), 0
                while done < len(buffer):
                    done += os.pwrite(self._file.fileno(), buffer[done:], at + done)
                at += done
        except OSError as error:
            raise _full(error) from error
        return start

    def read(self, arrays: Sequence[Buffer], start: int) -> None:
        """Fill the arrays with what was written at `start`."""
        for array in arrays:
            buffer, done = _bytes(array), 0
            while done < len(buffer):
                done += os.preadv(self._file.fileno(), [buffer[done:]], start + done)
            start += done

    def close(self) -> None:
        """Give the disk space back. Safe to call twice."""
        self._file.close()


def _bytes(array: Buffer) -> memoryview:
    return array.reshape(-1).view(np.uint8).data


def _full(error: OSError) -> DataError:
    return DataError(
        f"the temporary file in {tempfile.gettempdir()} could not be written: {error.strerror}",
        "free disk space, set TMPDIR to a larger disk, or allow more with --memory", code="disk-full",
    )
