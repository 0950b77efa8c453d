"""The noise model of a loss that a user wrote in r = y - f, or in y and f: q(y | f) = exp(-a L(v)) g'(y) / Z(a).

    v = r, or g(y) - g(f) with g = log, log(1 + y) or logit; L(v) is the loss, or the loss less m g(y)
    cross-entropy = a * mean L + log Z(a) - mean log g'(y),   Z(a) = integral of exp(-a L(v)) dv

The loss is minimised over f alone; a > 1 / kappa, where L grows as kappa log |v| or faster, is the root of E_a L = mean L.
log Z, E L and Var L come by quadrature, the distribution function by panels (`mlefit.losses`). The free shape is log a. Where
the loss has corners, for its second derivative stands E L'' under the law, which is a E (L')^2 by parts.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from mlefit.arrays import Array, block
from mlefit.losses.axes import IDENTITY, LOG, Axis
from mlefit.losses.chebyshev import interpolated
from mlefit.losses.corners import Corner
from mlefit.losses.loss import Loss
from mlefit.losses.table import OneLaw, Table
from mlefit.losses.tabling import Laws
from mlefit.noise.by_table import ByTable, Near
from mlefit.noise.model import LOCATION, MEAN, Derivatives, Measure, Predictor, Shape
from mlefit.noise.parts import nowhere
from mlefit.noise.read_loss import RESPONSES, Read, noted, read_loss
from mlefit.noise.responses import Response
from mlefit.noise.stable import QUIET, exponential
from mlefit.noise.symmetric import symmetric
from mlefit.noise.typed import Typed

GENTLE = 18     # units on the way from the gentlest


@dataclass(frozen=True)
class OfLoss(ByTable, Typed):
    """Errors of density exp(-a l) / Z. `text`: the loss as typed, without blanks; `unit`: that of the rows, in units of its r."""

    unit: float = 1.0
    near: Near | None = None

    name = "loss"
    noun = "law of the loss"
    support = "every number"
    question = "what a loss that you write says of the noise"
    centre_text = "eta"
    example = 'mlefit fit sample_data/deliveries.csv -t minutes -x km,vehicle --loss "log(cosh(r))"'
    predicted = "location"
    measure = Measure.DENSITY
    shapes = (Shape("a"),)
    collapse = "a is infinite"

    @property
    def read(self) -> Read:
        """What is known of the text."""
        return read_loss(self.text)

    @property
    def known(self) -> Loss:
        """L."""
        return self.read.loss

    @property
    def axis(self) -> Axis:
        """g."""
        return self.read.axis

    @property
    def located(self) -> bool:  # type: ignore[override]  # a fact of the axis
        """Where the loss is one of the residual."""
        return self.axis is IDENTITY

    @property
    def scalable(self) -> bool:
        """Where it is one of y/f."""
        return self.axis is LOG

    @property
    def response(self) -> Response:
        """By where g is."""
        return RESPONSES[self.axis.name]

    @property
    def everywhere(self) -> bool:
        """Where it is one of the residual."""
        return self.located

    @property
    def notes(self) -> tuple[str, ...]:
        """Which loss it is, where it is a known one."""
        return noted(self.read)

    @property
    def least_loss(self) -> float:
        """That of the loss."""
        return self.known.least

    @property
    def log_concave(self) -> bool:
        """Where it is one of the residual and proved to be convex."""
        return self.located and self.known.convex

    @property
    def begins(self) -> bool:
        """Where there may be several minima."""
        return not self.log_concave

    @property
    def corners(self) -> tuple[Corner, ...]:
        """Those of the loss, in the unit of the rows."""
        if not self.located:
            return ()
        return tuple(Corner(one.place / self.unit, one.below * self.unit, one.above * self.unit, one.jump)
                     for one in self.known.corners)

    def in_unit(self, unit: float) -> "OfLoss":
        """The loss of residuals in it."""
        return replace(self, unit=unit)

    @property
    def predictors(self) -> tuple[Predictor, ...]:
        """f."""
        return LOCATION if self.located or self.scalable else MEAN

    def gentler(self, factor: float) -> tuple["OfLoss", ...]:
        """The loss of residuals in ever larger units, down to this one."""
        if not self.located or self.known.homogeneous is not None or not self.known.convex:
            return ()
        return tuple(replace(self, unit=self.unit * factor**-k) for k in range(GENTLE, 0, -1))

    def acting(self, residual: Array) -> str | None:
        """Where nearly all residuals lie on one side of where the loss bends."""
        from mlefit.noise.unit_of_loss import acting

        return acting(self.known, residual * self.unit) if self.located else None

    def _a(self, free: Array) -> float:
        return exponential(float(free[0]))

    def _variable(self, y: Array, eta: Array) -> Array:
        """v (n,), no number where f is beyond g."""
        f = eta[:, 0]
        if self.located:
            return (y - f) * self.unit
        return np.where(self.axis.inside(f), self.axis.g(y) - self.axis.g(f), np.nan)

    def _by_f(self, eta: Array) -> tuple[Array | float, Array | float]:
        """Minus dv/df, and minus its derivative (n,)."""
        if self.located:
            return self.unit, 0.0
        return self.axis.first(eta[:, 0]), self.axis.second(eta[:, 0])

    def _table(self, free: Array) -> Table:
        return self.known.table(self._a(free))

    @QUIET
    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """a L(v) + log Z(a) + base, less the logarithm of the unit."""
        a, known = self._a(free), self.known
        if not known.least_a < a < math.inf:
            return nowhere(y.size, 1 + free.size)
        of_a, v = self._normaliser(a), self._variable(y, eta)
        constant = of_a.log_z - self._log_unit + self.base(y)
        if order == 0:
            return Derivatives(_step(a * known.value(v) + constant))
        value, slope, bend = known.curve(v)
        first, second = self._by_f(eta)
        d1 = block(y.size, 1 + free.size)
        d1[:, 0] = -a * slope * first
        if free.size:
            d1[:, 1] = a * (value - of_a.mean)
        if order == 1:
            return Derivatives(_step(a * value + constant), d1)
        ea = d1[:, 0]
        if known.corners:       # what is expected throughout: slopes of rows on a corner do not add up to their mean, 0
            ee, ea = np.full(y.size, a * a * self._steepness(a, 2)) * first * first, np.zeros(y.size)
        else:
            ee = a * bend * first * first - a * slope * second
        if not free.size:
            return Derivatives(_step(a * value + constant), d1, lambda v: ee[:, None] * v)
        aa = d1[:, 1] + a * a * of_a.variance
        return Derivatives(_step(a * value + constant), d1, symmetric(((ee, ea), (ea, aa))))

    @QUIET
    def loss(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """L(v)."""
        v = self._variable(y, eta)
        if order == 0:
            return Derivatives(_step(self.known.value(v)))
        value, slope, bend = self.known.curve(v)
        first, second = self._by_f(eta)
        d1, d2 = -slope * first, bend * first * first - slope * second
        return Derivatives(_step(value), d1[:, None], lambda v: d2[:, None] * v)

    def base(self, y: Array) -> Array:
        """-log g'(y)."""
        return np.zeros(y.size) if self.located else -np.log(self.axis.first(y))

    @property
    def _log_unit(self) -> float:
        return math.log(self.unit) if self.located else 0.0

    def affine(self, free: Array) -> tuple[float, float]:
        """(a, log Z(a)), with the unit."""
        a = self._a(free)
        return a, self._normaliser(a).log_z - self._log_unit

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
        """(a d dv/df)^2 E L'^2 and its square times E L'^4 / (E L'^2)^2."""
        a = self._a(free)
        square = np.square(direction[..., 0] * (a * self._by_f(eta)[0]))
        return square * self._steepness(a, 2), square * square * self._steepness(a, 4)

    def log_cdf(self, y: Array, eta: Array, free: Array) -> Array:
        """By panels."""
        return self._table(free).log_cdf(self._variable(y, eta))

    def log_sf(self, y: Array, eta: Array, free: Array) -> Array:
        """By panels, from the other end."""
        return self._table(free).log_sf(self._variable(y, eta))

    def _quantile(self, u: Array, eta: Array, free: Array) -> Array:
        return self._moved(eta[:, 0], self._table(free).quantile(u))

    def _from_variable(self, t: Array, eta: Array) -> Array:
        return self._moved(eta[:, 0], t)

    def _laws_at(self, a: float, w: Array) -> Laws:
        return OneLaw(self.known.table(a))

    def _bends(self, w: Array) -> Array:
        return np.array([self.known.bends])

    @property
    def _of_a(self) -> Loss:
        return self.known

    def _moved(self, f: Array, v: Array | float) -> Array:
        """The y (n,) at a distance v from f."""
        if self.located:
            return np.asarray(f + v / self.unit)
        with np.errstate(all="ignore"):
            return np.asarray(self.axis.inverse(self.axis.g(f) + v))

    def expected(self, eta: Array, free: Array) -> Array:
        """E y, by quadrature; f itself where the law has no mean."""
        table, f = self._table(free), eta[:, 0]
        if self.located:
            return np.asarray(f + table.moment(lambda v: v, 0.0) / self.unit)
        if self.scalable:
            return np.asarray(f * table.moment(np.exp, 1.0))
        nodes, weight = table.nodes
        return interpolated(lambda at: float(weight @ self._moved(np.array([at]), nodes)), f)

    def centre(self, eta: Array, free: Array) -> Array:
        """f: the loss has its least value there, whatever the mean of the law is."""
        return eta[:, 0]

    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """E of the log-ratio, by panels of the first law."""
        return interpolated(lambda moved: self._apart(free, moved, other_free), -self._variable(eta[:, 0], other_eta))

    def _apart(self, free: Array, moved: float, other_free: Array) -> float:
        mine, other = self._table(free), self._table(other_free)
        if moved == 0.0 and self._a(free) == self._a(other_free):
            return 0.0
        return max(0.0, mine.expected(lambda v: mine.log_density(v) - other.log_density(v - moved)))

    def derivation(self) -> str:
        """From the loss to its noise model."""
        from mlefit.noise.explained_loss import explained

        return explained(self.read, self.text)


def _step(value: Array) -> Array:
    """What is no number is a step too far."""
    return np.where(np.isnan(value), np.inf, value)
