"""Levels: the rows by which a model is judged where a factor has a level for each row and no columns, and what levels explain.

A coefficient that few rows know takes their residuals along, so that a random part of the rows would say nothing of levels that it
has one row of. Such a model is judged by all rows of some levels, which are a fit of their own: other levels say nothing of theirs.
"""

from dataclasses import replace

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.comparison.costs import rows_of
from mlefit.execution.engine import Execution
from mlefit.mean.indexed import Indexed
from mlefit.noise.model import Derivatives
from mlefit.objective import Objective
from mlefit.pipeline.fitted import Fitted
from mlefit.problem.prepare import SAMPLE_PREDICTORS
from mlefit.problem.problem import Problem
from mlefit.records import record
from mlefit.rows.chunk import Chunk, choose, join
from mlefit.rows.keys import Stream, keys
from mlefit.sums.within import by_level

WELL = 1_000        # rows of a level, of which others would tell its coefficient to 3 % of their spread
SWEEPS = 100        # over several factors, of which each takes what its levels explain
SETTLED = 1e-12     # of the largest number that is left: what a sweep may still take
TINY = 1e-300       # of a sum of squares


@record(frozen=True)
class Some:
    """Rows of chunks, in the order of the file."""

    chunks: tuple[Chunk, ...]

    def __add__(self, other: "Some") -> "Some":
        return Some(self.chunks + other.chunks)


@record(frozen=True)
class Counts:
    """Rows (L,) by level, or what they weigh."""

    rows: Array

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.rows + other.rows)


def judged_rows(problem: Problem, among: tuple[int, ...] = ()) -> Chunk:
    """Some rows at random, or where a factor has no columns, those of some of its levels: WELL of each at most. `among`: rows, by
    their numbers in the file, that are to be among the latter, with their levels."""
    prepared, seed = problem.prepared, problem.request.seed
    factor, rows = prepared.predictors.indexed, prepared.moments.rows
    if factor is None or (prepared.sample.rows == rows and problem.n <= SAMPLE_PREDICTORS):
        return prepared.sample
    count = len(factor.levels or ())
    each = rows_of(problem).sum(lambda chunk: Counts(by_level(_level(chunk), chunk.weight, count))).rows
    order = np.random.default_rng([seed, count]).permutation(count)
    if among:
        first = rows_of(problem).sum(lambda chunk: Some((_named(chunk, among),)))
        own = np.unique(_level(join(first.chunks)))
        order = np.concatenate([own, order[~np.isin(order, own)]])
    enough = int(np.searchsorted(np.cumsum(np.minimum(each, WELL)[order]), SAMPLE_PREDICTORS)) + 1
    share = np.zeros(count)
    share[order[:enough]] = WELL / np.maximum(each[order[:enough]], WELL)
    key = keys(seed, Stream.SAMPLE, (0, 0), 0, rows)
    key[list(among)] = -1.0

    def some(chunk: Chunk) -> Some:
        mine = key[chunk.first_row : chunk.first_row + chunk.rows]
        return Some((choose(chunk, np.flatnonzero(mine < share[_level(chunk)])),))

    return join(rows_of(problem).sum(some).chunks)


def _named(chunk: Chunk, rows: tuple[int, ...]) -> Chunk:
    """The rows of a chunk that have these numbers."""
    return choose(chunk, np.flatnonzero(np.isin(chunk.first_row + np.arange(chunk.rows), rows)))


def of_levels(found: Fitted, chunk: Chunk) -> tuple[Fitted, Chunk]:
    """A fit and some of its rows as the fit of the levels that these have: what other factors without columns explain is known."""
    mean = found.mean
    if chunk.level is None or chunk.rows == found.problem.prepared.moments.rows:
        return found, chunk
    assert isinstance(mean, Indexed)
    there, level = np.unique(chunk.level, return_inverse=True)
    offset = mean.leveled.offset(found.fit.mle.theta[: mean.size], chunk)
    rows = replace(chunk, level=level.astype(chunk.level.dtype), offset=offset, crossed=None)
    own = replace(mean, coordinates=mean.leveled.some(there), baseline=None, order=None)
    return found._replace(mean=own, fit=found.fit._replace(mle=replace(found.fit.mle, theta=theta_of(found, there)))), rows


def theta_of(found: Fitted, levels: Index, theta: Array | None = None) -> Array:
    """The parameters that rows of these levels have, of all `theta` (P,), which are those of the fit unless others are meant."""
    mean, theta = found.mean, found.fit.mle.theta if theta is None else theta
    assert isinstance(mean, Indexed)
    return np.concatenate([mean.leveled.of_some(theta[: mean.size], levels), theta[mean.size :]])


def beside_levels(objective: Objective, theta: Array, chunk: Chunk, root: Array, values: Array) -> tuple[Array, Array]:
    """Scores (n, q) of rows by columns and shapes, and `values` (n, k), both without what the scores by levels explain; `root` (n,)
    multiplies rows."""
    mean = objective.mean
    assert isinstance(mean, Indexed)
    coef, free = objective.split(theta)
    d1 = objective.criterion(chunk, mean.eta(coef, chunk), free, 1).d1
    assert d1 is not None
    own, columns = d1[:, 0] * root, chunk.x[:, list(mean.leveled.of_rows.kept)]
    scores = np.concatenate([own[:, None] * columns, d1[:, 1:] * root[:, None]], axis=1)
    left = without_levels(np.concatenate([scores, values], axis=1), chunk, own)
    return left[:, : scores.shape[1]], left[:, scores.shape[1] :]


def without_levels(values: Array, chunk: Chunk, by: Array) -> Array:
    """What is left of `values` (n, k) beside `by` (n,) times the indicators of the levels of each factor without columns."""
    codes = [_level(chunk), *(() if chunk.crossed is None else chunk.crossed.T)]
    square = [np.maximum(by_level(code, by * by, int(code.max()) + 1), TINY) for code in codes]
    found = np.array(values, order="F")
    for _ in range(1 if len(codes) == 1 else SWEEPS):
        before = found.copy(order="F")
        for code, length in zip(codes, square, strict=True):
            for j in range(found.shape[1]):
                found[:, j] -= by * (by_level(code, by * found[:, j], length.size) / length)[code]
        if float(np.abs(found - before).max(initial=0.0)) <= SETTLED * float(np.abs(found).max(initial=0.0)):
            break
    return found


def residuals(y: Array, chunk: Chunk) -> Array:
    """What columns leave of y (n,); beside levels in rows that are not alone in theirs, as wide as about its true mean."""
    if chunk.level is None:
        return y - chunk.x @ np.linalg.lstsq(chunk.x, y, rcond=None)[0] if chunk.x.size else y
    left = without_levels(np.concatenate([y[:, None], chunk.x], axis=1), chunk, np.ones(chunk.rows))
    rows = np.bincount(chunk.level)[chunk.level]
    several = np.flatnonzero(rows > 1)
    found = left[:, 0] - left[:, 1:] @ np.linalg.lstsq(left[:, 1:], left[:, 0], rcond=None)[0]
    return np.asarray(found[several] * np.sqrt(rows[several] / (rows[several] - 1.0)))


def spread_of(found: Fitted, rows: Execution) -> float:
    """What no square of the design's coordinates sums to less than over rows; 0 where these do not determine all coefficients."""

    def squares(chunk: Chunk, eta: Array, free: Array, order: int) -> Derivatives:
        return Derivatives(np.zeros(chunk.rows), np.zeros_like(eta), lambda v: np.broadcast_to(v, eta.shape))

    objective = Objective(squares, found.mean, 0)
    total = objective.whitened(rows.sum(lambda chunk: objective.tally(np.zeros(objective.size), chunk, 2)))
    return 0.0 if total.curvature is None else total.curvature.smallest


def _level(chunk: Chunk) -> Index:
    assert chunk.level is not None
    return chunk.level
