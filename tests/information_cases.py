"""Samples as the pipeline would hand them to the KL part, and a plain fitter to go with them."""

import numpy as np

from mlefit.arrays import Array
from mlefit.errors import NoEstimateError
from mlefit.information.entropy import Spacings
from mlefit.information.measure import measure
from mlefit.information.sample import Fitter, Sample
from mlefit.noise.bernoulli import Bernoulli
from mlefit.noise.categorical import Categorical
from mlefit.noise.gaussian import Gaussian
from mlefit.noise.model import NoiseModel
from mlefit.report.information import Information


def fitter(noise: NoiseModel) -> Fitter:
    """Least squares for the gaussian, else Newton's method on noise.nll; separated classes raise NoEstimateError."""

    def fit(
        y: Array, x: Array, weight: Array | None, offset: Array | None, /, near: tuple[Array, Array] | None = None
    ) -> tuple[Array, Array, float]:
        w = np.ones(y.size) if weight is None else weight
        shift = np.zeros(y.size) if offset is None else offset
        if noise.compresses:
            root = np.sqrt(w)
            coefficients = np.linalg.lstsq(x * root[:, None], (y - shift) * root, rcond=None)[0]
            eta = (x @ coefficients + shift)[:, None]
            scale = float(np.max(np.abs(y - eta[:, 0])))        # squares of 1e200 overflow
            mean_square = float(np.average(((y - eta[:, 0]) / scale) ** 2, weights=w))
            free = noise.implied_shapes(mean_square, 0.0) + np.log(scale)
            return eta, free, float(w @ noise.nll(y, eta, free, 0).value)
        m, p = len(noise.predictors), x.shape[1]
        theta, free = np.zeros((p, m)), np.empty(0)
        for _ in range(50):
            eta = x @ theta + shift[:, None]
            rows = noise.nll(y, eta, free, 2)
            gradient = x.T @ (w[:, None] * rows.d1)
            hessian = np.empty((p, m, p, m))
            for k in range(m):
                unit = np.zeros(m)
                unit[k] = 1.0
                bent = w[:, None] * rows.curvature(unit)
                for j in range(m):
                    hessian[:, k, :, j] = x.T @ (bent[:, j : j + 1] * x)
            step = np.linalg.lstsq(hessian.reshape(p * m, p * m), gradient.ravel(), rcond=None)[0].reshape(p, m)
            largest = float(np.max(np.abs(x @ step), initial=0.0))
            theta = theta - step * min(1.0, 4 / max(largest, 4))
            if largest < 1e-9:
                eta = x @ theta + shift[:, None]
                return eta, free, float(w @ noise.nll(y, eta, free, 0).value)
        raise NoEstimateError("the classes are separated", code="separation")

    return fit


def sample_of(
    noise: NoiseModel, y: Array, x: Array | None = None, *, weight: Array | None = None, offset: Array | None = None
) -> Sample:
    """The fit of y on a constant and the columns x (n, k)."""
    y = np.asarray(y, dtype=np.float64)
    design = np.ones((y.size, 1)) if x is None else np.column_stack([np.ones(y.size), x])
    eta, free, total = fitter(noise)(y, design, weight, offset)
    n = y.size if weight is None else int(weight.sum())
    parameters = design.shape[1] * len(noise.predictors) + len(noise.shapes)
    return Sample(noise, y, design, design, eta, free, weight, offset, parameters, x is None, n, total / n)


def evidence(sample: Sample, *, seed: int = 0, draws: int | None = None) -> Information:
    return measure(sample, fit=fitter(sample.noise), seed=seed, draws=draws)


def gaussian(y: Array, x: Array | None = None, *, seed: int = 0, draws: int | None = None, **more: Array) -> Information:
    return evidence(sample_of(Gaussian(), y, x, **more), seed=seed, draws=draws)


def bernoulli(y: Array, x: Array | None = None, *, draws: int | None = None, **more: Array) -> Information:
    return evidence(sample_of(Bernoulli(), y, x, **more), draws=draws)


def categorical(y: Array, x: Array | None = None, *, draws: int | None = None, **more: Array) -> Information:
    return evidence(sample_of(Categorical().of([str(k) for k in range(int(np.max(y)) + 1)]), y, x, **more), draws=draws)


def spacing_entropy(x: Array) -> float:
    """Entropy of the sample x (n,), n >= 2, nats, in any order."""
    return float(Spacings.of(x.size).terms(np.sort(x)).mean())
