"""Estimates: the fit in natural units, with standard errors, the gap between the routes, and gradients in errors."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.estimation.fit import Optima
from mlefit.estimation.polish import Optimum
from mlefit.inference.covariance import Covariance, Inverse
from mlefit.mean import LinearMean

if TYPE_CHECKING:
    from mlefit.inference.cuts import Cuts


class Estimates(NamedTuple):
    """Coefficients (P,), predictor after predictor, and shapes (s,) of both routes in natural units.

    `std_error` is that of the covariance asked for, `gap` the distance of the routes in model standard errors, and
    `shape_log_error` the standard error of log(shape). `model_error` (P,) and `model_log_error` (s,): the model's, but for units.
    `cuts`: for which constant and shapes stand, of ordered levels.
    """

    mle: Array
    loss: Array
    std_error: Array
    gap: Array
    shapes: Array
    loss_shapes: Array
    shape_log_error: Array
    shape_gap: Array
    model_error: Array
    model_log_error: Array
    cuts: "Cuts | None" = None

    @property
    def max_gap(self) -> float:
        """The largest gap of any parameter."""
        return float(max(self.gap.max(initial=0.0), self.shape_gap.max(initial=0.0)))


def estimates(fit: Optima, mean: LinearMean, errors: Covariance, gap_in: Covariance | None = None) -> Estimates:
    """`mean` is that of rows of the data, which knows the units; `errors` is the covariance asked for, `gap_in` that in whose
    errors the gap is told, None for the model's."""
    size, model, axes = mean.size, Inverse(fit.mle.curvature), np.eye(len(fit.noise.shapes))
    mle, loss = (mean.natural(optimum.theta[:size]) for optimum in (fit.mle, fit.loss))
    apart = np.abs(mean.moved(fit.mle.theta[:size] - fit.loss.theta[:size]))

    def of(covariance: Covariance) -> Array:
        return np.concatenate([covariance.error(part.combinations, part.first) for part in mle])

    own, larger = of(model), errors.beside(fit.mle.curvature)
    with np.errstate(over="ignore", invalid="ignore"):
        std_error = np.concatenate([part.unit for part in mle]) * (of(errors) if larger is None else own * larger)
    gap, told = apart / (own if gap_in is None else of(gap_in)), gap_in or model
    free, free_loss = fit.mle.theta[size:], fit.loss.theta[size:]
    names = fit.noise.shapes
    unit = np.array([mean.y_scale**shape.unit_power for shape in names])
    shapes = np.array([shape.to_natural(x) for shape, x in zip(names, free, strict=True)])
    loss_shapes = np.array([shape.to_natural(x) for shape, x in zip(names, free_loss, strict=True)])
    return Estimates(
        np.concatenate([part.value for part in mle]), np.concatenate([part.value for part in loss]), std_error, gap,
        shapes * unit, loss_shapes * unit,
        errors.error(axes, size), np.abs(free - free_loss) / told.error(axes, size), own, model.error(axes, size),
        _cuts(fit, mean, errors, told),
    )


def _cuts(fit: Optima, mean: LinearMean, errors: Covariance, model: Covariance) -> "Cuts | None":
    if not fit.noise.cuts:
        return None
    from mlefit.inference.cuts import cut_points

    return cut_points(fit, mean, errors, model)


def scaled_gradient(optimum: Optimum, mean: LinearMean, numbers: Estimates) -> float:
    """max_j |dL/dbeta_j| se_j in total nats, of coefficients and log shapes, with model standard errors.

    In natural units dL/dbeta = A^-T dL/dgamma, so the product with |F'a_j| needs no unit.
    """
    by_mean, by_shapes = optimum.gradient[: mean.size], optimum.gradient[mean.size :]
    coefficients = np.abs(mean.by_natural(by_mean) * numbers.model_error)
    shapes = np.abs(by_shapes) * numbers.model_log_error[: by_shapes.size]
    return float(max(coefficients.max(initial=0.0), shapes.max(initial=0.0)))
