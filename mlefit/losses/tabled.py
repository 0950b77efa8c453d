"""Tabled: the residual z = Phi^-1(P(T <= t)) of many laws of one kind, and t of z, by Chebyshev's polynomials.

The laws are those of one loss at all v = log(a - least a) and f of a box. With their median m and a spread s, which are smooth in
both, and u = asinh((t - m) / s), z is a smooth function of (v, f, u) from one place where the law bends to the next, and u one of
(v, f, z). Coefficients along v serve once for all rows, those along f once for the rows of a set, and a row's own z or u is a sum
of a few polynomials. Source: Trefethen, Approximation Theory and Approximation Practice (2013), chapters 2 to 4.
"""

import math
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.losses.chebyshev import polynomials
from mlefit.records import record

MOST = 0.5          # of the rows: a piece with more of them is summed at all
ROUNDING = 1e-12    # of a range


class Box(NamedTuple):
    """Laws at v from `v[0]` to `v[1]` and at f on its own axis from `w[0]` to `w[1]`; a range of no width has one law."""

    v: tuple[float, float]
    w: tuple[float, float]


def _inside(ends: tuple[float, float], value: Array) -> Array:
    """x in [-1, 1] (n,), and no number beyond."""
    x = np.zeros_like(value) if ends[0] == ends[1] else (value - 0.5 * (ends[0] + ends[1])) / (0.5 * (ends[1] - ends[0]))
    return np.where(np.abs(x) <= 1.0 + ROUNDING, x, np.nan)


@record(frozen=True, eq=False)
class Tabled:
    """Coefficients along v and f of `places` (2 + 2 (p + 1), A, K): m, log s, ends of the p pieces in u and in z; and along
    these and u or z of `forward` and `back` (p, A, K, J). `error`: the largest one measured."""

    box: Box
    places: Array
    forward: Array
    back: Array
    error: float = math.inf

    @property
    def pieces(self) -> int:
        """Between bends."""
        return len(self.forward)

    def at(self, w: Array, v: float) -> "AtRows":
        """The laws of rows, at w (n,) and v."""
        most = max(one.shape[1] for one in (self.places, self.forward, self.back))
        by_v = polynomials(_inside(self.box.v, np.array([v])), most)[:, 0]
        places, forward, back = (np.tensordot(by_v[: one.shape[1]], one, (0, 1)) for one in (self.places, self.forward, self.back))
        by_w = polynomials(_inside(self.box.w, w), max(one.shape[1] for one in (places, forward, back)))
        return AtRows(self.pieces, places @ by_w[: places.shape[1]], forward, back, by_w)


@record(frozen=True, eq=False)
class AtRows:
    """`places` (q, n), `forward` and `back` (p, K, J), and `by_w` (K, n): polynomials of the f of n rows."""

    pieces: int
    places: Array
    forward: Array
    back: Array
    by_w: Array

    def residual(self, t: Array) -> Array:
        """z (n,) of t (n,); no number beyond the box or FARTHEST."""
        with np.errstate(all="ignore"):
            middle, spread = self._standard
            return self._through(np.arcsinh((t - middle) / spread), self.places[2 : self.pieces + 3], self.forward, {})

    def back_from(self, z: Array) -> Array:
        """t (n,) of z (n,)."""
        with np.errstate(all="ignore"):
            middle, spread = self._standard
            return np.asarray(middle + spread * np.sinh(self._through(z, self.places[self.pieces + 3 :], self.back, self._of_back)))

    @cached_property
    def _standard(self) -> tuple[Array, Array]:
        return self.places[0], np.exp(self.places[1])

    @cached_property
    def _of_back(self) -> dict[int, Array]:
        """Of pieces, coefficients (J, n) for all rows: many residuals are taken back from under the same laws."""
        return {}

    def _through(self, value: Array, ends: Array, table: Array, known: dict[int, Array]) -> Array:
        """Each piece at the rows in it; one that has most rows at all."""
        found = np.full(value.size, np.nan)
        by_w = self.by_w[: table.shape[1]]
        for piece, (low, high) in enumerate(pairwise(ends)):
            x = (2.0 * value - low - high) / (high - low)
            here = np.abs(x) <= 1.0
            rows = np.flatnonzero(here)
            if rows.size > MOST * value.size:
                if piece not in known:
                    known[piece] = table[piece].T @ by_w
                np.copyto(found, _summed(x, known[piece]), where=here)
            elif rows.size:
                found[rows] = _summed(x[rows], table[piece].T @ by_w[:, rows])
        return found


def _summed(x: Array, each: Array) -> Array:
    """sum of c_j T_j(x) (n,), c (J, n), by Clenshaw's recurrence."""
    twice, after, later = 2.0 * x, np.zeros_like(x), np.zeros_like(x)
    for c in each[:0:-1]:
        np.multiply(twice, after, out=(following := np.empty_like(x)))
        following -= later
        following += c
        after, later = following, after
    return np.asarray(each[0] + x * after - later)
