"""Band: the working set of any number of rows, in a few passes.

A random sample of m rows has a plane of its own, which the plane of all rows is near: rows whose residual is large there, by
what a sample of m can be wrong, will not change sides. So one pass collects the others, with the sum of the lines, and a second
one looks for rows that did change sides after all; they join, until there are none.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Index, Mask
from mlefit.estimation.lines import Lines, Slopes
from mlefit.estimation.programme import ROUNDING, Vertex, missing
from mlefit.estimation.smoothed import Rounded
from mlefit.estimation.working_set import Search, least
from mlefit.execution import Execution
from mlefit.execution.engine import M
from mlefit.mean import LinearMean
from mlefit.records import record
from mlefit.rows.chunk import Chunk, choose, join

IN_MEMORY = 1 << 17     # rows that are held at one time, where they have not many columns
NUMBERS = 1 << 24       # and numbers in them
SPREADS = 4.0           # times sqrt(p / m): the share of rows that the plane of m of them may yet pass, with room to spare
NEARER = 0.2            # of that share is left after a Newton step with the slopes of all rows
WIDER = 4.0             # times the share where the rows within are too few


@record(frozen=True)
class Taken:
    """What a pass brings: `rows` and where they stand, and of all others the sum of w times their slope, by columns (p,)."""

    rows: tuple[Chunk, ...]
    place: tuple[Index, ...]
    pull: Array

    def __add__(self, other: "Taken") -> "Taken":
        return Taken(self.rows + other.rows, self.place + other.place, self.pull + other.pull)

    @property
    def count(self) -> int:
        """How many rows."""
        return sum(place.size for place in self.place)


@dataclass
class Passes(Execution):
    """An execution that counts what it is asked for."""

    of: Execution
    count: int = field(default=0)

    def sum(self, task: Callable[[Chunk], M]) -> M:
        """The total over all rows."""
        self.count += 1
        return self.of.sum(task)


class Bottom(NamedTuple):
    """The least loss: its point and dual vector on the `lines` in memory. `steps` of the solver, `passes` over the rows."""

    lines: Lines
    vertex: Vertex
    steps: int
    passes: int

    @property
    def infeasible(self) -> Array:
        """Z'u (p,) over all rows, 0 but for rounding."""
        return np.asarray(self.vertex.dual @ self.lines.z + self.lines.pull)

    def gap(self, gamma: Array) -> float:
        """The loss less that of the dual vector: the sum of w c(r) - u r >= 0; rows that are not in memory add exactly 0."""
        r = self.lines.residual(gamma)
        return float((self.lines.weight * self.lines.slopes.loss(r) - self.vertex.dual * r).sum())


@record(frozen=True)
class Rows:
    """All rows, as they are visited."""

    mean: LinearMean
    slopes: Slopes
    execution: Passes

    @property
    def held(self) -> int:
        """How many may be in memory at one time."""
        return min(IN_MEMORY, NUMBERS // self.mean.size)

    def residual(self, gamma: Array, chunk: Chunk) -> Array:
        """r (n,)."""
        return chunk.y - self.mean.eta(gamma, chunk)[:, 0]

    def taken(self, gamma: Array, width: float) -> Taken:
        """The rows within `width` of the plane at `gamma`, and the sum of the others."""
        return self.execution.sum(lambda chunk: self._taken(chunk, np.abs(r := self.residual(gamma, chunk)) <= width, r))

    def wrong(self, gamma: Array, width: float, point: Array, known: Index) -> Taken:
        """The rows outside, but for those that are `known`, which are on the other side of the plane at `point`."""
        def of(chunk: Chunk) -> Taken:
            before, after = self.residual(gamma, chunk), self.residual(point, chunk)
            changed = (np.abs(before) > width) & (self.slopes.side(before) != self.slopes.side(after))
            if changed.any():
                changed &= ~np.isin(chunk.first_row + np.arange(chunk.rows), known)
            return self.chosen(chunk, changed)

        return self.execution.sum(of)

    def slope(self, gamma: Array) -> Array:
        """Minus the slope (p,) of the total loss at `gamma`."""
        nothing = self.execution.sum(lambda chunk: self._taken(chunk, np.zeros(chunk.rows, bool), self.residual(gamma, chunk)))
        return self.mean.part(0).gentle.whiten(nothing.pull)

    def _taken(self, chunk: Chunk, near: Mask, r: Array) -> Taken:
        weight = 1.0 if chunk.weight is None else chunk.weight
        side = np.where(near, 0.0, self.slopes.side(r) * weight)
        pull = self.mean.part(0).gentle.pull(side[:, None], chunk)
        return replace(self.chosen(chunk, near), pull=pull)

    def chosen(self, chunk: Chunk, which: Mask) -> Taken:
        """Some rows of a chunk, whatever the others pull."""
        place = np.flatnonzero(which)
        kept = chunk if place.size == chunk.rows else choose(chunk, place)
        return Taken((replace(kept, cluster=None),), (chunk.first_row + place,), np.zeros(self.mean.size))

    def lines(self, taken: Taken) -> Lines:
        """The rows taken, and the lines of the others."""
        pull = self.mean.part(0).gentle.whiten(taken.pull)
        return Lines(self.mean, self.slopes, join(taken.rows), np.concatenate(taken.place), pull)

    def joined(self, lines: Lines, more: Taken, gamma: Array) -> Lines:
        """With further rows, whose lines at `gamma` are taken out of the sum."""
        new = self.lines(more)
        side = self.slopes.side(new.residual(gamma)) * new.weight
        return Lines(self.mean, self.slopes, join([lines.rows, new.rows]), np.concatenate([lines.place, new.place]),
                     lines.pull - side @ new.z)


def bottom(mean: LinearMean, slopes: Slopes, execution: Execution, sample: Execution | None, search: Search) -> Bottom:
    """The least loss over all rows. `sample`: some of them at random, where there are many. Raises ArithmeticError."""
    rows = Rows(mean, slopes, Passes(execution))
    total = 0 if sample is None else rows.execution.sum(lambda chunk: _Count(chunk.rows)).rows
    if total <= rows.held:
        sample = None
    near = _Near(None, np.zeros(mean.size), 1.0, 0) if sample is None else _neighbourhood(rows, sample, total, search)
    steps = near.steps
    lines = rows.lines(rows.taken(near.gamma, near.width))
    start = search.start(lines) if sample is None else near.gamma
    while True:
        found = least(lines, start, search)
        if found is None:
            near = near._replace(share=WIDER * near.share)
            lines = rows.lines(rows.taken(near.gamma, near.width))
            continue
        steps += found.steps
        more = None
        if near.width < np.inf:
            more = rows.wrong(near.gamma, near.width, found.gamma, np.sort(lines.place))
        if more is None or not more.count:
            return Bottom(lines, _balanced(lines, found), steps, rows.execution.count)
        lines = rows.joined(lines, more, near.gamma)


def _balanced(lines: Lines, found: Vertex) -> Vertex:
    """With Z'u = 0 once more, over all rows in memory: sums of many rows have lost some digits of it."""
    dual = found.dual.copy()
    dual[found.inside] += missing(lines.z[found.inside], dual @ lines.z + lines.pull)
    return found._replace(dual=dual)


class _Near(NamedTuple):
    """A plane `gamma` near that of all rows, which may yet pass a `share` of them, told by the lines of a sample."""

    sample: Lines | None
    gamma: Array
    share: float
    steps: int

    @property
    def width(self) -> float:
        """How far from the plane these rows are: on a lattice many are on it, which tell nothing of the width."""
        if self.sample is None or self.share >= 1.0:
            return np.inf
        distance = np.abs(self.sample.residual(self.gamma))
        off = distance[distance > ROUNDING * np.abs(self.sample.rows.y).max()]
        return float(np.quantile(off, self.share)) if off.size else np.inf


def _neighbourhood(rows: Rows, sample: Execution, total: int, search: Search) -> _Near:
    """Where the plane of the sample is, moved nearer to that of all rows where too many rows would be within reach of it."""
    some = replace(rows, execution=Passes(sample))
    lines = some.lines(some.taken(np.zeros(rows.mean.size), np.inf))
    found = least(lines, search.start(lines), search)
    assert found is not None        # the loss of rows alone is never below 0
    p = rows.mean.size
    near = _Near(lines, found.gamma, SPREADS * float(np.sqrt(p / lines.size)), found.steps)
    while near.share * total > rows.held and near.width < np.inf:
        bent = Rounded(lines, near.width).curvature(lines.residual(near.gamma)) * (total / lines.size)
        near = near._replace(gamma=near.gamma + np.linalg.solve(bent, rows.slope(near.gamma)), share=near.share * NEARER)
    return near


@record(frozen=True)
class _Count:
    rows: int

    def __add__(self, other: "_Count") -> "_Count":
        return _Count(self.rows + other.rows)
