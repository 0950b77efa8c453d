"""Laplace noise: y = eta + b e, e of density exp(-|e|) / 2. Its loss is the absolute error.

    q(y | eta, b) = exp(-|y - eta| / b) / (2 b),   cross-entropy = MAE / b + log 2b,   least in b at b = MAE

The free shape is log b. Source: Kotz, Kozubowski and Podgorski (2001), The Laplace Distribution and Generalizations, chapter 2.
"""

from dataclasses import dataclass

import numpy as np

from mlefit.arrays import Array
from mlefit.noise import worked
from mlefit.noise.kinked import Kinked
from mlefit.noise.model import Shape

EXAMPLE = (-2.25129, 0.96007, -4.86026, 1.03677, -0.37131)
TRIAL = 0.5     # how far off the worked example places a location
DERIVATION = """\
laplace: from the likelihood to the mean absolute error

  1  Model       y = f(x) + b e, e of density exp(-|e|) / 2:
                 q(y|x) = exp(-|y - f| / b) / (2 b)
  2  Likelihood  L = prod_i q(y_i|x_i): rows independent given x, x not modelled
  3  -log L / n  = MAE / b + log 2b, with MAE = sum_i |y_i - f_i| / n. The
                 second term is the log of the normaliser, and stays.
  4  Name        -log L / n is the cross-entropy CE of the rows and q, in nats
  5  Meaning     for the law p that the rows come from, CE(p, q) = H(p) +
                 KL(p || q), and H has no parameter in it: least CE is least KL
  6  Loss        for any fixed b, CE = a MAE + c, a = 1/b > 0: the f of maximum
                 likelihood is the f of least absolute error, the median of y
                 given x. No derivative shows where it is, as |r| has none at 0:
                 a linear programme does, and its dual is the proof.
  7  Scale b     dCE/db = 0 at b = MAE
  8  Limits      half the rows lie on either side, wherever they lie: one wild
                 row counts like any other. With an even number of rows, or
                 ties, many f may be least; then their range is printed.

"""


@dataclass(frozen=True)
class Laplace(Kinked):
    """Double exponential errors of mean absolute size b."""

    name = "laplace"
    noun = "Laplace law"
    group = "heavy tails"
    predicted = "location"
    loss_name = "mean absolute error"
    aliases = ("l1", "lad", "mae", "double-exponential", "median")
    support = "every number"
    question = "the median, which outliers do not move"
    centre_text = median_text = "eta"
    example = "mlefit fit sample_data/rents.csv --target commute --features distance --model laplace"
    shapes = (Shape("b", unit_power=1),)
    slopes = (1.0, 1.0)

    def exponential_mean(self, rate: float, eta: Array, free: Array) -> Array:
        """exp(rate eta) / (1 - rate^2 b^2) where rate b < 1."""
        with np.errstate(over="ignore"):
            narrow = 1.0 - np.square(rate * np.exp(free[0]))
            return np.exp(rate * eta[:, 0]) / narrow if narrow > 0.0 else np.full(eta.shape[0], np.nan)

    def derivation(self) -> str:
        """The mean absolute error."""
        y, none = np.array(EXAMPLE), np.empty(0)
        median = float(np.median(y))
        at_median = np.full((y.size, 1), median)
        mae = float(self.loss(y, at_median, none, 0).value.mean())
        free = self.implied_shapes(mae, 0.0)
        a, c = self.affine(free)
        best, off = worked.nll(self, y, at_median, free), worked.nll(self, y, at_median + TRIAL, free)
        far = float(self.loss(y, at_median + TRIAL, none, 0).value.mean())
        return DERIVATION + worked.worked(
            f"y = {', '.join(f'{value:g}' for value in y)}",
            "(the first rows of measurements.csv), f constant",
            f"f = median = {median:.6f}, MAE = {mae:.6f} = b",
            f"-log L / n = {best:.6f} from the density, a MAE + c = {a * mae + c:.6f},",
            f"1 + log 2b = {1.0 + np.log(2.0 * mae):.6f}",
            f"f off by {TRIAL:g}: -log L / n rises by {off - best:.6f}",
            f"= a (MAE off - MAE) = {a * (far - mae):.6f}",
        )
