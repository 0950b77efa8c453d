"""Cuts: the cut points of ordered levels, for which the constant of the mean and the log gaps stand.

    c_k = g_1 + ... + g_(k-1) - constant,   g_j = exp(t_j)

so that a derivative of c_k is -1 by the constant and g_j by t_j for j < k.
"""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.estimation.fit import Optima
from mlefit.inference.covariance import Covariance
from mlefit.mean import LinearMean


class Cuts(NamedTuple):
    """By both routes, with the standard errors asked for, and the distance of the routes in those of the model (K - 1,)."""

    mle: Array
    loss: Array
    std_error: Array
    gap: Array


def cut_points(fit: Optima, mean: LinearMean, errors: Covariance, model: Covariance) -> Cuts:
    """Those of a fit whose mean has a constant first."""
    size, shapes = mean.size, len(fit.noise.shapes)
    below = np.tril(np.ones((shapes + 1, shapes)), -1)      # (cuts, gaps)

    def points(theta: Array) -> Array:
        return np.asarray(below @ np.exp(theta[size:]) - mean.natural(theta[:size])[0].value[0])

    part = mean.natural(fit.mle.theta[:size])[0]
    constant = np.tile(-part.directions[:1], (shapes + 1, 1))
    by_gaps = below * np.exp(fit.mle.theta[size:])

    def error(of: Covariance) -> Array:
        root = of.root(constant, part.first)
        return np.asarray(np.linalg.norm(root + of.root(by_gaps, size) if shapes else root, axis=1))

    mle, loss = points(fit.mle.theta), points(fit.loss.theta)
    return Cuts(mle, loss, error(errors), np.abs(mle - loss) / error(model))
