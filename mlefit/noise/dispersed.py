"""Dispersed: a law whose one shape, a dispersion that is no scale, has a linear predictor of its own for its logarithm.

    -log q(y | eta, t),   t = log shape of the row

The law takes free shapes (1, n), one for each row, where it takes (1,) for all. The loss is its negative log-likelihood again,
written from the textbook loss,  a(t) l(y, eta) + c(t) + base(y),  with a and c and their derivatives from `weighing`. Source:
Smyth, Journal of the Royal Statistical Society B 51 (1989), 47-60.
"""

from dataclasses import dataclass

import numpy as np

from mlefit.arrays import Array, block
from mlefit.noise.borrowed import Borrowed
from mlefit.noise.made_of import MadeOf
from mlefit.noise.model import Derivatives, Predictor
from mlefit.noise.nodes import nodes, of_sum

GRID = 257      # shapes at which moments are computed; between them they are interpolated on the log scale


@dataclass(frozen=True)
class Dispersed(Borrowed, MadeOf):  # type: ignore[override]     # what is a constant of other laws is that of `law` here
    """The predictors are the mean of `law` and the log of its shape. Its score may depend on y through y / mean alone, and
    on the mean through the unit of the shape."""

    @property
    def predictors(self) -> tuple[Predictor, ...]:
        """The mean and the log shape."""
        shape = self.law.shapes[0]
        name = f"log {shape.name}"
        return *self.law.predictors, Predictor(name, name, "scale", log_unit=shape.unit_power, inverse=self.collapse is not None)

    @property
    def one_unit(self) -> bool:
        """As the law."""
        return self.law.one_unit

    @property
    def loss_log_unit(self) -> float:
        """That of c, which has half the log of a shape with a unit."""
        return -0.5 * self.law.shapes[0].unit_power

    @property
    def log_concave(self) -> bool:
        """Of the mean and the log shape together that has no proof."""
        return False

    def starting_predictor(self, y: Array) -> Array:
        """log y, for zeros that of a half."""
        return np.log(np.where(y > 0.0, y, 0.5))

    def starting_scale(self, error: Array) -> tuple[Array, ...]:
        """The same for all rows, and Harvey's: the log of the dispersion that each squared error shows, less its mean."""
        return tuple(self.law.starting_dispersion(error))

    def starting_shapes(self, y: Array, eta: Array) -> tuple[Array, ...]:
        """None are left."""
        return (np.empty(0),)

    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """That of the law at the shapes of the rows."""
        return self.law.nll(y, eta[:, :1], eta[:, 1:].T, order)

    def loss(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """a l + c."""
        a, c = self.law.weighing(eta[:, 1])
        plain = self.law.loss(y, eta[:, :1], eta[:, 1:].T, order)
        value = a[0] * plain.value + c[0]
        if order == 0 or plain.d1 is None:
            return Derivatives(value)
        first = plain.d1[:, 0]
        d1 = block(y.size, 2)
        d1[:, 0], d1[:, 1] = a[0] * first, a[1] * plain.value + c[1]
        if order == 1 or plain.curvature is None:
            return Derivatives(value, d1)
        second, mixed = a[0] * plain.curvature(np.ones(1))[:, 0], a[1] * first
        shape = a[2] * plain.value + c[2]

        def curvature(v: Array) -> Array:
            out = block(y.size, 2)
            out[:, 0] = second * v[..., 0] + mixed * v[..., 1]
            out[:, 1] = mixed * v[..., 0] + shape * v[..., 1]
            return out

        return Derivatives(value, d1, curvature)

    def score_moments(self, direction: Array, eta: Array, free: Array) -> tuple[Array, Array]:
        """E (a g_1 + b g_2)^k from the moments of the scores over the nodes, which depend on the shape of the row alone."""
        a, b = direction[..., 0], direction[..., 1]
        t = eta[:, 1] - self.law.shapes[0].unit_power * eta[:, 0]       # of y / mean, which has no unit
        grid = np.linspace(t.min(initial=0.0), t.max(initial=0.0), GRID) if t.size > GRID else t
        u, weight = nodes()
        at = np.repeat(grid, u.size)
        pairs = np.stack([np.zeros(at.size), at], axis=1)
        y = self.quantile(np.tile(u, grid.size), pairs, free)
        d1 = self.nll(y, pairs, free, 1).d1
        assert d1 is not None
        g1, g2 = d1[:, 0].reshape(grid.size, -1), d1[:, 1].reshape(grid.size, -1)

        def moment(i: int, j: int) -> Array:
            found = (g1**i * g2**j) @ weight
            return found if grid is t else _between(t, grid, found)

        return of_sum(a, b, moment)

    def expected(self, eta: Array, free: Array) -> Array:
        """That of the law."""
        return self.law.expected(eta[:, :1], eta[:, 1:].T)

    def variance(self, eta: Array, free: Array) -> Array | None:
        """That of the law."""
        return self.law.variance(eta[:, :1], eta[:, 1:].T)

    def centre_formula(self, free: Array) -> str | None:
        """That of the law, which no shape changes."""
        return self.law.centre_text

    def log_cdf(self, y: Array, eta: Array, free: Array) -> Array:
        """That of the law."""
        return self.law.log_cdf(y, eta[:, :1], eta[:, 1:].T)

    def log_sf(self, y: Array, eta: Array, free: Array) -> Array:
        """That of the law."""
        return self.law.log_sf(y, eta[:, :1], eta[:, 1:].T)

    def quantile(self, u: Array, eta: Array, free: Array) -> Array:
        """That of the law."""
        return self.law.quantile(u, eta[:, :1], eta[:, 1:].T)

    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """That of the law."""
        return self.law.divergence(eta[:, :1], eta[:, 1:].T, other_eta[:, :1], other_eta[:, 1:].T)

    def draw(self, rng: "np.random.Generator", eta: Array, free: Array) -> Array:
        """That of the law."""
        return self.law.draw(rng, eta[:, :1], eta[:, 1:].T)


def _between(t: Array, grid: Array, values: Array) -> Array:
    """A cubic spline through the moments."""
    from scipy.interpolate import CubicSpline

    return np.asarray(CubicSpline(grid, values)(t))
