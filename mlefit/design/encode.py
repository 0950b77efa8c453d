"""Encoder: rows of a table become pieces of numbers. The last place that knows column names of the file."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Index, block
from mlefit.design.complete import Used, complete
from mlefit.design.ledger import Ledger
from mlefit.design.predictors import Predictors
from mlefit.design.response import Observed
from mlefit.design.scaling import Scaling, centre_of, scale_of
from mlefit.errors import InBlockError
from mlefit.rows.chunk import Chunk
from mlefit.rows.piece import Piece
from mlefit.source.batch import Batch, Extent

CELLS = 1 << 20     # of a design that are encoded at once: 8 MB, and some copies


class Columns(NamedTuple):
    """Which columns of the table play which part. Rows count if they are complete in these, and in those `beside` them."""

    predictors: Predictors
    observed: Observed
    beside: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())      # numbers, categories

    @property
    def numbers(self) -> tuple[str, ...]:
        """Columns to be read as numbers, each once."""
        target = () if self.observed.reads_levels else (self.observed.target,)
        weights = () if self.observed.weights is None else (self.observed.weights,)
        trials = () if self.observed.trials is None else sorted(self.observed.trials.numbers)
        return tuple(dict.fromkeys((*target, *self.predictors.numbers, *weights, *trials, *self.beside[0])))

    @property
    def categories(self) -> tuple[str, ...]:
        """Columns to be read as levels, each once."""
        target = (self.observed.target,) if self.observed.reads_levels else ()
        cluster = () if self.observed.cluster is None else (self.observed.cluster,)
        return tuple(dict.fromkeys((*target, *self.predictors.categories, *cluster, *self.beside[1])))

    def used(self, batch: Batch) -> tuple[Used, Ledger]:
        """The rows that count, and the account of all. Raises InBlockError for unusable weights and numbers of trials."""
        keep, ledger = complete(batch, self.numbers, self.categories)
        counting = self.observed.counting(batch, keep)
        used = Used.of(batch, self.observed.having_trials(batch, counting))
        weightless = ledger.used - int(np.count_nonzero(counting))
        return used, replace(ledger, used=used.rows.size, weightless=weightless,
                             untried=ledger.used - weightless - used.rows.size)


def steps(used: Used, width: int) -> Iterator[Used]:
    """The rows in runs of at most CELLS design cells, but of `width` rows at least, fewer than which make no triangle."""
    rows, most = used.batch.rows, max(CELLS // max(width, 1), width, 1)
    if rows <= most:
        yield used
        return
    for start in range(0, rows, most):
        yield used.part(start, min(start + most, rows))


class Encoded(NamedTuple):
    """Rows in encoded units, with `magnitude` (p,) = max|x_j|/s_j, or what of whole numbers is rounded.

    `table` (n, p + 1) is their design and, last, their response; the piece holds views of it. `log_slope` (n,) of a transformed
    response: log |dt/dy|.
    """

    piece: Piece
    table: Array
    magnitude: Array
    y_magnitude: float
    log_slope: Array | None = None

    def jacobian(self, plain: bool) -> float:
        """The sum of log |dt/dy| over the rows, as often as their weights say unless it is `plain`."""
        if self.log_slope is None:
            return 0.0
        weight = self.piece.chunk.weight
        return float(self.log_slope.sum() if plain or weight is None else weight @ self.log_slope)

    @classmethod
    def of(cls, columns: Columns, scaling: Scaling, used: Used) -> "Encoded":
        """The rows that count. Raises InBlockError for infinite cells, impossible terms and levels that were not learnt."""
        predictors, observed, _ = columns
        table = block(used.rows.size, predictors.columns_wide + 1)
        magnitude = predictors.encode(used, scaling, table[:, :-1])
        y, levels = observed.values(used)
        offset = predictors.known(used)
        y_magnitude = 0.0
        if observed.located:
            located, rest = _located(y, offset), observed.rest(used)
            with np.errstate(over="ignore"):
                moved = located - scaling.y_centre if rest is None else _located(y - scaling.y_centre + rest, offset)
                most = Extent.of(located).magnitude if y.size else 0.0
                if observed.scaled:
                    y_magnitude = used.rounded(located, most, moved, rest, scaling.y_scale) / scaling.y_scale
                y = moved / scaling.y_scale
            offset = None
        elif observed.scaled:
            with np.errstate(over="ignore"):
                y = y / scaling.y_scale
            y_magnitude = Extent.of(y).magnitude if y.size else 0.0
        table[:, -1] = y
        cluster, clusters = observed.groups(used)
        level = None if predictors.indexed is None else predictors.indexed.index(used.batch, used.keep)[used.rows]
        chunk = Chunk(table[:, -1], table[:, :-1], observed.weight(used), offset, cluster=cluster, trials=observed.tried(used),
                      level=level, crossed=predictors.crossings(used))
        return cls(Piece(chunk, levels, clusters), table, magnitude, y_magnitude, observed.log_slope(used))

    def choose(self, rows: Index) -> "Encoded":
        """The named rows (indices), copied."""
        chunk, table = self.piece.chunk, np.take(self.table.T, rows, axis=1).T
        weight, offset, cluster, trials = (
            None if extra is None else extra[rows] for extra in (chunk.weight, chunk.offset, chunk.cluster, chunk.trials)
        )
        level = None if chunk.level is None else chunk.level[rows]
        crossed = None if chunk.crossed is None else np.take(chunk.crossed.T, rows, axis=1).T
        chosen = Chunk(table[:, -1], table[:, :-1], weight, offset, cluster=cluster, trials=trials, level=level, crossed=crossed)
        slope = None if self.log_slope is None else self.log_slope[rows]
        return self._replace(piece=self.piece._replace(chunk=chosen), table=table, log_slope=slope)


def scaling_of(columns: Columns, head: Batch) -> Scaling:
    """The scaling that the first rows of the source decide, one in which nothing moves where they cannot.

    Centres only where an intercept can absorb them.
    """
    predictors, observed, _ = columns
    first, width = int(predictors.intercept), predictors.width
    still = Scaling(np.zeros(width), np.ones(width))
    if not head.rows:
        return still
    try:
        wide = predictors.columns_wide
        used, _ = columns.used(head.part(0, min(head.rows, max(1, CELLS // wide))) if wide else head)
        centre, scale, movable = still.centre.copy(), still.scale.copy(), predictors.movable
        for j, (column, _, rest) in enumerate(predictors.columns(used), start=first):
            centre[j] = centre_of(column) if movable[j] else 0.0
            scale[j] = _scale(column, rest, float(centre[j]))
        if not observed.scaled:
            return Scaling(centre, scale)
        known = predictors.known(used) if observed.located else None
        y, rest = _located(observed.values(used)[0], known), observed.rest(used)
    except InBlockError:    # the pass over all rows says what is wrong
        return still
    y_centre = centre_of(y) if predictors.intercept and observed.located else 0.0
    return Scaling(centre, scale, y_centre, _scale(y, rest, y_centre))


def _scale(column: Array, rest: Array | None, centre: float) -> float:
    """The scale of a column (n,) of doubles, and of what they leave of the whole numbers in the file."""
    return scale_of(column, centre) if rest is None else scale_of(column - centre + rest, 0.0)


def _located(y: Array, offset: Array | None) -> Array:
    """What the location has to explain (n,)."""
    return y if offset is None else y - offset
