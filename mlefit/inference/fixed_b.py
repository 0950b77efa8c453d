"""The law of a t statistic whose error is a Bartlett (Newey-West) one: fixed-b asymptotics, computed, not simulated.

With L lags on n rows, b = (L + 1)/n, the statistic tends to Z / sqrt(Q): Z standard normal and, independent of it,

    Q = int int k((r - s)/b) dB(r) dB(s),   k(u) = max(0, 1 - |u|),   B a Brownian bridge on [0, 1]

(Kiefer and Vogelsang 2005, Econometric Theory 21, 1130-1164). Q is a sum of lambda_k chi-squared_1, lambda the eigenvalues
of the kernel made to have no mean in either argument, and by Craig's form of the normal tail (1991), 1/sin(angle) = cosh(u),

    P(|t| > x) = (2/pi) int_0^inf E exp(-x^2 Q cosh^2(u) / 2) du / cosh(u)
               = (2/pi) int_0^inf prod_k (1 + lambda_k x^2 cosh^2(u))^(-1/2) du / cosh(u),

an even analytic integrand, of which equal steps give all digits. At b = 0 the law is normal.
"""

from typing import ClassVar

import numpy as np

from mlefit.arrays import Array
from mlefit.records import record

GRID = 500          # points of [0, 1]: quantiles at 95 % are right to 2e-4 for b >= SMALL, the error falls with GRID^2
SMALL = 0.02        # below, Q has so many degrees of freedom that its first two moments fix 95 % quantiles to 4e-4
NODES = 160
STEP = 0.25         # of u: the poles at i pi/2 leave exp(-pi^2 / STEP) = 1e-17 up to x = STEEP
STEEP, STEEPEST = 4.0, 40.0     # beyond, the integrand narrows like 1/x, until all of the product is a power of x
STEPS = 100         # of Newton's method, which takes about five
CLOSE = 1e-12
FARTHEST = 1e100    # P(|T| > x) is 0 long before, and the square of x is still a number


@record(frozen=True, eq=False)
class FixedB:
    """The law of t: Q has the eigenvalues `sizes` (k,), each `times` times. It is no Student's t: `df` is None."""

    sizes: Array
    times: float = 1.0
    df: ClassVar[None] = None

    @classmethod
    def of(cls, b: float) -> "FixedB":
        """The law at b = (L + 1)/n. Raises ValueError outside (0, 1]."""
        if not 0.0 < b <= 1.0:
            raise ValueError(f"b is (lags + 1)/rows, expected in (0, 1], found {b!r}")
        return _matched(b) if b < SMALL else cls(_eigenvalues(b))

    def p_value(self, t: float) -> float:
        """P(|T| > |t|)."""
        return self._tail(min(abs(t), FARTHEST))[0]

    def quantile(self, level: float) -> float:
        """x with P(|T| <= x) = level, 0 < level < 1: Newton's method on the logarithm of the tail, which has no flat part."""
        from scipy.special import ndtri

        target = 0.5 * (1.0 - level)
        x = float(-ndtri(target))
        for _ in range(STEPS):
            tail, slope = self._tail(x)
            step = tail * float(np.log(tail / (2.0 * target))) / slope
            x -= step
            if abs(step) <= CLOSE * max(1.0, x):
                return x
        raise ArithmeticError(f"the quantile at level {level!r} was not found")

    def _tail(self, x: float) -> tuple[float, float]:
        """P(|T| > x) and its derivative in x."""
        step = STEP / max(1.0, min(x, STEEPEST) / STEEP)
        cosh = np.cosh(step * np.arange(NODES))
        spread = np.outer(np.square(cosh), self.sizes)
        grown = x * x * spread
        values = np.exp(-0.5 * self.times * np.log1p(grown).sum(axis=1)) / cosh
        values[0] *= 0.5
        slopes = -x * self.times * values * (spread / (1.0 + grown)).sum(axis=1)
        scale = 2.0 * step / np.pi
        return scale * float(values.sum()), scale * float(slopes.sum())


def _eigenvalues(b: float) -> Array:
    """Eigenvalues (GRID,) of the centred kernel, at midpoints."""
    points = (np.arange(GRID) + 0.5) / GRID
    kernel = np.maximum(0.0, 1.0 - np.abs(points[:, None] - points) / b)
    means = kernel.mean(axis=0)
    centred = kernel - means - means[:, None] + means.mean()
    return np.maximum(np.linalg.eigvalsh(centred) / GRID, 0.0)      # what is below 0 is rounding


def _matched(b: float) -> FixedB:
    """For b <= 1/2: df equal eigenvalues with the mean and variance of Q, so that t sqrt(E Q) has df degrees of freedom."""
    mean = 1.0 - b + b**2 / 3.0
    variance = 2.0 * (2.0 * b / 3.0 - 7.0 * b**2 / 6.0 + 7.0 * b**3 / 15.0 + b**4 / 9.0)
    df = 2.0 * mean**2 / variance
    return FixedB(np.array([mean / df]), df)
