"""Gather: the one pass in which rows become numbers. What all later rooms need of all rows is a sum over steps of rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from functools import partial
from typing import NamedTuple, TypeVar

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.design.bends import Bends
from mlefit.design.complete import Used
from mlefit.design.encode import Columns, Encoded, steps
from mlefit.design.ledger import Ledger, add_counts
from mlefit.design.scaling import FAR, Scaling
from mlefit.execution import Intake, Keeper
from mlefit.problem.split import Split
from mlefit.records import record
from mlefit.rows.chunk import whitened
from mlefit.rows.keys import Stream, keys
from mlefit.rows.reservoir import Reservoir, Threshold
from mlefit.rows.seen import Seen
from mlefit.source.batch import Batch, Place
from mlefit.source.source import Source
from mlefit.sums.border import Border
from mlefit.sums.triangle import Triangle
from mlefit.sums.within import Within


@record(frozen=True)
class Moments:
    """Sums over rows: the triangle of the design (with a response that compresses as its last column), and of [1, y]. Where a
    factor has no columns, what the triangle and the means by level are of the columns that there are, is `within`.

    `response` is None where the response is a level. Magnitudes are in encoded units, that of y 0 where y is not located.
    `low` and `high` (p + 1,): the least and largest encoded value of each design column, and of the response or its codes.
    `weight`: rows, counted by their weights but for those of precision; `rows` as such. Sums over rows of the squares of their
    weights, and of the logarithms of those of precision. `jacobian`: sum of log |dt/dy| of a transformed response.
    """

    weight: float
    triangle: Triangle
    response: Triangle | None
    magnitude: Array
    y_magnitude: float
    low: Array
    high: Array
    rows: int
    weight_square: float
    log_weight: float
    jacobian: float
    within: Within | None = None

    @classmethod
    def of(cls, columns: Columns, encoded: Encoded) -> "Moments":
        """The sums of the rows of one step."""
        chunk, observed = encoded.piece.chunk, columns.observed
        weights = np.ones(chunk.rows) if chunk.weight is None else chunk.weight
        weight = float(chunk.rows if observed.precision else weights.sum())
        enlarged = float(np.sqrt(weights.max())) if observed.precision else 1.0
        response = None
        if not observed.reads_levels:
            response = Triangle.of(np.stack([np.ones(chunk.rows), chunk.y]).T, chunk.weight)
        table, within, absent = encoded.table if observed.compresses else chunk.x, None, 0
        if columns.predictors.indexed is None or chunk.level is None:
            triangle = Triangle.of(table, chunk.weight)
        else:
            within = Within.of(table, chunk.level, len(columns.predictors.indexed.levels or ()), chunk.weight)
            triangle, absent = within.triangle, columns.predictors.width - columns.predictors.columns_wide
        return cls(
            weight, triangle, response, np.append(encoded.magnitude * enlarged, np.ones(absent)), encoded.y_magnitude * enlarged,
            _beside(encoded.table.min(axis=0), np.zeros(absent)), _beside(encoded.table.max(axis=0), np.ones(absent)), chunk.rows,
            float(weights @ weights), float(np.log(weights).sum()) if observed.precision else 0.0,
            encoded.jacobian(observed.precision), within,
        )

    def __add__(self, other: "Moments") -> "Moments":
        response, within = None, None
        if self.response is not None and other.response is not None:
            response = self.response + other.response
        if self.within is not None and other.within is not None:
            within = self.within + other.within
        return Moments(
            self.weight + other.weight, self.triangle + other.triangle if within is None else within.triangle, response,
            np.maximum(self.magnitude, other.magnitude), max(self.y_magnitude, other.y_magnitude),
            np.minimum(self.low, other.low), np.maximum(self.high, other.high), self.rows + other.rows,
            self.weight_square + other.weight_square, self.log_weight + other.log_weight,
            self.jacobian + other.jacobian, within,
        )

    def scaled(self, factor: float) -> "Moments":
        """With weights times `factor`."""
        root = float(np.sqrt(factor))
        response = None if self.response is None else Triangle(self.response.r * root)
        within = None if self.within is None else self.within.scaled(factor)
        return replace(self, weight=self.weight * factor, triangle=Triangle(self.triangle.r * root), response=response,
                       within=within, weight_square=self.weight_square * factor**2, jacobian=self.jacobian * factor)

    def constant(self, column: int) -> bool:
        """Whether a column (the response: -1) has one value in all rows: no sum of squares, in which a spread may be lost."""
        return bool(self.low[column] == self.high[column])


def _beside(ends: Array, levels: Array) -> Array:
    """Ends of columns and, last, of the response (d + 1,), with those of levels before the last."""
    return np.concatenate([ends[:-1], levels, ends[-1:]])


S = TypeVar("S", Moments, Border)


def added(one: S | None, other: S | None) -> S | None:
    """Their sum, as far as they are there."""
    return one + other if one is not None and other is not None else one or other


@record(frozen=True)
class Gathered:
    """What a pass makes of rows: their account, sums over those fitted, a sample of them, and the levels met.

    `looked`, `others`: sums over the rows fitted in which what the mean might lack is looked for, and over the rest; `border`: sums
    of what it might lack. `levels` of a response that is read as levels, and `clusters`, stand in order of first appearance, with
    the weights of the rows fitted: 0 for a level whose rows are all held out. `unscored` rows are held out and can be given no
    prediction, as their level of a column, in `unlearnt` rows by column, is in no row fitted. `aside_jacobian`: sum of
    log |dt/dy| over the rows held out.
    """

    reservoir: Reservoir
    ledger: Ledger = field(default_factory=Ledger)
    looked: Moments | None = None
    others: Moments | None = None
    levels: Mapping[str, float] = field(default_factory=dict)
    clusters: Mapping[str, float] = field(default_factory=dict)
    unscored: int = 0
    unlearnt: Mapping[str, int] = field(default_factory=dict)
    aside_jacobian: float = 0.0
    border: Border | None = None

    @property
    def moments(self) -> Moments | None:
        """Sums over the rows fitted, None where there are none."""
        return added(self.looked, self.others)

    def __add__(self, other: "Gathered") -> "Gathered":
        return Gathered(
            self.reservoir + other.reservoir.after(self.ledger.read), self.ledger + other.ledger,
            added(self.looked, other.looked), added(self.others, other.others),
            add_counts(self.levels, other.levels), add_counts(self.clusters, other.clusters),
            self.unscored + other.unscored, add_counts(self.unlearnt, other.unlearnt),
            self.aside_jacobian + other.aside_jacobian, added(self.border, other.border),
        )


FIRST_ROWS = 1_500_000      # or so, among which what the mean lacks is looked for in each block
EACH_BLOCK = 4      # of the later ones: millions of rows tell of bends that are worth some millionths of a nat


def looked_at(place: Place, rows: int) -> bool:
    """Whether what the mean lacks is looked for in a block of so many rows, which those before it have about as many of."""
    number = place.file + place.block
    return number * rows < FIRST_ROWS or number % EACH_BLOCK == 0


class Told(NamedTuple):
    """What every block is told: with its rows, it determines everything that is made of them.

    `capacity`: rows of the sample, chosen like those held out by the seed of the split; `seen`: whether their cells are kept too.
    `bends`: columns that the mean might lack, of which sums are wanted.
    """

    columns: Columns
    scaling: Scaling
    split: Split
    capacity: int
    seen: bool = False
    bends: Bends | None = None


class Kept(NamedTuple):
    """Where encoded rows go: those fitted, and those held out."""

    fitted: Keeper
    aside: Keeper


class Keeping(NamedTuple):
    """How rows are kept, in the terms of Intake: those fitted within `budget` or up to `most`, those held out within `budget`."""

    budget: int | None = None
    most: int | None = None

    def begun(self) -> tuple[Intake, Intake]:
        """Where those fitted and those held out go."""
        return Intake(None if self.most else self.budget, self.most), Intake(self.budget)


class Gathering(NamedTuple):
    """The reading in which batches are encoded and their rows kept."""

    told: Told
    keeping: Keeping

    @property
    def zero(self) -> Gathered:
        """What is made of no rows."""
        return Gathered(Reservoir(self.told.capacity))

    def begun(self) -> tuple[Callable[[Batch], Gathered], tuple[Intake, Intake]]:
        """As Reading.begun. The task raises DataError for rows that cannot be encoded."""
        kept = self.keeping.begun()
        return partial(of_batch, self.told, kept, Threshold(self.told.capacity)), kept


def gather(source: Source, told: Told, keeping: Keeping, threads: int) -> tuple[Gathered, Kept]:
    """Encode every batch of the source and keep its rows. Raises DataError for rows that cannot be encoded."""
    columns = told.columns
    total, kept = source.sum(columns.numbers, columns.categories, Gathering(told, keeping), threads)
    return total, Kept(*kept)


def of_batch(told: Told, kept: tuple[Intake, Intake], bar: Threshold, batch: Batch) -> Gathered:
    """Encode the rows of a batch, keep them, and add them up."""
    used, ledger = told.columns.used(batch)
    told = told if looked_at(batch.place, batch.rows) else told._replace(bends=None)
    total = Gathered(Reservoir(told.capacity), ledger)
    end = batch.start + batch.rows      # rows seen are counted back from there, and the ledger counts those before it
    for step in steps(used, told.columns.predictors.columns_wide):     # one after the other: no more than two triangles at a time
        total += gathered(told, kept, bar, step, end)
    return total


def gathered(told: Told, kept: tuple[Intake, Intake], bar: Threshold, used: Used, end: int) -> Gathered:
    """Encode a step of rows, divide them, keep those fitted and those held out, and add them up."""
    batch, unlearnt, jacobian = used.batch, {}, 0.0
    aside, unscored = told.split.aside(batch), 0
    if aside is not None:
        unlearnt = {name: rows & aside & used.keep for name, rows in told.columns.predictors.unlearnt(batch).items()}
        known = used.without(np.logical_or.reduce(list(unlearnt.values()))) if unlearnt else used
        used, unscored = known, used.rows.size - known.rows.size
    encoded = Encoded.of(told.columns, told.scaling, used)
    met, place = encoded.piece.chunk, (*batch.place, batch.start)
    chance = keys(told.split.seed, Stream.SAMPLE, batch.place, batch.start, batch.start + batch.rows)[used.rows]
    if aside is not None:
        out = aside[used.rows]
        outside = encoded.choose(np.flatnonzero(out))
        jacobian = outside.jacobian(told.columns.observed.precision)
        kept[1].keep(place, outside.piece)
        fitted = np.flatnonzero(~out)
        encoded, chance = encoded.choose(fitted), chance[fitted]
    piece = encoded.piece
    if told.columns.observed.precision:
        piece = piece._replace(chunk=whitened(piece.chunk))
    kept[0].keep(place, piece)
    places = used.rows if aside is None else used.rows[fitted]
    seen = (lambda rows: _seen(told.columns, batch, places[rows], end)) if told.seen else None
    moments = Moments.of(told.columns, encoded) if piece.chunk.rows else None
    looked = moments is not None and told.bends is not None
    return Gathered(
        Reservoir.of(piece, chance, bar, seen), looked=moments if looked else None, others=None if looked else moments,
        levels=_weights(piece.levels, met.y, piece.chunk.y, piece.chunk.weight) if piece.levels else {},
        clusters={} if met.cluster is None else _weights(piece.clusters, met.cluster, piece.chunk.cluster, piece.chunk.weight),
        unscored=unscored, aside_jacobian=jacobian,
        unlearnt={name: count for name, rows in unlearnt.items() if (count := int(rows.sum()))},
        border=told.bends.border(encoded.table, piece.chunk.weight) if looked and told.bends is not None else None,
    )


def _seen(columns: Columns, batch: Batch, rows: Index, end: int) -> Seen:
    """The cells of rows of the batch, which are counted from row `end` on."""
    categories = {name: batch.categories[name] for name in columns.categories}
    return Seen(
        np.asarray(rows + (batch.start + 1.0 - end)), {name: batch.numbers[name][rows] for name in columns.numbers},
        {name: category.codes[rows] for name, category in categories.items()},
        {name: category.levels for name, category in categories.items()})


def _weights(levels: Sequence[str], met: Array, fitted: Array | None, weight: Array | None) -> dict[str, float]:
    """The weight of the rows fitted by level, for every level met; codes (n,) stand for the levels."""
    assert fitted is not None
    present = np.bincount(met.astype(np.intp), minlength=len(levels)) > 0
    weights = np.bincount(fitted.astype(np.intp), weight, len(levels))
    return {levels[code]: float(weights[code]) for code in np.flatnonzero(present).tolist()}


def misjudged(moments: Moments, scaling: Scaling) -> Scaling | None:
    """A better scaling when the head of the source was no guide to the size of the rest, else None."""
    away = np.abs(scaling.centre / scaling.scale)
    far = moments.magnitude + away > FAR * (1.0 + away)
    y_far = moments.y_magnitude > FAR * (1.0 + abs(scaling.y_centre / scaling.y_scale))
    # A head of zeros gives the scale 1, beside which squares of what is as small as 1e-170 are 0.
    far |= (moments.magnitude > 0.0) & (moments.magnitude < 1.0 / FAR)
    y_far |= 0.0 < moments.y_magnitude < 1.0 / FAR
    if not (far.any() or y_far):
        return None
    with np.errstate(over="ignore"):
        wanted = np.where(far, scaling.scale * np.exp2(np.ceil(np.log2(moments.magnitude))), scaling.scale)
        y_wanted = scaling.y_scale * 2.0 ** np.ceil(np.log2(moments.y_magnitude)) if y_far else scaling.y_scale
    limit = 2.0**1023
    return Scaling(scaling.centre, np.minimum(wanted, limit), scaling.y_centre, float(min(y_wanted, limit)))
