"""Paired: what the rows say about two models, from the differences of their negative log-likelihoods row by row.

    d_i = nll_B(y_i) - nll_A(y_i),   mean d,   s.e. = sd(d) / sqrt n

Nested laws by likelihood ratio, 2 n mean d, chi-squared with the extra parameters, or half of that where the smaller law is
at the boundary of the larger one (Self and Liang 1987); other pairs by Vuong's z (1989) with the correction of AIC,

    z = (n mean d - (k_A - k_B)) / (sqrt n sd(d)) for A to be better,

unless n var(d) < k_A + k_B: then the two laws are one on these rows. Of laws that are one, n var(d) is a sum of at most as many
squares of normal numbers (Vuong's theorem 3.1), and 2 n mean d a difference of such sums: beyond that limit z is not normal
either, but smaller. For up to 50 parameters of each it exceeds 2.58, if they have none in common, in fewer than 1 of 5,000 samples.

Of laws that are one, n mean d - (k_A - k_B) has a variance of at most (k_A + k_B) / 2. From MANY parameters on, of which sums are
nearly normal, many nats tell two laws apart although n var(d) is below k_A + k_B: the error of z is then the root of that.
"""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.report.comparison import Difference, Test

TOLD = 2.58     # one-sided .005
MANY = 100      # parameters of both: of laws that are one, such a z exceeds 2.58 in 1 of 4,000 samples, of 100 beside none in 1,400


class Judged(NamedTuple):
    """A fitted model: its name as -m takes it, nats `nll` (n,) of each row, and how many parameters it has."""

    model: str
    nll: Array
    parameters: int

    def total(self, weight: Array | None) -> float:
        """Negative log-likelihood of all rows, nats."""
        return float(self.nll.sum() if weight is None else weight @ self.nll)

    def aic(self, weight: Array | None) -> float:
        """2 k + 2 NLL."""
        return 2.0 * self.parameters + 2.0 * self.total(weight)


class Nesting(NamedTuple):
    """The smaller model is the larger one with `df` parameters held; `boundary`: at the end of what they can be.

    `residual`: degrees of freedom of the larger one, where sums of squares are all that counts and the test is F's.
    """

    df: int
    boundary: bool = False
    residual: float | None = None

    def judged(self, ratio: float, n: float) -> tuple[Test, float, float]:
        """(test, statistic, p) of the likelihood ratio 2 (L - L')."""
        from scipy.special import chdtrc, fdtrc

        if self.residual is not None:
            f = float(np.expm1(ratio / n)) * self.residual / self.df
            return "F", f, float(fdtrc(self.df, self.residual, f))
        p = float(chdtrc(self.df, ratio))
        if self.boundary:
            return "likelihood ratio, boundary", ratio, 1.0 if ratio == 0.0 else p / 2.0
        return "likelihood ratio", ratio, p


def difference(
    behind: Judged, better: Judged, weight: Array | None, level: float, nesting: Nesting | None, within: Nesting | None = None
) -> Difference:
    """How much `behind` is behind `better`; `nesting` where it is that model with parameters held.

    `within`: where it is the other way round, and `behind` has more parameters than it is worth; then p is that of its gain.
    """
    from scipy.special import ndtr, ndtri

    d = behind.nll - better.nll
    n = float(d.size if weight is None else weight.sum())
    mean = float(d.mean() if weight is None else weight @ d / n)
    square = (d - mean) ** 2
    variance = float(square.sum() if weight is None else weight @ square) / n
    error = float(np.sqrt(variance / n))
    half = float(ndtri((1.0 + level) / 2.0)) * error
    shown = (behind.model, better.model, mean, error, mean - half, mean + half)
    if nesting is not None:
        test, statistic, p = nesting.judged(max(0.0, 2.0 * n * mean), n)
        return Difference(*shown, test, statistic, nesting.df, p, True)
    if within is not None:
        test, statistic, p = within.judged(max(0.0, -2.0 * n * mean), n)
        return Difference(*shown, test, statistic, within.df, p, True, within=True)
    both = behind.parameters + better.parameters
    z = (n * mean + behind.parameters - better.parameters) / float(np.sqrt(max(n * variance, both)))
    if n * variance < both and (both < MANY or z < TOLD):
        return Difference(*shown, "Vuong", None, None, None, False, True)
    return Difference(*shown, "Vuong", z, None, float(ndtr(-z)), False)
