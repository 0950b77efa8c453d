"""Quantile regression: eta is the tau-quantile of y. Its loss is the check function, known as pinball loss.

    loss          = r (tau - 1[r < 0]),   r = y - eta
    q(y | eta, s) = tau (1 - tau) exp(-loss / s) / s,   cross-entropy = mean loss / s + log(s / (tau (1 - tau)))

q is the asymmetric laplace law, a working law: what is claimed of the rows is their quantile, not this shape. The free shape is
log s. Sources: Koenker and Bassett (1978), Econometrica 46, 33-50; Koenker and Machado (1999).
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mlefit.arrays import Array
from mlefit.noise import worked
from mlefit.noise.kinked import Kinked
from mlefit.noise.model import Shape
from mlefit.noise.options import ModelOption, Number

EXAMPLE = (-2.25129, 0.96007, -4.86026, 1.03677, -0.37131)
DERIVATION = """\
quantile: from the likelihood to the mean pinball loss

  1  Model       the tau-quantile of y given x is f(x). The law that goes with
                 it, with l(r) = r (tau - 1[r < 0]) and r = y - f, is
                 q(y|x) = tau (1 - tau) exp(-l(r) / s) / s
  2  Likelihood  L = prod_i q(y_i|x_i): rows independent given x, x not modelled
  3  -log L / n  = PL / s + log(s / (tau (1 - tau))), PL = sum_i l(r_i) / n. The
                 second term is the log of the normaliser, and stays.
  4  Name        -log L / n is the cross-entropy CE of the rows and q, in nats
  5  Meaning     least CE is least KL(p || q) for the law p of the rows. Yet q
                 is a working law: tau is chosen by you, and the quantile is
                 right whatever the shape of p. Standard errors do not trust q.
  6  Loss        for any fixed s, CE = a PL + c, a = 1/s > 0: the f of maximum
                 likelihood is the f of least pinball loss. A row above f pulls
                 with tau, one below with 1 - tau: they balance at the quantile.
  7  Scale s     dCE/ds = 0 at s = PL
  8  Limits      at tau = 0.5 it is laplace with b = 2 s. Where n tau is whole,
                 or with ties, many f may be least; their range is printed.
                 Quantiles of different tau are different fits, and may cross.

"""


@dataclass(frozen=True)
class Quantile(Kinked):
    """The tau-quantile, with the asymmetric laplace law about it."""

    tau: float = 0.5

    name = "quantile"
    noun = "asymmetric Laplace law"
    panels = ("coverage", "predictor", "density", "order", "slice", "kl", "qq", "fitted")
    loss_name = "mean pinball loss"
    aliases = ("pinball", "asymmetric-laplace", "quantile-regression", "rq")
    options: ClassVar[tuple[ModelOption, ...]] = (Number("tau", 0.0, 1.0, "0.5"),)
    support = "every number"
    question = "any quantile, where the spread is uneven"
    centre_text = "eta"
    example = "mlefit fit sample_data/rents.csv --target rent --features area --model quantile:tau=0.9"
    shapes = (Shape("s", unit_power=1),)
    assumed = False
    compared = False        # tau is chosen, not found; at 0.5 it is laplace
    predicts_new = False    # the law is a working one

    @property
    def slopes(self) -> tuple[float, float]:
        """1 - tau and tau."""
        return 1.0 - self.tau, self.tau

    @property
    def predicted(self) -> str:
        """`q0.9`."""
        return f"q{self.tau:g}"

    def centre(self, eta: Array, free: Array) -> Array:
        """The quantile itself, whatever the mean of the working law is."""
        return eta[:, 0]

    def derivation(self) -> str:
        """The mean pinball loss."""
        y, none = np.array(EXAMPLE), np.empty(0)
        found = self._quantile_of(np.sort(y))
        at_quantile = np.full((y.size, 1), found)
        loss = float(self.loss(y, at_quantile, none, 0).value.mean())
        free = self.implied_shapes(loss, 0.0)
        a, c = self.affine(free)
        best = worked.nll(self, y, at_quantile, free)
        below = int((y < found).sum())
        return DERIVATION + worked.worked(
            f"y = {', '.join(f'{value:g}' for value in y)}",
            f"(the first rows of measurements.csv), f constant, tau = {self.tau:g}",
            f"f = quantile = {found:.6f}: {below} of {y.size} rows below it",
            f"PL = {loss:.6f} = s",
            f"-log L / n = {best:.6f} from the density, a PL + c = {a * loss + c:.6f},",
            f"1 + log(s / (tau (1 - tau))) = {1.0 + math.log(loss / (self.tau * (1.0 - self.tau))):.6f}",
        )
