"""The null law of a log-likelihood gain per row: chi-squared with df degrees of freedom, divided by 2 n."""

from typing import NamedTuple

import numpy as np


class ChiSquared(NamedTuple):
    """Raw KL = chi2_df / (2 n) if the smaller of two nested models is true (Wilks)."""

    df: int
    n: int

    @property
    def mean(self) -> float:
        """df / (2 n)."""
        return self.df / (2 * self.n)

    @property
    def detection_limit(self) -> float:
        """The misfit that a 5 % test detects with probability 0.95: q95 - mean + 1.645 sd."""
        from scipy.special import ndtri

        return self._quantile(0.95) - self.mean + float(ndtri(0.95) * np.sqrt(2 * self.df)) / (2 * self.n)

    def range(self, level: float) -> tuple[float, float]:
        """The central range of raw KL if the model is true."""
        tail = (1 - level) / 2
        return self._quantile(tail), self._quantile(1 - tail)

    def p_values(self, raw: float, anderson: float | None) -> tuple[float, float | None, float]:
        """P(chi2_df >= 2 n raw), no Anderson-Darling, and the first again as the verdict."""
        from scipy.special import gammaincc

        p = float(gammaincc(self.df / 2, max(self.n * raw, 0.0)))
        return p, None, p

    def _quantile(self, probability: float) -> float:
        from scipy.special import gammaincinv

        return float(gammaincinv(self.df / 2, probability)) / self.n
