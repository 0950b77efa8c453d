"""The noise model of a loss that a user wrote in r = y - f: q(y | f) = exp(-a l(r)) / Z(a).

    cross-entropy = a * mean loss + log Z(a),   Z(a) = integral of exp(-a l(r)) dr

The loss is minimised over f alone; a > 1 / kappa, where l grows as kappa log |r| or faster, is the root of E_a l = mean loss.
log Z, E l and Var l come by quadrature, the distribution function by panels (`mlefit.losses`). The free shape is log a. Where
the loss has corners, for its second derivative stands E l'' under the law, which is a E (l')^2 by parts.
"""

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from mlefit.arrays import Array, block
from mlefit.expression.written import LOSSES, parse_written
from mlefit.losses.corners import Corner
from mlefit.losses.loss import Loss
from mlefit.losses.table import Table
from mlefit.noise.chebyshev import interpolated
from mlefit.noise.model import Derivatives, Measure, NoiseModel, Predictor, Shape
from mlefit.noise.refused_loss import check
from mlefit.noise.responses import NUMBERS
from mlefit.noise.stable import QUIET, exponential
from mlefit.noise.symmetric import symmetric

LOCATION = (Predictor("mean", unit_power=1),)


@lru_cache(maxsize=64)
def loss_of(text: str) -> Loss:
    """What is known of the loss. Raises UsageError for what is none, NoEstimateError for what is no noise model."""
    loss = Loss(parse_written("--loss", text, ("r",), LOSSES))
    check(loss, text)
    return loss


def law_of(text: str) -> "OfLoss":
    """The law of a loss."""
    text = "".join(text.split())
    loss_of(text)
    return OfLoss(text)


@dataclass(frozen=True)
class OfLoss(NoiseModel):
    """Errors of density exp(-a l) / Z. `text`: the loss as typed, without blanks; `unit`: that of the rows, in units of its r."""

    text: str
    unit: float = 1.0

    name = "loss"
    support = "every number"
    question = "what a loss that you write says of the noise"
    centre_text = "eta"
    example = 'mlefit fit sample_data/deliveries.csv -t minutes -x km,vehicle --loss "log(cosh(r))"'
    located = True
    compared = False
    predicted = "location"

    measure = Measure.DENSITY
    response = NUMBERS
    shapes = (Shape("a"),)
    collapse = "a is infinite"

    @property
    def known(self) -> Loss:
        """The loss."""
        return loss_of(self.text)

    @property
    def loss_name(self) -> str:
        """As typed."""
        return self.text

    @property
    def notes(self) -> tuple[str, ...]:
        """Which loss it is, where it is a known one."""
        from mlefit.noise.known_loss import known

        found = known(self.known)
        return () if found is None else (f"--loss: {found.sentence}.",)

    @property
    def spelt(self) -> str:
        """`loss:EXPR`."""
        return f"{self.name}:{self.text}"

    @property
    def least_loss(self) -> float:
        """That of the loss."""
        return self.known.least

    @property
    def log_concave(self) -> bool:
        """Where the loss is proved to be convex."""
        return self.known.convex

    @property
    def begins(self) -> bool:
        """Where there may be several minima."""
        return not self.log_concave

    @property
    def corners(self) -> tuple[Corner, ...]:
        """Those of the loss, in the unit of the rows."""
        return tuple(Corner(one.place / self.unit, one.below * self.unit, one.above * self.unit, one.jump)
                     for one in self.known.corners)

    def in_unit(self, unit: float) -> "OfLoss":
        """The loss of residuals in it."""
        return replace(self, unit=unit)

    @property
    def predictors(self) -> tuple[Predictor, ...]:
        """A location."""
        return LOCATION

    def _table(self, free: Array) -> Table:
        return self.known.table(exponential(float(free[0])))

    @QUIET
    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """a l(r) + log Z(a), less the logarithm of the unit."""
        a, known = exponential(float(free[0])), self.known
        if not known.least_a < a < math.inf:
            return _nowhere(y.size, order)
        of_a = known.normaliser(a)
        constant = of_a.log_z - math.log(self.unit)
        r = (y - eta[:, 0]) * self.unit
        if order == 0:
            return Derivatives(_step(a * known.value(r) + constant))
        value, slope, bend = known.curve(r)
        d1 = block(y.size, 2)
        d1[:, 0] = slope * (-a * self.unit)
        d1[:, 1] = a * (value - of_a.mean)
        if order == 1:
            return Derivatives(_step(a * value + constant), d1)
        ee = np.full(y.size, (a * self.unit) ** 2 * self._steepness(a, 2)) if known.corners else a * self.unit**2 * bend
        aa = d1[:, 1] + a * a * of_a.variance
        return Derivatives(_step(a * value + constant), d1, symmetric(((ee, d1[:, 0]), (d1[:, 0], aa))))

    @QUIET
    def loss(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """l(y - f), as typed."""
        r = (y - eta[:, 0]) * self.unit
        if order == 0:
            return Derivatives(_step(self.known.value(r)))
        value, slope, bend = self.known.curve(r)
        d1, d2 = slope[:, None] * -self.unit, bend * self.unit**2
        return Derivatives(_step(value), d1, lambda v: d2[:, None] * v)

    def affine(self, free: Array) -> tuple[float, float]:
        """(a, log Z(a)), with the unit."""
        a = exponential(float(free[0]))
        return a, self.known.normaliser(a).log_z - math.log(self.unit)

    def implied_shapes(self, mean_loss: float, mean_base: float) -> Array:
        """log a with E_a l = mean loss; infinite where every row has the least loss."""
        a = self.known.a_of(mean_loss)
        return np.array([math.log(a)])

    def starting_predictor(self, y: Array) -> Array:
        """y, by least squares."""
        return y

    def starting_shapes(self, y: Array, eta: Array) -> tuple[Array, ...]:
        """What the mean loss there implies."""
        return (self.implied_shapes(float(self.loss(y, eta, np.empty(0), 0).value.mean()), 0.0),)

    def _steepness(self, a: float, power: int) -> float:
        """E |l'|^power under the law."""
        known = self.known
        return known.table(a).expected(lambda r: np.abs(known.slope(r)[1]) ** power)

    def score_moments(self, direction: Array, eta: Array, free: Array) -> tuple[Array, Array]:
        """(a d)^2 E l'^2 and (a d)^4 E l'^4."""
        a = exponential(float(free[0]))
        square = np.square(direction[..., 0] * (a * self.unit))
        return square * self._steepness(a, 2), square * square * self._steepness(a, 4)

    def log_cdf(self, y: Array, eta: Array, free: Array) -> Array:
        """By panels."""
        return self._table(free).log_cdf((y - eta[:, 0]) * self.unit)

    def log_sf(self, y: Array, eta: Array, free: Array) -> Array:
        """By panels, from the other end."""
        return self._table(free).log_sf((y - eta[:, 0]) * self.unit)

    def quantile(self, u: Array, eta: Array, free: Array) -> Array:
        """f and the quantile of r."""
        return np.asarray(eta[:, 0] + self._table(free).quantile(u) / self.unit)

    def expected(self, eta: Array, free: Array) -> Array:
        """f + E r, where the law has a mean; f itself where it has none."""
        a, known = exponential(float(free[0])), self.known
        mean = known.table(a).expected(lambda r: r) if a * known.kappa > 2.0 else 0.0
        return np.asarray(eta[:, 0] + mean / self.unit)

    def centre(self, eta: Array, free: Array) -> Array:
        """f: the loss has its least value there, whatever the mean of the law is."""
        return eta[:, 0]

    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """E of the log-ratio, by panels of the first law."""
        return interpolated(lambda moved: self._apart(free, moved, other_free), (other_eta - eta)[:, 0])

    def _apart(self, free: Array, moved: float, other_free: Array) -> float:
        mine, other = self._table(free), self._table(other_free)
        if moved == 0.0 and float(free[0]) == float(other_free[0]):
            return 0.0
        return max(0.0, mine.expected(lambda r: mine.log_density(r) - other.log_density(r - moved * self.unit)))

    def draw(self, rng: np.random.Generator, eta: Array, free: Array) -> Array:
        """By quantiles of uniform numbers."""
        return self.quantile(rng.uniform(np.finfo(float).tiny, 1.0, len(eta)), eta, free)

    def derivation(self) -> str:
        """From the loss to its noise model."""
        from mlefit.noise.explained_loss import explained

        return explained(self.known, self.text)


def _step(value: Array) -> Array:
    """What is no number is a step too far."""
    return np.where(np.isnan(value), np.inf, value)


def _nowhere(n: int, order: int) -> Derivatives:
    """Where a is beyond its range."""
    nothing = np.full(n, np.inf)
    return Derivatives(nothing) if order == 0 else Derivatives(nothing, np.zeros((n, 2)), lambda v: np.zeros((n, 2)))
