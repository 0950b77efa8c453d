"""Laws of y > 0 whose logarithm has a law of its own, `under`, with the same predictors and free shapes.

    q(y | eta, t) = under(log y | eta, t) / y

1 / y is the Jacobian: a nat of log y is a nat of y, and only the cross-entropy moves, by mean log y.
"""

from typing import ClassVar

import numpy as np

from mlefit.arrays import Array
from mlefit.noise.model import Derivatives, Measure, NoiseModel
from mlefit.noise.responses import POSITIVE


def _log(y: Array) -> Array:
    """log y, -infinity at and below 0."""
    found = np.full(y.size, -np.inf)
    np.log(y, out=found, where=y > 0.0)
    return found


class OfLogarithm(NoiseModel):
    """Positive numbers of whose logarithm `under` is the law."""

    under: ClassVar[NoiseModel]
    support = "numbers > 0"
    measure = Measure.DENSITY
    response = POSITIVE
    scalable = True
    one_unit = False

    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """That of log y, and log y."""
        log_y = np.log(y)
        found = self.under.nll(log_y, eta, free, order)
        return found._replace(value=found.value + log_y)

    def loss(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """That of log y."""
        return self.under.loss(np.log(y), eta, free, order)

    def affine(self, free: Array) -> tuple[float, float]:
        """That of log y: `base` has the rest."""
        return self.under.affine(free)

    def base(self, y: Array) -> Array:
        """log y."""
        return np.log(y)

    def score_moments(self, direction: Array, eta: Array, free: Array) -> tuple[Array, Array]:
        """Those of log y."""
        return self.under.score_moments(direction, eta, free)

    def log_cdf(self, y: Array, eta: Array, free: Array) -> Array:
        """log P(log Y <= log y)."""
        return self.under.log_cdf(_log(y), eta, free)

    def log_sf(self, y: Array, eta: Array, free: Array) -> Array:
        """log P(log Y > log y)."""
        return self.under.log_sf(_log(y), eta, free)

    def quantile(self, u: Array, eta: Array, free: Array) -> Array:
        """exp of that of log y."""
        return np.exp(self.under.quantile(u, eta, free))

    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """That of the laws of log y: KL changes neither with the unit of y nor with its logarithm."""
        return self.under.divergence(eta, free, other_eta, other_free)

    def draw(self, rng: "np.random.Generator", eta: Array, free: Array) -> Array:
        """exp of what is drawn from the law of log y."""
        return np.exp(self.under.draw(rng, eta, free))
