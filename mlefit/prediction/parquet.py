"""Parquet: rows and their predictions as columns with types, a group of rows for each block of the table.

A column of numbers holds doubles, any other texts; a missing cell, and a number that does not exist, is null.
"""

import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from mlefit.source import arrow
from mlefit.source.batch import Category


def of_category(category: Category) -> Any:
    """The cells of a column of texts (n,) as an Arrow array."""
    codes = np.where(category.codes < 0, len(category.levels), category.codes)
    return _texts([*category.levels, None]).take(arrow.of_codes(codes))


def of_texts(texts: list[str]) -> Any:
    """Texts (n,) as an Arrow array; an empty one is null."""
    return _texts([text or None for text in texts])


def _texts(texts: list[str | None]) -> Any:
    import pyarrow.compute as pc

    found = arrow.of_texts([text or "" for text in texts])
    absent = np.array([text is None for text in texts])
    return pc.if_else(arrow.of_mask(absent), arrow.nothing(), found) if absent.any() else found


def batch_of(columns: Mapping[str, Any]) -> Any:
    """Arrow arrays by name as a batch of rows."""
    import pyarrow as pa

    return pa.record_batch(list(columns.values()), names=list(columns))


class _Pipe(io.RawIOBase):
    """What is written, until it is taken."""

    def __init__(self) -> None:
        self.parts, self.place = list[bytes](), 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.parts.append(bytes(data))
        self.place += len(self.parts[-1])
        return len(self.parts[-1])

    def tell(self) -> int:
        return self.place

    def taken(self) -> bytes:
        """What has come since the last time."""
        found = b"".join(self.parts)
        self.parts.clear()
        return found


def file_of(blocks: Iterable[list[Any]]) -> Iterator[bytes]:
    """The bytes of the file, from the batches of each block; no more is kept than a block."""
    import pyarrow as pa
    from pyarrow import parquet

    pipe, writer = _Pipe(), None
    for batches in blocks:
        writer = writer or parquet.ParquetWriter(pipe, batches[0].schema)
        writer.write_table(pa.Table.from_batches(batches))
        yield pipe.taken()
    if writer is not None:
        writer.close()
        yield pipe.taken()
