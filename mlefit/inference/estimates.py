"""Estimates: the fit in natural units, with standard errors, the gap between the routes, and gradients in errors."""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.estimation.fit import Fit
from mlefit.estimation.polish import Optimum
from mlefit.inference.covariance import Root
from mlefit.mean.natural import Units, coefficients, ratios


class Estimates(NamedTuple):
    """Coefficients (m, r) and shapes (s,) of both routes in natural units.

    `std_error` is that of the covariance asked for, `gap` the distance of the routes in model standard errors, and
    `shape_log_error` the standard error of log(shape).
    """

    mle: Array
    loss: Array
    std_error: Array
    gap: Array
    shapes: Array
    loss_shapes: Array
    shape_log_error: Array
    shape_gap: Array

    @property
    def max_gap(self) -> float:
        """The largest gap of any parameter."""
        return float(max(self.gap.max(initial=0.0), self.shape_gap.max(initial=0.0)))


def estimates(fit: Fit, triangle: Array, units: Units, model: Array, root: Root) -> Estimates:
    """`triangle` (r, r) maps design units to the coordinates of the search; `model` is the root of H^-1."""
    m, r = fit.mean.predictors, len(fit.mean.kept)
    size = m * r
    a = ratios(triangle, units)

    def spread(factor: Array) -> Array:
        """||F'a|| for each row a of A, class by class: (m, r), before units."""
        return np.asarray(np.linalg.norm(a @ factor[:size].reshape(m, r, -1), axis=2))

    def gamma(optimum: Optimum) -> Array:
        return optimum.theta[:size].reshape(m, r)

    step = (gamma(fit.mle) - gamma(fit.loss)) @ a.T
    with np.errstate(over="ignore", invalid="ignore"):
        errors = spread(root.root) * units.unit()
    free, free_loss = fit.mle.theta[size:], fit.loss.theta[size:]
    names = fit.noise.shapes
    model_log = np.linalg.norm(model[size:], axis=1)
    shapes = np.array([shape.to_natural(x) for shape, x in zip(names, free, strict=True)])
    loss_shapes = np.array([shape.to_natural(x) for shape, x in zip(names, free_loss, strict=True)])
    return Estimates(
        coefficients(gamma(fit.mle), triangle, units), coefficients(gamma(fit.loss), triangle, units), errors,
        np.abs(step) / spread(model), shapes * units.y_scale, loss_shapes * units.y_scale,
        np.linalg.norm(root.root[size:], axis=1), np.abs(free - free_loss) / model_log,
    )


def scaled_gradient(optimum: Optimum, fit: Fit, triangle: Array, units: Units, model: Array) -> float:
    """max_j |dL/dbeta_j| se_j in total nats, of coefficients and log shapes, with model standard errors.

    In natural units dL/dbeta = A^-T dL/dgamma, so the product with ||F'a_j|| needs no unit.
    """
    from scipy.linalg import solve_triangular

    m, r = fit.mean.predictors, len(fit.mean.kept)
    gradient = optimum.gradient[: m * r].reshape(m, r)
    mixing = units.mixing
    encoded = triangle.T @ gradient.T
    natural = np.asarray(solve_triangular(mixing, encoded, trans="T", check_finite=False))
    spread = np.linalg.norm(ratios(triangle, units) @ model[: m * r].reshape(m, r, -1), axis=2)
    largest = float(np.abs(natural.T * spread).max(initial=0.0))
    shapes = np.abs(optimum.gradient[m * r :]) * np.linalg.norm(model[m * r :], axis=1)[: optimum.gradient.size - m * r]
    return max(largest, float(shapes.max(initial=0.0)))
