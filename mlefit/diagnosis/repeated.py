"""Repeated rows: whole rows that come again although a predictor is continuous, so that chance does not repeat them.

Rows that agree in all predictors agree in their class by chance alone with probability at most s = sum of squared shares of
the classes; where nearly all of them do, P(Bin(ties, s) >= repeats) is small, and they are copies. Of least squares the values that
agree in all predictors are closer together by as much as these explain, and s is larger. A response without noise agrees wherever
the predictors do: then these are copies only if they agree more often than values in fine steps do by chance.
"""

import numpy as np
from numpy.typing import NDArray

from mlefit.arrays import Array
from mlefit.execution import Engine
from mlefit.noise.model import Measure
from mlefit.problem.problem import Problem
from mlefit.report.report import Warn

NUMBERS = 1 << 21       # of responses and designs, up to which rows are compared
DISTINCT = 0.95         # of the rows that differ, those whose values of a continuous predictor differ
LEVEL = 1e-3
ODD = 0x9E3779B97F4A7C15    # the golden ratio in 64 bits: a multiplier that mixes (Knuth 1998, section 6.4)


def repeated(problem: Problem, rows: Engine | None) -> tuple[Warn, ...]:
    """The warning, or nothing: of rows without weights, in which copies are no news."""
    prepared, noise = problem.prepared, problem.prepared.noise
    asked = (noise.measure is Measure.MASS or noise.compresses) and prepared.observed.weights is None
    if rows is None or not asked or rows.store.rows * (1 + len(problem.labels)) > NUMBERS:
        return ()
    chunk = rows.store.whole()
    known = (extra for extra in (chunk.offset, chunk.trials) if extra is not None)
    predictors = _mixed([*chunk.x.T, *known])
    whole = _mixed([chunk.y], predictors)
    repeats = _repeats(whole)
    if not repeats:
        return ()
    narrower = float(np.sqrt(problem.shape.rss / problem.n) / chunk.y.std()) if noise.compresses else 1.0
    ties = _repeats(predictors)
    if not _copies(chunk.y, repeats, ties, narrower):
        return ()
    first = np.unique(whole, return_index=True)[1]
    continuous = [(label, column) for label, column in zip(problem.labels, chunk.x.T, strict=True)
                  if np.unique(column[first]).size >= DISTINCT * first.size]
    exact = repeats == ties         # else rows that agree in all predictors by chance differ in their response
    if not continuous or (exact and any(_by_chance(column) for _, column in continuous)):
        return ()
    name = continuous[0][0]
    verb = "repeats" if repeats == 1 else "repeat"
    return (Warn("repeated-rows", f"{repeats} of {chunk.rows} rows {verb} an earlier row in every column used, which values of "
                 f"{name} do not by chance: if they are copies, all intervals are too short", (name,)),)


def _by_chance(column: Array) -> bool:
    """Whether as many values of a column (n,) in fine steps are equal as chance brings: half as many pairs as are a step apart."""
    from scipy.special import bdtrc

    values, count = np.unique(column, return_counts=True)
    apart = np.diff(values)
    equal = int((count * (count - 1) // 2).sum())
    beside = int((count[1:] * count[:-1])[apart < 1.5 * apart.min()].sum())
    return bool(bdtrc(equal - 1, equal + beside, 1.0 / 3.0) >= LEVEL)


def _repeats(numbers: NDArray[np.uint64]) -> int:
    """How many of them are equal to an earlier one."""
    return int(np.count_nonzero(np.diff(np.sort(numbers)) == 0))


def _copies(y: Array, repeats: int, ties: int, narrower: float) -> bool:
    """`narrower`: the spread of responses whose predictors agree, of that of all."""
    from scipy.special import bdtrc

    shares = np.unique(y, return_counts=True)[1] / y.size
    chance = float(np.square(shares).sum()) / narrower if narrower > 0.0 else 1.0
    return bool(bdtrc(repeats - 1, ties, min(chance, 1.0)) < LEVEL)


def _mixed(columns: list[Array], start: NDArray[np.uint64] | None = None) -> NDArray[np.uint64]:
    """A number (n,) for each row of columns (n,), equal where the rows are, and else different but for one chance in 2^64."""
    mixed = np.zeros(columns[0].size, dtype=np.uint64) if start is None else start.copy()
    for column in columns:
        mixed ^= (column + 0.0).view(np.uint64)         # -0 becomes 0
        mixed *= np.uint64(ODD)
        mixed ^= mixed >> np.uint64(32)
    return mixed
