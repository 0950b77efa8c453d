"""Covariance of the estimates, as a root: F with F F' = covariance of theta = (gamma, free shapes), whitened.

    model    H^-1, the inverse observed information of all parameters jointly
    ols      H^-1 n / (n - p): RSS / (n - p) in the place of RSS / n, gaussian only
    robust   H^-1 J H^-1 with J = sum w g g', the HC0 sandwich (White 1980)
    hc3      the same with g_i / (1 - h_i), h the leverage (MacKinnon and White 1985)
    cluster  the same with sums of scores over groups of rows (clusters.py)

A root is enough: the standard error of a combination a'theta is ||F'a||, which neither cancels nor overflows.
"""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, product
from mlefit.errors import UsageError
from mlefit.estimation.fit import Fit
from mlefit.execution import Execution
from mlefit.inference.clusters import clustered
from mlefit.noise.model import NoiseModel, Response
from mlefit.objective import Objective
from mlefit.rows.chunk import Chunk
from mlefit.sums.tally import Tally

KINDS = ("model", "ols", "robust", "hc3")
CLUSTER = "cluster:"
DETERMINED = 1e-8   # 1 - h below this is 0 but for rounding
SLAB = 4096     # rows whose score vectors exist at one time


def check_kind(kind: str, noise: type[NoiseModel]) -> None:
    """Raises UsageError for a kind of standard error that the model does not have."""
    if kind not in KINDS and not kind.startswith(CLUSTER):
        raise UsageError(f'--se: "{kind}" is not one of {", ".join(KINDS)}, {CLUSTER}COLUMN', "see mlefit fit --help",
                         code="bad-option")
    if kind == "ols" and not noise.quadratic:
        raise UsageError(f"--se ols is for gaussian, the model is {noise.name}", "use --se model or --se robust",
                         code="options-contradict")
    if kind == "hc3" and noise.response is Response.CLASSES:
        raise UsageError(f"--se hc3 needs one predictor per row, {noise.name} has several", "use --se robust",
                         code="options-contradict")


def needs_rows(kind: str) -> bool:
    """Whether the covariance takes another pass over the rows."""
    return kind in ("robust", "hc3") or kind.startswith(CLUSTER)


class Root(NamedTuple):
    """`root` (P, k) with root root' the covariance; `df`: degrees of freedom of t quantiles, None for normal ones."""

    root: Array
    df: int | None = None


def information_root(hessian: Array) -> Array:
    """F (P, P) with F F' = H^-1, from the Cholesky factor of H."""
    from scipy.linalg import cholesky, solve_triangular

    lower = np.asarray(cholesky(hessian, lower=True, check_finite=False))
    return np.asarray(solve_triangular(lower, np.eye(len(lower)), lower=True, trans="T", check_finite=False))


def covariance(kind: str, fit: Fit, model: Array, rows: Execution, objective: Objective) -> Root:
    """The root for `kind`; `model` is that of H^-1. Sandwiches visit the data `rows` with an `objective` for them."""
    if kind == "model":
        return Root(model)
    if kind == "ols":
        free = int(fit.n) - len(fit.mean.kept)
        return Root(model * np.sqrt(fit.n / free), free)
    theta = fit.mle.theta
    leverage = model if kind == "hc3" else None
    if kind.startswith(CLUSTER):
        total = objective.whitened(clustered(objective, theta, rows))
    else:
        total = objective.whitened(rows.sum(lambda chunk: scores(objective, theta, leverage, chunk)))
    assert total.outer is not None
    sizes, vectors = np.linalg.eigh(total.outer)
    return Root(model @ (model.T @ (vectors * np.sqrt(np.maximum(sizes, 0.0)))))


def scores(objective: Objective, theta: Array, leverage: Array | None, chunk: Chunk) -> Tally:
    """`outer`: sum of w g g' by (B, shapes); with the root of H^-1 as `leverage`, of g / (1 - h)."""
    outer = np.zeros((objective.size, objective.size))
    for start in range(0, chunk.rows, SLAB):
        part = chunk.part(start, min(start + SLAB, chunk.rows))
        g = objective.row_gradients(theta, part)
        if leverage is not None:
            g = g / _freedom(_leverages(objective, theta, leverage, part), part)[:, None]
        outer += product(g.T, g if part.weight is None else g * part.weight[:, None])
    return Tally(float(chunk.rows), 0.0, None, None, outer)


def _freedom(leverages: Array, chunk: Chunk) -> Array:
    """1 - h (n,). Raises UsageError for a row that alone determines a coefficient, where HC3 does not exist."""
    free: Array = 1.0 - leverages
    fixed = np.flatnonzero(free <= DETERMINED)
    if fixed.size:
        raise UsageError(
            f"--se hc3 does not exist here: used row {chunk.first_row + int(fixed[0]) + 1} has leverage 1, so one "
            "coefficient depends on it alone",
            "use --se robust, or leave out the column that only this row needs", code="leverage-one")
    return free


def _leverages(objective: Objective, theta: Array, root: Array, chunk: Chunk) -> Array:
    """h_i = d2_i x_i' H^-1 x_i (n,) of models with one predictor."""
    mean = objective.mean
    coef, free = objective.split(theta)
    rows = objective.criterion(chunk.y, mean.eta(coef, chunk), free, 2)
    assert rows.curvature is not None
    first = np.eye(1 + objective.shapes)[0]
    white = mean.whiten(mean.columns(chunk).T)
    spread = np.square(product(root[: mean.size].T, white)).sum(axis=0)
    h: Array = rows.curvature(first)[:, 0] * spread
    return h
