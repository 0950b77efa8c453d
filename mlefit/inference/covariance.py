"""Covariance of the estimates theta = (gamma, free shapes), whitened: asked for standard errors of combinations a'theta.

    model    H^-1, the inverse observed information of all parameters jointly
    ols      H^-1 n / (n - p): RSS / (n - p) in the place of RSS / n, gaussian only
    robust   H^-1 J H^-1 with J = sum w g g', the HC0 sandwich (White 1980)
    hc3      the same with g_i / (1 - h_i), h the leverage (MacKinnon and White 1985)
    cluster  the same with sums of scores over groups of rows (clusters.py)

Each is kept as a root G, covariance G G': the standard error is ||G'a||, which neither cancels nor overflows. That of H^-1
is the curvature's own affair; a sandwich is an outer product of scores, which is dense.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from mlefit.arrays import Array, product
from mlefit.errors import UsageError
from mlefit.estimation.fit import Optima
from mlefit.execution import Execution
from mlefit.inference.clusters import clustered
from mlefit.noise import names
from mlefit.noise.model import NoiseModel
from mlefit.objective import Objective
from mlefit.rows.chunk import Chunk
from mlefit.sums.curvature import Curvature
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
    if kind == "ols" and not noise.compresses:
        only = names(lambda model: model.compresses)
        raise UsageError(f"--se ols is for {only}, the model is {noise.name}", "use --se model or --se robust",
                         code="options-contradict")
    if kind == "hc3" and not noise.one_mean:
        raise UsageError(f"--se hc3 needs one predictor per row, {noise.name} has several", "use --se robust",
                         code="options-contradict")


def needs_rows(kind: str) -> bool:
    """Whether the covariance takes another pass over the rows."""
    return kind in ("robust", "hc3") or kind.startswith(CLUSTER)


class Covariance(ABC):
    """`df`: degrees of freedom of t quantiles, None for normal ones."""

    df: int | None

    @abstractmethod
    def root(self, directions: Array, first: int = 0) -> Array:
        """G'a (k, d) for each row a of `directions` (k, w) on the parameters from `first` on: what joint tests are made of."""

    def error(self, directions: Array, first: int = 0) -> Array:
        """Standard errors |G'a| (k,) of a'theta."""
        return np.asarray(np.linalg.norm(self.root(directions, first), axis=1))


@dataclass(frozen=True)
class Inverse(Covariance):
    """H^-1 times `inflation`^2."""

    curvature: Curvature
    inflation: float = 1.0
    df: int | None = None

    def root(self, directions: Array, first: int = 0) -> Array:
        """F'a, inflated."""
        return self.curvature.root(directions, first) * self.inflation


@dataclass(frozen=True)
class Sandwich(Covariance):
    """G G' of G (P, d)."""

    g: Array
    df: int | None = None

    def root(self, directions: Array, first: int = 0) -> Array:
        """A G."""
        return np.asarray(directions @ self.g[first : first + directions.shape[1]])


def covariance(kind: str, fit: Optima, rows: Execution, objective: Objective) -> Covariance:
    """The covariance of a kind. Sandwiches visit the data `rows` with an `objective` for them."""
    curvature, theta = fit.mle.curvature, fit.mle.theta
    if kind == "model":
        return Inverse(curvature)
    if kind == "ols":
        free = int(fit.n) - len(fit.mean.coordinates.kept)
        return Inverse(curvature, float(np.sqrt(fit.n / free)), free)
    if kind.startswith(CLUSTER):
        total = objective.whitened(clustered(objective, theta, rows))
    else:
        leverage = curvature if kind == "hc3" else None
        total = objective.whitened(rows.sum(lambda chunk: scores(objective, theta, leverage, chunk)))
    assert total.outer is not None
    sizes, vectors = np.linalg.eigh(total.outer)
    middle = vectors * np.sqrt(np.maximum(sizes, 0.0))
    return Sandwich(curvature.unsphered(curvature.root(middle.T).T))


def scores(objective: Objective, theta: Array, leverage: Curvature | None, chunk: Chunk) -> Tally:
    """`outer`: sum of w g g' by (B, shapes); with the `leverage` that rows have in H, of g / (1 - h)."""
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


def _leverages(objective: Objective, theta: Array, curvature: Curvature, chunk: Chunk) -> Array:
    """h_i = d2_i x_i' H^-1 x_i (n,) of models with one predictor."""
    mean, coordinates = objective.mean, objective.mean.coordinates
    coef, free = objective.split(theta)
    rows = objective.criterion(chunk.y, mean.eta(coef, chunk), free, 2)
    assert rows.curvature is not None
    first = np.eye(1 + objective.shapes)[0]
    white = coordinates.whiten(coordinates.columns(chunk).T)
    spread = np.square(curvature.root(white.T)).sum(axis=1)
    h: Array = rows.curvature(first)[:, 0] * spread
    return h
