"""Scaled: a law of location and scale, of y or of log y, whose log scale has a linear predictor of its own.

    q(y | eta, t) = exp(-t) q_0(z),   z = (y - eta) exp(-t),   q_0 the law at location 0 and scale 1

so everything is that of q_0 at z. With u the location and w the log scale of q_0, eta + exp(t) u and t + w are those of q:
derivatives by them are those of q_0 by u and w, times exp(-t) for each eta. The loss is written from the law's textbook loss:

    loss          = a l(z) + c + t,   a and c those of the law at scale 1

the negative log-likelihood of machine-learning libraries, in which the scale is no constant. The likelihood may have several
maxima, and none where rows that have a scale of their own are fitted exactly. Where log y has the location, log y stands for y,
and the density of y has the term log y besides. Source: Harvey, Econometrica 44 (1976), 461-465.
"""

from dataclasses import dataclass

import numpy as np

from mlefit.arrays import Array, block
from mlefit.noise.model import Derivatives, Measure, NoiseModel, Predictor, Shape
from mlefit.noise.nodes import nodes
from mlefit.noise.responses import Response


@dataclass(frozen=True)
class Scaled(NoiseModel):
    """The predictors are the location of `law` and the log of its first shape; the other shapes remain what they are.

    `logarithmic`: the location is that of log y. `inverse`: the first shape is one over the scale.
    """

    law: NoiseModel
    logarithmic: bool = False
    inverse: bool = False

    @property
    def loss_name(self) -> str:
        """As libraries call it for the gaussian."""
        return f"{self.law.name} NLL loss"

    @property
    def measure(self) -> Measure:
        """That of the law."""
        return self.law.measure

    @property
    def response(self) -> Response:
        """That of the law."""
        return self.law.response

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """Those after the scale."""
        return self.law.shapes[1:]

    @property
    def predictors(self) -> tuple[Predictor, ...]:
        """The location and the log scale."""
        scale = self.law.shapes[0]
        name = f"log {scale.name}"
        return *self.law.predictors, Predictor(name, name, "scale", log_unit=scale.unit_power)

    @property
    def scalable(self) -> bool:
        """As the law."""
        return self.law.scalable

    @property
    def one_unit(self) -> bool:
        """The constant of the log scale, or of a location of log y, takes up the unit of y."""
        return False

    @property
    def loss_log_unit(self) -> int:
        """That of a negative log-likelihood; that of log y stays out of the loss, as `base`."""
        return self.law.shapes[0].unit_power

    @property
    def collapse(self) -> str | None:
        """As the law."""
        return self.law.collapse

    @property
    def with_scale(self) -> NoiseModel:
        """This law."""
        return self

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
        """a l(z) + c + t."""
        sign, at = self._sign, self._shapes(free)
        precision = np.exp(-sign * eta[:, 1])
        z = (self._place(y) - eta[:, 0]) * precision
        a, c = self.law.affine(at)
        plain = self.law.loss(self._response(z), np.zeros((y.size, 1)), at, order)
        value = a * plain.value + (c + sign * eta[:, 1])
        if order == 0 or plain.d1 is None:
            return Derivatives(value)
        first = a * plain.d1[:, 0]
        d1 = block(y.size, 2)
        d1[:, 0], d1[:, 1] = first * precision, sign * (1.0 + z * first)
        if order == 1 or plain.curvature is None:
            return Derivatives(value, d1)
        second = a * plain.curvature(np.eye(plain.d1.shape[1])[0])[:, 0]
        mixed = sign * (z * second - first) * precision
        ends = second * precision * precision, z * (z * second - first)

        def curvature(v: Array) -> Array:
            out = block(y.size, 2)
            out[:, 0] = ends[0] * v[..., 0] + mixed * v[..., 1]
            out[:, 1] = mixed * v[..., 0] + ends[1] * v[..., 1]
            return out

        return Derivatives(value, d1, curvature)

    def affine(self, free: Array) -> tuple[float, float]:
        """The loss is the cross-entropy, but for `base`."""
        return 1.0, 0.0

    def base(self, y: Array) -> Array:
        """That of the law."""
        return self.law.base(y)

    def score_moments(self, direction: Array, eta: Array, free: Array) -> tuple[Array, Array]:
        """With a = d_1 / s and b = d_2: E (a g_1 + b g_2)^k from the moments of the scores of q_0."""
        a, b = direction[..., 0] * np.exp(-self._sign * eta[:, 1]), direction[..., 1]
        u, weight = nodes()
        d1 = self._unit(self._quantile(u, free), free, 1).d1
        assert d1 is not None
        g1, g2 = d1[:, 0], d1[:, 1]

        def moment(i: int, j: int) -> float:
            return float(weight @ (g1**i * g2**j))

        aa, ab, bb = a * a, a * b, b * b
        second = moment(2, 0) * aa + 2.0 * moment(1, 1) * ab + moment(0, 2) * bb
        fourth = (moment(4, 0) * aa * aa + 4.0 * moment(3, 1) * aa * ab + 6.0 * moment(2, 2) * ab * ab
                  + 4.0 * moment(1, 3) * ab * bb + moment(0, 4) * bb * bb)
        return second, fourth

    def expected(self, eta: Array, free: Array) -> Array:
        """That of q_0, moved and stretched; where log y is, over the nodes."""
        if not self.logarithmic:
            return np.asarray(eta[:, 0] + np.exp(eta[:, 1]) * self.law.expected(np.zeros((1, 1)), self._shapes(free)))
        u, weight = nodes()
        total = np.zeros(eta.shape[0])
        for node, share in zip(self._quantile(u, free), weight, strict=True):
            total += share * np.exp(eta[:, 0] + np.exp(self._sign * eta[:, 1]) * node)
        return total

    def log_cdf(self, y: Array, eta: Array, free: Array) -> Array:
        """That of q_0 at z."""
        return self.law.log_cdf(self._standardised(y, eta), np.zeros((y.size, 1)), self._shapes(free))

    def log_sf(self, y: Array, eta: Array, free: Array) -> Array:
        """That of q_0 at z."""
        return self.law.log_sf(self._standardised(y, eta), np.zeros((y.size, 1)), self._shapes(free))

    def quantile(self, u: Array, eta: Array, free: Array) -> Array:
        """eta + exp(t) times the quantile of q_0."""
        return self._response(eta[:, 0] + np.exp(self._sign * eta[:, 1]) * self._quantile(u, free))

    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """E log(q / q') over the nodes of q: what is z there is z exp(t - t') + (eta - eta') exp(-t') of the other law."""
        u, weight = nodes()
        wider = self._sign * (eta[:, 1] - other_eta[:, 1])
        ratio, shift = np.exp(wider), (eta[:, 0] - other_eta[:, 0]) * np.exp(-self._sign * other_eta[:, 1])
        z = self._quantile(u, free)
        total = np.zeros(eta.shape[0])
        for node, here, share in zip(z, self._unit(z, free, 0).value, weight, strict=True):
            total += share * (self._unit(ratio * node + shift, other_free, 0).value - here - wider)
        return np.maximum(total, 0.0)

    def draw(self, rng: np.random.Generator, eta: Array, free: Array) -> Array:
        """eta + exp(t) times a draw of q_0."""
        drawn = self._place(self.law.draw(rng, np.zeros((eta.shape[0], 1)), self._shapes(free)))
        return self._response(eta[:, 0] + np.exp(self._sign * eta[:, 1]) * drawn)

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
        return self._response((self._place(y) - eta[:, 0]) * np.exp(-self._sign * eta[:, 1]))

    def _unit(self, z: Array, free: Array, order: int) -> Derivatives:
        """The negative log-likelihood of q_0, as a density of z."""
        found = self.law.nll(self._response(z), np.zeros((z.size, 1)), self._shapes(free), order)
        return found._replace(value=found.value - z) if self.logarithmic else found

    def _shapes(self, free: Array) -> Array:
        """The shapes of q_0: a scale of 1 and the others."""
        return np.concatenate([[0.0], free])

    def _quantile(self, u: Array, free: Array) -> Array:
        """z with P(Z <= z) = u."""
        return self._place(self.law.quantile(u, np.zeros((u.size, 1)), self._shapes(free)))
