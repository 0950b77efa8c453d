"""NoiseModel: the law of one response given its predictors. One subclass per file, one registry line per subclass.

A law is a list of independent facts, and rooms ask for the fact that they need, never for the kind of law. It knows its
likelihood and, written independently, the loss that it implies; the identity between the two,

    cross-entropy = a(shapes) * mean loss + c(shapes) + mean base(y),

is what mlefit shows on the user's data. Links are inside: `eta` is a location, a logit or a log-rate, and all formulas are
in log-space form, so nothing is clipped.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from types import MappingProxyType
from typing import ClassVar, Literal, NamedTuple, Self

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.noise.options import ModelOption, Value, typed
from mlefit.noise.responses import Response


class Measure(Enum):
    """What a likelihood is a density of: only models of one measure may be compared."""

    DENSITY = "density"
    MASS = "mass"


class Derivatives(NamedTuple):
    """A criterion on n rows and its derivatives by the q = m + s predictors and free shapes of each row.

    `value` (n,) in nats for a likelihood, loss units for a loss. `d1` (n, q). `curvature(v)` maps v, (n, q) or (q,), to
    the second derivative times v, (n, q), without ever forming the (n, q, q) array, which many classes would not allow.
    `simplex` (n, q): where given, that second derivative is diag(p) - p p' with these p.
    """

    value: Array
    d1: Array | None = None
    curvature: Callable[[Array], Array] | None = None
    simplex: Array | None = None


class Predictor(NamedTuple):
    """One linear predictor. `class_`: what the report writes beside its coefficients, None where there is one mean alone.

    When the response is multiplied by s, its coefficients are multiplied by s ** `unit_power`, and its constant grows by
    `log_unit` log s: (1, 0) for a location, (0, 1) for the logarithm of a scale, (0, 0) for a logit.
    """

    name: str
    class_: str | None = None
    kind: Literal["mean", "scale"] = "mean"
    unit_power: int = 0
    log_unit: int = 0


class Shape(NamedTuple):
    """A positive shape parameter; the searches see its unconstrained ("free") form, free = log(shape).

    `unit_power`: the shape is multiplied by s ** unit_power when the response is multiplied by s.
    """

    name: str
    unit_power: int = 0

    def to_natural(self, free: float) -> float:
        """exp(free)."""
        return float(np.exp(free))


MEAN = (Predictor("mean"),)


@dataclass(frozen=True)
class NoiseModel(ABC):
    """The law of y (n,) given predictors eta (n, m) and free shapes (s,): an instance, which carries its options and levels.

    `aliases`: other names of the law, `presets`: other names of the law with some options, such as `link=probit`.
    `located`: y may be shifted and scaled by powers of two, and offsets are taken off it; then the first predictor is a
    location. `compresses`: nll and loss depend on the rows through sums of squares only, so that the R factor of [X y] stands
    for all of them. `closed`: a location and one scale, and where all rows share the location both are found without a
    search. `one_mean`: a row has one mean predictor, to which an offset belongs. `separable`: the likelihood may lack a
    maximum because some direction of the predictors only ever raises it; then `outcomes` says what the rows keep probable,
    and `bounded` whether the likelihood approaches something on that way, and does not grow beyond all bounds.
    In a comparison, `group`: laws that the same data ask for, none where it stands alone; `compared`: whether it takes part
    unasked; `standard`: whether it is kept unless the data ask for more; `contains`: the laws that this one is where some
    parameter has a value within its range.
    """

    name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    presets: ClassVar[Mapping[str, str]] = MappingProxyType({})
    options: ClassVar[tuple[ModelOption, ...]] = ()
    support: ClassVar[str]
    example: ClassVar[str]
    located: ClassVar[bool] = False
    compresses: ClassVar[bool] = False
    closed: ClassVar[bool] = False
    one_mean: ClassVar[bool] = True
    separable: ClassVar[bool] = False
    group: ClassVar[str] = ""
    compared: ClassVar[bool] = True
    standard: ClassVar[bool] = False
    contains: ClassVar[frozenset[str]] = frozenset()
    bounded: ClassVar[bool] = True

    @property
    @abstractmethod
    def loss_name(self) -> str:
        """What machine-learning libraries call the loss."""

    @property
    @abstractmethod
    def measure(self) -> Measure:
        """What the likelihood is a density of."""

    @property
    @abstractmethod
    def response(self) -> Response:
        """How the column of the response is read, and what is refused."""

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The shapes that are estimated."""
        return ()

    @property
    def scalable(self) -> bool:
        """Whether y may be scaled, though not shifted."""
        return False

    @property
    def one_unit(self) -> bool:
        """Whether no predictor has a `log_unit`, which only a constant could take up."""
        return True

    @property
    def loss_power(self) -> int:
        """When y is multiplied by s, the loss is by s ** loss_power."""
        return 0

    @property
    def loss_log_unit(self) -> int:
        """When y is multiplied by s, the loss grows by loss_log_unit log s."""
        return 0

    @property
    def collapse(self) -> str | None:
        """What becomes of the shapes where every row is fitted exactly, if the likelihood is then unbounded."""
        return None

    @property
    def proof(self) -> float:
        """Of a separable law: a Newton step that changes no row's predictor by this much proves that there is a maximum.

        1 where no third derivative of a row is larger than the second (self-concordance, Bach 2010).
        """
        return 1.0

    @property
    def stated(self) -> dict[str, Value]:
        """The options in force that a report names beside the law."""
        values = {option: getattr(self, option.name) for option in self.options}
        return {option.name: value for option, value in values.items() if option.told(value)}

    @property
    def spelt(self) -> str:
        """The law and its options as a user types them."""
        options = ",".join(f"{name}={typed(value)}" for name, value in self.stated.items())
        return f"{self.name}:{options}" if options else self.name

    @property
    def with_scale(self) -> "NoiseModel | None":
        """This law with a linear predictor for the log of its scale or dispersion; None where it has none that could vary."""
        return None

    def with_options(self, values: Mapping[str, Value]) -> Self:
        """This law with these values in the fields of its options."""
        return replace(self, **values)

    def of(self, levels: Sequence[str]) -> Self:
        """This law for a response with these levels (none for numbers), the reference or negative one first."""
        return self

    @property
    def predictors(self) -> tuple[Predictor, ...]:
        """The m linear predictors of a row."""
        return MEAN

    @property
    def outcome_names(self) -> tuple[str, ...]:
        """The K outcomes between which a separable law may be separated, in the order of `outcomes`."""
        return ()

    @abstractmethod
    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """-log q(y | eta, free) with every constant, in nats, and derivatives up to `order` by (eta, free)."""

    @abstractmethod
    def loss(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """The textbook loss, written independently of `nll`; derivatives by eta. `free` (s,): shapes held by the route."""

    @abstractmethod
    def affine(self, free: Array) -> tuple[float, float]:
        """(a, c) with cross-entropy = a * mean loss + c + mean base at these free shapes."""

    def weighing(self, free: Array) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
        """a and c of `affine` at one free shape (n,) each, with their first and second derivatives by it."""
        raise TypeError(f"{self.name} has no dispersion that could vary")

    def base(self, y: Array) -> Array:
        """What the negative log-likelihood (n,) holds of the data alone, in nats: it moves no parameter."""
        return np.zeros(y.size)

    def implied_shapes(self, mean_loss: float, mean_base: float) -> Array:
        """The free shapes (s,) that maximise the likelihood where the loss and `base` have these means."""
        return np.empty(0)

    def outcomes(self, y: Array) -> Mask:
        """(K, n): which outcomes a row keeps probable, K = m + 1: predictor k is the log odds of outcome k + 1 to outcome 0."""
        raise TypeError(f"{self.name} is not separable")

    def without_maximum(self, value: float, n: float) -> tuple[str, str] | None:
        """Where each of n responses is `value` and the likelihood has no maximum for that alone: why not, and what to do."""
        return None

    def constant_fit(self, y: Array, centred: bool) -> tuple[float, Array]:
        """(eta, free) of largest likelihood where all rows share eta, 0 if `centred`, of a `closed` law."""
        raise TypeError(f"{self.name} has no closed fit")

    @abstractmethod
    def score_moments(self, direction: Array, eta: Array, free: Array) -> tuple[Array, Array]:
        """E (d'g)^2 and E (d'g)^4 (..., n) under the law; g (m,): a row's derivatives by eta, d (..., n, m): directions."""

    @abstractmethod
    def log_cdf(self, y: Array, eta: Array, free: Array) -> Array:
        """log P(Y <= y) (n,), accurate in the lower tail; outcomes of a discrete law count in their order."""

    @abstractmethod
    def log_sf(self, y: Array, eta: Array, free: Array) -> Array:
        """log P(Y > y) (n,), accurate in the upper tail."""

    @abstractmethod
    def quantile(self, u: Array, eta: Array, free: Array) -> Array:
        """The least y (n,) with P(Y <= y) >= u, for u (n,) in (0, 1)."""

    def below(self, y: Array) -> Array:
        """The outcome before y (n,): P(Y <= below(y)) = P(Y < y). For a density y itself."""
        return y if self.measure is Measure.DENSITY else y - 1.0

    def left_out(self, error: Array, rest: Array, square: float, n: float) -> Array:
        """-log q (n,) of each row under the fit to the others, of a law that compresses: infinite where that is exact.

        `error`: y - eta of all, `rest` 1 - leverage, `square` the sum of squared errors, `n` how many rows there are.
        """
        raise TypeError(f"{self.name} does not compress")

    def expected(self, eta: Array, free: Array) -> Array:
        """The expected response (n,) of a law of numbers."""
        raise TypeError(f"{self.name} is no law of numbers")

    def probabilities(self, eta: Array, free: Array) -> Array:
        """(K, n): the probability of each level, of a law of levels."""
        raise TypeError(f"{self.name} is no law of levels")

    @abstractmethod
    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """KL(model || other model) (n,) of each row, in nats."""

    @abstractmethod
    def draw(self, rng: np.random.Generator, eta: Array, free: Array) -> Array:
        """One response (n,) per row from the modelled law."""

    @abstractmethod
    def derivation(self) -> str:
        """From the likelihood to the loss in eight steps, with a worked number computed by the law itself."""
