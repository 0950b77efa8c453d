"""FramePart: a table in memory, from pandas, Arrow, a dict of arrays, or anything that speaks Arrow's C stream."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from mlefit.errors import DataError
from mlefit.source.cells import shown
from mlefit.source.columnar import ROWS, SAMPLE_ROWS, TypedPart
from mlefit.source.options import ReadOptions
from mlefit.source.part import Block
from mlefit.source.stored import Stored


class FramePart(TypedPart):
    """A table in memory in blocks of ROWS rows. Raises DataError for what is no table."""

    def __init__(self, data: object, options: ReadOptions, label: str | None = None) -> None:
        label = label or f"<{type(data).__name__}>"
        self._table = _arrow_table(data, label)
        super().__init__(label, self._table.schema, options)
        self.size = self._table.nbytes
        self.single = self._table.num_rows <= ROWS
        self._look(self._table.num_rows, self._table.slice(0, SAMPLE_ROWS))

    def tied(self) -> str | None:
        """As Part.tied."""
        return "a table in the memory of this process"

    def blocks(self, columns: Sequence[str] = ()) -> Iterator[Block]:
        """As Part.blocks."""
        rows = self._table.num_rows
        for first in range(0, rows, ROWS):
            yield Block((first, ROWS), self._table.nbytes * min(first + ROWS, rows) // rows)

    def head(self, columns: Sequence[str] = ()) -> Block:
        """As Part.head."""
        return Block((0, SAMPLE_ROWS), 0)

    def _load(self, content: Any, columns: Sequence[str]) -> Any:
        return self._table.select(list(columns)).slice(*content)

    def digest(self) -> str | None:
        """SHA-256 of the table as an Arrow IPC stream, in batches of ROWS rows."""
        import pyarrow as pa

        sink, table = _Hashed(), self._table.replace_schema_metadata(None)
        with pa.ipc.new_stream(pa.PythonFile(sink, mode="w"), table.schema) as writer:
            writer.write_table(table, max_chunksize=ROWS)
        return sink.total.hexdigest()


class _Hashed:
    """A file for writing, of which there will be no more than a digest."""

    closed = False

    def __init__(self) -> None:
        self.total = hashlib.sha256()

    def write(self, data: Any) -> int:
        self.total.update(data)
        return len(data)

    def close(self) -> None: ...

    def flush(self) -> None: ...


class StreamPart(FramePart):
    """An Arrow IPC stream, in memory as a whole. Raises DataError for a damaged one."""

    def __init__(self, stored: Stored, options: ReadOptions) -> None:
        import pyarrow as pa
        from pyarrow import ipc

        try:
            with stored.open() as raw, ipc.open_stream(raw) as reader:
                table = reader.read_all()
                table.validate(full=True)
        except (pa.ArrowException, OSError, EOFError, UnicodeError) as error:
            why = str(error).split("\n", maxsplit=1)[0]
            raise DataError(f"{stored.label}: the Arrow stream is damaged or of an unknown version: {why}", "Write it again.",
                            code="damaged") from None
        self._stored, self.version = stored, stored.version
        super().__init__(table, options, stored.label)

    def digest(self) -> str | None:
        """SHA-256 of the bytes as stored."""
        return self._stored.digest()

    def close(self) -> None:
        """Delete what was spooled."""
        self._stored.close()


def _arrow_table(data: object, label: str) -> Any:
    """`data` as an Arrow table, column by column so that a refusal can name the column."""
    import pyarrow as pa

    if isinstance(data, pa.Table):
        return data
    if isinstance(data, pa.RecordBatch):
        return pa.Table.from_batches([data])
    table: Any = data
    if isinstance(data, Mapping) or (hasattr(data, "columns") and hasattr(data, "iloc")):      # pandas, without importing it
        columns = [(str(name), values) for name, values in table.items()]
    elif hasattr(data, "__arrow_c_stream__"):
        try:
            return pa.table(data)
        except (pa.ArrowException, TypeError, ValueError):      # a column alone speaks it too
            raise _no_table(data) from None
    else:
        raise _no_table(data)
    arrays = [_arrow_array(values, name, label) for name, values in columns]
    lengths = {len(array) for array in arrays}
    if len(lengths) > 1:
        raise DataError(f"{label}: expected columns of one length, found {', '.join(map(str, sorted(lengths)))} rows.",
                        "Give columns with the same number of rows.", code="ragged")
    return pa.Table.from_arrays(arrays, names=[name for name, _ in columns])


def _no_table(data: object) -> DataError:
    return DataError(f"expected a path or a table, found {type(data).__name__}.",
                     "Give a path, a pandas DataFrame, an Arrow table or a dict of arrays.", code="not-a-table")


def _arrow_array(values: Any, name: str, label: str) -> Any:
    import pyarrow as pa

    try:
        kind = getattr(values, "dtype", None)
        if isinstance(kind, np.dtype) and kind.kind in "fiu" and hasattr(values, "to_numpy"):
            values = values.to_numpy()      # which Arrow reads in a sixth of the time that it takes for a series
        return values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        raise DataError(
            f"{label}: expected cells of one type in column {shown(name)}, found a mixture that is no column.",
            "Convert the column to numbers or to text.", code="not-a-table", columns=[name],
        ) from None
