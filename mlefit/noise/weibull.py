"""Weibull noise: y > 0 whose power k is exponential: (y / scale)^k, eta = log scale. Its loss is exp(k d) - k d, d = log y - eta.

    q(y | eta, k) = k / y (y / scale)^k exp(-(y / scale)^k)
    loss          = (y / scale)^k - k log(y / scale)
    cross-entropy = mean loss - log k + mean log y

Everything but `base` is the smallest extreme value law of log y. The free shape is log k; k = 1 is the exponential law. The law is
log-concave. Source: Kalbfleisch and Prentice, The Statistical Analysis of Failure Time Data, section 2.2.
"""

import numpy as np

from mlefit.arrays import Array
from mlefit.noise import worked
from mlefit.noise.extreme import Extreme
from mlefit.noise.model import Derivatives, NoiseModel, Predictor, Shape
from mlefit.noise.of_logarithm import OfLogarithm
from mlefit.noise.stable import QUIET, exponential

LOGARITHM = Extreme()
LOG_SCALE = (Predictor("mean", log_unit=1),)
EXAMPLE = (62.2153, 41.8953, 50.7009, 242.753, 146.6919)
SHAPE = 2.0     # k of the worked example, of which the best scale is known
TRIAL = 0.5     # how far off the worked example places a log scale
DERIVATION = """\
weibull: from the likelihood to the weibull loss

  1  Model       y > 0 has scale s(x), eta = log s linear, and shape k:
                 q(y|x) = k/y (y/s)^k exp(-(y/s)^k)
  2  Likelihood  L = prod_i q(y_i|x_i): rows independent given x, x not modelled
  3  -log L / n  = mean loss - log k + mean log y, loss = exp(k d) - k d with
                 d = log y - eta. -log k is the log of the normaliser. It stays:
                 without it the best k is 0.
  4  Name        -log L / n is the cross-entropy CE of the rows and q, in nats
  5  Meaning     for the law p that the rows come from, CE(p, q) = H(p) +
                 KL(p || q), and H has no parameter in it: least CE is least KL
  6  Loss        for any fixed k, CE = loss + c: the eta of maximum likelihood
                 is the eta of least loss at this k. The loss contains k: each
                 value of it has its own minimum, and k follows from loss + c.
  7  Shape k     dCE/dk = 0 at mean k d (exp(k d) - 1) = 1. k < 1: ever fewer
                 fail as time goes on, k > 1: ever more; k = 1 is exponential.
  8  Limits      log-concave, one maximum. The mean is s Gamma(1 + 1/k). y = 0
                 has no density to speak of: model zeros apart.

"""


class Weibull(OfLogarithm):
    """Lifetimes whose rate of failure rises or falls as a power of time."""

    name = "weibull"
    under = LOGARITHM
    noun = "Weibull law"
    loss_name = "weibull loss"
    aliases = ("weib", "weibull-aft", "weibull_min")
    question = "lifetimes whose rate of failure rises or falls"
    example = "mlefit fit sample_data/deliveries.csv -t hours -x km,vehicle -m weibull"
    ratio_name = "ratio of means"
    link_name = "log"
    shapes = (Shape("k"),)
    shape_cost = "mean log y - log k"
    collapse = "k is infinite"
    contains = frozenset({"exponential"})

    @property
    def predictors(self) -> tuple[Predictor, ...]:
        """A log scale."""
        return LOG_SCALE

    @property
    def with_scale(self) -> NoiseModel:
        """Numbers whose k varies."""
        from mlefit.noise.varied import Varied

        return Varied(self, logarithmic=True, inverse=True, placed=LOGARITHM)

    def cost(self, y: Array, free: Array, order: int) -> Derivatives:
        """log y - log k."""
        found = LOGARITHM.cost(y, free, order)
        return found._replace(value=found.value + np.log(y))

    def starting_predictor(self, y: Array) -> Array:
        """log y, by least squares."""
        return np.log(y)

    def starting_shapes(self, y: Array, eta: Array) -> tuple[Array, ...]:
        """k of the standard deviation of log y."""
        return LOGARITHM.starting_shapes(np.log(y), eta)

    @QUIET
    def expected(self, eta: Array, free: Array) -> Array:
        """scale Gamma(1 + 1 / k)."""
        from scipy.special import gammaln

        return np.exp(eta[:, 0] + float(gammaln(1.0 + exponential(-float(free[0])))))

    def centre_formula(self, free: Array) -> str:
        """scale Gamma(1 + 1 / k)."""
        from scipy.special import gammaln

        return f"exp(eta + {float(gammaln(1.0 + exponential(-float(free[0]))))!r})"

    def derivation(self) -> str:
        """The weibull loss."""
        y, free = np.array(EXAMPLE), np.array([np.log(SHAPE)])
        at = np.full((y.size, 1), np.log(np.mean(y**SHAPE)) / SHAPE)
        loss, cost = float(self.loss(y, at, free, 0).value.mean()), float(self.cost(y, free, 0).value.mean())
        best, off = worked.nll(self, y, at, free), worked.nll(self, y, at + TRIAL, free)
        return DERIVATION + worked.worked(
            f"y = {', '.join(f'{value:g}' for value in y)}",
            f"(the first hours of deliveries.csv), s constant, k = {SHAPE:g}",
            f"s = (mean y^k)^(1/k) = {float(np.exp(at[0, 0])):.6f}",
            f"-log L / n = {best:.6f} from the density,",
            f"loss - log k + mean log y = {loss:.6f} + {cost:.6f} = {loss + cost:.6f}",
            f"eta off by {TRIAL:g}: -log L / n rises by {off - best:.6f}",
            f"= exp(-k {TRIAL:g}) - 1 + k {TRIAL:g} = {np.expm1(-SHAPE * TRIAL) + SHAPE * TRIAL:.6f}",
        )
