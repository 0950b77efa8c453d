"""Smooth: whether the residuals of a fitted law are those of the law, by smooth components (Neyman 1937) of quantile residuals.

With u = F(y | x), uniform if the law is true, the components of a row are

    P_1 .. P_4 of u                 normalised Legendre polynomials: location, spread, skewness, tails
    P_2(u) x~,  P_1(u) (x~^2 - 1)   spread that moves with a predictor x~ of mean 0 and variance 1, and curvature
    1[y = 0] - P(Y = 0)             zeros, of counts

and of a discrete law their means over the cell of u, [H(u) - H(u-)] / (u - u-) with H the primitive: no random numbers, and
mean zero exactly. As parameters were estimated, the covariance V of the components is what is left of them after regression on
the scores; T = m' V^+ m of their sums m is chi-squared, or judged by refits where rows are few.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.comparison.levels import beside_levels
from mlefit.noise.model import Measure, NoiseModel
from mlefit.objective import Objective
from mlefit.records import record
from mlefit.rows.chunk import Chunk

Ends = Callable[[Array], tuple[Array, Array]]

DEGREES = (1, 2, 3, 4)
ALONG = 8                   # predictors along which spread and curvature are looked at
LEAST_SHARE = 1e-3          # of the variance of a component: directions with less are what the fit has used up
THIN = 1e-9                 # a cell of less probability is a point


class Components(NamedTuple):
    """`names` (k,) and values (n, k) of the components of rows."""

    names: tuple[str, ...]
    values: Array


class Smooth(NamedTuple):
    """T, its degrees of freedom, and each component in standard deviations, by name; of counts the share of zeros that there is,
    and how much larger it is than that of the law."""

    statistic: float
    df: int
    each: dict[str, float]
    zeros: tuple[float, float] | None = None


@record(frozen=True)
class Directions:
    """What the components of some rows are made of: the predictors `columns` (n, q), standardised, and their `names`.

    `cells`: the ends (n,) of those that responses of a density stand for, where they do.
    """

    names: tuple[str, ...]
    columns: Array
    cells: Ends | None = None

    @classmethod
    def of(cls, x: Array, names: tuple[str, ...], cells: Ends | None = None) -> "Directions":
        """The columns of the design that vary, at most ALONG of them."""
        varying = [j for j in range(x.shape[1]) if x[:, j].min() < x[:, j].max()][:ALONG] if x.size else []
        columns = x[:, varying]
        centred = columns - columns.mean(axis=0)
        return cls(tuple(names[j] for j in varying), centred / centred.std(axis=0), cells)

    def components(self, noise: NoiseModel, y: Array, eta: Array, free: Array) -> Components:
        """Of responses y (n,) under the law with these parameters."""
        means = legendre(noise, y, eta, free, self.cells)
        found = {f"P{degree}": means[degree] for degree in DEGREES}
        for name, x in zip(self.names, self.columns.T, strict=True):
            found[f"spread along {name}"] = means[2] * x
            bent = x * x - 1.0
            if np.abs(bent).max() > LEAST_SHARE:        # of two values alike in number there is no curve
                found[f"curve along {name}"] = means[1] * bent
        if noise.measure is Measure.MASS:
            share = np.exp(noise.log_cdf(np.zeros_like(y), eta, free))
            if (y == 0.0).any() or share.sum() > 1.0:       # else there are none, and none are missed
                found["zeros"] = (y == 0.0) - share
        return Components(tuple(found), np.stack(list(found.values())).T)


def legendre(noise: NoiseModel, y: Array, eta: Array, free: Array, cells: Ends | None = None) -> dict[int, Array]:
    """The mean over the cell of u of the normalised Legendre polynomial of each degree (n,)."""
    from scipy.special import eval_legendre

    if not noise.measure.jumps and cells is None:
        place = _position(noise, y, eta, free)
        return {k: np.sqrt(2.0 * k + 1.0) * eval_legendre(k, place) for k in DEGREES}
    below, above = (noise.below(y), y) if cells is None else cells(y)
    low, high = (_position(noise, end, eta, free) for end in (below, above))
    width = high - low
    thin = width < THIN
    wide = np.where(thin, 1.0, width)
    found = {}
    for k in DEGREES:
        mean = (_primitive(k, high) - _primitive(k, low)) / wide
        found[k] = np.sqrt(2.0 * k + 1.0) * np.where(thin, eval_legendre(k, (high + low) / 2.0), mean)
    return found


def _position(noise: NoiseModel, y: Array, eta: Array, free: Array) -> Array:
    """2 u - 1 (n,), accurate at both ends."""
    return np.asarray(np.exp(noise.log_cdf(y, eta, free)) - np.exp(noise.log_sf(y, eta, free)))


def _primitive(k: int, t: Array) -> Array:
    """An integral of the Legendre polynomial of degree k over t."""
    from scipy.special import eval_legendre

    return np.asarray((eval_legendre(k + 1, t) - eval_legendre(k - 1, t)) / (2.0 * k + 1.0))


class Sums(NamedTuple):
    """Of some rows and k components: their `names`, sums `total` (k,) and lengths `spread` (k,), rows `rest` (j, k) with the
    squares that the scores leave of them; of counts `zeros` as in Smooth."""

    names: tuple[str, ...]
    total: Array
    spread: Array
    rest: Array
    zeros: tuple[float, float] | None

    @property
    def each(self) -> dict[str, float]:
        """The sums by name."""
        return dict(zip(self.names, self.total.tolist(), strict=True))

    def smooth(self, expected: Mapping[str, float] | None = None) -> Smooth:
        """T of the sums less those that are `expected` of the law, where these are not 0."""
        total, spread, kept = self.total, self.spread, np.linalg.norm(self.rest, axis=0)
        if expected is not None:
            total = total - np.array([expected.get(name, 0.0) for name in self.names])
        alive = kept > np.sqrt(LEAST_SHARE) * spread
        if not len(self.rest) or not alive.any():
            return Smooth(0.0, 0, {})
        _, singular, directions_ = np.linalg.svd(self.rest[:, alive] / spread[alive], full_matrices=False)
        used = singular**2 > LEAST_SHARE
        along = directions_[used] @ (total[alive] / spread[alive])
        names = np.array(self.names)[alive]
        each = {str(name): float(value) for name, value in zip(names, total[alive] / kept[alive], strict=True)}
        return Smooth(float(np.sum((along / singular[used]) ** 2)), int(used.sum()), each, self.zeros)


def smooth(
    noise: NoiseModel, objective: Objective, theta: Array, chunk: Chunk, directions: Directions, *, partial: bool = False,
) -> Smooth:
    """T of the rows of the chunk at theta, which is their optimum; of `partial` rows, that of more."""
    return sums(noise, objective, theta, chunk, directions, partial=partial).smooth()


def sums(
    noise: NoiseModel, objective: Objective, theta: Array, chunk: Chunk, directions: Directions, *, partial: bool = False,
) -> Sums:
    """What T is made of.

    Of a part the scores do not sum to 0. What is told of them by the regression is noise of the part, which is taken off: the
    rest has the variance of the residuals, whatever rows theta is from.
    """
    coef, free = objective.split(theta)
    parts = directions.components(noise.among(chunk.trials), chunk.y, objective.mean.eta(coef, chunk), free)
    root = np.ones(chunk.rows) if chunk.weight is None else np.sqrt(chunk.weight)
    values = parts.values * root[:, None]
    spread, total = np.linalg.norm(values, axis=0), root @ values
    if chunk.level is not None:
        scores, values = beside_levels(objective, theta, chunk, root, values)
        total = root @ values if partial else total
    else:
        scores = objective.row_gradients(theta, chunk) * root[:, None]
    # The rows of R that belong to the components are their residuals on the scores.
    r: Array = np.asarray(np.linalg.qr(np.concatenate([scores, values], axis=1), mode="r"))
    rest = r[scores.shape[1] :, scores.shape[1] :]
    if partial and len(rest):
        known = scores.shape[1]
        total = total - (root @ scores) @ np.linalg.lstsq(r[:known, :known], r[:known, known:])[0]
    zeros = None
    if "zeros" in parts.names:
        weight = np.ones(chunk.rows) if chunk.weight is None else chunk.weight
        more = weight @ parts.values[:, parts.names.index("zeros")] / weight.sum()
        zeros = float(weight @ (chunk.y == 0.0) / weight.sum()), float(more)
    return Sums(parts.names, total, spread, rest, zeros)
