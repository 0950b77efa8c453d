"""Cuts: a given point of ordered levels by its cut points, for which the constant and the log gaps stand.

    c_k = g_1 + ... + g_(k-1) - constant,   g_j = exp(t_j)

With J their derivatives by (constant, t), the gradient by the cuts solves J' G = (gradient by constant and t).
"""

import numpy as np

from mlefit.auditing.point import Point
from mlefit.inference.covariance import Inverse
from mlefit.inference.cuts import cut_points
from mlefit.pipeline.fitted import Fitted


def in_cuts(found: Fitted, where: Point) -> Point:
    """The same point by its cuts alone (K - 1,), lowest first."""
    size, errors = found.mean.size, Inverse(found.fit.mle.curvature)
    best = cut_points(found.fit, found.mean, errors, errors)
    gaps = np.exp(where.given[size:])
    below = np.tril(np.ones((gaps.size + 1, gaps.size)), -1)
    given = below @ gaps - where.given[0]
    gradient = None
    if where.gradient is not None:
        slopes = np.column_stack([-np.ones(gaps.size + 1), below * gaps])
        gradient = np.linalg.solve(slopes.T, np.append(where.gradient[:1], where.gradient[size:]))
    return Point(where.edm, where.away, where.excess, given, best.mle, best.std_error, (given - best.mle) / best.std_error,
                 gradient, None if gradient is None else gradient * best.std_error)
