"""Spread: whether squares of residuals depend on the predictors, and what a log-linear standard deviation would gain.

The p-value is that of n R^2 of the squares on normal scores of each number, their squares, and the levels of factors (Koenker
1981): chi-squared whatever the shape of the errors. A law without a free shape fixes the squares themselves, and sum (e^2 - 1) is a
look of its own. With z the residuals and B the same columns, orthogonal with mean squares 1,

    gain_i = z_i^2 / 2 - [B_i g + z_i^2 exp(-2 B_i g) / 2],   g = arg min of the mean of the bracket,

is the log ratio of N(0, exp(2 B g)) to N(0, 1) of normal scores z. Any g bounds KL from below, so the search may stop early.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.information.arranged import Arranged
from mlefit.information.reference import MOST_COLUMNS, Variable
from mlefit.information.working import Working

ROWS_PER_COLUMN = 10
STEPS = 50
ENOUGH = 1e-3       # total nats that the next step may still gain
NEW = 1e-7          # share of a column that the others must leave
OWN = 0.1           # share of a column that must be left beside the predictors of a scale: less is in a few rows alone
MOST_LEVELS = 32    # of a factor whose levels may have spreads of their own


class Spread(NamedTuple):
    """`p`, the variable that the squares go with most (None: all rows), whether they exceed the law, and the basis (n, k)."""

    p: float
    name: str | None
    wider: bool
    basis: Array


def spread(rows: Working, squares: Array, predictors: Sequence[Variable]) -> Spread | None:
    """The part; `squares` (n,) of residuals, 1 on average. None where there are too few rows for any column."""
    from scipy.special import gammaincc

    found: list[tuple[float, str | None, bool]] = []
    columns, names = _columns(predictors, rows.n, rows.n // ROWS_PER_COLUMN)
    scaled = [x for x, predictor in zip(rows.designs, rows.noise.predictors, strict=True) if predictor.kind == "scale"]
    if scaled and columns.shape[1]:
        taken = np.linalg.qr(np.concatenate([x.T for x in scaled]).T)[0]
        left = columns - taken @ (taken.T @ columns)        # the law's own spread has been fitted
        kept = np.linalg.norm(left, axis=0) > OWN * np.linalg.norm(columns - columns.mean(axis=0), axis=0)
        columns, names = left[:, kept], [name for name, own in zip(names, kept, strict=True) if own]
    basis = orthogonal(columns)
    apart = squares - squares.mean()
    variance = float(apart @ apart)
    if basis.shape[1] and variance > 0.0:
        along = basis.T @ apart
        statistic = float(along @ along) / variance         # mean squares 1: n R^2 is this
        each = [(float(np.square(_normed(columns[:, j]) @ apart)), j) for j in range(columns.shape[1])]
        found.append((float(gammaincc(basis.shape[1] / 2, statistic / 2)), names[max(each)[1]], True))
    if not rows.free.size and not scaled and not rows.noise.response.reads_levels:
        found.append(_dispersion(rows))
    if not found:
        return None
    p, name, wider = min(found, key=lambda one: one[0])
    return Spread(min(1.0, p * len(found)), name, wider, basis)


def _dispersion(rows: Working) -> tuple[float, None, bool]:
    """sum e^2 against n - p, with the variance that the law gives it."""
    from scipy.special import ndtr

    second, fourth = rows.moments(np.eye(rows.eta.shape[1])[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = float(np.nansum(fourth / second**2 - 1.0))
    e = rows.residuals[:, 0]
    excess = float(e @ e) - (rows.n - rows.designs[0].shape[1])
    return float(2.0 * ndtr(-abs(excess) / np.sqrt(variance))), None, excess > 0.0


def _columns(predictors: Sequence[Variable], n: int, most: int) -> tuple[Array, list[str]]:
    """Normal scores, levels, and squares of the scores, as far as there are rows for them."""
    most = min(most, MOST_COLUMNS)
    linear: list[tuple[str, Array]] = []
    square: list[tuple[str, Array]] = []
    for one in predictors:
        if len(linear) >= most:
            break
        if one.arranged is None:
            assert one.codes is not None
            if one.distinct <= MOST_LEVELS:
                linear += [(one.name, (one.codes == level).astype(np.float64)) for level in range(1, one.distinct)]
            continue
        scores = normal_scores(one.arranged)
        linear.append((one.name, scores))
        if one.distinct > 2:
            square.append((one.name, scores**2))
    kept = (linear + square)[:most]
    return np.array([column for _, column in kept]).reshape(len(kept), n).T, [name for name, _ in kept]


def normal_scores(arranged: Arranged) -> Array:
    """Phi^-1 of the mean rank of each value over n."""
    n, counts = arranged.rows.size, arranged.counts
    return arranged.by_row(_halves(n)[2 * np.cumsum(counts) - counts])


def plotted(n: int) -> Array:
    """Phi^-1((i - 1/2) / n) of the ranks i = 1 ... n."""
    return _halves(n)[1::2]


@lru_cache(maxsize=1)
def _halves(n: int) -> Array:
    """Phi^-1(k / (2 n)) of k = 0 ... 2 n: a mean rank is a half of a whole number."""
    from scipy.special import ndtri

    return np.asarray(ndtri(np.arange(2 * n + 1) / 2.0 / n))


def orthogonal(columns: Array) -> Array:
    """An orthogonal basis (n, k) with mean squares 1 of the columns less their means."""
    n = columns.shape[0]
    if not columns.shape[1]:
        return columns
    apart = columns - columns.mean(axis=0)
    norm = np.linalg.norm(apart, axis=0)
    apart = apart[:, norm > 0.0] / norm[norm > 0.0]
    sizes, vectors = np.linalg.eigh(apart.T @ apart)
    kept = sizes > NEW
    return np.asarray(apart @ (vectors[:, kept] / np.sqrt(sizes[kept])) * np.sqrt(n))


def _normed(column: Array) -> Array:
    apart = column - column.mean()
    norm = float(np.linalg.norm(apart))
    return np.asarray(apart / norm if norm > 0.0 else apart)


def spread_gain(basis: Array, scores: Array) -> Array:
    """gain (n,) of each row in nats, by Fisher scoring: E hessian = 2 I in this basis, whose constant is added."""
    n, squares = scores.size, scores**2
    basis = np.concatenate([np.ones((1, n)), basis.T]).T
    g = np.zeros(basis.shape[1])
    log_sd = np.zeros(n)
    ratio = squares.copy()                          # z^2 exp(-2 B g)
    for _ in range(STEPS):
        step = basis.T @ (ratio - 1) / (2 * n)
        slope = 2 * float(step @ step) * n          # total nats that a full step promises, twice
        if slope < ENOUGH:
            break
        before = float(np.mean(log_sd + ratio / 2))
        while slope >= ENOUGH:
            new_log_sd = basis @ (g + step)
            with np.errstate(over="ignore"):
                new_ratio = squares * np.exp(-2 * new_log_sd)
            if float(np.mean(new_log_sd + new_ratio / 2)) < before:
                break
            step, slope = step / 2, slope / 4
        else:
            break
        g, log_sd, ratio = g + step, new_log_sd, new_ratio
    return squares / 2 - log_sd - ratio / 2
