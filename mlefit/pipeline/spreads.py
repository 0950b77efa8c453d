"""Spreads: what turns a coefficient of the mean into the effect of one standard deviation of its column.

From the triangle R of the encoded design, constant first, with x_j = s_j z_j + c_j:

    sd(x_j) = s_j sqrt( sum_{i > 0} R_ij^2 / n ),

the length of what the constant leaves of the column; without a constant the root of its mean square. Where a factor has no
columns, R is that of those that there are. A level of a factor is told
as it is: 1.
"""

import numpy as np

from mlefit.design.levels import Levels
from mlefit.problem.problem import Problem


def spreads(problem: Problem) -> dict[str, float]:
    """By name of the coefficient; columns without one of their own are left out."""
    shape, labels, terms = problem.shape, problem.labels, problem.prepared.predictors.terms
    first = int(problem.encodings[0].intercept)
    within, scale = problem.prepared.moments.within, np.abs(problem.prepared.scaling.scale)
    kept = shape.kept[first:] if within is None else [j for j in shape.columns if j < problem.prepared.predictors.columns_wide]
    r = shape.r[first:, first:] if within is None else within.total.r[first:, kept]
    lengths = dict(zip(kept, np.sqrt(np.square(r).sum(axis=0) / problem.n) * scale[list(kept)], strict=True))
    levels = {factor.column for term in terms for factor in term.factors if isinstance(factor, Levels)}
    names = [(labels[j], lengths.get(j, 1.0)) for j in shape.kept[first:]]
    return {name: 1.0 if name.partition("=")[0] in levels and ":" not in name else float(length) for name, length in names}
