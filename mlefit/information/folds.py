"""On new rows, for a law that is not smooth: the cross-entropy of rows under the fit to the other nine tenths of them.

A Newton step without a row, as `left_out` makes it, has no meaning where the loss has corners. So the rows are dealt into FOLDS
by random numbers of their own, which depend on the seed and on their place alone, and the plane and the scale are found without
each fold. These planes are near that of all rows, which rows far from it do not notice: those near are held in memory.
"""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, product
from mlefit.estimation.band import Passes, Rows, Taken
from mlefit.estimation.fit import Optima
from mlefit.estimation.lines import Slopes
from mlefit.estimation.piecewise import SIMPLEX
from mlefit.estimation.working_set import least
from mlefit.execution import Execution
from mlefit.information.left_out import LeftOut
from mlefit.mean import LinearMean
from mlefit.records import record
from mlefit.report.report import ABOUT, ALONE
from mlefit.rows.chunk import Chunk
from mlefit.rows.keys import Stream, keys

FOLDS = 10
REACH = 12.0        # times sqrt(p / n): the share of rows that a plane without a fold may pass, with much room to spare
MOST_WORK = 1e9     # rows near the plane times squared columns: beyond, a fold may take ten seconds
ALONE_IN = 1e-9     # of the design: what the other folds must say of each direction


@record(frozen=True)
class Dealt:
    """Rows near the plane, with `counts` of them in each fold; sums over the others of w times their slope by fold, and over all
    of z z' w, in the columns' units."""

    near: Taken
    counts: tuple[Array, ...]
    pull: Array
    square: Array

    def __add__(self, other: "Dealt") -> "Dealt":
        return Dealt(self.near + other.near, self.counts + other.counts, self.pull + other.pull, self.square + other.square)


class Judged(NamedTuple):
    """By fold (F,): the loss of the rows in it and of all rows under the plane without it, the weight of the former, and how many
    rows outside changed sides."""

    inside: Array
    all: Array
    weight: Array
    wrong: Array


def new_rows(fit: Optima, mean: LinearMean, execution: Execution, sample: Chunk, seed: int) -> LeftOut:
    """The figure, nats per row; ABOUT where a row that was taken to keep its side has not; None where it would take minutes."""
    noise, gamma, coordinates = fit.noise, fit.mle.theta[: mean.size], mean.part(0)
    rows, members = Rows(mean, Slopes(*noise.slopes), Passes(execution)), Members.of(execution, seed)
    share = REACH * float(np.sqrt(mean.size / fit.n))
    if min(share, 1.0) * fit.n * mean.size**2 > MOST_WORK:
        return LeftOut(None, "too many parameters")
    width = np.inf if share >= 1.0 else float(np.quantile(np.abs(rows.residual(gamma, sample)), share))

    def deal(chunk: Chunk) -> Dealt:
        r, counts = rows.residual(gamma, chunk), members.counts(chunk)
        near = np.abs(r) <= width
        side = np.where(near, 0.0, rows.slopes.side(r))
        ready, white = coordinates.prepared(chunk)
        x = ready.columns(white)
        square = np.stack([product(x.T * count, x) for count in counts.T])
        return Dealt(rows.chosen(chunk, near), (counts[near],), product(x.T, counts * side[:, None]), square)

    dealt = rows.execution.sum(deal)
    total = dealt.square.sum(axis=0)
    square = [coordinates.whiten(coordinates.whiten(total - one).T) / fit.n for one in dealt.square]
    if min(float(np.linalg.eigvalsh(one)[0]) for one in square) < ALONE_IN:
        return LeftOut(None, ALONE)
    lines, pull = rows.lines(dealt.near), coordinates.whiten(dealt.pull)
    counts = np.concatenate(dealt.counts)
    planes = []
    for k in range(FOLDS):
        rest = lines.weight - counts[:, k]
        chosen = np.flatnonzero(rest > 0.0)
        found = least(lines.of(chosen, pull.sum(axis=1) - pull[:, k], rest[chosen]), gamma, SIMPLEX)
        if found is None:
            return LeftOut(None, "the rows of a part of the file alone hold the others")
        planes.append(found.gamma)
    judged = Judged(*rows.execution.sum(lambda chunk: _judged(rows, chunk, gamma, width, planes, members.counts(chunk))))
    scale = [noise.implied_shapes(float(loss), 0.0) for loss in (judged.all - judged.inside) / (fit.n - judged.weight)]
    cost = [noise.affine(free) for free in scale]
    value = sum(a * float(loss) + c * float(w) for (a, c), loss, w in zip(cost, judged.inside, judged.weight, strict=True)) / fit.n
    return LeftOut(float(value) if np.isfinite(value) else None, ABOUT if judged.wrong.any() else None)


def _judged(rows: Rows, chunk: Chunk, gamma: Array, width: float, planes: list[Array], counts: Array) -> Array:
    """Judged of a chunk, as one array (4, F)."""
    weight = counts.sum(axis=1)
    before = rows.residual(gamma, chunk)
    side, far = rows.slopes.side(before), np.abs(before) > width
    found = np.zeros((4, FOLDS))
    for k, plane in enumerate(planes):
        r, count = rows.residual(plane, chunk), counts[:, k]
        loss = rows.slopes.loss(r)
        wrong = far & (count < weight) & (rows.slopes.side(r) != side)
        found[:, k] = float(count @ loss), float(weight @ loss), float(count.sum()), float(wrong.sum())
    return found


@record(frozen=True)
class Members:
    """Which rows are in which fold. A row of weight k is k rows: `first` (c,) are where chunks begin, `before` (c,) the weight of
    all rows before them."""

    seed: int
    first: Array
    before: Array

    @classmethod
    def of(cls, execution: Execution, seed: int) -> "Members":
        """Those of all rows."""
        weights = execution.sum(lambda chunk: Weights(((chunk.first_row, _weight(chunk).sum()),))).chunks
        each = np.array([weight for _, weight in weights])
        return cls(seed, np.array([first for first, _ in weights], dtype=np.float64), np.cumsum(each) - each)

    def counts(self, chunk: Chunk) -> Array:
        """(n, F): how many of the rows that each row stands for are in each fold."""
        weight = np.rint(_weight(chunk)).astype(np.intp)
        place = int(np.searchsorted(self.first, chunk.first_row, side="right")) - 1
        start = round(float(self.before[place]))
        fold = np.floor(FOLDS * keys(self.seed, Stream.FOLDS, (0, 0), start, start + int(weight.sum()))).astype(np.intp)
        row = np.repeat(np.arange(chunk.rows), weight)
        return np.bincount(row * FOLDS + fold, minlength=chunk.rows * FOLDS).reshape(chunk.rows, FOLDS).astype(np.float64)


@record(frozen=True)
class Weights:
    """The first row and the weight of each chunk."""

    chunks: tuple[tuple[int, float], ...]

    def __add__(self, other: "Weights") -> "Weights":
        return Weights(self.chunks + other.chunks)


def _weight(chunk: Chunk) -> Array:
    return np.ones(chunk.rows) if chunk.weight is None else chunk.weight
