"""Encoder: a batch of table columns becomes a Chunk of numbers. The last place that knows column names of the file."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from mlefit.arrays import Array, Index, Mask, block
from mlefit.design.ledger import FIRST, Ledger
from mlefit.design.scaling import Scaling, centre_of, scale_of
from mlefit.design.terms import Offset, Term, not_finite
from mlefit.errors import DataError
from mlefit.rows.chunk import Chunk
from mlefit.source.batch import Batch, Extent

WHOLE_LIMIT = 2.0**53    # beyond this float64 no longer tells whole numbers apart


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns play which part. `discrete`: the response is read as levels. `cluster`: groups of rows."""

    target: str
    discrete: bool
    terms: tuple[Term, ...]
    intercept: bool
    weights: str | None = None
    offset: Offset | None = None
    cluster: str | None = None

    @property
    def numbers(self) -> tuple[str, ...]:
        """Columns to be read as numbers, each once."""
        names = [] if self.discrete else [self.target]
        for term in self.terms:
            names += sorted(term.numbers)
        names += [] if self.weights is None else [self.weights]
        names += [] if self.offset is None else sorted(self.offset.numbers)
        return tuple(dict.fromkeys(names))

    @property
    def categories(self) -> tuple[str, ...]:
        """Columns to be read as levels, each once."""
        names = [self.target] if self.discrete else []
        for term in self.terms:
            names += sorted(term.categories)
        names += [] if self.cluster is None else [self.cluster]
        return tuple(dict.fromkeys(names))

    def labels(self) -> tuple[str, ...]:
        """Names of the design columns, the constant first."""
        head = ("(Intercept)",) if self.intercept else ()
        return head + tuple(label for term in self.terms for label in term.labels())

    def complete(self, batch: Batch) -> tuple[Mask, Ledger]:
        """Rows without a missing cell in a column in use, and the account of the others."""
        missing: dict[str, Mask] = {}
        for name in self.numbers:
            if math.isnan(batch.extent(name).low):
                missing[name] = np.isnan(batch.numbers[name])
        for name in self.categories:
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
                first += [(batch.first_row + int(row) + 1, name) for row in np.flatnonzero(mask)[:FIRST]]
        tokens = {name: batch.missing_tokens[name] for name in self.categories if name in batch.missing_tokens}
        used = int(np.count_nonzero(keep))
        return keep, Ledger(batch.rows, used, dropped, tuple(sorted(first)[:FIRST]), tokens)


class Encoded(NamedTuple):
    """A chunk in encoded units, with `magnitude` (p,) = max|x_j|/s_j.

    `table` (n, p + 1) is its design and, last, its response; the chunk holds views of it.
    `levels` of a discrete response, indexed by its y, and `clusters`, indexed by its cluster, are the batch's own.
    """

    chunk: Chunk
    table: Array
    levels: tuple[str, ...]
    clusters: tuple[str, ...]
    ledger: Ledger
    magnitude: Array
    y_magnitude: float


class Scales(Protocol):
    """Gives the scaling to every batch; the first batch decides it."""

    def __call__(self, first: bool, learn: Callable[[], Scaling]) -> Scaling:
        """The scaling in force."""
        ...


def encode(columns: Columns, scales: Scales, batch: Batch) -> Encoded:
    """The complete rows of a batch. Raises DataError for infinite cells, impossible terms and unusable weights."""
    keep, ledger = columns.complete(batch)
    weight, keep = _weights(columns, batch, keep)
    everything = bool(keep.all())
    rows = np.flatnonzero(keep)

    def chosen(column: Array) -> Array:
        return column if everything else column[rows]

    design: list[Array] = []
    largest: list[float] = []
    for term in columns.terms:
        values = term.evaluate(batch, keep)
        known = batch.extent(term.plain) if everything and term.plain is not None else None
        for j in range(values.shape[1]):
            column = chosen(values[:, j])
            largest.append(_magnitude(term.text, column, batch, rows, term.numbers, known))
            design.append(column)
    y, levels = _response(columns, batch, rows, chosen)
    offset = None
    if columns.offset is not None:
        offset = chosen(columns.offset.evaluate(batch))
        _magnitude(columns.offset.text, offset, batch, rows, columns.offset.numbers)
        if not columns.discrete:
            y, offset = y - offset, None
    scaling = scales(batch.first_row == 0, lambda: _learn(columns, design, y))
    head = int(columns.intercept)
    table, magnitude = block(y.size, head + len(design) + 1), np.ones(head + len(design))
    x = table[:, :-1]
    x[:, :head] = 1.0
    for j, column in enumerate(design, start=head):
        np.subtract(column, scaling.centre[j], out=x[:, j])
    y_magnitude = 0.0
    with np.errstate(over="ignore"):    # the magnitudes tell when the first batch was no guide to this one
        x[:, head:] /= scaling.scale[head:]
        magnitude[head:] = np.array(largest) / scaling.scale[head:]
        if not columns.discrete:
            y_magnitude = (Extent.of(y).magnitude if y.size else 0.0) / scaling.y_scale
            y = (y - scaling.y_centre) / scaling.y_scale
    table[:, -1] = y
    cluster, clusters = _cluster(columns, batch, chosen)
    chunk = Chunk(table[:, -1], x, weight, offset, batch.first_row, cluster)
    return Encoded(chunk, table, levels, clusters, ledger, magnitude, y_magnitude)


def _learn(columns: Columns, design: list[Array], y: Array) -> Scaling:
    """Centres only where an intercept can absorb them."""
    head = int(columns.intercept)
    centre, scale = np.zeros(head + len(design)), np.ones(head + len(design))
    for j, column in enumerate(design, start=head):
        centre[j] = centre_of(column) if columns.intercept else 0.0
        scale[j] = scale_of(column, float(centre[j]))
    if columns.discrete:
        return Scaling(centre, scale)
    y_centre = centre_of(y) if columns.intercept else 0.0
    return Scaling(centre, scale, y_centre, scale_of(y, y_centre))


def _response(
    columns: Columns, batch: Batch, rows: Index, chosen: Callable[[Array], Array]
) -> tuple[Array, tuple[str, ...]]:
    if columns.discrete:
        category = batch.categories[columns.target]
        return chosen(category.codes.astype(np.float64)), category.levels
    y = chosen(batch.numbers[columns.target])
    _magnitude(columns.target, y, batch, rows, frozenset((columns.target,)))
    return y, ()


def _cluster(
    columns: Columns, batch: Batch, chosen: Callable[[Array], Array]
) -> tuple[Array | None, tuple[str, ...]]:
    if columns.cluster is None:
        return None, ()
    category = batch.categories[columns.cluster]
    return chosen(category.codes.astype(np.float64)), category.levels


def _weights(columns: Columns, batch: Batch, keep: Mask) -> tuple[Array | None, Mask]:
    """Frequency weights of the rows that count; rows of weight 0 count no more."""
    if columns.weights is None:
        return None, keep
    weight = batch.numbers[columns.weights]
    with np.errstate(invalid="ignore"):
        bad = np.flatnonzero(keep & ~((weight >= 0.0) & (weight <= WHOLE_LIMIT) & (weight == np.rint(weight))))
    if bad.size:
        row = int(bad[0])
        raise DataError(
            f'column "{columns.weights}", row {batch.first_row + row + 1}: a frequency weight must be a whole number '
            f">= 0, found {float(weight[row])!r}",
            "frequency weights count how often a row occurred; drop or correct the row",
            code="bad-weight", columns=(columns.weights,), rows=[batch.first_row + int(r) + 1 for r in bad[:FIRST]],
        )
    keep = keep & (weight > 0.0)
    return weight[keep], keep


def _magnitude(
    text: str, column: Array, batch: Batch, rows: Index, needs: frozenset[str], known: Extent | None = None
) -> float:
    """max |column|; its extent may be known. Raises DataError naming the first row where a term has no finite value."""
    if column.size == 0:
        return 0.0
    extent = known or Extent.of(column)
    if extent.finite:
        return extent.magnitude
    bad = np.flatnonzero(~np.isfinite(column))
    for name in sorted(needs):
        infinite = rows[np.isinf(batch.numbers[name][rows])]
        if infinite.size:
            where = [batch.first_row + int(row) + 1 for row in infinite[:FIRST]]
            more = f" (and {infinite.size - 1} more in this part of the file)" if infinite.size > 1 else ""
            raise DataError(
                f'column "{name}", row {where[0]}: expected a finite number, found '
                f"{float(batch.numbers[name][infinite[0]])!r}{more}",
                "correct the value, or drop the row: an infinite value has no likelihood",
                code="not-finite", columns=(name,), rows=where,
            )
    raise not_finite(text, batch, needs, int(rows[bad[0]]), float(column[bad[0]]))

