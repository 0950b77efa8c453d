"""Axes: the functions g of a response with which a loss of y and f may be a loss of the difference g(y) - g(f) alone.

With v = g(y) - g(f) the density exp(-a L(v)) / Z(a) in dv is a density in y for every f: dv = g'(y) dy.
"""

import math
from collections.abc import Callable

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.expression.tree import Constant, Node, Operation
from mlefit.records import record

NEAR = 300.0


def _logit(x: Array) -> Array:
    return np.log(x) - np.log1p(-x)


def _logistic(u: Array) -> Array:
    from scipy.special import expit

    return np.asarray(expit(u))


@record(frozen=True)
class Axis:
    """`g` with its first two derivatives, its inverse as a function and as a tree, and where its variable may be.

    `word`: the difference, `measure`: dv in y. `powered`: a factor y^s (or (1 + y)^s) is one of the base."""

    name: str
    word: str
    measure: str
    g: Callable[[Array], Array]
    first: Callable[[Array], Array]
    second: Callable[[Array], Array]
    inverse: Callable[[Array], Array]
    tree: Callable[[Node], Node]
    low: float
    high: float
    powered: bool = False

    @property
    def near(self) -> float:
        """How far out on it y is neither 0 nor infinite, nor is its square."""
        return math.inf if self.low == -math.inf else NEAR

    def inside(self, x: Array) -> Mask:
        """Whether x (n,) is where g is."""
        return (x > self.low) & (x < self.high)


IDENTITY = Axis("identity", "y - f", "dy", lambda x: x, np.ones_like, np.zeros_like, lambda u: u, lambda node: node,
                -np.inf, np.inf)
LOG = Axis("log", "log y - log f", "dy/y", np.log, lambda x: 1.0 / x, lambda x: -1.0 / (x * x), np.exp,
           lambda node: Operation("exp", (node,)), 0.0, np.inf, powered=True)
LOG1P = Axis("log1p", "log(1+y) - log(1+f)", "dy/(1+y)", np.log1p, lambda x: 1.0 / (1.0 + x), lambda x: -1.0 / (1.0 + x) ** 2,
             np.expm1, lambda node: Operation("expm1", (node,)), -1.0, np.inf, powered=True)
LOGIT = Axis("logit", "logit y - logit f", "dy/(y(1-y))", _logit, lambda x: 1.0 / (x * (1.0 - x)),
             lambda x: (2.0 * x - 1.0) / (x * (1.0 - x)) ** 2, _logistic, lambda node: Operation("logistic", (node,)), 0.0, 1.0)
AXES = (IDENTITY, LOG, LOG1P, LOGIT)
ORIGIN = {IDENTITY.name: Constant(0.0), LOG.name: Constant(1.0), LOG1P.name: Constant(0.0), LOGIT.name: Constant(0.5)}
