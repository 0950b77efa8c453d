"""Heteroscedastic gaussian noise: y = mu + sigma e, e standard normal, and both mu and log sigma depend on the predictors.

    -log q(y | mu, sigma) = log sigma + log(2 pi)/2 + (y - mu)^2 / (2 sigma^2)

It is its own loss: GaussianNLLLoss(full=True) of PyTorch. Source: Harvey, Econometrica 44 (1976), 461-465.
"""

from dataclasses import dataclass

import numpy as np

from mlefit.arrays import Array
from mlefit.noise import worked
from mlefit.noise.gaussian import Gaussian
from mlefit.noise.model import NoiseModel
from mlefit.noise.scaled import Scaled

LAW = Gaussian()
EXAMPLE = (1.2, 0.7, 1.4, 4.1, -2.3)
WIDE = 3        # of these the first few are narrow, the others wide
TRIAL = 0.5     # how far off the worked example places a log sigma
DERIVATION = """\
heteroscedastic-gaussian: from the likelihood to the gaussian NLL loss

  1  Model       y = m(x) + s(x) e, e standard normal, m and log s linear:
                 q(y|x) = exp(-(y - m)^2 / (2 s^2)) / (s sqrt(2 pi))
  2  Likelihood  L = prod_i q(y_i|x_i): rows independent given x, x not modelled
  3  -log L / n  = sum_i [log s_i + (y_i - m_i)^2 / (2 s_i^2)] / n
                 + log(2 pi) / 2
  4  Name        -log L / n is the cross-entropy CE of the rows and q, in nats
  5  Meaning     for the law p that the rows come from, CE(p, q) = H(p) +
                 KL(p || q), and H has no parameter in it: least CE is least KL
  6  Loss        s depends on the row, so it cannot be held while m is found:
                 no loss of m alone is minimised. The loss is CE itself, which
                 libraries call the gaussian NLL loss (GaussianNLLLoss with
                 full=True; without it log(2 pi) / 2 is left out).
  7  Weights     for fixed s it is least squares with weights 1 / s^2: wide rows
                 count little. For fixed m, log s is a regression of the log of
                 squared errors: dCE/dlog s_i = 1 - (y_i - m_i)^2 / s_i^2.
  8  Limits      CE has no minimum where m can fit exactly all rows that share
                 an s of their own, such as a group of one row. It may have
                 several minima; the best of several searches is reported.

"""


@dataclass(frozen=True)
class HeteroscedasticGaussian(Scaled):
    """Normal errors whose standard deviation depends on the predictors."""

    law: NoiseModel = LAW

    name = "heteroscedastic-gaussian"
    noun = "normal law"
    aliases = ("hetero", "heteroscedastic", "heteroskedastic-gaussian", "location-scale", "gaussian-nll")
    support = "every number"
    question = "the mean, and a spread that depends on predictors"
    located = True
    example = "mlefit fit sample_data/spending.csv --model heteroscedastic-gaussian"
    contains = frozenset({"gaussian"})

    def derivation(self) -> str:
        """The negative log-likelihood."""
        y, free = np.array(EXAMPLE), np.empty(0)
        narrow, wide = y[:WIDE], y[WIDE:]
        eta = np.empty((y.size, 2))
        for place, part in ((slice(0, WIDE), narrow), (slice(WIDE, None), wide)):
            eta[place] = part.mean(), 0.5 * np.log(np.mean((part - part.mean()) ** 2))
        sigma = np.exp(eta[[0, -1], 1])
        best, loss = worked.nll(self, y, eta, free), float(self.loss(y, eta, free, 0).value.mean())
        off = worked.nll(self, y, eta + np.array([0.0, TRIAL]), free)
        theory = TRIAL + 0.5 * float(np.expm1(-2.0 * TRIAL))
        return DERIVATION + worked.worked(
            f"y = {_listed(narrow)} in group a,",
            f"{_listed(wide)} in group b, m and log s by group",
            f"m = {narrow.mean():.6f} and {wide.mean():.6f}, s = {sigma[0]:.6f} and {sigma[1]:.6f}",
            f"-log L / n = {best:.6f} from the density,",
            f"[log s^2 + (y - m)^2 / s^2 + log 2 pi] / 2 = {loss:.6f}",
            f"log s off by {TRIAL:g}: -log L / n rises by {off - best:.6f}",
            f"= {TRIAL:g} + (exp(-{2 * TRIAL:g}) - 1) / 2 = {theory:.6f}",
        )


def _listed(y: Array) -> str:
    return ", ".join(f"{value:g}" for value in y)
