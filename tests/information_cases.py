"""Samples as the pipeline would hand them to the KL part, and a plain fitter to go with them."""

from collections.abc import Sequence

import numpy as np

from mlefit.arrays import Array
from mlefit.errors import NoEstimateError
from mlefit.information.entropy import Spacings
from mlefit.information.measure import measure
from mlefit.information.reference import Block
from mlefit.information.sample import Sample
from mlefit.noise import MODELS
from mlefit.noise.model import NoiseModel
from mlefit.report.information import Information

STEPS = 60
CLOSE = 1e-9        # of a step, in the predictor of any row


def fitted(
    noise: NoiseModel, y: Array, x: Array, weight: Array | None = None, offset: Array | None = None
) -> tuple[Array, Array, float]:
    """(eta, free, total nll): least squares for what compresses, else Newton's method; separated classes raise NoEstimateError."""
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
    m, p, s = len(noise.predictors), x.shape[1], len(noise.shapes)
    theta, value = np.zeros(m * p + s), np.inf

    def at(theta: Array) -> tuple[Array, Array]:
        return x @ theta[: m * p].reshape(m, p).T + shift[:, None], theta[m * p :]

    for _ in range(STEPS):
        eta, free = at(theta)
        rows = noise.nll(y, eta, free, 2)
        value = float(w @ rows.value)
        gradient = np.concatenate([(x.T @ (w[:, None] * rows.d1[:, :m])).T.ravel(), w @ rows.d1[:, m:]])
        hessian = np.empty((m * p + s, m * p + s))
        for k in range(m + s):
            bent = w[:, None] * np.broadcast_to(rows.curvature(np.eye(m + s)[k]), rows.d1.shape)
            column = [x.T @ (bent[:, a : a + 1] * (x if k < m else 1.0)) for a in range(m)]
            last = bent[:, m:].T @ (x if k < m else np.ones((y.size, 1)))
            here = slice(k * p, (k + 1) * p) if k < m else slice(m * p + k - m, m * p + k - m + 1)
            hessian[:, here] = np.concatenate([*column, last])
        step = -np.linalg.lstsq(hessian, gradient, rcond=None)[0]
        if step @ gradient > 0:
            step = -gradient / np.abs(np.diagonal(hessian)).max()
        size = 1.0
        with np.errstate(over="ignore", invalid="ignore"):
            while size > 1e-6 and not float(w @ noise.nll(y, *at(theta + size * step), 0).value) <= value:
                size /= 2
        theta = theta + size * step
        largest = float(np.max(np.abs(at(step)[0] - shift[:, None]), initial=0.0))
        if max(largest, float(np.abs(step[m * p :]).max(initial=0.0))) < CLOSE:
            eta, free = at(theta)
            return eta, free, float(w @ noise.nll(y, eta, free, 0).value)
    raise NoEstimateError("the classes are separated", code="separation")


def sample_of(
    noise: NoiseModel, y: Array, x: Array | None = None, *, weight: Array | None = None, offset: Array | None = None,
    blocks: Sequence[Block] | None = None,
) -> Sample:
    """The fit of y on a constant and the columns x (n, k), each a number called x1, x2, ... unless `blocks` says otherwise."""
    y = np.asarray(y, dtype=np.float64)
    design = np.ones((y.size, 1)) if x is None else np.column_stack([np.ones(y.size), x])
    eta, free, total = fitted(noise, y, design, weight, offset)
    n = y.size if weight is None else int(weight.sum())
    m = len(noise.predictors)
    parameters = design.shape[1] * m + len(noise.shapes)
    if blocks is None:
        blocks = [Block(f"x{j}", (j,), False) for j in range(1, design.shape[1])]
    return Sample(noise, y, design, (design,) * m, eta, free, weight, offset, parameters, x is None, n, total / n, tuple(blocks),
                  "y", " + ".join(block.name for block in blocks))


def coded(columns: dict[str, np.ndarray]) -> tuple[Array | None, list[Block]]:
    """A design without its constant, and its terms: numbers as they are, text by contrasts with the first level."""
    parts, blocks, place = [], list[Block](), 1
    for name, column in columns.items():
        text = column.dtype.kind in "US"
        part = (column[:, None] == np.unique(column)[1:]).astype(np.float64) if text else column[:, None].astype(np.float64)
        parts.append(part)
        blocks.append(Block(name, tuple(range(place, place + part.shape[1])), text))
        place += part.shape[1]
    return np.concatenate(parts, axis=1) if parts else None, blocks


def evidence(sample: Sample, *, seed: int = 0, draws: int | None = None) -> Information:
    return measure(sample, seed=seed, draws=draws)


def gaussian(y: Array, x: Array | None = None, *, seed: int = 0, draws: int | None = None, **more: Array) -> Information:
    return evidence(sample_of(MODELS["gaussian"], y, x, **more), seed=seed, draws=draws)


def bernoulli(y: Array, x: Array | None = None, *, draws: int | None = None, **more: Array) -> Information:
    return evidence(sample_of(MODELS["bernoulli"].of(["0", "1"]), y, x, **more), draws=draws)


def categorical(y: Array, x: Array | None = None, *, draws: int | None = None, **more: Array) -> Information:
    noise = MODELS["categorical"].of([str(k) for k in range(int(np.max(y)) + 1)])
    return evidence(sample_of(noise, y, x, **more), draws=draws)


def spacing_entropy(x: Array) -> float:
    """Entropy of the sample x (n,), n >= 2, nats, in any order."""
    return float(Spacings.of(x.size).terms(np.sort(x)).mean())
