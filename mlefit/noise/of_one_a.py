"""The noise model of a loss in y and f that adds up to 1 at one a alone: what such laws of counts and of labels have in common.

    -log q(y | f) = a l(y, f) - log h(y)
"""

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from mlefit.arrays import Array
from mlefit.expression.jets import jet
from mlefit.expression.tree import Node
from mlefit.noise.model import MEAN, Derivatives, Measure, Predictor
from mlefit.noise.read_loss import parsed
from mlefit.noise.stable import QUIET
from mlefit.noise.typed import Typed

LINEAR = 1e-9       # relative: log odds, or a log mean, that are a multiple of f (and a constant)


@dataclass(frozen=True)
class OfOneA(Typed):
    """`text`: the loss."""

    name = "loss"
    noun = "law of the loss"
    measure = Measure.MASS

    @property
    @abstractmethod
    def a(self) -> float:
        """The one."""

    @property
    def node(self) -> Node:
        """The loss."""
        return parsed(self.text)

    @property
    def predictors(self) -> tuple[Predictor, ...]:
        """f."""
        return MEAN

    def _met(self, y: Array) -> Array:
        """The responses (n,) at which the loss is a number."""
        return y

    def _curve(self, y: Array, f: Array) -> tuple[Array, Array, Array]:
        """l and its derivatives by f (n,)."""
        found = jet(self.node, {"y": self._met(y), "f": f}, ("f",), 2)
        value, slope, bend = (np.broadcast_to(part, y.shape) for part in (
            found.value, found.gradient.get(0, 0.0), found.hessian.get((0, 0), 0.0)))
        return np.where(np.isnan(value), np.inf, value), slope, bend

    @QUIET
    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """a l - log h."""
        value, slope, bend = self._curve(y, eta[:, 0])
        a = self.a
        return Derivatives(a * value + self.base(y), a * slope[:, None], lambda v: a * bend[:, None] * v)

    @QUIET
    def loss(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """l."""
        value, slope, bend = self._curve(y, eta[:, 0])
        return Derivatives(value, slope[:, None], lambda v: bend[:, None] * v)

    def affine(self, free: Array) -> tuple[float, float]:
        """(a, 0)."""
        return self.a, 0.0

    def starting_predictor(self, y: Array) -> Array:
        """y."""
        return y

    def starting_shapes(self, y: Array, eta: Array) -> tuple[Array, ...]:
        """None."""
        return (np.empty(0),)
