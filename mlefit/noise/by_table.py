"""ByTable: laws known by quadrature whose residuals and quantiles can be had from a table of all laws near the fitted one.

Pictures want millions of them, under the fitted law and under those fitted to simulated rows. A table (`mlefit.losses.tabling`) is
made once, for a near that of the fit and f in the range of the rows and a little beyond; what lies outside, or is
farther out than the table reaches, is computed as it is without one. So is everything where the error measured is too large.
"""

import math
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Self

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.losses.chebyshev import coefficients, nodes, polynomials, stretched
from mlefit.losses.loss import Loss
from mlefit.losses.quadrature import Normaliser
from mlefit.losses.tabled import AtRows, Box, Tabled
from mlefit.losses.tabling import Laws, tabled
from mlefit.noise.model import NoiseModel
from mlefit.noise.tails import by_tails
from mlefit.records import record

ABOUT = 0.5             # of log(a - least a): what refits move it by, unless rows are few
MARGIN = 0.1            # of the range of f, on either side
ERRORS = 10.0           # standard errors of one f by all rows, likewise
ALONG = 14              # nodes along log a of normalisers
BETWEEN = (-0.97, -0.6, -0.1, 0.3, 0.8)     # places tried
SURE = 1e-11            # of log Z, E l and Var l, relative to their size where that is above 1


@record(frozen=True, eq=False)
class Near:
    """The table, where there is one; log Z, E_a l and log Var_a l over a range of v = log(a - least a), as coefficients (A, 3)."""

    table: Tabled | None
    v: tuple[float, float]
    normalisers: Array | None

    def normaliser(self, v: float) -> Normaliser | None:
        """That at v; None beyond the range."""
        low, high = self.v
        if self.normalisers is None or not low < v < high:
            return None
        x = np.array([(2.0 * v - low - high) / (high - low)])
        log_z, mean, log_variance = polynomials(x, len(self.normalisers))[:, 0] @ self.normalisers
        return Normaliser(float(log_z), float(mean), math.exp(log_variance), SURE)

    def at(self, w: Array, v: float) -> AtRows | None:
        """The table's laws of rows: those of the last time where they are the same."""
        if self.table is None:
            return None
        last = self._last.get("rows")
        if last is None or last[1] != v or not np.array_equal(last[0], w):
            last = self._last["rows"] = (w, v, self.table.at(w, v))
        return last[2]

    @cached_property
    def _last(self) -> dict[str, tuple[Array, float, AtRows]]:
        return {}


class ByTable(NoiseModel):
    """A law of a variable t, which stands for y or for its distance from f, at an `a` that goes with the shapes and at each f."""

    near: Near | None

    @abstractmethod
    def _a(self, free: Array) -> float:
        """a."""

    @abstractmethod
    def _variable(self, y: Array, eta: Array) -> Array:
        """t (n,) of responses."""

    @abstractmethod
    def _from_variable(self, t: Array, eta: Array) -> Array:
        """Responses (n,) of t."""

    def _place(self, eta: Array) -> Array:
        """f (n,) on the axis on which laws move little with it; 0 where all have one law of t."""
        return np.zeros(len(eta))

    @abstractmethod
    def _laws_at(self, a: float, w: Array) -> Laws:
        """Those at a and at several places."""

    @abstractmethod
    def _bends(self, w: Array) -> Array | None:
        """Where those bend (k, b); None where not all in as many places."""

    @property
    @abstractmethod
    def _of_a(self) -> Loss:
        """The loss whose normaliser and whose least a are those of the law."""

    @abstractmethod
    def _quantile(self, u: Array, eta: Array, free: Array) -> Array:
        """By panels."""

    def quick(self, eta: Array, free: Array) -> Self:
        """With a table of the laws about these rows (n, 1)."""
        v, about = self._v(self._a(free)), ABOUT if free.size else 0.0
        with np.errstate(all="ignore"):
            box = Box((v - about, v + about), self._range(eta, free))
            found = tabled(lambda at, w: self._laws_at(self._of_a.least_a + math.exp(at), w), self._bends, box)
            normalisers = _along(lambda at: self._of_a.normaliser(self._of_a.least_a + math.exp(at)), box.v) if about else None
        return replace(self, near=Near(found, box.v, normalisers))  # type: ignore[call-arg]  # a field of each such law

    def _v(self, a: float) -> float:
        return math.log(a - self._of_a.least_a)

    def _normaliser(self, a: float) -> Normaliser:
        """By the table where there is one."""
        known = None if self.near is None else self.near.normaliser(self._v(a))
        return known or self._of_a.normaliser(a)

    def _range(self, eta: Array, free: Array) -> tuple[float, float]:
        """Of the places of rows, and of those that refits may move them to."""
        low, high = float(eta.min()), float(eta.max())
        square, _ = self.score_moments(np.ones((1, 1)), np.median(eta, axis=0)[None, :], free)
        more = MARGIN * (high - low) + ERRORS / math.sqrt(len(eta) * float(square[0])) if square[0] > 0.0 else 0.0
        ends = self._place(np.array([[low - more], [low], [high], [high + more]]))
        return (float(ends[0]) if math.isfinite(ends[0]) else float(ends[1]),
                float(ends[3]) if math.isfinite(ends[3]) else float(ends[2]))

    def residual(self, y: Array, eta: Array, free: Array) -> Array | None:
        """By the table; None without one."""
        rows = self._rows(eta, free)
        if rows is None:
            return None
        with np.errstate(all="ignore"):
            z = rows.residual(self._variable(y, eta))
        return _completed(z, lambda left: by_tails(self, y[left], eta[left], free))

    def quantile(self, u: Array, eta: Array, free: Array) -> Array:
        """By the table where there is one, else by panels."""
        from scipy.special import ndtri

        rows = self._rows(eta, free)
        if rows is None:
            return self._quantile(u, eta, free)
        with np.errstate(all="ignore"):
            y = self._from_variable(rows.back_from(ndtri(u)), eta)
        return _completed(y, lambda left: self._quantile(u[left], eta[left], free))

    def draw(self, rng: np.random.Generator, eta: Array, free: Array) -> Array:
        """By quantiles of uniform numbers."""
        return self.quantile(rng.uniform(np.finfo(float).tiny, 1.0, len(eta)), eta, free)

    def _rows(self, eta: Array, free: Array) -> AtRows | None:
        with np.errstate(all="ignore"):
            return None if self.near is None else self.near.at(self._place(eta), self._v(self._a(free)))


def _completed(found: Array, exact: Callable[[Index], Array]) -> Array:
    """With what is no number in it as it is without a table."""
    left = np.flatnonzero(np.isnan(found))
    if left.size:
        found[left] = exact(left)
    return found


def _along(normaliser: Callable[[float], Normaliser], v: tuple[float, float]) -> Array | None:
    """Coefficients (A, 3) along v; None where they are not sure between the nodes."""
    x, tried = nodes((-1.0, 1.0), ALONG), np.array(BETWEEN)

    def values(at: Array) -> Array:
        each = [normaliser(one) for one in stretched(v, at).tolist()]
        return np.array([(one.log_z, one.mean, math.log(one.variance) if one.variance > 0.0 else math.nan) for one in each])

    found, true = coefficients(values(x).T).T, values(tried)
    off = np.abs(polynomials(tried, ALONG).T @ found - true) / np.maximum(1.0, np.abs(true))
    return found if np.isfinite(off).all() and float(off.max()) <= SURE else None
