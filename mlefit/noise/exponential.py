"""Exponential noise: y >= 0 with mean mu and standard deviation mu, eta = log mu. The gamma law of shape 1.

    q(y | eta)    = exp(-y / mu) / mu
    loss          = eta + y / mu
    cross-entropy = mean loss

The loss is not a deviance: that would lose y = 0, of which the density is 1 / mu.
Source: McCullagh and Nelder, Generalized Linear Models, section 8.2.
"""

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.noise import worked
from mlefit.noise.model import LOG_MEAN, Derivatives, Measure, NoiseModel, Predictor
from mlefit.noise.responses import NOT_NEGATIVE
from mlefit.noise.series import excess
from mlefit.numerals import used

EXAMPLE = (3.566015, 0.621533, 4.048426, 0.16394, 2.557068)
TRIAL = 0.5     # how far off the worked example places a log mean
DERIVATION = """\
exponential: from the likelihood to the half gamma loss

  1  Model       y >= 0 has mean mu(x), eta = log mu linear:
                 q(y|x) = exp(-y / mu) / mu
  2  Likelihood  L = prod_i q(y_i|x_i): rows independent given x, x not modelled
  3  -log L / n  = sum_i [eta_i + y_i / mu_i] / n. The first term is the log
                 of the normaliser. It stays: without it the best mu is
                 infinite.
  4  Name        -log L / n is the cross-entropy CE of the rows and q, in nats
  5  Meaning     for the law p that the rows come from, CE(p, q) = H(p) +
                 KL(p || q), and H has no parameter in it: least CE is least KL
  6  Loss        CE is the half gamma loss of the libraries: a = 1, c = 0. Half
                 the gamma deviance, y / mu - 1 - log(y / mu), is the same less
                 a number of the data, which is infinite where a y is 0.
  7  Shapes      none: the standard deviation is the mean. Where the spread is
                 another multiple of the mean, gamma has the shape for it.
  8  Limits      the rate 1 / mu does not depend on how long it has lasted. A
                 level whose y are all 0 has no finite rate.

"""


class Exponential(NoiseModel):
    """Durations without memory: the standard deviation is the mean."""

    name = "exponential"
    loss_name = "half gamma loss"
    aliases = ("exp", "expon", "memoryless")
    support = "numbers >= 0"
    question = "waiting times that do not age"
    centre_text = "exp(eta)"
    example = "mlefit fit sample_data/repairs.csv --target wait --features age,shop --model exponential"
    ratio_name = "ratio of means"
    link_name = "log"
    measure = Measure.DENSITY
    response = NOT_NEGATIVE
    scalable = True
    one_unit = False
    loss_log_unit = 1
    separable = True
    bounded = False
    compared = False        # gamma contains it, and it would take counts and zeros for numbers

    @property
    def predictors(self) -> tuple[Predictor, ...]:
        """A log mean."""
        return LOG_MEAN

    @property
    def outcome_names(self) -> tuple[str, ...]:
        """None, or some: a mean may vanish only where all numbers are 0."""
        return "0", "above 0"

    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """eta + E with E = y / mu."""
        ratio = y * np.exp(-eta[:, 0])
        value = eta[:, 0] + ratio
        if order == 0:
            return Derivatives(value)
        return Derivatives(value, (1.0 - ratio)[:, None], lambda v: ratio[:, None] * v)

    def loss(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """log mu + y / mu."""
        mu = np.exp(eta[:, 0])
        value = np.log(mu) + y / mu
        if order == 0:
            return Derivatives(value)
        return Derivatives(value, ((mu - y) / mu)[:, None], lambda v: (y / mu)[:, None] * v)

    def affine(self, free: Array) -> tuple[float, float]:
        """The loss is the cross-entropy."""
        return 1.0, 0.0

    def outcomes(self, y: Array) -> Mask:
        """A number above 0 keeps its mean from growing and from vanishing, a 0 from growing alone."""
        return np.stack([np.ones(y.size, bool), y > 0.0])

    def without_maximum(self, value: float, n: float) -> tuple[str, str] | None:
        """No rate where nothing lasts."""
        if value != 0.0:
            return None
        return (f"every number is 0 in the {used(n)}, so the mean is 0, its logarithm is not finite and the likelihood "
                "is unbounded", "use rows with numbers above 0")

    def expected(self, eta: Array, free: Array) -> Array:
        """mu."""
        return np.exp(eta[:, 0])

    def score_moments(self, direction: Array, eta: Array, free: Array) -> tuple[Array, Array]:
        """d^2 and 9 d^4."""
        square = np.square(direction[..., 0])
        return square, 9.0 * square * square

    def log_cdf(self, y: Array, eta: Array, free: Array) -> Array:
        """log(1 - exp(-E)), by whichever of E and exp(-E) is small."""
        ratio = self._ratio(y, eta)
        with np.errstate(divide="ignore"):
            return np.where(ratio > 1.0, np.log1p(-np.exp(-ratio)), np.log(-np.expm1(-ratio)))

    def log_sf(self, y: Array, eta: Array, free: Array) -> Array:
        """-E."""
        return -self._ratio(y, eta)

    def _ratio(self, y: Array, eta: Array) -> Array:
        """E, 0 below 0."""
        with np.errstate(over="ignore"):
            found: Array = np.maximum(y, 0.0) * np.exp(-eta[:, 0])
        return found

    def quantile(self, u: Array, eta: Array, free: Array) -> Array:
        """-mu log(1 - u)."""
        return np.asarray(-np.log1p(-u) * np.exp(eta[:, 0]))

    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """exp(d) - 1 - d with d the difference of the log means."""
        d = eta[:, 0] - other_eta[:, 0]
        return excess(d)

    def draw(self, rng: "np.random.Generator", eta: Array, free: Array) -> Array:
        """mu times a standard exponential number."""
        return rng.standard_exponential(eta.shape[0]) * np.exp(eta[:, 0])

    def derivation(self) -> str:
        """The half gamma loss."""
        y, none = np.array(EXAMPLE), np.empty(0)
        at_mean = np.full((y.size, 1), np.log(y.mean()))
        best, off = worked.nll(self, y, at_mean, none), worked.nll(self, y, at_mean + TRIAL, none)
        loss = float(self.loss(y, at_mean, none, 0).value.mean())
        return DERIVATION + worked.worked(
            f"y = {', '.join(f'{value:g}' for value in y)}",
            "(the first waits of repairs.csv), mu constant",
            f"mu = mean = {y.mean():.6f}, eta = {float(at_mean[0, 0]):.6f}",
            f"-log L / n = {best:.6f} from the density, loss = {loss:.6f},",
            f"1 + log mu = {1.0 + np.log(y.mean()):.6f}",
            f"eta off by {TRIAL:g}: -log L / n rises by {off - best:.6f}",
            f"= exp(-{TRIAL:g}) - 1 + {TRIAL:g} = {np.expm1(-TRIAL) + TRIAL:.6f}",
        )
