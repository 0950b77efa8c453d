"""Estimates: the fit in natural units, with standard errors, the gap between the routes, and gradients in errors."""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.estimation.fit import Fit
from mlefit.estimation.polish import Optimum
from mlefit.inference.covariance import Covariance, Inverse
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


def estimates(fit: Fit, triangle: Array, units: Units, errors: Covariance) -> Estimates:
    """`triangle` (r, r) maps design units to the coordinates of the search; `errors` is the covariance asked for."""
    m, r = fit.mean.predictors, len(fit.mean.kept)
    size = m * r
    a, model, shape_axes = ratios(triangle, units), Inverse(fit.mle.curvature), np.eye(len(fit.noise.shapes))

    def gamma(optimum: Optimum) -> Array:
        return optimum.theta[:size].reshape(m, r)

    step = (gamma(fit.mle) - gamma(fit.loss)) @ a.T
    with np.errstate(over="ignore", invalid="ignore"):
        std_error = _spread(errors, a, m) * units.unit()
    free, free_loss = fit.mle.theta[size:], fit.loss.theta[size:]
    names = fit.noise.shapes
    shapes = np.array([shape.to_natural(x) for shape, x in zip(names, free, strict=True)])
    loss_shapes = np.array([shape.to_natural(x) for shape, x in zip(names, free_loss, strict=True)])
    return Estimates(
        coefficients(gamma(fit.mle), triangle, units), coefficients(gamma(fit.loss), triangle, units), std_error,
        np.abs(step) / _spread(model, a, m), shapes * units.y_scale, loss_shapes * units.y_scale,
        errors.error(shape_axes, size), np.abs(free - free_loss) / model.error(shape_axes, size),
    )


def _spread(covariance: Covariance, a: Array, predictors: int) -> Array:
    """Standard errors (m, r) of A gamma_k of each predictor k, before units."""
    return np.stack([covariance.error(a, k * len(a)) for k in range(predictors)])


def scaled_gradient(optimum: Optimum, fit: Fit, triangle: Array, units: Units) -> float:
    """max_j |dL/dbeta_j| se_j in total nats, of coefficients and log shapes, with model standard errors.

    In natural units dL/dbeta = A^-T dL/dgamma, so the product with ||F'a_j|| needs no unit.
    """
    from scipy.linalg import solve_triangular

    m, r, model = fit.mean.predictors, len(fit.mean.kept), Inverse(fit.mle.curvature)
    gradient = optimum.gradient[: m * r].reshape(m, r)
    mixing = units.mixing
    encoded = triangle.T @ gradient.T
    natural = np.asarray(solve_triangular(mixing, encoded, trans="T", check_finite=False))
    largest = float(np.abs(natural.T * _spread(model, ratios(triangle, units), m)).max(initial=0.0))
    by_shapes = optimum.gradient[m * r :]
    shapes = np.abs(by_shapes) * model.error(np.eye(by_shapes.size), m * r)
    return max(largest, float(shapes.max(initial=0.0)))
