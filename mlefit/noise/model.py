"""NoiseModel: the law of one response given its predictors. One subclass per file, one registry line per subclass.

A model knows its likelihood and, written independently, the loss that it implies; the identity between the two,
CE = a(shapes) * loss + c(shapes), is what mlefit shows on the user's data. Links are inside: `eta` is a location, a
logit or a log-rate, and all formulas are in log-space form, so nothing is clipped.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import Enum
from typing import ClassVar, NamedTuple, Self

import numpy as np

from mlefit.arrays import Array


class Measure(Enum):
    """What a likelihood is a density of: only models of one measure may be compared."""

    DENSITY = "density"
    MASS = "mass"


class Response(Enum):
    """What the response column must hold."""

    NUMBER = "numbers"
    BINARY = "two levels"
    CLASSES = "two or more levels"


class Rows(NamedTuple):
    """A criterion on n rows and its derivatives by the q = m + s predictors and free shapes of each row.

    `value` (n,) in nats for a likelihood, loss units for a loss. `d1` (n, q). `curvature(v)` maps v, (n, q) or (q,), to
    the second derivative times v, (n, q), without ever forming the (n, q, q) array, which many classes would not allow.
    `simplex` (n, q): where given, that second derivative is diag(p) - p p' with these p.
    """

    value: Array
    d1: Array | None = None
    curvature: Callable[[Array], Array] | None = None
    simplex: Array | None = None


class Shape(NamedTuple):
    """A shape parameter and its unconstrained ("free") form; every shape so far is positive, and free = log(shape)."""

    name: str

    def to_natural(self, free: float) -> float:
        """exp(free)."""
        return float(np.exp(free))

    def to_free(self, natural: float) -> float:
        """log(natural)."""
        return float(np.log(natural))

    def derivative(self, free: float) -> float:
        """d natural / d free, for the delta method."""
        return float(np.exp(free))


class NoiseModel(ABC):
    """The law of y (n,) given predictors eta (n, m) and free shapes (s,).

    `quadratic` says that nll and loss depend on the rows through a sum of squares only, so that a merged R factor of
    [X y] stands for all of them (then eta is the mean itself, and responses may be shifted and scaled). `names_classes`
    says that each predictor belongs to a level of the response, by which its coefficients are named.
    """

    name: ClassVar[str]
    loss_name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    support: ClassVar[str]
    example: ClassVar[str]
    measure: ClassVar[Measure]
    response: ClassVar[Response]
    shapes: ClassVar[tuple[Shape, ...]] = ()
    quadratic: ClassVar[bool] = False
    names_classes: ClassVar[bool] = False

    @classmethod
    def of(cls, levels: int) -> Self:
        """The model of a response with `levels` levels (0 for numbers)."""
        return cls()

    @property
    def predictors(self) -> int:
        """m, the number of linear predictors per row."""
        return 1

    @abstractmethod
    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Rows:
        """-log q(y | eta, free) with every constant, in nats, and derivatives up to `order` by (eta, free)."""

    @abstractmethod
    def loss(self, y: Array, eta: Array, order: int) -> Rows:
        """The textbook loss, written independently of `nll`; derivatives by eta."""

    @abstractmethod
    def implied_shapes(self, mean_loss: float) -> Array:
        """The free shapes (s,) that maximise the likelihood when the mean loss is `mean_loss`."""

    @abstractmethod
    def affine(self, free: Array) -> tuple[float, float]:
        """(a, c) with cross-entropy = a * mean loss + c at these free shapes."""

    @abstractmethod
    def entropy(self, eta: Array, free: Array) -> Array:
        """Entropy (n,) of the modelled law of each row, in nats."""

    @abstractmethod
    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """KL(model || other model) (n,) of each row, closed form, in nats."""

    @abstractmethod
    def mean(self, eta: Array) -> Array:
        """Expected response (n, m): the mean, or the probabilities of the classes that have a predictor."""

    @abstractmethod
    def draw(self, rng: np.random.Generator, eta: Array, free: Array) -> Array:
        """One response (n,) per row from the modelled law."""
