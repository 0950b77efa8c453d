"""Table: the law q(r) = exp(-a l(r)) / Z with its distribution function, quantiles and moments, by panels of Gauss-Legendre.

Panels are even in t, r = b + s sinh t, about each place b where the loss bends or has a minimum, and reach to where the density
is exp(-720) of its largest. Their masses are added from both ends, so that either tail keeps its digits; within a panel the mass
up to a point is one more rule of ten points. Beyond the last panel a power tail goes on as such, any other as exp(-a l' r).
"""

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Index, Mask
from mlefit.losses.inverted import inverted
from mlefit.records import record

PANELS = 1024
PER_FOLD = 4.0          # panels in an e-fold of r at least
REACH = 720.0           # e-folds below the top that the panels reach
PLACES = 8              # about which there are panels
NODES, WEIGHTS = np.polynomial.legendre.leggauss(10)
ENDLESS = 1e-12         # of a moment: what its last panels may add if it exists
FARTHEST = 1e140        # whose square is a number
SHARES, HALVES = 0.5 * (1.0 + NODES), 0.5 * WEIGHTS
SCAN = np.arange(-60.0, 345.1, 0.5)
ROWS = 1 << 16          # whose ten points are in memory at one time


@record(frozen=True, eq=False)
class Table:
    """The law at `a`. `values`: l, `slopes`: l and l'; `least`: its smallest value; `breaks`: where panels begin."""

    values: Callable[[Array], Array]
    slopes: Callable[[Array], tuple[Array, Array]]
    a: float
    least: float
    breaks: Sequence[float]
    log_z: float

    def log_density(self, r: Array) -> Array:
        """log q (n,), minus infinity where l is infinite or does not exist."""
        with np.errstate(all="ignore"):
            found = -self.a * self.values(r) - self.log_z
        return np.where(np.isnan(found), -np.inf, found)

    @cached_property
    def edges(self) -> Array:
        """Of the panels (k + 1,)."""
        places = [*self.breaks[: PLACES - 1], self.breaks[-1]]
        middle = places[int(np.argmax(self.log_density(np.array(places))))]
        top = float(self.log_density(np.array([middle]))[0])
        size = 0.5 * math.exp(max(-690.0, min(-top, 690.0)))
        ends = []
        for base, side in ((places[0], -1.0), (places[-1], 1.0)):
            height = self.log_density(base + side * np.exp(SCAN)) + np.maximum(SCAN, 0.0)
            far = np.flatnonzero(height > top - REACH)
            reach = math.exp(float(SCAN[min(int(far[-1]) + 1, SCAN.size - 1)])) if far.size else size
            ends.append(base + side * reach)
        each = max(16, PANELS // len(set(places)))
        found = [np.array([*ends, *places])]
        for place in set(places):
            left, right = math.asinh((place - ends[0]) / size), math.asinh((ends[1] - place) / size)
            t = np.linspace(-left, right, max(each, math.ceil(PER_FOLD * (left + right))) + 1)
            found.append(place + size * np.sinh(t))
        inside = np.concatenate(found)
        return np.unique(inside[(inside >= ends[0]) & (inside <= ends[1])])

    @cached_property
    def _masses(self) -> Array:
        return self._up_to(np.arange(self.edges.size - 1), self.edges[1:])

    @cached_property
    def beyond(self) -> tuple[float, float]:
        """The mass beyond the first and the last edge."""
        edges = self.edges
        return float(self._tail(edges[:1])[0]), float(self._tail(edges[-1:])[0])

    @cached_property
    def below(self) -> Array:
        """P(r <= edge) (k + 1,)."""
        return self.beyond[0] + np.concatenate([[0.0], np.cumsum(self._masses)])

    @cached_property
    def above(self) -> Array:
        """P(r > edge) (k + 1,)."""
        return self.beyond[1] + np.concatenate([np.cumsum(self._masses[::-1])[::-1], [0.0]])

    @property
    def error(self) -> float:
        """How far the masses are from adding up to 1."""
        return abs(float(self._masses.sum()) + sum(self.beyond) - 1.0)

    def _up_to(self, panel: Index, r: Array) -> Array:
        """The mass (n,) from the lower edge of each panel up to r."""
        low, out = self.edges[panel], np.empty(r.size)
        for start in range(0, r.size, ROWS):
            part = slice(start, start + ROWS)
            width = r[part] - low[part]
            points = low[part, None] + width[:, None] * SHARES
            out[part] = width * (np.exp(self.log_density(points.ravel())).reshape(points.shape) @ HALVES)
        return out

    def _slope(self, r: Array) -> Array:
        """dl / d log |r| (n,) far out: kappa of a power tail, what an exponential one falls by in an e-fold of r."""
        with np.errstate(all="ignore"):
            return np.asarray(r * self.slopes(r)[1])

    def _tail(self, r: Array) -> Array:
        """The mass (n,) beyond r, where nothing but a tail is left: r q(r) / (a dl/dlog r - 1)."""
        with np.errstate(all="ignore"):
            slope = self.a * self._slope(r) - 1.0
            found = np.abs(r) * np.exp(self.log_density(r)) / slope
        return np.where(np.isfinite(found) & (slope > 0.0), found, 0.0)

    def _log_tail(self, r: Array) -> Array:
        with np.errstate(all="ignore"):
            near = np.clip(r, -FARTHEST, FARTHEST)      # a power tail goes on from there
            slope = self.a * self._slope(near) - 1.0
            found = np.log(np.abs(near)) + self.log_density(near) - np.log(slope) - slope * np.log(r / near)
        return np.where(np.isnan(found), -np.inf, found)

    def log_cdf(self, r: Array) -> Array:
        """log P(R <= r) (n,)."""
        return self._log_mass(r, lower=True)

    def log_sf(self, r: Array) -> Array:
        """log P(R > r) (n,)."""
        return self._log_mass(r, lower=False)

    def _log_mass(self, r: Array, *, lower: bool) -> Array:
        edges = self.edges
        panel = np.clip(np.searchsorted(edges, r, side="right") - 1, 0, edges.size - 2)
        within = np.clip(r, edges[0], edges[-1])
        part = self._up_to(panel, within)
        with np.errstate(all="ignore"):
            if lower:
                found = np.log(self.below[panel] + part)
                far = r < edges[0]
                far_side = np.log1p(-np.exp(np.minimum(self._log_tail(r), 0.0)))
            else:
                found = np.log(self.above[panel + 1] + np.maximum(self._masses[panel] - part, 0.0))
                far = r > edges[-1]
                far_side = np.log1p(-np.exp(np.minimum(self._log_tail(r), 0.0)))
        found = np.minimum(found, 0.0)
        found = np.where((r > edges[-1]) if lower else (r < edges[0]), far_side, found)
        return np.where(far, self._log_tail(r), found)

    def quantile(self, u: Array) -> Array:
        """r (n,) with P(R <= r) = u."""
        lower = u <= 0.5
        return self.with_mass(np.where(lower, u, 1.0 - u), lower)

    def with_mass(self, rest: Array, lower: Mask) -> Array:
        """r (n,) with the mass `rest` (n,) below it where `lower`, else above it, by Newton steps within a panel."""
        edges = self.edges
        panel = np.where(lower, np.searchsorted(self.below, rest, side="right") - 1,
                         edges.size - 1 - np.searchsorted(self.above[::-1], rest, side="left"))
        panel = np.clip(panel, 0, edges.size - 2)
        mass = self._masses[panel]
        wanted = np.where(lower, rest - self.below[panel], mass - (rest - self.above[panel + 1]))
        r = inverted(wanted, mass, edges[panel], edges[panel + 1], lambda r, rows: self._up_to(panel[rows], r),
                     lambda r, _: self.log_density(r))
        with np.errstate(all="ignore"):
            below, above = self.beyond
            under, over = lower & (rest < below), ~lower & (rest < above)
            if under.any() or over.any():
                r = np.where(under, edges[0] * (below / rest) ** (1.0 / (self.a * self._slope(edges[:1]) - 1.0)), r)
                r = np.where(over, edges[-1] * (above / rest) ** (1.0 / (self.a * self._slope(edges[-1:]) - 1.0)), r)
        return r

    @cached_property
    def nodes(self) -> tuple[Array, Array]:
        """r (n,) and its probabilities (n,)."""
        width = np.diff(self.edges)
        points = (self.edges[:-1, None] + width[:, None] * SHARES).ravel()
        return points, (width[:, None] * HALVES).ravel() * np.exp(self.log_density(points))

    def moment(self, of: Callable[[Array], Array], otherwise: float) -> float:
        """E of(r) where it exists; else `otherwise`."""
        points, weight = self.nodes
        with np.errstate(all="ignore"):
            each = weight * of(points)
        ends = np.abs(np.append(each[: len(NODES)], each[-len(NODES) :]))
        if not np.isfinite(each).all() or float(ends.max()) > ENDLESS * float(np.abs(each).sum()):
            return otherwise
        return float(each.sum())

    def expected(self, of: Callable[[Array], Array]) -> float:
        """E of(r), over the panels."""
        width = np.diff(self.edges)
        points = self.edges[:-1, None] + width[:, None] * SHARES
        with np.errstate(all="ignore"):
            each = np.exp(self.log_density(points.ravel())) * of(points.ravel())
        each = np.where(np.isfinite(each), each, 0.0).reshape(points.shape)
        return float(width @ (each @ HALVES))


class OneLaw(NamedTuple):
    """The law of a table as one of several."""

    table: Table

    def log_cdf(self, t: Array, law: Index) -> Array:
        """log P(T <= t) (n,)."""
        return self.table.log_cdf(t)

    def log_sf(self, t: Array, law: Index) -> Array:
        """log P(T > t) (n,)."""
        return self.table.log_sf(t)

    def with_mass(self, rest: Array, lower: Mask, law: Index) -> Array:
        """t (n,) with the mass `rest` (n,) below it where `lower`, else above it."""
        return self.table.with_mass(rest, lower)
