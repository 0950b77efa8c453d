"""Doubled: numbers of twice the precision, as sums of two doubles, for what must not lose a digit to cancellation.

    a + b = s + e exactly (Knuth),   a b = p + e exactly (Dekker, with Veltkamp's split)

so that sums of products come out as if computed in twice the precision and rounded once (Ogita, Rump and Oishi 2005, Accurate
sum and dot product). Values are those of encoded designs, far below the 2^996 at which a split overflows.
"""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array

SPLITTER = 2.0**27 + 1.0


def two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """s and e with s + e = a + b, s the rounded sum."""
    s = a + b
    away = s - a
    return s, (a - (s - away)) + (b - away)


def two_product(a: Array, b: Array) -> tuple[Array, Array]:
    """p and e with p + e = a b, p the rounded product."""
    p = a * b
    (a_high, a_low), (b_high, b_low) = _split(a), _split(b)
    return p, a_low * b_low - (((p - a_high * b_high) - a_low * b_high) - a_high * b_low)


def _split(a: Array) -> tuple[Array, Array]:
    """Two halves of 26 bits."""
    scaled = SPLITTER * a
    high = scaled - (scaled - a)
    return high, a - high


class Doubled(NamedTuple):
    """`high` + `low`, of the same shape."""

    high: Array
    low: Array

    @classmethod
    def of(cls, values: Array) -> "Doubled":
        """Doubles, exactly."""
        return cls(values, np.zeros_like(values))

    def plus(self, other: "Doubled") -> "Doubled":
        """The sum."""
        s, e = two_sum(self.high, other.high)
        return Doubled(*two_sum(s, e + (self.low + other.low)))

    def times(self, factor: Array) -> "Doubled":
        """The product with doubles."""
        p, e = two_product(self.high, factor)
        return Doubled(*two_sum(p, e + self.low * factor))

    def total(self) -> "Doubled":
        """The sum over the first axis, by halves."""
        rest = self
        while (n := rest.high.shape[0]) > 1:
            half = n // 2
            folded = Doubled(rest.high[:half], rest.low[:half]).plus(Doubled(rest.high[half : 2 * half], rest.low[half : 2 * half]))
            if n % 2:
                folded = Doubled(np.concatenate([folded.high, rest.high[-1:]]), np.concatenate([folded.low, rest.low[-1:]]))
            rest = folded
        return Doubled(rest.high[0], rest.low[0])

    def rounded(self) -> Array:
        """The nearest doubles."""
        return self.high + self.low


def substituted(triangle: Array, right: Doubled, *, transposed: bool = False) -> Doubled:
    """x (r, m) with R x = b, or R'x = b, for an upper triangle R (r, r) and b (r, m), by substitution in twice the precision."""
    r = len(triangle)
    matrix = triangle.T if transposed else triangle
    high, low = right.high.copy(), right.low.copy()
    for j in range(r) if transposed else range(r - 1, -1, -1):
        pivot = matrix[j, j]
        first = (high[j] + low[j]) / pivot
        left = Doubled(high[j], low[j]).plus(Doubled.of(first).times(np.full_like(first, -pivot)))
        found = Doubled(*two_sum(first, left.rounded() / pivot))
        high[j], low[j] = found
        rest = slice(j + 1, r) if transposed else slice(0, j)
        column = -matrix[rest, j, None]
        change = Doubled(*(np.broadcast_to(part, (column.shape[0], part.size)) for part in found)).times(
            np.broadcast_to(column, (column.shape[0], first.size)))
        high[rest], low[rest] = Doubled(high[rest], low[rest]).plus(change)
    return Doubled(high, low)
