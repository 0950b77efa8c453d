"""Scaled: a law of location and scale, of y or of log y, whose log scale has a linear predictor of its own.

    q(y | eta, t) = exp(-t) q_0(z),   z = (y - eta) exp(-t),   q_0 the law at location 0 and scale 1

so everything is that of q_0 at z. With u the location and w the log scale of q_0, eta + exp(t) u and t + w are those of q:
derivatives by them are those of q_0 by u and w, times exp(-t) for each eta. The loss is written from the law's textbook loss:

    loss          = a l(z) + c + t,   a and c those of the law at scale 1

the negative log-likelihood of machine-learning libraries, in which the scale is no constant. The likelihood may have several
maxima, and none where rows that have a scale of their own are fitted exactly. Where log y has the location, log y stands for y,
and the density of y has the term log y besides. Source: Harvey, Econometrica 44 (1976), 461-465.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from mlefit.arrays import Array, block
from mlefit.noise.made_of import MadeOf
from mlefit.noise.model import Derivatives, Limit, NoiseModel, Predictor, Shape
from mlefit.noise.nodes import line, of_sum
from mlefit.noise.symmetric import symmetric

SMALLEST = 1e-6     # of the largest error: smaller ones weigh in a start as this
TINY = float(np.finfo(float).tiny)
MIDPOINTS = 64      # of equal shares of a law: for a start
LOG_LARGEST = 700.0


@dataclass(frozen=True)
class Scaled(MadeOf):
    """The predictors are the location of `law` and the log of its first shape; the other shapes remain what they are.

    `logarithmic`: the location is that of log y. `inverse`: the first shape is one over the scale. `placed`: the law of log y,
    where there is one; else log y is reached through y.
    """

    logarithmic: bool = False
    inverse: bool = False
    placed: NoiseModel | None = None

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """Those after the scale."""
        return self.law.shapes[1:]

    @property
    def predictors(self) -> tuple[Predictor, ...]:
        """The location and the log scale."""
        scale = self.law.shapes[0]
        name = f"log {scale.name}"
        return *self.law.predictors, Predictor(name, name, "scale", log_unit=scale.unit_power, inverse=self.inverse)

    @property
    def one_unit(self) -> bool:
        """The constant of the log scale, or of a location of log y, takes up the unit of y."""
        return False

    @property
    def loss_log_unit(self) -> int:
        """That of a negative log-likelihood; that of log y stays out of the loss, as `base`."""
        return self.law.shapes[0].unit_power

    @property
    def log_concave(self) -> bool:
        """Not in location and log scale together."""
        return False

    @property
    def shape_cost(self) -> str | None:
        """That of the law, where it has other shapes."""
        return self.law.shape_cost if self.shapes else None

    @property
    def nested(self) -> Mapping[str, Limit]:
        """Those of the law at the ends of its other shapes, with the same scale."""
        return {name: limit._replace(shape=limit.shape - 1, law=replace(self, law=limit.law))
                for name, limit in self.law.nested.items() if limit.shape > 0}

    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """That of q_0 at z, plus the log scale."""
        precision = np.exp(-self._sign * eta[:, 1])
        place = self._place(y)
        unit = self._unit((place - eta[:, 0]) * precision, free, order)
        value = unit.value + self._sign * eta[:, 1]
        if self.logarithmic:
            value += place
        if order == 0 or unit.d1 is None:
            return Derivatives(value)
        d1 = unit.d1.copy(order="K")
        d1[:, 0] *= precision
        if order == 1 or unit.curvature is None:
            return Derivatives(value, d1)
        bent = unit.curvature

        def curvature(v: Array) -> Array:
            inner = block(y.size, d1.shape[1])
            inner[:] = v
            inner[:, 0] *= precision
            found = bent(inner).copy(order="K")
            found[:, 0] *= precision
            return found

        return Derivatives(value, d1, curvature)

    def loss(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """a l(z) + c + t, and what the other shapes cost."""
        sign, at = self._sign, self._shapes(free)
        precision = np.exp(-sign * eta[:, 1])
        z = (self._place(y) - eta[:, 0]) * precision
        a, c = self._standard.affine(at)
        plain = self._standard.loss(self._inner(z), np.zeros((y.size, 1)), at, order)
        value = a * plain.value + (c + sign * eta[:, 1])
        if self.law.loss_has_shapes:
            value += self._standard.cost(y, at, 0).value
        if order == 0 or plain.d1 is None:
            return Derivatives(value)
        first, rest = a * plain.d1[:, 0], range(free.size)
        d1 = block(y.size, 2 + free.size)
        d1[:, 0], d1[:, 1] = first * precision, sign * (1.0 + z * first)
        cost = self._standard.cost(y, at, order) if free.size else None
        if cost is not None and cost.d1 is not None:
            d1[:, 2:] = plain.d1[:, 2:] + cost.d1[:, 1:]
        if order == 1 or plain.curvature is None:
            return Derivatives(value, d1)
        axes = np.eye(plain.d1.shape[1])
        second = a * plain.curvature(axes[0])[:, 0]
        bent = [plain.curvature(axes[2 + k]) for k in rest]
        paid = [] if cost is None or cost.curvature is None else [cost.curvature(np.eye(at.size)[1 + k]) for k in rest]
        mixed = sign * (z * second - first) * precision
        beside = [one[:, 0] * precision for one in bent], [sign * z * one[:, 0] for one in bent]
        among = [[bent[k][:, 2 + j] + paid[k][:, 1 + j] for j in rest] for k in rest]
        return Derivatives(value, d1, symmetric((
            (second * precision * precision, mixed, *beside[0]), (mixed, z * (z * second - first), *beside[1]),
            *((beside[0][k], beside[1][k], *among[k]) for k in rest))))

    def cost(self, y: Array, free: Array, order: int) -> Derivatives:
        """Nothing: the loss has it already, as the scale of each row is in it."""
        none = np.zeros((y.size, free.size))
        return Derivatives(np.zeros(y.size), none if order else None, (lambda v: none) if order == 2 else None)

    def starting_predictor(self, y: Array) -> Array:
        """The place of y."""
        return self._place(y)

    def starting_scale(self, error: Array) -> tuple[Array, ...]:
        """The same scale for all rows, and log |error| less its mean under q_0, which Harvey regresses on the predictors."""
        u = (np.arange(MIDPOINTS) + 0.5) / MIDPOINTS
        usual = float(np.log(np.abs(self._quantile(u, np.ones(len(self.shapes))))).mean())
        size = np.log(np.abs(error) + SMALLEST * float(np.abs(error).max()) + TINY) - usual
        return self._sign * np.full(error.size, float(size.mean())), self._sign * size

    def starting_shapes(self, y: Array, eta: Array) -> tuple[Array, ...]:
        """Those of the law, but for the scale."""
        if not self.shapes:
            return (np.empty(0),)
        z = (self._place(y) - eta[:, 0]) * np.exp(-self._sign * eta[:, 1])
        return tuple(free[1:] for free in self._standard.starting_shapes(self._inner(z), np.zeros((y.size, 1))))

    def floor(self, coefficients: int, n: float) -> Array:
        """That of the law's other shapes."""
        return self.law.floor(coefficients, n)[1:]

    def below_floor(self, place: int, coefficients: int, n: float) -> tuple[str, str]:
        """As the law says it."""
        return self.law.below_floor(place + 1, coefficients, n)

    def limit_slope(self, name: str, y: Array, eta: Array, free: Array) -> Array:
        """That of the law at z."""
        return self.law.limit_slope(name, self._standardised(y, eta), np.zeros((y.size, 1)), self._shapes(free))

    def score_moments(self, direction: Array, eta: Array, free: Array) -> tuple[Array, Array]:
        """With a = d_1 / s and b = d_2: E (a g_1 + b g_2)^k from the moments of the scores of q_0."""
        a, b = direction[..., 0] * np.exp(-self._sign * eta[:, 1]), direction[..., 1]
        z, weight = self._nodes(free)
        d1 = self._unit(z, free, 1).d1
        assert d1 is not None
        g1, g2 = d1[:, 0], d1[:, 1]

        def moment(i: int, j: int) -> float:
            return float(weight @ (g1**i * g2**j))

        return of_sum(a, b, moment)

    def expected(self, eta: Array, free: Array) -> Array:
        """That of q_0, moved and stretched; where log y is, over the nodes."""
        if not self.logarithmic:
            return np.asarray(eta[:, 0] + np.exp(eta[:, 1]) * self.law.expected(np.zeros((1, 1)), self._shapes(free)))
        total = np.zeros(eta.shape[0])
        for node, share in zip(*self._nodes(free), strict=True):
            total += share * np.exp(eta[:, 0] + np.exp(self._sign * eta[:, 1]) * node)
        return total

    def centre_formula(self, free: Array) -> str | None:
        """That of q_0, moved and stretched; where log y is, what the law says."""
        if self.logarithmic:
            return self.law.spread_text
        mean = float(self.law.expected(np.zeros((1, 1)), self._shapes(free))[0])
        return f"eta + exp(eta2) * {mean!r}" if mean else "eta"

    def log_cdf(self, y: Array, eta: Array, free: Array) -> Array:
        """That of q_0 at z."""
        return self._standard.log_cdf(self._standardised(y, eta), np.zeros((y.size, 1)), self._shapes(free))

    def log_sf(self, y: Array, eta: Array, free: Array) -> Array:
        """That of q_0 at z."""
        return self._standard.log_sf(self._standardised(y, eta), np.zeros((y.size, 1)), self._shapes(free))

    def quantile(self, u: Array, eta: Array, free: Array) -> Array:
        """eta + exp(t) times the quantile of q_0."""
        return self._response(eta[:, 0] + np.exp(self._sign * eta[:, 1]) * self._quantile(u, free))

    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """E log(q / q') over the nodes of q: what is z there is z exp(t - t') + (eta - eta') exp(-t') of the other law."""
        wider = self._sign * (eta[:, 1] - other_eta[:, 1])
        ratio, shift = np.exp(wider), (eta[:, 0] - other_eta[:, 0]) * np.exp(-self._sign * other_eta[:, 1])
        z, weight = self._nodes(free)
        total = np.zeros(eta.shape[0])
        for node, here, share in zip(z, self._unit(z, free, 0).value, weight, strict=True):
            total += share * (self._unit(ratio * node + shift, other_free, 0).value - here - wider)
        return np.maximum(total, 0.0)

    def draw(self, rng: "np.random.Generator", eta: Array, free: Array) -> Array:
        """eta + exp(t) times a draw of q_0."""
        drawn = self._outer(self._standard.draw(rng, np.zeros((eta.shape[0], 1)), self._shapes(free)))
        return self._response(eta[:, 0] + np.exp(self._sign * eta[:, 1]) * drawn)

    def _nodes(self, free: Array) -> tuple[Array, Array]:
        """z (k,) and what they weigh in an expectation under q_0."""
        z, step = line(LOG_LARGEST if self.logarithmic else np.inf)
        weight = step * np.exp(-self._unit(z, free, 0).value)
        there = weight > 0.0
        return z[there], weight[there]

    @property
    def _sign(self) -> float:
        """The log scale is this times the predictor."""
        return -1.0 if self.inverse else 1.0

    def _place(self, y: Array) -> Array:
        """What has the location: y, or log y, -infinity at and below 0."""
        if not self.logarithmic:
            return y
        found = np.full(y.size, -np.inf)
        np.log(y, out=found, where=y > 0.0)
        return found

    def _response(self, place: Array) -> Array:
        """The response of which this is the place."""
        return np.exp(place) if self.logarithmic else place

    def _standardised(self, y: Array, eta: Array) -> Array:
        return self._inner((self._place(y) - eta[:, 0]) * np.exp(-self._sign * eta[:, 1]))

    @property
    def _standard(self) -> NoiseModel:
        """The law that q_0 is made of."""
        return self.placed or self.law

    def _inner(self, z: Array) -> Array:
        """The response of that law."""
        return z if self.placed is not None else self._response(z)

    def _outer(self, inner: Array) -> Array:
        """z of a response of that law."""
        return inner if self.placed is not None else self._place(inner)

    def _unit(self, z: Array, free: Array, order: int) -> Derivatives:
        """The negative log-likelihood of q_0, as a density of z."""
        found = self._standard.nll(self._inner(z), np.zeros((z.size, 1)), self._shapes(free), order)
        return found._replace(value=found.value - z) if self.logarithmic and self.placed is None else found

    def _shapes(self, free: Array) -> Array:
        """The shapes of q_0: a scale of 1 and the others."""
        return np.concatenate([[0.0], free])

    def _quantile(self, u: Array, free: Array) -> Array:
        """z with P(Z <= z) = u."""
        return self._outer(self._standard.quantile(u, np.zeros((u.size, 1)), self._shapes(free)))
