"""The fourth moment of the residuals: the error of a gaussian sigma whatever their shape, and whether it is wanted.

The chi-squared interval of sigma holds for normal errors alone: of t with five degrees of freedom it covers .73 to .79 where it
says .95. Where Anderson and Darling's test finds the shape not normal, with

    A^2 = -n - sum_i (2i - 1) [log Phi(z_(i)) + log(1 - Phi(z_(n+1-i)))] / n,   A* = A^2 (1 + 0.75/n + 2.25/n^2)

of studentised residuals (Stephens 1986, mean and variance unknown), the interval is that of log sigma with the error
sqrt(sum (1 - e^2/((1 - h) sigma^2))^2) / 2n.
"""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.inference.leverage import Maximum, leverages, slabs
from mlefit.rows.chunk import Chunk, choose

CRITICAL = 1.035    # of A* at p = 0.01 (Stephens 1986, table 4.7)
WORK = 1e9          # multiplications that leverages may take, half a second
FEWEST = 1000       # rows that are looked at, whatever it takes


class Residuals(NamedTuple):
    """e / (sigma sqrt(1 - h)) (n,) with the maximum likelihood sigma, h the leverage, and how many rows each stands for."""

    z: Array
    weight: Array

    @classmethod
    def of(cls, at: Maximum, rows: Chunk) -> "Residuals":
        """Those of some rows, or of some of these where they are too many, but for rows of leverage 1, which have none."""
        most = max(FEWEST, int(WORK / at.objective.wide**2))
        if rows.rows > most:
            rows = choose(rows, np.linspace(0, rows.rows - 1, most).astype(np.intp))
        found = [(part.standardised[:, 0], part.size[:, 0], part.weight, part.determined)
                 for part in (leverages(at, slab) for slab in slabs(rows, at.objective))]
        e, h, weight, determined = (np.concatenate(columns) for columns in zip(*found, strict=True))
        kept = ~determined
        return cls(e[kept] / np.sqrt(1.0 - h[kept]), weight[kept])

    def log_error(self, n: float) -> float:
        """The standard error of log sigma from n rows like these."""
        return float(np.sqrt(self.weight @ np.square(1.0 - np.square(self.z)) / self.weight.sum() / n)) / 2.0

    def normal(self, shrunk: float) -> bool:
        """Whether p is at least 0.01. `shrunk`: sqrt((n - p)/n), which the sigma of n - p divides by."""
        return anderson_darling(self.z * shrunk, self.weight) <= CRITICAL


def anderson_darling(z: Array, weight: Array) -> float:
    """A* of z (n,), each of which stands for `weight` equal ones: sums of 2i - 1 over them are differences of squares."""
    from scipy.special import log_ndtr

    order = np.argsort(z, kind="stable")
    z, weight = z[order], weight[order]
    upper = np.cumsum(weight)
    lower, n = upper - weight, float(upper[-1])
    below = (np.square(upper) - np.square(lower)) @ log_ndtr(z)
    above = (np.square(n - lower) - np.square(n - upper)) @ log_ndtr(-z)
    return float(-n - (below + above) / n) * (1.0 + 0.75 / n + 2.25 / n**2)
