"""Separation: whether the likelihood of a discrete response has a maximum at all, and if not, along which directions.

The likelihood has no maximum if and only if some direction d raises no row's odds against what was observed and lowers
some (Albert and Anderson 1984):  margin_ik = (d_y - d_k)' x_i >= 0 for every row i and class k, and > 0 for one. A law says
by `outcomes` what a row keeps probable: its class, or for a count above 0 both a rate that grows and one that vanishes.

A small EDM does not exclude that. What does, at no cost, is a Newton step that changes no row's predictors by 1 or more
(its certificate's `reach`; self-concordance, Bach 2010). Only when that fails a linear programme (HiGHS) decides: maximise the sum
of all margins over the box |d| <= 1 while no margin of a working set is negative; violated margins enter the set until
none is left. Its optimum is zero if and only if there is no separation. Among the pairs (i, k) that a direction leaves
tied the search is repeated, so that in the end every pair is either separated or has a say in the limiting model.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Index, Mask
from mlefit.execution import Execution
from mlefit.existence.sparse import SOLVER, least
from mlefit.mean import LinearMean
from mlefit.noise.model import NoiseModel
from mlefit.records import record
from mlefit.rows.chunk import Chunk
from mlefit.sums.triangle import Triangle

TIE = 1e-9            # margins below this are ties; in whitened coordinates rows have norm about 1
GAIN = 1e-7           # a programme that gains less than this per row has found no direction
ENTER = 1024           # violated margins that enter the working set per round and part
ROUNDS = 200


class Separation(NamedTuple):
    """Directions (m r,) in whitened coordinates, each for the pairs that the ones before leave tied.

    `predicted`: rows (weights counted) of which nothing is tied, out of `rows`. `tied` (k, k): the triangle of the
    constraints of all pairs that stay tied; `margin`: the smallest margin by which a direction separates a pair.
    """

    directions: tuple[Array, ...]
    predicted: float
    rows: float
    tied: Array
    margin: float

    @property
    def complete(self) -> bool:
        """Whether every row is predicted perfectly, so that the likelihood approaches 1."""
        return self.predicted == self.rows


class Undecided(Exception):  # noqa: N818  a finding, not a defect
    """Neither a separating direction nor the proof that there is none was found."""


def separate(noise: NoiseModel, mean: LinearMean, execution: Execution, hint: Array) -> Separation | None:
    """All separating directions, or None when the programme proves that there is none. `hint` (m r,) orders the search.

    Raises Undecided when the programme fails or does not end: that is no proof of existence.
    """
    directions: list[Array] = []
    while (direction := _direction(noise, mean, execution, hint, directions)) is not None:
        directions.append(direction)
    if not directions:
        return None
    state = execution.sum(lambda chunk: _state(noise, mean, directions, chunk))
    return Separation(tuple(directions), state.predicted, state.rows, state.tied.r, state.margin)


def _direction(
    noise: NoiseModel, mean: LinearMean, execution: Execution, hint: Array, earlier: Sequence[Array]
) -> Array | None:
    total = execution.sum(lambda chunk: _total(noise, mean, earlier, chunk))
    if total.pairs == 0.0:
        return None
    objective = total.constraint / total.pairs
    start = hint / max(float(np.abs(hint).max()), float(np.finfo(float).tiny))
    if not len(execution.sum(lambda chunk: violations(noise, mean, start, earlier, chunk, GAIN)).rows):
        return start        # where the search had come, every open pair was separated already
    working = execution.sum(lambda chunk: violations(noise, mean, start, earlier, chunk, np.inf)).rows
    for _ in range(ROUNDS):
        found = _programme(objective, working, mean)
        if found is None:
            return None
        direction = _settled(found, working)
        if objective @ direction <= GAIN:
            return None
        violated = execution.sum(lambda chunk: violations(noise, mean, direction, earlier, chunk, -TIE))  # noqa: B023 - consumed here
        if not len(violated.rows):
            return direction
        working = np.concatenate([working, violated.rows])
    raise Undecided


def _programme(objective: Array, working: Array, mean: LinearMean) -> Array | None:
    """max objective' d subject to working d >= 0 in a box; None when the maximum is zero. Raises Undecided."""
    found = least(-objective, working, mean)
    if found is None:
        raise Undecided
    return None if -found[1] <= GAIN else found[0]


def null_space(rows: Array) -> Array:
    """An orthonormal basis (k, d) of the directions on which all `rows` (c, k) vanish."""
    _, sizes, right = np.linalg.svd(rows)
    rank = int(np.count_nonzero(sizes > TIE * max(float(sizes[0]), 1.0))) if sizes.size else 0
    basis: Array = right[rank:].T
    return basis


def _settled(direction: Array, working: Array) -> Array:
    """The direction with its ties exact: projected on the null space of the working rows that it meets at zero."""
    tied = working[np.abs(working @ direction) <= 100.0 * SOLVER]
    if not len(tied):
        return direction
    basis = null_space(Triangle.of(tied).r)
    projected: Array = basis @ (basis.T @ direction)
    top = float(np.abs(projected).max(initial=0.0))
    return projected / top if top > GAIN else np.zeros_like(direction)


class Entries(NamedTuple):
    """What the rows of a chunk keep probable, one entry (r,) for each row and outcome of it, in the order of the rows."""

    rows: Index
    outcome: Index
    rivals: Mask        # (K, r): which outcomes each is compared with

    @classmethod
    def of(cls, noise: NoiseModel, chunk: Chunk) -> "Entries":
        """One entry per row where each has one class; a count above 0 has two, since its rate may go neither way."""
        law = noise.among(chunk.trials)
        rows, outcome = np.nonzero(law.outcomes(chunk.y).T)
        return cls(rows, outcome, law.rivals(chunk.y[rows], outcome))


def _margins(mean: LinearMean, direction: Array, chunk: Chunk, kept: Entries) -> Array:
    """Margins (K, r) of the outcome kept over each outcome; 0 over itself."""
    logits = np.concatenate([np.zeros((1, chunk.rows)), mean.slope(direction, chunk).T])
    margins: Array = logits[kept.outcome, kept.rows] - logits[:, kept.rows]
    return margins


def _open(mean: LinearMean, earlier: Sequence[Array], chunk: Chunk, kept: Entries) -> Mask:
    """Which pairs (K, r) of an entry and another outcome than the one kept the earlier directions leave tied."""
    pairs = kept.rivals.copy()
    for direction in earlier:
        pairs &= np.abs(_margins(mean, direction, chunk, kept)) <= TIE
    return np.asarray(pairs)


def _constraints(mean: LinearMean, chunk: Chunk, kept: Entries, classes: Index, entries: Index) -> Array:
    """(e_y - e_k) x z_i (c, m r) for the given outcomes k and entries (i, y), scaled to norm 1."""
    coordinates = mean.part(0)      # all outcomes have one design
    design = coordinates.whiten(coordinates.columns(chunk)[kept.rows[entries]].T).T
    sign = np.zeros((entries.size, mean.predictors + 1))
    place = np.arange(entries.size)
    sign[place, kept.outcome[entries]] += 1.0
    sign[place, classes] -= 1.0
    product = (sign[:, 1:, None] * design[:, None, :]).reshape(entries.size, mean.size)
    norm = np.linalg.norm(product, axis=1)[:, None]
    result: Array = np.divide(product, norm, out=np.zeros_like(product), where=norm > 0.0)
    return result


@record(frozen=True)
class Violations:
    """Constraints (c, m r) with a margin below the limit, the worst of each part."""

    rows: Array

    def __add__(self, other: "Violations") -> "Violations":
        return Violations(np.concatenate([self.rows, other.rows]))


def violations(
    noise: NoiseModel, mean: LinearMean, direction: Array, earlier: Sequence[Array], chunk: Chunk, limit: float
) -> Violations:
    """Of the pairs that the `earlier` directions leave tied, those whose margin along `direction` is below `limit`."""
    kept = Entries.of(noise, chunk)
    margin = np.where(_open(mean, earlier, chunk, kept), _margins(mean, direction, chunk, kept), np.inf).ravel()
    order = np.argpartition(margin, min(ENTER, margin.size) - 1)[:ENTER]
    order = order[margin[order] < limit]
    classes, entries = np.divmod(order, kept.rows.size)
    return Violations(_constraints(mean, chunk, kept, classes, entries))


@record(frozen=True)
class Total:
    """The sum of the constraints of all open pairs (m r,), and their number."""

    constraint: Array
    pairs: float

    def __add__(self, other: "Total") -> "Total":
        return Total(self.constraint + other.constraint, self.pairs + other.pairs)


def _total(noise: NoiseModel, mean: LinearMean, earlier: Sequence[Array], chunk: Chunk) -> Total:
    kept = Entries.of(noise, chunk)
    pairs = _open(mean, earlier, chunk, kept).astype(np.float64)
    observed = np.arange(mean.predictors + 1)[:, None] == kept.outcome
    sign = np.where(observed, pairs.sum(axis=0), -pairs)
    pulled = (mean.part(0).columns(chunk)[kept.rows].T @ sign[1:].T).T.ravel()
    return Total(mean.coordinates.whiten(pulled), float(pairs.sum()))


@record(frozen=True)
class State:
    """What the directions leave: rows predicted perfectly, all rows, the triangle of tied constraints, least margin."""

    predicted: float
    rows: float
    tied: Triangle
    margin: float

    def __add__(self, other: "State") -> "State":
        return State(self.predicted + other.predicted, self.rows + other.rows, self.tied + other.tied,
                     min(self.margin, other.margin))


def _state(noise: NoiseModel, mean: LinearMean, directions: Sequence[Array], chunk: Chunk) -> State:
    weight = np.ones(chunk.rows) if chunk.weight is None else chunk.weight
    kept = Entries.of(noise, chunk)
    tied = _open(mean, directions, chunk, kept)
    least = np.inf
    for place, direction in enumerate(directions):
        margin = np.where(_open(mean, directions[:place], chunk, kept), _margins(mean, direction, chunk, kept), 0.0)
        least = min(least, float(margin[margin > TIE].min(initial=np.inf)))
    classes, entries = np.nonzero(tied)
    triangle = Triangle(np.zeros((mean.size, mean.size)))
    if entries.size:
        triangle = Triangle.of(_constraints(mean, chunk, kept, classes, entries))
    predicted = np.ones(chunk.rows, bool)
    predicted[kept.rows[tied.any(axis=0)]] = False
    return State(float(weight @ predicted), float(weight.sum()), triangle, least)
