"""Conditional: the laws of t at many f at once, each by its own panels of Gauss-Legendre about its mode.

Panels are even in u, t = mode + s sinh u, with s half the reciprocal of the largest density, and reach to where the density is
exp(-720) of that, or to exp(100) s. Their masses are added from both ends, so that either tail keeps its digits; beyond them the
tail is taken for a power, which one that falls faster is as well, of a high order.
"""

import math
from collections.abc import Callable
from functools import cached_property

import numpy as np

from mlefit.arrays import Array, Index, Mask
from mlefit.losses.inverted import inverted
from mlefit.losses.table import HALVES, REACH, SHARES
from mlefit.records import record

PANELS = 128            # at least, a multiple of which there are
OUT = np.exp(np.linspace(-14.0, 8.0, 67))       # of a centre, where modes are looked for
ZOOMS = 8
PER_FOLD = 4.0
BETWEEN = np.linspace(-1.0, 1.0, 17)
FOLDS = np.exp(np.linspace(-2.0, 100.0, 180))       # widths, at which ends are looked for
NEARER = 80             # of them serve unless tails are heavy
LAWS = 1024             # that are in memory at one time
ROWS = 1 << 14
STEP = 1e-6             # relative, for the slope of a tail


@record(frozen=True, eq=False)
class Conditional:
    """`height(t, f)`: log density (k, j) of t (k, j) at f (k, 1). `f` and `centre` (k,): each f, and a t near its law.

    `bends` (k, b): where the density of each has two slopes, so that a panel has to end there."""

    height: Callable[[Array, Array], Array]
    f: Array
    centre: Array
    bends: Array

    def _log_density(self, t: Array, law: Index) -> Array:
        """(n, j) at t (n, j) under these laws (n,)."""
        with np.errstate(all="ignore"):
            found = self.height(t, self.f[law][:, None])
        return np.where(np.isnan(found), -np.inf, found)

    @cached_property
    def edges(self) -> Array:
        """Of the panels (k, p + 1)."""
        found = [self._spans(np.arange(start, min(start + LAWS, self.f.size))) for start in range(0, self.f.size, LAWS)]
        mode, size, left, right = (np.concatenate(part) for part in zip(*found, strict=True))
        count = PANELS * math.ceil(PER_FOLD * float((left + right).max()) / PANELS)
        u = -left[:, None] + (left + right)[:, None] * np.linspace(0.0, 1.0, count + 1)
        even = mode[:, None] + size[:, None] * np.sinh(u)
        if not self.bends.shape[1]:
            return np.asarray(even)
        return np.sort(np.hstack([even, np.clip(self.bends, even[:, :1], even[:, -1:])]), axis=1)

    @property
    def panels(self) -> int:
        """p."""
        return int(self.edges.shape[1]) - 1

    def _spans(self, law: Index) -> tuple[Array, Array, Array, Array]:
        """The mode and the width of each law (j,), and how far to either side of it panels reach, in u."""
        spread = np.concatenate([-OUT[::-1], [0.0], OUT])
        mode, rows = self.centre[law], np.arange(law.size)
        points = mode[:, None] + spread
        for _ in range(ZOOMS + 1):
            heights = self._log_density(points, law)
            best = np.argmax(heights, axis=1)
            mode, top = points[rows, best], heights[rows, best]
            reach = np.maximum(points[rows, np.minimum(best + 1, points.shape[1] - 1)] - mode,
                               mode - points[rows, np.maximum(best - 1, 0)])
            points = mode[:, None] + reach[:, None] * BETWEEN
        size = 0.5 * np.exp(-np.clip(top, -690.0, 690.0))
        left, right = (np.arcsinh(FOLDS[self._end(law, mode, size, top, side)]) for side in (-1.0, 1.0))
        return mode, size, left, right

    def _end(self, law: Index, mode: Array, size: Array, top: Array, side: float) -> Index:
        """The number (k,) of widths at which next to nothing is left."""
        for folds in (FOLDS[:NEARER], FOLDS):
            alive = self._log_density(mode[:, None] + side * size[:, None] * folds, law) > (top - REACH)[:, None]
            last = np.where(alive.any(axis=1), folds.size - 1 - np.argmax(alive[:, ::-1], axis=1), 0)
            if (last < folds.size - 1).all():
                break
        return np.asarray(np.minimum(last + 1, folds.size - 1))

    @cached_property
    def _masses(self) -> Array:
        law = np.repeat(np.arange(self.f.size), self.panels)
        return self._from(self.edges[:, :-1].ravel(), self.edges[:, 1:].ravel(), law).reshape(-1, self.panels)

    @cached_property
    def below(self) -> Array:
        """P(t <= edge) (k, p + 1)."""
        return np.concatenate([np.zeros((self.f.size, 1)), np.cumsum(self._masses, axis=1)], axis=1)

    @cached_property
    def above(self) -> Array:
        """P(t > edge) (k, p + 1)."""
        return np.concatenate([np.cumsum(self._masses[:, ::-1], axis=1)[:, ::-1], np.zeros((self.f.size, 1))], axis=1)

    def _from(self, low: Array, high: Array, law: Index) -> Array:
        """The mass (n,) from low to high under these laws."""
        out = np.empty(low.size)
        for start in range(0, low.size, ROWS):
            part = slice(start, start + ROWS)
            width = high[part] - low[part]
            out[part] = width * (np.exp(self._log_density(low[part, None] + width[:, None] * SHARES, law[part])) @ HALVES)
        return out

    def _panel(self, t: Array, law: Index) -> Index:
        return np.asarray(np.clip((self.edges[law] <= t[:, None]).sum(axis=1) - 1, 0, self.panels - 1))

    def log_cdf(self, t: Array, law: Index) -> Array:
        """log P(T <= t) (n,)."""
        return self._log_mass(t, law, lower=True)

    def log_sf(self, t: Array, law: Index) -> Array:
        """log P(T > t) (n,)."""
        return self._log_mass(t, law, lower=False)

    def _log_mass(self, t: Array, law: Index, *, lower: bool) -> Array:
        panel, edges = self._panel(t, law), self.edges
        within = np.clip(t, edges[law, 0], edges[law, -1])
        with np.errstate(all="ignore"):
            if lower:
                found = np.log(self.below[law, panel] + self._from(edges[law, panel], within, law))
                far = t < edges[law, 0]
            else:
                found = np.log(self.above[law, panel + 1] + self._from(within, edges[law, panel + 1], law))
                far = t > edges[law, -1]
            if far.any():
                found[far] = self._log_tail(t[far], law[far])
        return np.minimum(found, 0.0)

    def _log_tail(self, t: Array, law: Index) -> Array:
        """log of the mass (n,) beyond t, where nothing but a tail is left."""
        away = t - self.edges[law, self.panels // 2]
        here, on = (self._log_density((t + more)[:, None], law)[:, 0] for more in (0.0, STEP * away))
        power = (here - on) / STEP
        return np.where(np.isneginf(here), -np.inf, here + np.log(np.abs(away)) - np.log(power - 1.0))

    def quantile(self, u: Array, law: Index) -> Array:
        """t (n,) with P(T <= t) = u."""
        lower = u <= 0.5
        return self.with_mass(np.where(lower, u, 1.0 - u), lower, law)

    def with_mass(self, rest: Array, lower: Mask, law: Index) -> Array:
        """t (n,) with the mass `rest` (n,) below it where `lower`, else above it, by Newton steps within a panel."""
        from_below = (self.below[law] <= rest[:, None]).sum(axis=1) - 1
        from_above = self.panels - (self.above[law] <= rest[:, None]).sum(axis=1)
        panel = np.clip(np.where(lower, from_below, from_above), 0, self.panels - 1)
        start, mass = self.edges[law, panel], self._masses[law, panel]
        wanted = np.where(lower, rest - self.below[law, panel], mass - (rest - self.above[law, panel + 1]))
        return inverted(wanted, mass, start, self.edges[law, panel + 1], lambda t, rows: self._from(start[rows], t, law[rows]),
                        lambda t, rows: self._log_density(t[:, None], law[rows])[:, 0])

    def expected(self, of: Callable[[Array, Index], Array]) -> Array:
        """E of(t, law) (k,), t (j, m) under these laws (j,); terms that are no number count for nothing."""
        out, few = np.empty(self.f.size), max(1, ROWS // self.panels)
        for start in range(0, self.f.size, few):
            law = np.arange(start, min(start + few, self.f.size))
            edges = self.edges[law]
            width = np.diff(edges, axis=1)
            t = (edges[:, :-1, None] + width[:, :, None] * SHARES).reshape(law.size, -1)
            with np.errstate(all="ignore"):
                each = np.exp(self._log_density(t, law)) * of(t, law)
            each = np.where(np.isfinite(each), each, 0.0).reshape(law.size, self.panels, -1) @ HALVES
            out[law] = (width * each).sum(axis=1)
        return out
