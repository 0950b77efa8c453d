"""Loss: an expression of one variable with everything that is known of it once, before there are data."""

import math
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.expression.jets import jet
from mlefit.expression.rewrite import rewritten
from mlefit.expression.tree import Node
from mlefit.losses.convex import Witness, proved, witness
from mlefit.losses.corners import Corner, corners
from mlefit.losses.growth import Pace, Tail, tail, under
from mlefit.losses.places import FINE, bends, grid, minima, noise
from mlefit.losses.quadrature import Normaliser, normaliser
from mlefit.losses.table import Table
from mlefit.records import record

MODES = 8           # minima about which the quadrature is cut
PIECES = 40         # bends at which it is cut; where more of them matter the error says so
STEPS = 200         # of the search for a
WIDEST = 690.0      # of log(a - 1/kappa)
CLOSE = 1e-14       # relative
FAR = 1e8           # where slopes of a convex loss are looked at
STRIDE = 3.0        # the longest step in log(a - 1/kappa)
SCALES = np.logspace(-3.0, 3.0, 61)     # residuals at which it is looked whether the loss has a degree
SAME = 1e-9
BESIDE = 1e-8       # of max(1, |r|): how far to the right of a place without second derivative it is taken
KEPT = 64           # laws and normalisers that are remembered


class Tilt(NamedTuple):
    """A base measure exp(log(r)) dr in the place of dr; its logarithm rises by `left` and `right` in each unit far out."""

    log: Callable[[Array], Array]
    left: float
    right: float


@record(frozen=True)
class Loss:
    """l of the variable `name`. `near`: how far out it may bend; beyond, it is rounding that does."""

    node: Node
    name: str = "r"
    tilt: Tilt | None = None
    near: float = math.inf

    def value(self, x: Array) -> Array:
        """l (n,), NaN where it does not exist; where its parts are 0 or infinite by rounding, infinite."""
        found = np.broadcast_to(jet(self.node, {self.name: x}, (), 0).value, x.shape)
        if self.near < math.inf and not (found > -np.inf).all():
            found = np.where((np.abs(x) > self.near) & ~(found > -np.inf), np.inf, found)
        return found

    def slope(self, x: Array) -> tuple[Array, Array]:
        """l and l' (n,)."""
        found = jet(self.node, {self.name: x}, (self.name,), 1)
        return np.broadcast_to(found.value, x.shape), np.broadcast_to(found.gradient.get(0, 0.0), x.shape)

    def curve(self, x: Array) -> tuple[Array, Array, Array]:
        """l, l' and l'' (n,). Where l'' does not exist, as that of |r|^1.5 at 0, it is that a little to the right."""
        value, slope, bend = self._curve(x)
        none = np.isfinite(value) & np.isfinite(slope) & ~np.isfinite(bend)
        if none.any():
            bend = np.where(none, self._curve(x + BESIDE * np.maximum(1.0, np.abs(x)))[2], bend)
        return value, slope, bend

    def _curve(self, x: Array) -> tuple[Array, Array, Array]:
        found = jet(self.node, {self.name: x}, (self.name,), 2)
        return (np.broadcast_to(found.value, x.shape), np.broadcast_to(found.gradient.get(0, 0.0), x.shape),
                np.broadcast_to(found.hessian.get((0, 0), 0.0), x.shape))

    @cached_property
    def form(self) -> Node:
        """The tree as it is evaluated."""
        return rewritten(self.node)

    @cached_property
    def tails(self) -> tuple[Tail, Tail]:
        """To the left and to the right, by the tree, or of a convex loss that is not decided there by its slopes far out."""
        found = tail(self.form, -1, self.name), tail(self.form, 1, self.name)
        if any(one.pace is Pace.UNKNOWN for one in found) and self.convex:
            low, high = (float(v) for v in self.slope(np.array([-FAR, FAR]))[1])
            if low < 0.0 < high:        # the slopes of a convex loss are no smaller beyond: it grows by a straight line at least
                return Tail(Pace.FAST), Tail(Pace.FAST)
        return found

    @cached_property
    def bends(self) -> list[float]:
        """Where it may bend."""
        return [one for one in bends(self.form, self.name) if abs(one) <= self.near]

    @cached_property
    def corners(self) -> list[Corner]:
        """Where it has two slopes, or a jump."""
        return corners(self.slope, self.bends)

    @cached_property
    def convex(self) -> bool:
        """Whether it is proved to be convex."""
        return proved(self.form, self.corners)

    @cached_property
    def witness(self) -> Witness | None:
        """Three points that prove that it is not convex."""
        return None if self.convex else witness(self.value, noise(self.form, self.name), grid(self.bends, FINE))

    @cached_property
    def _minima(self) -> tuple[float, list[float]]:
        return minima(self.value, self.bends)

    @property
    def least(self) -> float:
        """The smallest value found."""
        return self._minima[0]

    @property
    def modes(self) -> list[float]:
        """Local minima, the lowest first."""
        return self._minima[1]

    @cached_property
    def flat(self) -> tuple[float, float]:
        """Where the loss has its least value, from and to, if that is more than a point; else (0, 0)."""
        low = high = self.modes[0] if self.modes else 0.0
        inside = [b for b in self.bends if self.value(np.array([b]))[0] <= self.least]
        for one in inside:
            middle = self.value(np.linspace(min(one, low), max(one, high), 65))
            if (middle <= self.least).all():
                low, high = min(one, low), max(one, high)
        return (low, high) if high > low else (0.0, 0.0)

    @cached_property
    def homogeneous(self) -> float | None:
        """p, where l - least is of degree p: l(c r) = c^p l(r); None where it is not."""
        points = np.concatenate([-SCALES, SCALES])
        with np.errstate(all="ignore"):
            ratio = (self.value(2.0 * points) - self.least) / (self.value(points) - self.least)
        if not np.isfinite(ratio).all() or np.ptp(ratio) > SAME * abs(ratio[0]) or not ratio[0] > 1.0:
            return None
        return math.log2(float(np.median(ratio)))

    @cached_property
    def breaks(self) -> list[float]:
        """Where the quadrature is cut."""
        return sorted({*sorted(self.bends, key=abs)[:PIECES], *self.modes[:MODES]}) or [0.0]

    @property
    def kappa(self) -> float:
        """The smaller kappa of both sides; infinite where it grows faster than every logarithm."""
        return min(one.kappa for one in self.tails)

    @property
    def least_a(self) -> float:
        """a must lie above it; infinite where there is no a."""
        if self.tilt is not None:
            return max(under(one, slope) for one, slope in zip(self.tails, self.tilt[1:], strict=True))
        return 0.0 if math.isinf(self.kappa) else 1.0 / self.kappa

    def normaliser(self, a: float) -> Normaliser:
        """log Z(a) and the moments of l."""
        known = self._normalisers
        if a not in known:
            if len(known) >= KEPT:
                known.pop(next(iter(known)), None)
            known[a] = normaliser(self.value, a, self.least, self.breaks, None if self.tilt is None else self.tilt.log)
        return known[a]

    def table(self, a: float) -> Table:
        """The law at a."""
        known = self._tables
        if a not in known:
            if len(known) >= KEPT:
                known.pop(next(iter(known)), None)
            known[a] = Table(self.value, self.slope, a, self.least, self.breaks, self.normaliser(a).log_z)
        return known[a]

    @cached_property
    def _tables(self) -> dict[float, Table]:
        return {}

    @cached_property
    def _normalisers(self) -> dict[float, Normaliser]:
        return {}

    def a_of(self, mean: float) -> float:
        """The a > 1/kappa with E_a l = mean, by Newton steps in log(a - 1/kappa) within a bracket.

        E_a l falls with a, by Var_a l. Infinite where the mean is not above the least value of l; at its limit 1/kappa where
        E_a l stays below the mean.
        """
        if not mean > self.least:
            return math.inf
        low, high, v = -WIDEST, WIDEST, self._first(mean)
        for _ in range(STEPS):
            a = self.least_a + math.exp(v)
            now = self.normaliser(a)
            above = now.mean - mean
            low, high = (v, high) if above > 0.0 else (low, v)
            slope = -now.variance * (a - self.least_a)
            step = -above / slope if slope < 0.0 and math.isfinite(above) else math.nan
            if abs(step) <= CLOSE * max(1.0, abs(v)):
                return self.least_a + math.exp(v + step)
            following = v + max(-STRIDE, min(STRIDE, step)) if math.isfinite(step) else 0.5 * (low + high)
            if not low < following < high:
                following = 0.5 * (low + high)
            if following in (low, high):
                break
            v = following
        return self.least_a + math.exp(v)

    def _first(self, mean: float) -> float:
        """Where a loss of degree 2 has its log a."""
        return max(-WIDEST, min(WIDEST, -math.log(2.0 * (mean - self.least))))
