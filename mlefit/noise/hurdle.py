"""Hurdle noise: y is 0 with probability 1 - p, and else follows a law of numbers above 0. Two fits on one design.

    q(0) = 1 - p,   q(y | y > 0) = p q_law(y),   log(p / (1 - p)) a predictor of its own

A count above 0 follows its law truncated at zero. The likelihood is a product of the two, and splits exactly:

    -log L / n = binary cross-entropy of y > 0 + mean over all rows of 1[y > 0] (-log q_law(y))

Where the law has shapes, each value of them weighs the two parts of the loss differently; what they cost is c + base of the rows
above 0. Source: Mullahy, Journal of Econometrics 33 (1986), 341-365.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from mlefit.arrays import Array, Index, Mask
from mlefit.noise import worked
from mlefit.noise.above import COUNT, PARTS
from mlefit.noise.links import LINKS
from mlefit.noise.model import Derivatives, Limit, Measure, NoiseModel, Predictor, Shape
from mlefit.noise.options import Choice
from mlefit.noise.responses import COUNTS, NOT_NEGATIVE, Response
from mlefit.noise.two_parts import costs, joined, weighed
from mlefit.numerals import used

LOGIT = LINKS["logit"]
ABOVE = Predictor("zero", "y > 0", "zero")


LEAST_LOSS = 1e-300     # of the numbers above 0, for a start: where they are fitted exactly no shape is implied
EXAMPLE = (0.0, 0.0, 3.0, 1.0, 0.0, 2.0)
DERIVATION = """\
hurdle: from the likelihood to the hurdle loss

  1  Model       y = 0 with probability 1 - p(x), log(p / (1 - p)) linear; above
                 0 with density p(x) q_law(y|x). Counts: q_law truncated at 0.
  2  Likelihood  L = prod_i q(y_i|x_i): rows independent given x, x not modelled
  3  -log L / n  = B + sum_(y_i > 0) -log q_law(y_i|x_i) / n, with B the binary
                 cross-entropy of y > 0: no parameter is in both terms
  4  Name        -log L / n is the cross-entropy CE of the rows and q, in nats
  5  Meaning     CE(p, q) = H(p) + KL(p || q) holds of the two parts together:
                 least CE is least KL
  6  Loss        B + the loss of the law over the rows above 0, a times it where
                 the law has a shape. The two fits do not know of each other.
  7  Shapes      those of the law, from the rows above 0 alone
  8  Limits      a density above 0 beside a probability at 0: it compares with
                 other hurdles alone. Where no y is 0, p = 1 and the hurdle is
                 one too many.

"""


@dataclass(frozen=True)
class Hurdle(NoiseModel):
    """Zeros by a probability of their own, the rest by a law of numbers above 0."""

    law: str = "poisson"

    name = "hurdle"
    loss_name = "hurdle loss"
    aliases = ("two-part", "zero-hurdle")
    options = (Choice("law", tuple(PARTS), always=True),)
    presets = MappingProxyType({f"hurdle-{name}": f"law={name}" for name in PARTS})
    support = "numbers >= 0, of which many are 0"
    question = "many zeros, which have a chance of their own"
    example = "mlefit fit sample_data/conversions.csv --target visits --features age,minutes --model hurdle:poisson"
    separable = True
    needs_zeros = True

    @property
    def part(self) -> NoiseModel:
        """The law above 0."""
        return PARTS[self.law].law

    @property
    def measure(self) -> Measure:
        """That of counts, or a density beside a probability."""
        return Measure.MASS if self.part.measure is Measure.MASS else Measure.MIXED

    @property
    def response(self) -> Response:
        """Counts, or numbers that are not negative."""
        return COUNTS if self.part.response.whole else NOT_NEGATIVE

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """Those of the law."""
        return self.part.shapes

    @property
    def collapse(self) -> str | None:
        """That of the law."""
        return self.part.collapse

    @property
    def log_concave(self) -> bool:
        """As the law."""
        return self.part.log_concave

    @property
    def shape_cost(self) -> str | None:
        """What the shapes of the law cost over the rows above 0."""
        return (self.part.shape_cost or "c of the rows above 0") if self.part.shapes else None

    @property
    def nested(self) -> Mapping[str, Limit]:
        """The hurdle of the law that the one above 0 becomes."""
        limit = PARTS[self.law].limit
        return {} if limit is None else {Hurdle(limit).spelt: Limit(
            0, 0.0, Hurdle(limit), "no-overdispersion",
            f"counts above 0 vary no more than {limit}: alpha = 0, this is the hurdle:{limit} fit")}

    def limit_slope(self, name: str, y: Array, eta: Array, free: Array) -> Array:
        """That of the rows above 0."""
        above, found = np.flatnonzero(y > 0.0), np.zeros(y.size)
        found[above] = self.part.limit_slope(name, y[above], eta[above, :1], free)
        return found

    @property
    def proof(self) -> float:
        """The smaller of both."""
        return min(self.part.proof, LOGIT.proof)

    @property
    def ratios(self) -> Mapping[str, str]:
        """Those of the law, and the odds of y > 0."""
        return {**self.part.ratios, "zero": "odds ratio"}

    @property
    def predictors(self) -> tuple[Predictor, ...]:
        """That of the law, and the logit of y > 0."""
        return *self.part.predictors, ABOVE

    @property
    def outcome_names(self) -> tuple[str, ...]:
        """Zero; what a growing law has; what is above 0."""
        return "0", "large", "above 0"

    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """What y > 0 costs, and where it is so what the law makes of y."""
        return joined(y, eta, self.part.nll, LOGIT.cost, free, order)

    def loss(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """The binary cross-entropy of y > 0, and a times the loss of the law above 0."""
        return joined(y, eta, weighed(self.part), LOGIT.cross_entropy, free, order)

    def affine(self, free: Array) -> tuple[float, float]:
        """The loss is the cross-entropy but for `base` and `cost`."""
        return 1.0, 0.0

    def base(self, y: Array) -> Array:
        """That of the law above 0, where it has no shapes; else it is part of `cost`."""
        return np.zeros(y.size) if self.part.shapes else self._above(y, self.part.base)

    def cost(self, y: Array, free: Array, order: int) -> Derivatives:
        """That of the rows above 0."""
        return costs(self.part, y, free, order)

    @property
    def begins(self) -> bool:
        """Where the numbers above 0 have a unit, which may be any, and where the loss has shapes."""
        return self.measure is Measure.MIXED or self.loss_has_shapes

    def starting_predictor(self, y: Array) -> Array | None:
        """log y, for zeros its mean; of counts the log of their mean."""
        if not self.begins:
            return None
        above = y > 0.0
        if self.measure is Measure.MASS:
            return np.full(y.size, np.log(y[above].mean()) if above.any() else 0.0)
        place = self._above(y, np.log)
        return np.where(above, place, float(place[above].mean()) if above.any() else 0.0)

    def starting_shapes(self, y: Array, eta: Array) -> tuple[Array, ...]:
        """Those that the loss of the law implies, from the rows above 0."""
        above = y > 0.0
        if self.part.loss_has_shapes:
            return self.part.starting_shapes(y[above], eta[above, :1])
        loss = float(self.part.loss(y[above], eta[above, :1], np.empty(0), 0).value.mean())
        return (self.part.implied_shapes(max(loss, LEAST_LOSS), float(self.part.base(y[above]).mean())),)

    def _above(self, y: Array, of: Callable[[Array], Array]) -> Array:
        """What a function of the numbers above 0 is, and 0 elsewhere."""
        found, above = np.zeros(y.size), y > 0.0
        found[above] = of(y[above])
        return found

    def outcomes(self, y: Array) -> Mask:
        """A 0 keeps its chance from growing; above 0 the chance does not vanish, nor grow what the law keeps from it."""
        above = y > 0.0
        mean = self.part.outcomes(np.maximum(y, 1.0))[1] if self.part.separable else np.ones(y.size, bool)
        return np.stack([np.ones(y.size, bool), above & mean, above])

    def rivals(self, y: Array, kept: Index) -> Mask:
        """The mean is weighed against 0, so is what is above 0, and neither against the other; a 0 says nothing of the mean."""
        above = y > 0.0
        return np.stack([kept > 0, (kept == 0) & above, (kept == 0) & ~above])

    def without_maximum(self, value: float, n: float) -> tuple[str, str] | None:
        """No law of what is above 0 where nothing is."""
        if value != 0.0:
            return None
        return f"every number is 0 in the {used(n)}, so nothing is known of those above 0", "use rows with numbers above 0"

    def score_moments(self, direction: Array, eta: Array, free: Array) -> tuple[Array, Array]:
        """p E (a g - b (1 - p))^k + (1 - p) (b p)^k, g the score of the law, with k 2 and 4."""
        p, q = LOGIT.probabilities(eta[:, 1])
        a, b = direction[..., 0], direction[..., 1]
        unit = np.ones((1, len(eta), 1))
        second, fourth = (found[0] for found in self.part.score_moments(unit, eta[:, :1], free))
        third, missed = PARTS[self.law].cube(eta[:, :1], free), -b * q
        inner = a**4 * fourth + 4.0 * a**3 * missed * third + 6.0 * a**2 * missed**2 * second + missed**4
        return p * (a**2 * second + missed**2) + q * (b * p) ** 2, p * inner + q * (b * p) ** 4

    zero_text = "logistic(-eta2)"

    def zero_share(self, eta: Array) -> Array:
        """1 - p."""
        return LOGIT.probabilities(eta[:, 1])[1]

    def centre_formula(self, free: Array) -> str | None:
        """p times that of the law."""
        centre = self.part.centre_formula(free)
        return None if centre is None else f"logistic(eta2) * ({centre})"

    def log_cdf(self, y: Array, eta: Array, free: Array) -> Array:
        """log(1 - p) at 0, log(1 - p + p F) above."""
        none, above = -LOGIT.failure(eta[:, 1])[0], np.flatnonzero(y > 0.0)
        found = np.where(y < 0.0, -np.inf, none)
        some = self.part.log_cdf(y[above], eta[above, :1], free) - LOGIT.success(eta[above, 1])[0]
        found[above] = np.minimum(np.logaddexp(none[above], some), 0.0)
        return found

    def log_sf(self, y: Array, eta: Array, free: Array) -> Array:
        """log p at 0, log p + log(1 - F) above."""
        some, above = -LOGIT.success(eta[:, 1])[0], np.flatnonzero(y > 0.0)
        found = np.where(y < 0.0, 0.0, some)
        found[above] += self.part.log_sf(y[above], eta[above, :1], free)
        return found

    def quantile(self, u: Array, eta: Array, free: Array) -> Array:
        """0 up to 1 - p, above that the quantile of the law."""
        p, q = LOGIT.probabilities(eta[:, 1])
        rest = np.clip((u - q) / p, 1e-16, 1.0 - 1e-16)
        return np.where(u <= q, 0.0, self.part.quantile(rest, eta[:, :1], free))

    def below(self, y: Array) -> Array:
        """That of the law; nothing is below 0."""
        return np.where(y > 0.0, self.part.below(y), -1.0)

    def expected(self, eta: Array, free: Array) -> Array:
        """p times that of the law."""
        return np.asarray(LOGIT.probabilities(eta[:, 1])[0] * self.part.expected(eta[:, :1], free))

    def variance(self, eta: Array, free: Array) -> Array | None:
        """p (v + q m^2), with m and v of the law above 0 and q = 1 - p."""
        above = self.part.variance(eta[:, :1], free)
        if above is None:
            return None
        p, q = LOGIT.probabilities(eta[:, 1])
        return np.asarray(p * (above + q * np.square(self.part.expected(eta[:, :1], free))))

    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """That of the chances, and p times that of the laws."""
        p, q = LOGIT.probabilities(eta[:, 1])
        some = LOGIT.success(other_eta[:, 1])[0] - LOGIT.success(eta[:, 1])[0]
        none = LOGIT.failure(other_eta[:, 1])[0] - LOGIT.failure(eta[:, 1])[0]
        result: Array = p * some + q * none + p * self.part.divergence(eta[:, :1], free, other_eta[:, :1], other_free)
        return result

    def draw(self, rng: "np.random.Generator", eta: Array, free: Array) -> Array:
        """0, or a number of the law."""
        some = rng.random(eta.shape[0]) < LOGIT.probabilities(eta[:, 1])[0]
        return np.where(some, self.part.draw(rng, eta[:, :1], free), 0.0)

    def derivation(self) -> str:
        """Both parts."""
        y, law = np.array(EXAMPLE), Hurdle("poisson")
        share, mean, none = float((y > 0.0).mean()), float(y[y > 0.0].mean()), np.empty(0)
        log_mu = 0.0
        for _ in range(50):     # m(mu) = mean of those above 0
            log_mu -= float((COUNT.expected(np.array([[log_mu]]), none)[0] - mean) / COUNT.central(np.array([[log_mu]]))[0][0])
        eta = np.tile([log_mu, np.log(share / (1.0 - share))], (y.size, 1))
        total, part = worked.nll(law, y, eta, none), float(COUNT.nll(y[y > 0.0], eta[y > 0.0, :1], none, 0).value.sum() / y.size)
        chance = -(share * np.log(share) + (1.0 - share) * np.log(1.0 - share))
        return DERIVATION + worked.worked(
            f"y = {', '.join(f'{value:g}' for value in y)} (made up), hurdle:poisson",
            f"p = {share:.6f}, mean above 0 = {mean:.6f} = mu / (1 - exp(-mu)),",
            f"mu = {np.exp(log_mu):.6f}",
            f"-log L / n = {total:.6f} = B + the rest = {chance:.6f} + {part:.6f}",
        )
