"""Lognormal noise: log y is normal with mean eta and standard deviation sigma. Its loss is the squared log error.

    q(y | eta, sigma) = exp(-(log y - eta)^2 / (2 sigma^2)) / (y sigma sqrt(2 pi)),   y > 0
    loss              = (log y - eta)^2
    cross-entropy     = mean loss / (2 sigma^2) + log(2 pi sigma^2) / 2 + mean log y

Everything but `base` is the normal law of log y. Source: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions,
chapter 14.
"""

import math

import numpy as np

from mlefit.arrays import Array
from mlefit.noise import worked
from mlefit.noise.gaussian import HALF_LOG_2PI, Gaussian
from mlefit.noise.model import NoiseModel, Predictor, Shape
from mlefit.noise.of_logarithm import OfLogarithm

NORMAL = Gaussian()
LARGEST = 1e300     # of an exponent: all beyond is infinite
LOG_MEDIAN = (Predictor("mean", log_unit=1),)
EXAMPLE = (38.5809, 40.0717, 52.0662, 97.4781, 71.2786)
TRIAL = 0.5     # how far off the worked example places a log median
DERIVATION = """\
lognormal: from the likelihood to the mean squared log error

  1  Model       y > 0, and log y is normal with mean eta(x), linear, and
                 standard deviation sigma:
                 q(y|x) = exp(-(log y - eta)^2 / (2 sigma^2)) /
                          (y sigma sqrt(2 pi))
  2  Likelihood  L = prod_i q(y_i|x_i): rows independent given x, x not modelled
  3  -log L / n  = MSLE / (2 sigma^2) + log(2 pi sigma^2) / 2 + mean log y with
                 MSLE = sum_i (log y_i - eta_i)^2 / n. The last term is log
                 |dy / d log y|: without it the likelihood is that of log y, and
                 no model of y itself can be compared with it.
  4  Name        -log L / n is the cross-entropy CE of the rows and q, in nats
  5  Meaning     for the law p that the rows come from, CE(p, q) = H(p) +
                 KL(p || q), and H has no parameter in it: least CE is least KL
  6  Loss        for any fixed sigma, CE = a MSLE + c + mean log y, a = 1 /
                 (2 sigma^2) > 0: the eta of maximum likelihood is the eta of
                 least squared log error (without the + 1 of some libraries)
  7  Sigma       dCE/dsigma = 0 at sigma^2 = MSLE
  8  Limits      exp(eta) is the median; the mean is exp(eta + sigma^2 / 2).
                 y = 0 has no density: nothing is added to zeros.

"""


class LogNormal(OfLogarithm):
    """Positive numbers whose logarithm is normal."""

    name = "lognormal"
    under = NORMAL
    median_apart = True
    median_text = "exp(eta)"
    loss_name = "mean squared log error"
    aliases = ("log-normal", "lnorm", "galton", "msle")
    question = "amounts that are products of many causes"
    example = "mlefit fit sample_data/repairs.csv --target cost --features age,shop --model lognormal"
    ratio_name = "ratio of medians"
    link_name = "log"
    spread_text = "exp(eta + exp(2 * eta2) / 2)"
    shapes = (Shape("sigma"),)
    collapse = "sigma = 0"

    @property
    def predictors(self) -> tuple[Predictor, ...]:
        """A log median."""
        return LOG_MEDIAN

    @property
    def with_scale(self) -> NoiseModel:
        """Numbers whose sigma varies."""
        from mlefit.noise.varied import Varied

        return Varied(self, logarithmic=True, placed=NORMAL)

    def weighing(self, free: Array) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
        """a = exp(-2 t) / 2, c = t + log(2 pi) / 2."""
        a, one = 0.5 * np.exp(-2.0 * free), np.ones_like(free)
        return (a, -2.0 * a, 4.0 * a), (free + HALF_LOG_2PI, one, 0.0 * one)

    def implied_shapes(self, mean_loss: float, mean_base: float) -> Array:
        """log sigma with sigma^2 = MSLE."""
        return NORMAL.implied_shapes(mean_loss, mean_base)

    def expected(self, eta: Array, free: Array) -> Array:
        """exp(eta + sigma^2 / 2)."""
        return np.exp(eta[:, 0] + 0.5 * math.exp(2.0 * float(free[0])))

    def centre_formula(self, free: Array) -> str:
        """exp(eta + sigma^2 / 2)."""
        with np.errstate(over="ignore"):
            return f"exp(eta + {min(0.5 * float(np.exp(2.0 * free[0])), LARGEST)!r})"

    def derivation(self) -> str:
        """The squared log error."""
        y, none = np.array(EXAMPLE), np.empty(0)
        at_mean = np.full((y.size, 1), np.log(y).mean())
        msle = float(self.loss(y, at_mean, none, 0).value.mean())
        free, base = self.implied_shapes(msle, 0.0), float(self.base(y).mean())
        a, c = self.affine(free)
        best, off = worked.nll(self, y, at_mean, free), worked.nll(self, y, at_mean + TRIAL, free)
        return DERIVATION + worked.worked(
            f"y = {', '.join(f'{value:g}' for value in y)}",
            "(the first costs of repairs.csv), eta constant",
            f"eta = mean log y = {float(at_mean[0, 0]):.6f}, MSLE = {msle:.6f} = sigma^2",
            f"-log L / n = {best:.6f} from the density,",
            f"a MSLE + c + mean log y = {a * msle + c + base:.6f}",
            f"eta off by {TRIAL:g}: -log L / n rises by {off - best:.6f}",
            f"= a {TRIAL:g}^2 = {a * TRIAL**2:.6f}",
        )
