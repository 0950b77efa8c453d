"""Rows as they stand: the text of each row of a table beside its parsed columns, for what is written behind them.

Cells stay byte for byte as they are in the (decompressed, UTF-8) text: `007` is not 7. A table that has types instead of
text is written as CSV first.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

import numpy as np

from mlefit.arrays import Index, Mask
from mlefit.source.batch import Batch, Place
from mlefit.source.cutting import quote_marks
from mlefit.source.part import Block, Part, Wanted
from mlefit.source.problems import refusal

T = TypeVar("T")
SLOW = 1 << 16          # bytes: less has arrived at a time, and whoever waits for the answer is quicker than the pipe


class Standing(NamedTuple):
    """Rows of a block: their columns, cells that are no numbers by column (n,), and their text, an Arrow array (n,).

    `first`: how many rows were before them. No text where it was not asked for: `lines` is None.
    """

    batch: Batch
    bad: Mapping[str, Mask]
    lines: Any
    first: int

    def pieces(self, most: int) -> "Iterator[Standing]":
        """The same rows, at most so many at a time."""
        for start in range(0, self.batch.rows, most):
            stop = min(start + most, self.batch.rows)
            lines = None if self.lines is None else self.lines[start:stop]
            yield Standing(self.batch.part(start, stop), {name: cells[start:stop] for name, cells in self.bad.items()}, lines,
                           self.first + start)


def standing(
    parts: Sequence[Part], wanted: Wanted, task: Callable[[Standing], T], threads: int, *, texts: bool = True
) -> Iterator[T]:
    """`task` of every block, in order, in `threads` threads, with the `texts` of rows. Raises DataError for what is no table."""
    counted = _Counter()

    def work(part: Part, block: Block, place: Place, first: "Future[int]", after: "Future[int]") -> T | None:
        parsed, bad = part.marked(block, wanted)
        if parsed.findings:
            after.set_result(first.result() + parsed.rows)
            raise refusal([finding.moved(first.result(), block.line, part.label) for finding in parsed.findings],
                          [part.label])
        if not parsed.rows:
            after.set_result(first.result())
            return None
        after.set_result(first.result() + parsed.rows)
        batch = Batch(place, parsed.rows, parsed.numbers, parsed.categories, rests=parsed.rests)
        return task(Standing(batch, bad, part.lines(block, parsed.rows) if texts else None, first.result()))

    pending: deque[Future[T | None]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="mlefit-rows") as pool:
        for file, part in enumerate(parts):
            for at, block in enumerate(part.blocks(part.names if texts else wanted.columns)):
                first, after = counted.next()
                pending.append(pool.submit(work, part, block, Place(file, at), first, after))
                while len(pending) > (0 if part.flows and len(block.content) < SLOW else threads):
                    if (found := pending.popleft().result()) is not None:
                        yield found
        while pending:
            if (found := pending.popleft().result()) is not None:
                yield found


class _Counter:
    """How many rows were before a block, known once the blocks before it are parsed."""

    def __init__(self) -> None:
        self._last: Future[int] = Future()
        self._last.set_result(0)

    def next(self) -> "tuple[Future[int], Future[int]]":
        """What is known before the next block, and what is to be told after it."""
        before, self._last = self._last, Future()
        return before, self._last


def lines_of_text(text: bytes, eol: bytes, delimiter: bytes, rows: int) -> Any:
    """The rows of whole lines without their ends, blank lines left out, as an Arrow array of texts (rows,)."""
    import pyarrow as pa

    data = np.frombuffer(text, np.uint8)
    ends = np.flatnonzero(data == eol[0])
    if b'"' in text:
        ends = ends[np.searchsorted(quote_marks(text, delimiter), ends) % 2 == 0]
    starts = np.concatenate([[0], ends + 1])
    stops = np.concatenate([ends, [len(text)]])
    if eol == b"\n":
        carried = (stops > starts) & (data[np.maximum(stops - 1, 0)] == 13)
        stops = stops - carried
    there = stops > starts
    starts, stops = starts[there], stops[there]
    assert len(starts) == rows, "a row of the table is a line of its text"
    lengths = stops - starts
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(_between(text, starts, stops)))


def _between(text: bytes, starts: Index, stops: Index) -> bytes:
    """What stands in lines, one behind the other. What is between them are all ends of lines, where none stands in quotes."""
    most = int((stops - starts).sum())
    kept = text.replace(b"\n", b"").replace(b"\r", b"")
    if len(kept) == most:
        return kept
    inside = np.zeros(len(text) + 1, np.int8)
    inside[starts], inside[stops] = 1, -1       # an end of line lies between
    return np.frombuffer(text, np.uint8)[np.cumsum(inside[:-1], dtype=np.int8) > 0].tobytes()


def lines_of_table(table: Any) -> Any:
    """The rows of an Arrow table as lines of CSV, an Arrow array of texts (rows,)."""
    text = csv_of_table(table)
    return lines_of_text(text, b"\n", b",", table.num_rows)


def heading_of(names: Sequence[str]) -> bytes:
    """Names as a line of CSV without its end."""
    import csv
    import io

    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(names)
    return line.getvalue().encode()


def csv_of_table(table: Any) -> bytes:
    """The rows of an Arrow table as CSV, quotes where a cell needs them."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv

    plain = [column if not pa.types.is_dictionary(column.type) else pc.cast(column, column.type.value_type)
             for column in table.columns]
    sink = pa.BufferOutputStream()
    csv.write_csv(pa.table(plain, names=table.column_names), sink,
                  csv.WriteOptions(include_header=False, quoting_style="needed"))
    return bytes(sink.getvalue())
