"""Sparkline of a fit: its residuals in CELLS cells beside those of the normal law; of two levels, shares in ten groups.

Residuals are z = Phi^-1(F(y)), of a discrete law a random point of the cell of y (Dunn and Smyth 1996): standard normal if the
model is true. What lies beyond the last cells is counted in them. Rows of two levels are put into ten groups by their probability.
"""

from itertools import pairwise

import numpy as np

from mlefit.arrays import Array
from mlefit.information.sample import Sample
from mlefit.noise.model import Measure
from mlefit.prediction.score import quantile_residuals
from mlefit.report.sparkline import Sparkline

LEAST, MOST = 20, 20_000    # rows: fewer show nothing, more show no more
CELLS, REACH = 28, 3.5      # cells from -REACH to REACH
GROUPS = 10


def sparkline(sample: Sample, seed: int) -> Sparkline | None:
    """The two lines; None for fewer than LEAST rows, and for more than two levels."""
    if sample.n < LEAST:
        return None
    places = np.unique(np.linspace(0, sample.y.size - 1, min(MOST, sample.y.size)).astype(np.intp))
    weight = np.ones(places.size) if sample.weight is None else np.asarray(sample.weight[places], dtype=float)
    rows = sample.take(places)
    if rows.noise.response.reads_levels:
        return _shares(rows, weight) if len(rows.noise.outcome_names) == 2 else None
    return _residuals(rows, weight, seed)


def _residuals(rows: Sample, weight: Array, seed: int) -> Sparkline | None:
    """Counts in cells, and what the normal law expects."""
    from scipy.special import ndtr

    chance = np.random.default_rng(seed).random(rows.y.size) if rows.noise.measure is not Measure.DENSITY else np.empty(0)
    z = quantile_residuals(rows.noise, rows.y, rows.eta, rows.free, chance)
    known = ~np.isnan(z)
    edges = np.linspace(-REACH, REACH, CELLS + 1)
    inside = np.clip(z[known], -REACH, REACH)
    found, _ = np.histogram(inside, edges, weights=weight[known])
    cumulative = ndtr(edges)
    cumulative[[0, -1]] = 0.0, 1.0
    expected = np.diff(cumulative) * found.sum()
    return Sparkline(("residuals", "model"), tuple(found.tolist()), tuple(expected.tolist()))


def _shares(rows: Sample, weight: Array) -> Sparkline | None:
    """Observed shares of the later level in groups of equal weight by its predicted probability, and the predicted ones."""
    p = rows.noise.probabilities(rows.eta, rows.free)[1]
    order = np.argsort(p, kind="stable")
    total = np.cumsum(weight[order])
    ends = np.searchsorted(total, np.linspace(0.0, total[-1], GROUPS + 1), side="right")
    groups = [order[start:end] for start, end in pairwise(ends.tolist()) if weight[order[start:end]].sum() > 0.0]

    def mean(of: Array) -> tuple[float, ...]:
        return tuple(float(np.average(of[group], weights=weight[group])) for group in groups)

    return Sparkline(("observed", "predicted"), mean(rows.y), mean(p))
