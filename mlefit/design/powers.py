"""Powers: the R factor of 1, x, .., x^k over all rows, in one pass, and the polynomials that are orthogonal on them."""

from math import comb
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, block
from mlefit.design.terms import Summary
from mlefit.records import record

# A diagonal entry of R this small beside the length of its column is rounding: the power depends on the lower ones.
DEPENDENT = 64 * float(np.finfo(np.float64).eps)


@record(frozen=True, eq=False)
class Powers(Summary):
    """`r` (k+1, k+1): QR factor of z^0 .. z^k with z = (x - centre) / scale, range of z = [-1, 1], rows weighted.

    Parts have ranges of their own. Their factors are carried to the common range before they are stacked: a power of
    the wide z is a combination of powers of the narrow z whose coefficients have absolute sum at most 1, so the
    merge is as accurate as one QR over all rows, whatever the order of the rows.
    """

    low: float
    high: float
    r: Array

    @classmethod
    def of(cls, values: Array, weight: Array | None, degree: int) -> "Powers":
        """The summary of finite `values` (n,), each counted `weight` times."""
        if not values.size:
            return cls(np.inf, -np.inf, np.zeros((degree + 1, degree + 1)))
        empty = cls(float(values.min()), float(values.max()), np.zeros((0, degree + 1)))
        powers = np.vander((values - empty.centre) / empty.scale, degree + 1, increasing=True)
        if weight is not None:
            powers *= np.sqrt(weight)[:, np.newaxis]
        return cls(empty.low, empty.high, _triangle(powers))

    @property
    def centre(self) -> float:
        """Middle of the range."""
        return self.low / 2 + self.high / 2

    @property
    def scale(self) -> float:
        """Half the range, or 1 for a constant."""
        return (self.high / 2 - self.low / 2) or 1.0

    def __add__(self, other: "Powers") -> "Powers":
        if self.low > self.high:
            return other
        if other.low > other.high:
            return self
        union = Powers(min(self.low, other.low), max(self.high, other.high), self.r)
        return Powers(union.low, union.high, _triangle(np.vstack([self._within(union), other._within(union)])))

    def _within(self, union: "Powers") -> Array:
        """R for the powers of the wider z = a z_here + b: R times the matrix of binomial coefficients."""
        a = (self.high / 2 - self.low / 2) / union.scale
        b = (self.centre - union.centre) / union.scale
        size = self.r.shape[1]
        change = np.zeros((size, size))
        for j in range(size):
            for i in range(j + 1):
                change[i, j] = comb(j, i) * a**i * b ** (j - i)
        return self.r @ change

    def recurrence(self) -> "Recurrence | None":
        """The orthonormal polynomials on the rows; None if x has too few distinct values for the degree."""
        r = self.r * np.where(np.diag(self.r) < 0, -1.0, 1.0)[:, np.newaxis]
        diagonal = np.diag(r)
        if (diagonal <= DEPENDENT * np.linalg.norm(r, axis=0)).any():
            return None
        ratio = np.diag(r, 1) / diagonal[:-1]
        alpha = ratio - np.concatenate([[0.0], ratio[:-1]])
        beta = np.concatenate([diagonal[:1], diagonal[1:] / diagonal[:-1]])
        return Recurrence(self.centre, self.scale, tuple(alpha.tolist()), tuple(beta.tolist()))


def _triangle(rows: Array) -> Array:
    """The square R factor of `rows` (n, q), padded with zeros when n < q."""
    r = np.asarray(np.linalg.qr(rows, mode="r"), dtype=np.float64)
    square = np.zeros((rows.shape[1], rows.shape[1]))
    square[: r.shape[0]] = r
    return square


class Recurrence(NamedTuple):
    """b_{j+1} q_{j+1} = (z - a_j) q_j - b_j q_{j-1}, q_0 = 1 / b_0: orthonormal, leading coefficients positive.

    With z = (x - centre) / scale; b_0^2 is the number of rows, scale b_1 / b_0 the standard deviation (divisor n).
    Golub and Welsch (1969), Math. Comp. 23: alpha and beta from the Cholesky factor of the moments, here R itself.
    """

    centre: float
    scale: float
    alpha: tuple[float, ...]
    beta: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean of x."""
        return self.centre + self.scale * self.alpha[0]

    @property
    def deviation(self) -> float:
        """The standard deviation of x, divisor n - 1."""
        n = self.beta[0] ** 2
        return self.scale * self.beta[1] * float(np.sqrt(n / (n - 1)))

    def evaluate(self, x: Array) -> Array:
        """q_1 .. q_k at x: (n, k)."""
        z = (x - self.centre) / self.scale
        columns = block(x.shape[0], len(self.alpha))
        before, last = np.zeros_like(z), np.full_like(z, 1 / self.beta[0])
        for j, alpha in enumerate(self.alpha):
            before, last = last, ((z - alpha) * last - (self.beta[j] * before if j else 0.0)) / self.beta[j + 1]
            columns[:, j] = last
        return columns
