"""NoiseModel: the law of one response given its predictors. One subclass per file, one registry line per subclass.

A law is a list of independent facts, and rooms ask for the fact that they need, never for the kind of law. It knows its
likelihood and, written independently, the loss that it implies; the identity between the two,

    cross-entropy = a(shapes) * mean loss + c(shapes) + mean base(y),

is what mlefit shows on the user's data. Links are inside: `eta` is a location, a logit or a log-rate, and all formulas are
in log-space form, so nothing is clipped.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Self

import numpy as np

from mlefit.arrays import Array, Index, Mask
from mlefit.noise.bound import Bound
from mlefit.noise.options import Optioned
from mlefit.noise.parts import LOCATION, LOG_MEAN, MEAN, Derivatives, Limit, Measure, Predictor, Shape
from mlefit.noise.pictured import Pictured
from mlefit.noise.reported import Reported
from mlefit.noise.responses import Response
from mlefit.noise.scales import Scales
from mlefit.noise.searched import Searched
from mlefit.noise.written import Written

__all__ = ["LOCATION", "LOG_MEAN", "MEAN", "Derivatives", "Limit", "Measure", "NoiseModel", "Predictor", "Shape"]


@dataclass(frozen=True)
class NoiseModel(Scales, Searched, Bound, Pictured, Reported, Written, Optioned, ABC):
    """The law of y (n,) given predictors eta (n, m) and free shapes (s,): an instance, which carries its options and levels.

    `aliases`: other names of the law, `presets`: other names of the law with some options, such as `link=probit`. `question`: what
    it answers, as `models` says it in one line, of the responses in `support`.
    `located`: y may be shifted and scaled by powers of two, and offsets are taken off it; then the first predictor is a
    location. `compresses`: nll and loss depend on the rows through sums of squares only, so that the R factor of [X y] stands
    for all of them. `smooth`: both criteria have derivatives everywhere; else the loss is straight on either side of the location,
    with `slopes`, and for the second derivatives of the likelihood stand those of its expected value. `assumed`: the law is meant
    as such, and not only its location. `one_mean`: a row has one mean predictor, to which an offset belongs. `separable`: the
    likelihood may lack a maximum because some direction of the predictors only ever raises it; then `outcomes` says what the
    rows keep probable, and `bounded` whether the likelihood approaches something on that way, and does not grow beyond all
    bounds.
    `needs_zeros`: without a response of 0 there is no maximum.
    In a comparison, `group`: laws that the same data ask for, none where it stands alone; `compared`: whether it takes part
    unasked; `standard`: whether it is kept unless the data ask for more; `contains`: the laws that this one is where some
    parameter has a value within its range. In a prediction, `median_apart`: whether the median stands
    beside the mean; `predicts_new`: whether the law is believed as far as intervals of new responses.
    """

    name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    presets: ClassVar[Mapping[str, str]] = MappingProxyType({})
    support: ClassVar[str]
    question: ClassVar[str]
    example: ClassVar[str]
    located: ClassVar[bool] = False
    compresses: ClassVar[bool] = False
    smooth: ClassVar[bool] = True
    assumed: ClassVar[bool] = True
    one_mean: ClassVar[bool] = True
    separable: ClassVar[bool] = False
    group: ClassVar[str] = ""
    compared: ClassVar[bool] = True
    standard: ClassVar[bool] = False
    contains: ClassVar[frozenset[str]] = frozenset()
    median_apart: ClassVar[bool] = False
    predicts_new: ClassVar[bool] = True
    bounded: ClassVar[bool] = True
    needs_zeros: ClassVar[bool] = False

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
    def exact_share(self) -> float:
        """The share of the rows from which on, if they are fitted exactly, the shapes collapse."""
        return 1.0

    @property
    def log_concave(self) -> bool:
        """Whether the likelihood has one maximum; else several searches are made, and the best is reported as such."""
        return True

    @property
    def shape_cost(self) -> str | None:
        """What `cost` is, as a formula, where the loss contains the shapes, so that each value of them has its own least loss."""
        return None

    @property
    def loss_has_shapes(self) -> bool:
        """Whether the loss contains the shapes: then it has derivatives by (eta, free), and nll = loss + `cost`."""
        return self.shape_cost is not None

    @property
    def nested(self) -> Mapping[str, Limit]:
        """The laws that this one becomes at the end of a shape, by how they are `spelt`."""
        return MappingProxyType({})

    @property
    def with_scale(self) -> "NoiseModel | None":
        """This law with a linear predictor for the log of its scale or dispersion; None where it has none that could vary."""
        return None

    def in_unit(self, unit: float) -> Self:
        """This law for a response that was divided by `unit`."""
        return self

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
        """(a, c) with cross-entropy = a * mean loss + c + mean base at these free shapes; (1, 0) where `cost` is all the rest."""

    def weighing(self, free: Array) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
        """a and c of `affine` at one free shape (n,) each, with their first and second derivatives by it."""
        raise TypeError(f"{self.name} has no dispersion that could vary")

    def base(self, y: Array) -> Array:
        """What the negative log-likelihood (n,) holds of the data alone, in nats: it moves no parameter."""
        return np.zeros(y.size)

    def implied_shapes(self, mean_loss: float, mean_base: float) -> Array:
        """The free shapes (s,) that maximise the likelihood where the loss and `base` have these means."""
        return np.empty(0)

    def cost(self, y: Array, free: Array, order: int) -> Derivatives:
        """nll - loss (n,), in which there is no eta, of a law whose loss contains the shapes; derivatives by free."""
        raise TypeError(f"the loss of {self.name} has no shapes")

    def starting_shapes(self, y: Array, eta: Array) -> tuple[Array, ...]:
        """Free shapes (s,) from which a search may begin where the predictors are `eta` (n, m), one search for each, of a law whose
        loss contains them."""
        raise TypeError(f"the loss of {self.name} has no shapes")

    def starting_predictor(self, y: Array) -> Array | None:
        """What a search takes the predictor (n,) of each row for, to begin near it; None: it begins where all are 0."""
        return None

    def place(self, y: Array) -> Array | None:
        """What the first predictor is the location of (n,): y, or its logarithm; None of a law without one."""
        return y if self.located else self.starting_predictor(y)

    def starting_scale(self, error: Array) -> tuple[Array, ...]:
        """What searches take the predictor of the scale (n,) for, to begin near it, where these are errors; one for each."""
        return ()

    def floor(self, coefficients: int, n: float) -> Array:
        """The least free shapes (s,) at which a maximum means anything, beside so many coefficients and n rows."""
        return np.full(len(self.shapes), -np.inf)

    def below_floor(self, place: int, coefficients: int, n: float) -> tuple[str, str]:
        """What is said where the likelihood rises to the floor of shape `place`, and what to do."""
        raise TypeError(f"the shapes of {self.name} have no floor")

    def limit_slope(self, name: str, y: Array, eta: Array, free: Array) -> Array:
        """The slope (n,) of the log-likelihood into this law at the fit `eta`, `free` of the limit `name` of `nested`."""
        raise TypeError(f"{self.name} has no limit")

    def outcomes(self, y: Array) -> Mask:
        """(K, n): which outcomes a row keeps probable, K = m + 1: predictor k is the log odds of outcome k + 1 to outcome 0."""
        raise TypeError(f"{self.name} is not separable")

    def rivals(self, y: Array, kept: Index) -> Mask:
        """(K, r): with which outcomes the one kept (r,) by a row with response y (r,) is compared; all others, unless said."""
        return np.asarray(np.arange(len(self.outcome_names))[:, None] != kept)

    @property
    def slopes(self) -> tuple[float, float]:
        """Those of the loss below and above the location, both positive, of a law that is not smooth."""
        raise TypeError(f"the loss of {self.name} has no slopes")

    def without_maximum(self, value: float, n: float) -> tuple[str, str] | None:
        """Where each of n responses is `value` and the likelihood has no maximum for that alone: why not, and what to do."""
        return None

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

    def variance(self, eta: Array, free: Array) -> Array | None:
        """That of the response (n,) about `centre`, where it has a formula; None where it has none."""
        return None

    @property
    def predicted(self) -> str:
        """What `centre` is of the response, as the column of a prediction is called."""
        return "mean"

    def centre(self, eta: Array, free: Array) -> Array:
        """What a prediction shows (n,) of a law of numbers: its mean, where that is what the predictors stand for."""
        return self.expected(eta, free)

    @property
    def modelled(self) -> tuple[str, ...]:
        """The levels whose probabilities a prediction shows."""
        return ()

    def probabilities(self, eta: Array, free: Array) -> Array:
        """(K, n): the probability of each level, of a law of levels."""
        raise TypeError(f"{self.name} is no law of levels")

    @abstractmethod
    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """KL(model || other model) (n,) of each row, in nats."""

    @abstractmethod
    def draw(self, rng: "np.random.Generator", eta: Array, free: Array) -> Array:
        """One response (n,) per row from the modelled law."""

    @abstractmethod
    def derivation(self) -> str:
        """From the likelihood to the loss in eight steps, with a worked number computed by the law itself."""
