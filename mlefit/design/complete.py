"""Complete rows: which rows of a batch count, and the account of the others."""

import math
from collections.abc import Sequence
from functools import partial

import numpy as np

from mlefit.arrays import Array, Index, Mask
from mlefit.design.ledger import FIRST, Ledger, Rounded
from mlefit.design.terms import not_finite
from mlefit.errors import DataError, InBlockError
from mlefit.numerals import EXACT, numeral
from mlefit.records import record
from mlefit.source.batch import Batch, Extent

DISTANT = 2.0**20       # in units of the scale: nearer than this, rounding is too small to matter


def complete(batch: Batch, numbers: Sequence[str], categories: Sequence[str]) -> tuple[Mask, Ledger]:
    """Rows without a missing cell in these columns, and the account of the others, counted from the batch."""
    missing: dict[str, Mask] = {}
    for name in numbers:
        if math.isnan(batch.extent(name).low):
            missing[name] = np.isnan(batch.numbers[name])
    for name in categories:
        absent = batch.categories[name].codes < 0
        missing[name] = missing[name] | absent if name in missing else absent
    keep = np.ones(batch.rows, bool)
    dropped: dict[str, int] = {}
    first: list[tuple[int, str]] = []
    for name, mask in missing.items():
        count = int(np.count_nonzero(mask))
        if count:
            keep &= ~mask
            dropped[name] = count
            first += [(int(row) + 1, name) for row in np.flatnonzero(mask)[:FIRST]]
    tokens = {name: batch.missing_tokens[name] for name in categories if name in batch.missing_tokens}
    rounded = {name: _rounded(batch.numbers[name][keep], batch.rests[name][keep]) for name in numbers if name in batch.rests}
    return keep, Ledger(batch.rows, int(np.count_nonzero(keep)), dropped, tuple(sorted(first)[:FIRST]), tokens, rounded=rounded)


def _rounded(values: Array, rest: Array) -> Rounded:
    return Rounded(values.min(initial=np.inf), values.max(initial=-np.inf), float(np.abs(rest).max(initial=0.0)))


@record(frozen=True)
class Used:
    """The rows of a batch that count: `keep` (rows,) says which, and `rows` are their places in the batch."""

    batch: Batch
    keep: Mask
    rows: Index
    everything: bool

    @classmethod
    def of(cls, batch: Batch, keep: Mask) -> "Used":
        """The rows in `keep`."""
        return cls(batch, keep, np.flatnonzero(keep), bool(keep.all()))

    def part(self, start: int, stop: int) -> "Used":
        """Those among rows start..stop-1 of the batch."""
        return Used.of(self.batch.part(start, stop), self.keep[start:stop])

    def without(self, rows: Mask) -> "Used":
        """Those that are not in `rows` (rows,) of the batch."""
        return Used.of(self.batch, self.keep & ~rows)

    def cells(self, column: Array) -> Array:
        """The cells of a column (rows,) in the rows that count."""
        return column if self.everything else column[self.rows]

    def rest(self, plain: str | None) -> Array | None:
        """What is to be added to the cells of a column of whole numbers beyond 2^53, if it is one."""
        rest = None if plain is None else self.batch.rests.get(plain)
        return None if rest is None else self.cells(rest)

    def extent(self, plain: str | None) -> Extent | None:
        """What is known of the cells of a column of the batch, without a look at them."""
        return self.batch.extent(plain) if self.everything and plain is not None else None

    @staticmethod
    def rounded(column: Array, most: float, moved: Array, rest: Array | None, scale: float) -> float:
        """The size whose rounding the cells (n,) of a column carry: max|x| = `most`, but for whole numbers far from zero.

        Those are exact, and what rounding there is comes from `moved`, their distance from the centre.
        """
        if not moved.size or most / DISTANT <= scale:
            return most
        exact = rest is not None or (most < EXACT and np.array_equal(column, np.rint(column)))
        return Extent.of(moved).magnitude if exact else most

    def magnitude(self, text: str, cells: Array, needs: frozenset[str], known: Extent | None = None) -> float:
        """max |cells| of the term `text` made of the columns `needs`; their extent may be known.

        Raises InBlockError naming the first row where the term has no finite value.
        """
        if cells.size == 0:
            return 0.0
        extent = known or Extent.of(cells)
        if extent.finite:
            return extent.magnitude
        for name in sorted(needs):
            values = self.batch.numbers[name]
            infinite = self.rows[np.isinf(values[self.rows])]
            if infinite.size:
                where = tuple(self.batch.start + int(row) + 1 for row in infinite[:FIRST])
                raise InBlockError(partial(_infinite, name, where, float(values[infinite[0]]), infinite.size - 1))
        bad = int(np.flatnonzero(~np.isfinite(cells))[0])
        raise not_finite(text, self.batch, needs, int(self.rows[bad]), float(cells[bad]))


def _infinite(name: str, rows: Sequence[int], value: float, others: int, before: int) -> DataError:
    more = f" (and {others} more in this part of the file)" if others else ""
    return DataError(
        f'column "{name}", row {before + rows[0]}: expected a finite number, found {numeral(value)}{more}',
        "correct the value, or drop the row: an infinite value has no likelihood",
        code="not-finite", columns=(name,), rows=[before + row for row in rows],
    )
