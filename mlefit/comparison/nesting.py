"""Nesting: whether one model is another with some of its parameters held, and where these are held."""

import numpy as np

from mlefit.arrays import Array
from mlefit.comparison.levels import without_levels
from mlefit.comparison.paired import Nesting
from mlefit.pipeline.fitted import Fitted
from mlefit.problem.problem import Problem

SPANNED = 1e-10     # of a column's size: what is left of it on the columns that determine it


def nested(smaller: Fitted, larger: Fitted) -> Nesting | None:
    """How one fit lies in the other, None where it does not: by its law, by its design, or by both."""
    df = larger.problem.n_params - smaller.problem.n_params
    if df <= 0 or smaller.problem.prepared.observed.label != larger.problem.prepared.observed.label:
        return None
    one, other = smaller.problem.prepared.noise, larger.problem.prepared.noise     # as asked for, not as the limit that was reached
    same_law, edge = one.spelt == other.spelt, one.spelt in other.nested
    if not (same_law or edge or one.spelt in other.contains) or not _spans(larger.problem, smaller.problem):
        return None
    if same_law and one.compresses:
        return Nesting(df, residual=larger.problem.n - len(larger.problem.shape.kept))
    return Nesting(df, boundary=edge and not same_law)


def _spans(larger: Problem, smaller: Problem) -> bool:
    """Whether the columns of each right-hand side of one are combinations of those of the other, in the rows of a sample."""
    if larger.coefficients == smaller.coefficients:
        return True
    if larger.prepared.sample.rows != smaller.prepared.sample.rows or len(smaller.shapes) > len(larger.shapes):
        return False
    return all(_within(larger, _columns(larger, side), _columns(smaller, side)) for side in range(len(smaller.shapes)))


def _columns(problem: Problem, side: int) -> Array:
    """The columns of a right-hand side in the sample. One random combination of those that a factor does not have stands for all:
    it lies in hardly any space that has not each of them."""
    sample, wide = problem.prepared.sample, problem.prepared.predictors.columns_wide
    columns = sample.x[:, [place for place in problem.shapes[side].kept if place < wide]]
    codes = [] if sample.level is None else [sample.level, *(() if sample.crossed is None else sample.crossed.T)]
    drawn = [np.random.default_rng(1).normal(size=int(code.max()) + 1)[code] for code in codes]
    return np.concatenate([columns, *(one[:, None] for one in drawn)], axis=1) if drawn else columns


def _within(larger: Problem, x: Array, wanted: Array) -> bool:
    """Whether wanted columns are combinations of those of a problem."""
    sample, size = larger.prepared.sample, np.abs(wanted).max(axis=0)
    if sample.level is not None:
        ones = np.ones(sample.rows)
        x, wanted = without_levels(x, sample, ones), without_levels(wanted, sample, ones)
    left = wanted - x @ np.linalg.lstsq(x, wanted, rcond=None)[0]
    return bool((np.abs(left) <= SPANNED * size).all())
