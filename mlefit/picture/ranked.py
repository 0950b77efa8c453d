"""Ranked: errors of rows as a rank estimate sees them.

Residuals of a fit are errors that the error of the fit has blurred. Where errors have an edge, as skewed ones have, their ranks
tell: sets reshuffled from residuals and fitted again are blurred twice, the data once, and the spread of the data moves more along
predictors than that of the sets, though nothing moves. The rank estimate with normal scores is of no law of the errors less
precise than least squares (Chernoff and Savage 1958), and where there is an edge far more.
"""

from collections.abc import Callable

import numpy as np

from mlefit.arrays import Array, ascending

STEPS = 4           # of the search
HALVINGS = 6        # of a step that does not gain


def errors_of(residuals: Array, project: Callable[[Array], Array], scores: Array) -> Array:
    """Residuals (n,) less what moves along a design, upon which `project` projects, so that sum_i scores[rank of e_i] e_i is small.

    That is the dispersion of Jaeckel (1972), convex in the coefficients. The `scores` (n,) ascend and add up to 0. A few steps
    are as precise as the minimum to first order.
    """
    found, order = residuals, ascending(residuals)
    value = float(scores @ found[order])
    length = value / found.size         # a standard deviation, if the law is normal: then the step is that of least squares
    for _ in range(STEPS):
        ranked = np.empty(found.size)
        ranked[order] = scores
        step = project(ranked)
        for _ in range(HALVINGS):
            moved = found - length * step
            order = ascending(moved)
            gained = value - float(scores @ moved[order])
            if gained > 0.0:
                break
            length /= 2.0
        else:
            return found
        found, value, length = moved, value - gained, 2.0 * length
    return found
