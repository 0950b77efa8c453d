"""Dependence in file order: whether rows that stand beside each other resemble each other more than the model lets them.

With Pearson residuals e_i (m,) and what fitting takes of them, q_i (scored.py), t_i = e_i'e_(i+1),

    r = (sum t - E) / sum e'e,   E = -phi sum tr q_i'q_(i+1),   z = (sum t - E) / (sum t^2)^(1/2)

E is the mean that fitting gives to residuals of independent rows (-sum q_i'q_(i+1) / (n - p) for r), phi their dispersion.
A coefficient is called too short where its hac error is much larger than that of the model: a correlation of neighbours moves
only what varies as slowly as they do.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.diagnosis.scored import Scored, Scoring
from mlefit.estimation.fit import Optima
from mlefit.execution import Engine
from mlefit.inference.kinds import kind_of
from mlefit.inference.standard_errors import standard_errors
from mlefit.mean import LinearMean
from mlefit.problem.problem import Problem
from mlefit.records import record
from mlefit.report.report import Warn
from mlefit.sums.tally import tree_sum

LEVEL = 1e-3        # one-sided
VISIBLE = 0.1       # correlations below make no interval much too short
FACTOR = 1.25       # in standard errors: intervals that are that short cover 88 % instead of 95 %
ENOUGH = 50         # rows from which z is normal
SHOWN = 5           # coefficients that a warning names


@record(frozen=True)
class Edge:
    """A row at an end: e (m,) and q (m, P)."""

    residual: Array
    taken: Array


@record(frozen=True)
class Serial:
    """Sums over the rows from `first` to `last`: numbers e, e'e, tr q'q, and over neighbours t, tr q_i'q_(i+1) and t^2; of e (m,)
    itself as well, by which residuals are centred in a second look where no constant makes their mean 0."""

    first: Edge
    last: Edge
    count: int
    square: float
    taken: float
    along: float = 0.0
    shared: float = 0.0
    spread: float = 0.0
    total: Array | float = 0.0

    @classmethod
    def of(cls, rows: Scored, centre: Array | float = 0.0) -> "Serial":
        """Those of some rows, e less their `centre` (m,)."""
        e, q = rows.residuals - centre, rows.projections
        t = np.einsum("nk,nk->n", e[:-1], e[1:])
        return cls(
            Edge(e[0], q[0]), Edge(e[-1], q[-1]), e.size, float(np.vdot(e, e)), float(np.vdot(q, q)),
            float(t.sum()), float(np.vdot(q[:-1], q[1:])), float(t @ t), e.sum(axis=0),
        )

    def __add__(self, other: "Serial") -> "Serial":
        t = float(self.last.residual @ other.first.residual)
        return Serial(
            self.first, other.last, self.count + other.count, self.square + other.square, self.taken + other.taken,
            self.along + other.along + t, self.shared + other.shared + float(np.vdot(self.last.taken, other.first.taken)),
            self.spread + other.spread + t * t, self.total + other.total,
        )

    @property
    def excess(self) -> float:
        """sum t - E."""
        return self.along + self.square / (self.count - self.taken) * self.shared

    @property
    def correlation(self) -> float:
        """r."""
        return self.excess / self.square

    @property
    def p_value(self) -> float:
        """P(Z > z)."""
        from scipy.special import ndtr

        return float(ndtr(-self.excess / np.sqrt(self.spread)))


@record(frozen=True)
class Order:
    """Columns (n, k) of rows from `first` to `last` (k,): whether they never fall, never rise, and how often they change."""

    first: Array
    last: Array
    rising: Mask
    falling: Mask
    changes: Array

    @classmethod
    def of(cls, columns: Array) -> "Order":
        """That of some rows."""
        step = np.diff(columns, axis=0)
        rising, falling = (np.asarray(one.all(axis=0)) for one in (step >= 0.0, step <= 0.0))
        return cls(columns[0], columns[-1], rising, falling, (step != 0.0).sum(axis=0).astype(np.float64))

    def __add__(self, other: "Order") -> "Order":
        between = Order.of(np.stack([self.last, other.first]))
        return Order(self.first, other.last, self.rising & between.rising & other.rising,
                     self.falling & between.falling & other.falling, self.changes + between.changes + other.changes)

    @property
    def monotone(self) -> Mask:
        """Which columns rise, or fall, from their first row to their last."""
        return np.asarray((self.rising | self.falling) & (self.first != self.last))


class Neighbours(NamedTuple):
    """`correlation` r and its p, both None for the `reason` given; `short`: coefficients whose errors are too small for it."""

    correlation: float | None = None
    p_value: float | None = None
    short: tuple[str, ...] = ()
    reason: str | None = None
    warnings: tuple[Warn, ...] = ()


def neighbours(
    problem: Problem, scoring: Scoring, both: Optima, mean: LinearMean, rows: Engine | None, found: Serial | None, grouped: bool
) -> Neighbours:
    """What neighbouring rows say, of whose sums `found` is the total. `grouped`: the rows of some column's levels stand together,
    and the rule of groups speaks."""
    if rows is None or found is None:
        return Neighbours(reason="more rows than are looked at")
    if problem.prepared.observed.weights is not None:
        return Neighbours(reason="a weighted row is no single one")
    if rows.store.rows - scoring.root.shape[1] < ENOUGH:
        return Neighbours(reason="too few rows")
    if not problem.prepared.predictors.intercept:       # a mean that no constant has taken would pass for likeness
        centre = found.total * (found.first.residual.size / found.count)
        found = rows.sum(lambda chunk: tree_sum(Serial.of(slab, centre) for slab in scoring.scored(chunk)))
    if not found.spread > 0.0:
        return Neighbours(reason="no residuals")
    r, p = found.correlation, found.p_value
    if grouped or not (r > VISIBLE and p < LEVEL):
        return Neighbours(r, p)
    places, names = _numbers(problem)
    order = rows.sum(lambda chunk: Order.of(np.column_stack([chunk.y, chunk.x[:, places]])))
    levels = len(problem.prepared.levels)
    if order.monotone[0] or order.changes[0] < levels:
        return Neighbours(reason="the file is sorted by the target")
    if problem.errors.name in ("hac", "cluster"):
        return Neighbours(r, p)
    by = tuple(dict.fromkeys(name for name, sorted_ in zip(names, order.monotone[1:], strict=True) if sorted_))
    if by:
        said = (f"neighbours in {by[0]} resemble each other (correlation of their residuals {r:.2f}): a bend in {by[0]} "
                "(structure), or dependence (--se hac)")
        return Neighbours(r, p, warnings=(Warn("dependence", said, by[:1]),))
    if not both.noise.smooth:
        said = (f"rows that stand beside each other in the file resemble each other (correlation of their residuals {r:.2f}), so "
                "intervals may be too short; --se cluster:COLUMN allows for it where a column says which rows belong together")
        return Neighbours(r, p, warnings=(Warn("dependence", said),))
    short = tuple(dict.fromkeys(_short(problem, scoring, both, mean, rows)))
    return Neighbours(r, p, short, warnings=(Warn("dependence", _sentence(r, short), short),))


def _sentence(r: float, short: tuple[str, ...]) -> str:
    more = f" and {len(short) - SHOWN} more" if len(short) > SHOWN else ""
    if not short:
        what = "though no interval is much too short for it"
    elif short == ("(Intercept)",):
        what = "so the interval of (Intercept), and of no other coefficient, is too short"
    else:
        what = f"so intervals are too short for {', '.join(short[:SHOWN])}{more}"
    return (f"rows that stand beside each other in the file resemble each other (correlation of their residuals {r:.2f}), {what}; "
            "if the file is in the order of time, use --se hac")


def _numbers(problem: Problem) -> tuple[list[int], list[str]]:
    """Design columns that are made of numbers alone, and what they are made of."""
    places: list[int] = []
    names: list[str] = []
    for term, own in problem.prepared.predictors.placed:
        if not term.categories:
            places += own
            names += [":".join(sorted(term.numbers))] * term.width
    return places, names


def _short(problem: Problem, scoring: Scoring, both: Optima, mean: LinearMean, rows: Engine) -> Iterator[str]:
    """Coefficients whose hac error is FACTOR times that of the model."""
    hac, model = (standard_errors(kind_of(kind), both, mean, rows, scoring.objective) for kind in ("hac", "auto"))
    parts = mean.natural(both.mle.theta[: mean.size])
    ratio = np.concatenate([hac.covariance.error(part.directions, part.first) / model.covariance.error(part.directions, part.first)
                            for part in parts])
    labels = problem.coefficients
    yield from (labels[j] for j in np.flatnonzero(~hac.absent & (ratio >= FACTOR)).tolist())
