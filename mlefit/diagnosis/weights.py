"""Weights: whether those taken as counts of rows look like weights of another kind."""

import numpy as np

from mlefit.arrays import Array
from mlefit.problem.problem import Problem
from mlefit.report.report import Warn

MEAN = 5.0              # copies of a row on average, up to which counts of a table of measurements are usual
CELLS = 2_000_000       # of the sample that are compared


def doubtful_weights(problem: Problem) -> tuple[Warn, ...]:
    """A warning where frequency weights are large, and rows are not the distinct ones of a table of counts.

    Such a table has each row (x, y) once, and whole numbers or levels. A density of fractional numbers is never one.
    """
    prepared = problem.prepared
    sample, name = prepared.sample, prepared.observed.repeated
    if name is None or sample.weight is None or sample.weight.mean() <= MEAN:
        return ()
    most = max(CELLS // (sample.x.shape[1] + 1), 1)
    rows = np.column_stack([sample.x[:most], sample.y[:most]])
    twice = len(np.unique(rows, axis=0)) < len(rows)
    scaling = prepared.scaling
    if not twice and (prepared.noise.measure.jumps or not _fractional(
            rows * np.append(scaling.scale, scaling.y_scale) + np.append(scaling.centre, scaling.y_centre))):
        return ()
    why = "rows that are equal stand apart" if twice else "the numbers are fractional"
    return (Warn(
        "weights-kind", f'column "{name}": frequency weights take a row as {sample.weight.mean():.3g} rows on average, and errors '
        f"are those of n = {problem.n:,.0f} rows, but {why}, unlike in a table of counts; --weights-kind precision is for a "
        "variance of sigma^2/w, --weights-kind sampling for rows that stand for w rows of a population", (name,)),)


def _fractional(values: Array) -> bool:
    return bool(np.any(values != np.rint(values)))
