"""Density of the residuals at the plane: what a loss with corners has in the place of a second derivative.

The expected loss of a row bends by (below + above) f_i, f_i the density of its residual at 0. Three estimates, with the bandwidth
of Hall and Sheather (1988), h = n^-1/3 z_.975^2/3 (1.5 phi(q)^2 / (2 q^2 + 1))^1/3, q = Phi^-1(tau):

    nid    f_i = 2 h / (x_i'b(tau + h) - x_i'b(tau - h)), 0 where the planes cross (Hendricks and Koenker 1992)
    iid    one f: 1 / f is the slope of the ordered residuals nearest to 0 on their rank / (n - p) (Koenker 1994); none where
           that is 0, among ties
    ker    f_i = phi(r_i / w) / w, w = (Phi^-1(tau + h) - Phi^-1(tau - h)) min(sd, IQR / 1.34) (Powell 1991)

They are those of R's quantreg.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Mask, product
from mlefit.estimation.quantiles import median_slope, plane
from mlefit.execution import Execution
from mlefit.inference.ordered import Nearest, quartiles
from mlefit.mean import LinearMean
from mlefit.records import record
from mlefit.rows.chunk import Chunk

CROSSED = 1e-8      # of the scale: planes nearer than this have crossed
ZERO = 1e-12        # of what a residual is made of: rows on the plane, which say nothing of the density beside it
NORMAL_IQR = 1.34   # standard deviations between the quartiles of a normal law, as Powell's bandwidth has it
SPREAD = 0.975      # whose normal quantile is in Hall and Sheather's bandwidth


class Plane(NamedTuple):
    """The tau-quantile `gamma` (p,) of `rows` of total weight `n`, `sample` some of them where there are many.

    `scale`: of the residuals, in the units of the response as it is encoded.
    """

    mean: LinearMean
    gamma: Array
    rows: Execution
    sample: Execution | None
    n: float
    tau: float
    scale: float

    def residual(self, chunk: Chunk) -> Array:
        """r (k,)."""
        return chunk.y - self.mean.eta(self.gamma, chunk)[:, 0]

    def on(self, chunk: Chunk) -> Mask:
        """Which rows (k,) are on the plane, but for rounding."""
        coordinates = self.mean.part(0)
        size = np.abs(coordinates.columns(chunk)) @ np.abs(coordinates.coefficients(self.gamma))
        return np.asarray(np.abs(self.residual(chunk)) <= ZERO * (np.abs(chunk.y) + size))


@record(frozen=True)
class Density:
    """sum w f_i z_i z_i' (p, p), and the weight of the rows with f_i = 0, as planes crossed there."""

    matrix: Array
    crossed: float = 0.0

    def __add__(self, other: "Density") -> "Density":
        return Density(self.matrix + other.matrix, self.crossed + other.crossed)


def hall_sheather(tau: float, n: float) -> float:
    """The bandwidth h in probability."""
    from scipy.special import ndtri

    q = float(ndtri(tau))
    square = float(np.exp(-q * q) / (2.0 * np.pi))
    return float(n ** (-1 / 3) * ndtri(SPREAD) ** (2 / 3) * (1.5 * square / (2.0 * q * q + 1.0)) ** (1 / 3))


def bandwidth(tau: float, n: float) -> float:
    """The same, halved until tau -/+ h are probabilities."""
    h = hall_sheather(tau, n)
    while not 0.0 < tau - h < tau + h < 1.0:
        h *= 0.5
    return h


def nid(at: Plane) -> Density:
    """By difference quotients of planes."""
    h = bandwidth(at.tau, at.n)
    above, below = (plane(at.mean, tau, at.rows, at.sample) for tau in (at.tau + h, at.tau - h))

    def density(chunk: Chunk) -> Array:
        apart = at.mean.slope(above - below, chunk)[:, 0]
        return np.divide(2.0 * h, apart, out=np.zeros_like(apart), where=apart > CROSSED * at.scale)

    return _summed(at, density)


def ker(at: Plane) -> Density:
    """By a normal kernel."""
    from scipy.special import ndtri

    h = bandwidth(at.tau, at.n)
    low, high = quartiles(at.residual, at.rows, at.n)
    width = float(ndtri(at.tau + h) - ndtri(at.tau - h)) * min(_deviation(at), (high - low) / NORMAL_IQR)

    def density(chunk: Chunk) -> Array:
        return np.asarray(np.exp(-0.5 * np.square(at.residual(chunk) / width)) / (np.sqrt(2.0 * np.pi) * width))

    return _summed(at, density)


def iid(at: Plane) -> Density:
    """One density for all rows, whose design is white."""
    p = at.mean.size
    on = round(at.rows.sum(lambda chunk: float(_weight(chunk)[at.on(chunk)].sum())))
    count = max(p + 1, int(np.ceil(at.n * hall_sheather(at.tau, at.n)))) + 1
    nearest = at.rows.sum(lambda chunk: Nearest.of(at.residual(chunk), chunk.weight, on + count)).r[on:]
    rank = np.arange(on + 1, on + 1 + nearest.size)
    if nearest.size < 2:
        return Density(np.zeros((p, p)), at.n)
    sparsity = median_slope(rank / (at.n - p), np.sort(nearest))
    return Density(np.eye(p) * (at.n / sparsity) if sparsity > 0.0 else np.zeros((p, p)))


def _deviation(at: Plane) -> float:
    """The standard deviation of the residuals, by n - 1."""
    mean = float(at.rows.sum(lambda chunk: _weight(chunk) @ at.residual(chunk))) / at.n
    return float(np.sqrt(at.rows.sum(lambda chunk: _weight(chunk) @ np.square(at.residual(chunk) - mean)) / (at.n - 1.0)))


def _summed(at: Plane, density: Callable[[Chunk], Array]) -> Density:
    coordinates = at.mean.part(0)

    def of(chunk: Chunk) -> Density:
        ready, rows = coordinates.prepared(chunk)
        f, x = density(chunk), ready.columns(rows)
        return Density(product(x.T * (f * _weight(chunk)), x), float(_weight(chunk)[f == 0.0].sum()))

    total = at.rows.sum(of)
    return Density(coordinates.whiten(coordinates.whiten(total.matrix).T), total.crossed)


def _weight(chunk: Chunk) -> Array:
    return np.ones(chunk.rows) if chunk.weight is None else chunk.weight
