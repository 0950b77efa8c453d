"""Unseen: the model on the rows put aside, and which of these it says nothing of.

A column that others determine in the rows fitted has no coefficient: x_j = sum_k c_k x_k there. A row held out in which that does
not hold has no prediction, as any value of the coefficient fits equally well what was seen.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Index, Mask
from mlefit.execution import Engine, Execution
from mlefit.execution.engine import M
from mlefit.existence.rank import ROUNDING
from mlefit.information.familiar import familiar
from mlefit.information.prediction import held_out
from mlefit.numerals import are
from mlefit.pipeline.fitted import Fitted
from mlefit.problem.problem import Problem
from mlefit.records import record
from mlefit.report.information import Holdout
from mlefit.report.report import Warn
from mlefit.rows.chunk import Chunk, choose

VISIBLE = 1e-6      # of the size of what is compared: above what triangles and printed decimals leave of an exact relation


class Determined(NamedTuple):
    """Columns `places` (a,) as combinations of the `kept` ones (k,), `c` (k, a); `slack` (a,): the rounding of either side.

    `means` (L, p): of the columns by the level of a row, where the combinations are of what is left beside these."""

    places: Index
    kept: Index
    c: Array
    slack: Array
    means: Array | None = None

    def broken(self, chunk: Chunk) -> Mask:
        """In which rows (n,) a combination (a,) is another: (n, a)."""
        x = chunk.x if self.means is None or chunk.level is None else chunk.x - self.means[chunk.level]
        mine, other = x[:, self.places], x[:, self.kept] @ self.c
        size = np.abs(mine) + np.abs(x[:, self.kept]) @ np.abs(self.c)
        return np.asarray(np.abs(mine - other) > VISIBLE * size + self.slack)


@record(frozen=True)
class Broken:
    """Rows without a prediction, and by column (a,) those that break its relation."""

    rows: int
    columns: Array

    def __add__(self, other: "Broken") -> "Broken":
        return Broken(self.rows + other.rows, self.columns + other.columns)


@record(frozen=True)
class Predictable(Execution):
    """The rows that break no relation."""

    rows: Execution
    relations: tuple[Determined, ...]

    def sum(self, task: Callable[[Chunk], M]) -> M:
        """The total over them."""
        return self.rows.sum(lambda chunk: task(self._of(chunk)))

    def _of(self, chunk: Chunk) -> Chunk:
        broken = _broken(self.relations, chunk)
        return choose(chunk, np.flatnonzero(~broken.any(axis=1))) if broken.any() else chunk


def unseen(found: Fitted) -> Holdout | None:
    """The figures, in natural units."""
    problem, fit = found.problem, found.fit
    aside, noise, observed = problem.prepared.aside, fit.noise, problem.prepared.observed
    if aside is None:
        return None
    broken = _broken_rows(problem)
    missed = aside.unscored + broken.rows
    held = Holdout(aside.share, aside.store.rows + aside.unscored, 0, None, None, missed)
    if aside.store.rows == broken.rows:
        return held
    rows: Execution = Engine(aside.store, problem.threads)
    if broken.rows:
        rows = Predictable(rows, tuple(_relations(problem)))
    n, mean, error = held_out(found.objective, fit.mle.theta, rows, fit.nll[0] / problem.n, observed.weights_kind)
    known = familiar(noise, found.objective, fit.mle.theta, rows, problem.units.y_scale, precision=observed.precision)
    if broken.rows and observed.transform is not None:     # the Jacobian is that of all rows held out
        return held._replace(n=round(n))
    entropy = mean + problem.log_unit - aside.jacobian / n
    return held._replace(
        n=round(n), cross_entropy=entropy, std_error=error, rmse=known.rmse, r_squared=known.r_squared,
        accuracy=known.accuracy, log_loss=entropy if noise.response.reads_levels else None, auc=known.auc,
    )


def unscored(problem: Problem) -> tuple[Warn, ...]:
    """Warnings that name the columns of rows held out that have no prediction, and say why."""
    aside, found = problem.prepared.aside, []
    if aside is None:
        return ()
    held = aside.store.rows + aside.unscored
    if aside.unscored:
        where = ", ".join(f"{column}: {count}" for column, count in aside.unlearnt.items())
        whose = "its" if aside.unscored == 1 else "their"
        found.append(Warn("not-scored", f"{aside.unscored} of {held} rows held out {are(aside.unscored)} not scored: {whose} level "
                          f"of a predictor is in no row of the fit ({where})", tuple(aside.unlearnt)))
    broken = _broken_rows(problem)
    if broken.rows:
        places = [place for relation in _relations(problem) for place in relation.places.tolist()]
        counts = {problem.labels[place]: int(count) for place, count in zip(places, broken.columns, strict=True) if count}
        where = ", ".join(f"{column}: {count}" for column, count in counts.items())
        found.append(Warn("not-scored", f"{broken.rows} of {held} rows held out {are(broken.rows)} not scored: a column that "
                          "others determine in the rows fitted, and so has no coefficient, is not what they say there "
                          f"({where})", tuple(counts)))
    return tuple(found)


def _broken_rows(problem: Problem) -> Broken:
    aside, relations = problem.prepared.aside, tuple(_relations(problem))
    if aside is None or not aside.store.rows or not relations:
        return Broken(0, np.zeros(0))

    def count(chunk: Chunk) -> Broken:
        broken = _broken(relations, chunk)
        return Broken(int(broken.any(axis=1).sum()), broken.sum(axis=0).astype(np.float64))

    return Engine(aside.store, problem.threads).sum(count)


def _broken(relations: tuple[Determined, ...], chunk: Chunk) -> Mask:
    return np.concatenate([relation.broken(chunk) for relation in relations], axis=1)


def _relations(problem: Problem) -> Iterator[Determined]:
    """One for each right-hand side that has columns of this kind, but for those without digits, which have no relation."""
    moments = problem.prepared.moments
    triangle, magnitude, within = moments.triangle.r, moments.magnitude, moments.within
    means = None if within is None else within.mean[:, : problem.prepared.predictors.columns_wide]
    for shape in problem.shapes:
        places = np.array([j for j in shape.aliased if j not in shape.silent], dtype=np.intp)
        if places.size:
            kept = np.array(shape.within.kept, dtype=np.intp)
            c = np.linalg.lstsq(triangle[:, kept], triangle[:, places])[0] if kept.size else np.zeros((0, places.size))
            slack = ROUNDING * (1.0 if means is None else 2.0) * (magnitude[places] + magnitude[kept] @ np.abs(c))
            yield Determined(places, kept, np.asarray(c), np.asarray(slack), means)
