"""Gather: the one pass in which rows become numbers. What all later rooms need of all rows is added up on the way."""

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.design.encode import Columns, Encoded, encode
from mlefit.design.ledger import Ledger
from mlefit.design.scaling import FAR, Scaling
from mlefit.execution import Store
from mlefit.execution.holdout import Holdout
from mlefit.rows.chunk import Chunk
from mlefit.rows.reservoir import Reservoir
from mlefit.source.batch import Batch
from mlefit.source.source import Source
from mlefit.sums.tally import tree_sum
from mlefit.sums.triangle import Triangle


@dataclass(frozen=True, slots=True)
class Moments:
    """Sums over rows: the triangle of the design (with a numeric response as its last column), and of [1, y]."""

    weight: float
    triangle: Triangle
    response: Triangle | None
    magnitude: Array
    y_magnitude: float

    @classmethod
    def of(cls, encoded: Encoded, chunk: Chunk, table: Array, discrete: bool) -> "Moments":
        """The sums of the rows of one batch that are fitted; `table` (n, p + 1) holds their design and response."""
        weight = float(chunk.rows) if chunk.weight is None else float(chunk.weight.sum())
        if discrete:
            return cls(weight, Triangle.of(chunk.x, chunk.weight), None, encoded.magnitude, 0.0)
        response = Triangle.of(np.stack([np.ones(chunk.rows), chunk.y]).T, chunk.weight)
        return cls(weight, Triangle.of(table, chunk.weight), response, encoded.magnitude, encoded.y_magnitude)

    def __add__(self, other: "Moments") -> "Moments":
        response = None
        if self.response is not None and other.response is not None:
            response = self.response + other.response
        return Moments(
            self.weight + other.weight, self.triangle + other.triangle, response,
            np.maximum(self.magnitude, other.magnitude), max(self.y_magnitude, other.y_magnitude),
        )


class FirstBatch:
    """The scaling that the first batch decides; the others wait for it."""

    def __init__(self, known: Scaling | None) -> None:
        self.scaling = known
        self._ready = threading.Event()

    def __call__(self, first: bool, learn: Callable[[], Scaling]) -> Scaling:
        """The scaling in force; `learn` makes it from the first batch."""
        if self.scaling is None and first:
            self.scaling = learn()
            self._ready.set()
        if self.scaling is None:
            self._ready.wait()
        if self.scaling is None:
            raise RuntimeError("the first batch failed, and its error is the one to report")
        return self.scaling

    def release(self) -> None:
        """A batch failed: nobody must wait for it."""
        self._ready.set()

    def decided(self) -> Scaling:
        """The scaling in force; that of no columns when there was no batch."""
        return self.scaling or Scaling(np.empty(0), np.empty(0))


class Levels:
    """Levels of one column in order of first appearance, with the weight of each."""

    def __init__(self) -> None:
        self.weight: dict[str, float] = {}
        self._index: dict[str, int] = {}

    def count(self, cells: Array, levels: tuple[str, ...], weight: Array | None, *, fitted: bool = True) -> None:
        """Count the cells (n,) of a batch and rewrite its indices as indices over all batches, in place.

        Cells of rows that are not fitted are rewritten and add no weight.
        """
        codes = cells.astype(np.intp)
        counts = np.bincount(codes, weight, minlength=len(levels))
        translation = np.empty(len(levels))
        for code, level in enumerate(levels):
            if counts[code] > 0.0:
                translation[code] = self._index.setdefault(level, len(self._index))
                self.weight[level] = self.weight.get(level, 0.0) + (float(counts[code]) if fitted else 0.0)
        cells[:] = translation[codes]


class Gathered(NamedTuple):
    """What one pass has made of the input: the row ledger, sums over all rows, the rows kept, and a sample of them."""

    ledger: Ledger
    moments: Moments | None         # None: no complete row
    scaling: Scaling
    levels: Mapping[str, float]     # of a discrete response, in order of first appearance, with their weights
    reservoir: Reservoir
    clusters: Mapping[str, float]   # likewise those of the cluster column


def gather(
    source: Source, columns: Columns, store: Store | None, reservoir: Reservoir, threads: int,
    scaling: Scaling | None = None, holdout: Holdout | None = None,
) -> Gathered:
    """Encode every batch of the source; keep the rows in `store` unless it is None, and offer them to the reservoir.

    Rows held out go to the store of `holdout` and into nothing else but the ledger.
    """
    scales = FirstBatch(scaling)
    levels, clusters = Levels(), Levels()
    ledger = Ledger()

    def work(batch: Batch) -> tuple[Encoded, Chunk, Chunk | None, Moments | None]:
        try:
            encoded = encode(columns, scales, batch)
        except BaseException:
            scales.release()
            raise
        rows, aside, table = encoded.chunk, None, encoded.table
        if holdout is not None:
            rows, aside = holdout.divide(rows)
            table = np.concatenate([rows.x.T, rows.y[None, :]]).T
        return encoded, rows, aside, Moments.of(encoded, rows, table, columns.discrete) if rows.rows else None

    def totals() -> Iterator[Moments]:
        nonlocal ledger
        for encoded, rows, aside, moments in source.map(columns.numbers, columns.categories, work, threads):
            ledger += encoded.ledger
            if holdout is not None and aside is not None and aside.rows:
                if columns.discrete:
                    levels.count(aside.y, encoded.levels, aside.weight, fitted=False)
                holdout.store.add(aside)
            if moments is None:
                continue
            if columns.discrete:
                levels.count(rows.y, encoded.levels, rows.weight)
            if rows.cluster is not None:
                clusters.count(rows.cluster, encoded.clusters, rows.weight)
            if store is not None:
                store.add(rows)
            reservoir.offer(rows)
            yield moments

    stream = totals()
    first = next(stream, None)
    total = None if first is None else tree_sum(itertools.chain([first], stream))
    return Gathered(ledger, total, scales.decided(), levels.weight, reservoir, clusters.weight)


def misjudged(gathered: Gathered) -> Scaling | None:
    """A better scaling when the first batch was no guide to the size of the rest, else None."""
    moments, scaling = gathered.moments, gathered.scaling
    if moments is None:
        return None
    away = np.abs(scaling.centre / scaling.scale)
    far = moments.magnitude + away > FAR * (1.0 + away)
    y_far = moments.y_magnitude > FAR * (1.0 + abs(scaling.y_centre / scaling.y_scale))
    # A first block of zeros gives the scale 1, beside which squares of what is as small as 1e-170 are 0.
    far |= (moments.magnitude > 0.0) & (moments.magnitude < 1.0 / FAR)
    y_far |= 0.0 < moments.y_magnitude < 1.0 / FAR
    if not (far.any() or y_far):
        return None
    with np.errstate(over="ignore"):
        wanted = np.where(far, scaling.scale * np.exp2(np.ceil(np.log2(moments.magnitude))), scaling.scale)
        y_wanted = scaling.y_scale * 2.0 ** np.ceil(np.log2(moments.y_magnitude)) if y_far else scaling.y_scale
    limit = 2.0**1023
    return Scaling(scaling.centre, np.minimum(wanted, limit), scaling.y_centre, float(min(y_wanted, limit)))
