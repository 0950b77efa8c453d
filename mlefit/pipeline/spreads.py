"""Spreads: what turns a coefficient of the mean into the effect of one standard deviation of its column.

From the triangle R of the encoded design, constant first, with x_j = s_j z_j + c_j:

    sd(x_j) = s_j sqrt( sum_{i > 0} R_ij^2 / n ),

the length of what the constant leaves of the column; without a constant the root of its mean square. A level of a factor is told
as it is: 1.
"""

import numpy as np

from mlefit.design.levels import Levels
from mlefit.problem.problem import Problem


def spreads(problem: Problem) -> dict[str, float]:
    """By name of the coefficient; columns without one of their own are left out."""
    shape, encoding = problem.shape, problem.encodings[0]
    first = int(encoding.intercept)
    lengths = np.sqrt(np.square(shape.r[first:]).sum(axis=0) / problem.n) * np.abs(problem.prepared.scaling.scale[list(shape.kept)])
    labels, terms = problem.labels, problem.prepared.predictors.terms
    levels = {factor.column for term in terms for factor in term.factors if isinstance(factor, Levels)}
    names = [labels[j] for j in shape.kept]
    own = {name for name in names if name.partition("=")[0] in levels and ":" not in name}
    return {name: 1.0 if name in own else float(length) for name, length in zip(names[first:], lengths[first:], strict=True)}
