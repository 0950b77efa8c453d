"""The noise model of a loss, or a density, of y and f that is one of no difference: the law of t = g(y) at each f, by quadrature.

    q(y | f) = exp(-a l(y, f) + tilt b(t)) g'(y) / Z(a)
    cross-entropy = a * mean loss + log Z(a) + mean(-tilt b(t) - log g'(y))

That Z does not move with f was decided before (`mlefit.losses.family`). a is the root of E_a l = mean loss, at any f. Distribution
functions and quantiles come by panels for each f (`mlefit.losses.conditional`).
"""

import math
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Self

import numpy as np

from mlefit.arrays import Array, Index, block
from mlefit.losses.axes import AXES, IDENTITY, LOG, Axis
from mlefit.losses.chebyshev import NODES, grid, interpolated_twice
from mlefit.losses.conditional import Conditional
from mlefit.losses.family import Family, apart_at, bends_at
from mlefit.losses.loss import Loss
from mlefit.losses.structure import value
from mlefit.noise.by_table import ByTable, Near
from mlefit.noise.model import LOCATION, MEAN, Derivatives, Measure, Predictor
from mlefit.noise.parts import nowhere
from mlefit.noise.responses import NUMBERS, POSITIVE, SHARES, Response
from mlefit.noise.stable import QUIET
from mlefit.noise.symmetric import symmetric
from mlefit.noise.typed import Typed

RESPONSES = dict(zip((axis.name for axis in AXES), (NUMBERS, POSITIVE, NUMBERS, SHARES), strict=True))
MANY = 2048             # distinct f whose panels are in memory at one time
TRIED = {               # f at which the least loss of a response is looked for, by the axis of f
    "identity": np.concatenate([-np.logspace(6.0, -6.0, 241), [0.0], np.logspace(-6.0, 6.0, 241)]),
    "log": np.exp(np.linspace(-30.0, 30.0, 481)), "logit": 1.0 / (1.0 + np.exp(-np.linspace(-12.0, 12.0, 241))),
}
RESPONSES_TRIED = 65
SPREAD = (0.1, 0.9)     # of those f: searches begin between these
NEAR = 0.15             # of t: grids of f tell y from other functions of it
MASSES = 9              # fitted f at which the mass is looked at


@dataclass(frozen=True)
class OfFamily(ByTable, Typed):
    """`unit`: that of the rows, in units of the y of the text."""

    unit: float = 1.0
    near: Near | None = None

    measure = Measure.DENSITY
    begins = True
    log_concave = False
    watched = True
    together = 512      # so that panels are made once for all nodes of an interval

    @property
    def everywhere(self) -> bool:
        """Whether f may be any number."""
        return self.domain is IDENTITY

    @property
    @abstractmethod
    def family(self) -> Family:
        """The loss and its base."""

    @property
    @abstractmethod
    def domain(self) -> Axis:
        """On which f may be any number of its own."""

    @property
    def scalable(self) -> bool:
        """Where y and f are positive and of one unit."""
        return self.family.axis is LOG and self.domain is LOG and self.direct

    @property
    def predictors(self) -> tuple[Predictor, ...]:
        """f."""
        return LOCATION if self.scalable else MEAN

    def in_unit(self, unit: float) -> Self:
        """The law of responses in it."""
        return replace(self, unit=unit)

    @property
    def response(self) -> Response:
        """By where t is."""
        return RESPONSES[self.family.axis.name]

    @cached_property
    def direct(self) -> bool:
        """Whether the least loss of a response is at f = y, so that f is a location of y."""
        family = self.family
        y = family.axis.inverse(np.linspace(-1.5, 1.5, 7))
        best = self._best(y)
        inside = self.domain.inside(y)
        with np.errstate(all="ignore"):
            return bool(inside.all() and np.abs(family.axis.g(best) - family.axis.g(y)).max() <= NEAR)

    @property
    def predicted(self) -> str:
        """f itself where it is a location of y, else the mean of the law."""
        return "location" if self.direct else "mean"

    def _best(self, y: Array) -> Array:
        """The f (n,) of least loss of each response (n,), on a grid."""
        tried = TRIED[self.domain.name]
        if self.domain.name == "identity":
            tried = tried * max(1.0, float(np.abs(y).max()))
        with np.errstate(all="ignore"):
            each = value(self.family.node, y[:, None], tried[None, :])
        return np.asarray(tried[np.argmin(np.where(np.isnan(each), np.inf, each), axis=1)])

    def _height(self, free: Array) -> Callable[[Array, Array], Array]:
        """log density of t at f."""
        a, family = self._a(free), self.family
        log_z = self._normaliser(a).log_z
        return lambda t, f: -a * family.of_t(t, f) + family.base(t) - log_z

    @QUIET
    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """a l + log Z(a) + base."""
        a, y, f = self._a(free), y * self.unit, eta[:, 0] * self.unit
        if not self.family.loss.least_a < a < math.inf:
            return nowhere(y.size, 1 + free.size)
        of_a, base = self._normaliser(a), self._base(y)
        log_z = of_a.log_z - math.log(self.unit)
        if order == 0:
            return Derivatives(self._step(a * value(self.family.node, y, f) + log_z + base, f))
        loss, slope, bend = self.family.curve(y, f)
        d1, result = block(y.size, 1 + free.size), self._step(a * loss + log_z + base, f)
        d1[:, 0], bend = a * self.unit * slope, a * self.unit**2 * bend
        if not free.size:
            return Derivatives(result, d1, lambda v: bend[:, None] * v)
        d1[:, 1] = a * (loss - of_a.mean)
        return Derivatives(result, d1, symmetric(((bend, d1[:, 0]), (d1[:, 0], d1[:, 1] + a * a * of_a.variance))))

    def _step(self, found: Array, f: Array) -> Array:
        """What is no number, or f beyond its range, is a step too far."""
        return np.where(np.isnan(found) | ~self.domain.inside(f), np.inf, found)

    @QUIET
    def loss(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """l."""
        y, f = y * self.unit, eta[:, 0] * self.unit
        if order == 0:
            return Derivatives(self._step(value(self.family.node, y, f), f))
        found, slope, bend = self.family.curve(y, f)
        slope, bend = self.unit * slope, self.unit**2 * bend
        return Derivatives(self._step(found, f), slope[:, None], lambda v: bend[:, None] * v)

    def base(self, y: Array) -> Array:
        """-tilt b(t) - log g'(y)."""
        return self._base(y * self.unit)

    @QUIET
    def _base(self, y: Array) -> Array:
        axis = self.family.axis
        return np.broadcast_to(-self.family.base(axis.g(y)) - np.log(axis.first(y)), y.shape)

    def starting_predictor(self, y: Array) -> Array:
        """The f of least loss of each response, where it is not extreme."""
        if self.direct:
            return y
        low, high = float(y.min()), float(y.max())
        some = np.unique(np.quantile(y, np.linspace(0.0, 1.0, RESPONSES_TRIED))) if high > low else np.array([low])
        best = self._best(some)
        return np.asarray(np.interp(y, some, np.clip(best, *np.quantile(best, SPREAD))))

    def _laws(self, f: Array, free: Array) -> Conditional:
        return _conditional(self, free.tobytes(), f.tobytes())

    def _each(self, eta: Array, free: Array, of: Callable[[Conditional, Index, Index], Array]) -> Array:
        """of(laws, which law, which rows), NaN where f is beyond its range."""
        out = np.full(len(eta), np.nan)
        at = eta[:, 0] * self.unit
        rows = np.flatnonzero(self.domain.inside(at) & np.isfinite(at))
        f, law = np.unique(at[rows], return_inverse=True)
        for start in range(0, f.size, MANY):
            here = np.flatnonzero((law >= start) & (law < start + MANY)) if f.size > MANY else np.arange(rows.size)
            out[rows[here]] = of(self._laws(f[start : start + MANY], free), law[here] - start, rows[here])
        return out

    def log_cdf(self, y: Array, eta: Array, free: Array) -> Array:
        """By panels."""
        t = self._t(y)
        return self._each(eta, free, lambda laws, law, rows: laws.log_cdf(t[rows], law))

    def log_sf(self, y: Array, eta: Array, free: Array) -> Array:
        """By panels, from the other end."""
        t = self._t(y)
        return self._each(eta, free, lambda laws, law, rows: laws.log_sf(t[rows], law))

    @QUIET
    def _t(self, y: Array) -> Array:
        axis = self.family.axis
        return axis.g(np.clip(y * self.unit, axis.low, axis.high))

    def _quantile(self, u: Array, eta: Array, free: Array) -> Array:
        return self._from_variable(self._each(eta, free, lambda laws, law, rows: laws.quantile(u[rows], law)), eta)

    def _variable(self, y: Array, eta: Array) -> Array:
        return self._t(y)

    def _from_variable(self, t: Array, eta: Array) -> Array:
        return np.asarray(self.family.axis.inverse(t) / self.unit)

    def _place(self, eta: Array) -> Array:
        return self.domain.g(eta[:, 0] * self.unit)

    def _laws_at(self, a: float, w: Array) -> Conditional:
        return self._laws(self.domain.inverse(w), np.array([math.log(a)])[: len(self.shapes)])

    def _bends(self, w: Array) -> Array | None:
        return bends_at(self.family, self.domain, self.domain.inverse(w))

    @property
    def _of_a(self) -> Loss:
        return self.family.loss

    def _over(self, f: Array, free: Array, of: Callable[[Array, Array], Array]) -> Array:
        """E of(y, f) (n,), a smooth function of f, by its values at a few."""
        out, inside = np.full(f.size, np.nan), self.domain.inside(f) & np.isfinite(f)
        if inside.any():
            nodes, weights = grid(self.domain.g(f[inside]), NODES)
            laws = self._laws(self.domain.inverse(nodes), free)
            out[inside] = weights @ laws.expected(lambda t, law: of(self.family.axis.inverse(t), laws.f[law][:, None]))
        return out

    def expected(self, eta: Array, free: Array) -> Array:
        """E y, by quadrature; where the law has no mean f itself if that is a location, else the median."""
        f, axis = eta[:, 0] * self.unit, self.family.axis
        some = np.array([np.median(f[self.domain.inside(f)])])
        ends = self._laws(some, free).edges[0, [0, -1]]
        with np.errstate(all="ignore"):
            left = self._height(free)(ends, some) + np.log(np.abs(axis.inverse(ends))) + np.log(np.abs(ends))
        if not (left < -LITTLE).all():
            return eta[:, 0] if self.direct else self.quantile(np.full(f.size, 0.5), eta, free)
        return self._over(f, free, lambda y, at: y) / self.unit

    def centre(self, eta: Array, free: Array) -> Array:
        """f where it is a location of y, else the mean."""
        return eta[:, 0] if self.direct else self.expected(eta, free)

    def centre_formula(self, free: Array) -> str | None:
        """f where it is a location of y."""
        return "eta" if self.direct else None

    def score_moments(self, direction: Array, eta: Array, free: Array) -> tuple[Array, Array]:
        """d^2 E (a dl/df)^2 and d^4 E (a dl/df)^4."""
        a = self._a(free)

        def of(power: int) -> Array:
            return self._over(eta[:, 0] * self.unit, free, lambda y, f: (a * self._slope(y, f)) ** power)

        square = np.square(self.unit * direction[..., 0])
        return square * of(2), square * square * of(4)

    def _slope(self, y: Array, f: Array) -> Array:
        flat = np.broadcast_to(f, y.shape).ravel()
        return self.family.curve(y.ravel(), flat)[1].reshape(y.shape)

    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """E of the log-ratio, by panels of the first law."""
        domain, mine, other = self.domain, self._height(free), self._height(other_free)
        if np.array_equal(eta, other_eta) and np.array_equal(free, other_free):
            return np.zeros(len(eta))

        def apart(at: Array, moved: Array) -> Array:
            laws, to = self._laws(domain.inverse(at), free), domain.inverse(at + moved)
            return laws.expected(lambda t, law: mine(t, laws.f[law][:, None]) - other(t, to[law][:, None]))

        with np.errstate(all="ignore"):
            at = domain.g(self.unit * eta[:, 0])
            return np.maximum(interpolated_twice(apart, at, domain.g(self.unit * other_eta[:, 0]) - at), 0.0)

    def astray(self, eta: Array, free: Array) -> float:
        """By how much the log of the mass at the fitted f differs from that of Z, at most."""
        f, a = np.quantile(self.unit * eta[:, 0], np.linspace(0.0, 1.0, MASSES)), self._a(free)
        return apart_at(self.family, a, self._normaliser(a).log_z, np.unique(f))


LITTLE = 30.0       # e-folds: ends with y q(y) below it add nothing to a mean


@lru_cache(maxsize=16)
def _conditional(law: OfFamily, free: bytes, f: bytes) -> Conditional:
    at = np.frombuffer(f)
    axis = law.family.axis
    with np.errstate(all="ignore"):
        centre = axis.g(at)
        bends = bends_at(law.family, law.domain, at)
    return Conditional(law._height(np.frombuffer(free)), at, np.where(np.isfinite(centre), centre, 0.0),
                       np.empty((at.size, 0)) if bends is None else bends)
