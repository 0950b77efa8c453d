"""Family: a loss of y and f that is one of no difference, with the base measure in which it is a density for every f.

    q(y | f) = exp(-a l(y, f) + tilt b(t)) / Z(a) dt,   t = g(y),   b(t) = t, for t = log y: y^s dy with s = tilt - 1
                                                        b(t) = log y(1-y), for t = logit y: (y(1-y))^s dy

For which tilt Z does not move with f is searched on a rough quadrature and decided on one with an error bound: laws of this kind
are the proper dispersion models. Source: Jorgensen, The Theory of Dispersion Models (1997), chapter 1.
"""

import math
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.expression.jets import jet
from mlefit.expression.tree import Column, Constant, Node, Operation, substituted
from mlefit.losses.axes import IDENTITY, LOG, LOGIT, Axis
from mlefit.losses.chebyshev import grid
from mlefit.losses.loss import Loss, Tilt
from mlefit.losses.quadrature import TOLERANCE
from mlefit.losses.structure import simplified, value
from mlefit.records import record

OF_A = (1.0, 2.5)               # at which a base is searched
ABOVE = (0.5, 1.0, 4.0)         # a above the least, at which Z is looked at
AT = {LOG.name: (1.0, 0.3, 0.7, 1.9, 4.0), LOGIT.name: (0.5, 0.12, 0.3, 0.66, 0.88)}       # f: the first is where Z is taken
STRICT = 3                      # of them, at which Z is computed with a bound
TILTS = np.arange(-4.0, 5.25, 0.25)
EDGES = {LOG.name: np.linspace(-60.0, 60.0, 481), LOGIT.name: np.linspace(-36.0, 36.0, 289)}
NODES, WEIGHTS = np.polynomial.legendre.leggauss(10)
ROUGHLY = 1e-3                  # of log Z on the rough quadrature
CONSTANT, DOUBTFUL = 1e-8, 1e-4         # of log Z over f: a base; not decided up to
LOST = 1e-9                     # of a mass, at the ends of the panels
SECTIONS = 60
GOLDEN = 0.6180339887498949
PARTS = 12.0                    # simple tilts are multiples of one over it
SIMPLE = 1e-5


R = Column("r")
SOFT = tuple(Operation("log1p", (Operation("exp", (one,)),)) for one in (R, Operation("negative", (R,))))
SLOPES: dict[str, Node] = {LOG.name: R, LOGIT.name: Operation("negative", (Operation("+", SOFT),))}       # log dy/dt


def _log_variance(t: Array) -> Array:
    """log y(1 - y) at t = logit y."""
    return -np.abs(t) - 2.0 * np.log1p(np.exp(-np.abs(t)))


def tilted(axis: Axis, tilt: float) -> Tilt | None:
    """The base exp(tilt b(t)) dt."""
    if axis is LOGIT:
        return Tilt(lambda t: tilt * _log_variance(t), -tilt, -tilt)
    return Tilt(lambda t: tilt * t, -tilt, tilt) if axis.powered else None


@record(frozen=True)
class Family:
    """`node`: l of y and f, less `power` times log y, in which there is no f. `origin`: the f at which Z is taken.

    `spared`: it is l less l(y, y). `whole`: a is 1, and exp(-l) dy the law itself."""

    node: Node
    axis: Axis
    tilt: float
    origin: float
    power: float = 0.0
    whole: bool = False
    spared: bool = False

    @property
    def less(self) -> str:
        """What is taken off the loss as typed, in words."""
        parts = (["its value at f = y"] if self.spared else []) + ([f"{self.power:g} log y"] if self.power else [])
        return f", less {' and '.join(parts)}, in which there is no f" if parts else ""

    @cached_property
    def inner(self) -> Node:
        """l of t, as r, and f: log y is t there, however far out."""
        return simplified(substituted(self.node, {"y": self.axis.tree(R)}))

    def of_t(self, t: Array, f: Array) -> Array:
        """l at t and f, which broadcast; infinite where y is 0 or infinite by rounding."""
        found = np.broadcast_to(jet(self.inner, {"r": t, "f": f}, (), 0).value, np.broadcast_shapes(t.shape, f.shape))
        return found if self.axis is IDENTITY else np.where((np.abs(t) > self.axis.near) & ~(found > -np.inf), np.inf, found)

    def at(self, f: float) -> Loss:
        """The loss of t at one f; of a whole law with its base."""
        found = simplified(substituted(self.inner, {"f": Constant(f)}))
        if not self.whole:
            return Loss(found, tilt=tilted(self.axis, self.tilt), near=self.axis.near)
        return Loss(found if self.axis is IDENTITY else Operation("-", (found, SLOPES[self.axis.name])), near=self.axis.near)

    @cached_property
    def loss(self) -> Loss:
        """That at the origin: it has the normaliser of all."""
        return self.at(self.origin)

    def curve(self, y: Array, f: Array) -> tuple[Array, Array, Array]:
        """l and its derivatives by f (n,)."""
        found = jet(self.node, {"y": y, "f": f}, ("f",), 2)
        return (np.broadcast_to(found.value, y.shape), np.broadcast_to(found.gradient.get(0, 0.0), y.shape),
                np.broadcast_to(found.hessian.get((0, 0), 0.0), y.shape))

    def base(self, t: Array) -> Array | float:
        """tilt b(t)."""
        found = tilted(self.axis, self.tilt)
        return 0.0 if found is None else found.log(t)


class Found(NamedTuple):
    """A family, and by how much its log Z moves with f at most."""

    family: Family
    apart: float


def based(node: Node) -> Found | None:
    """The base with which Z moves least, if that is next to nothing."""
    for axis in (LOG, LOGIT):
        found = _rough(node, axis)
        if found is None:
            continue
        tilt, power = found
        if power != 0.0:
            node = simplified(Operation("-", (node, Operation("*", (Constant(power), Operation("log", (Column("y"),)))))))
        family = Family(node, axis, tilt, AT[axis.name][0], power)
        apart = moved(family)
        if apart <= DOUBTFUL:
            return Found(family, apart)
    return None


def moved(family: Family) -> float:
    """By how much log Z differs between several f at most, at several a."""
    each = [family.at(f) for f in AT[family.axis.name][:STRICT]]
    least = max(one.least_a for one in each)
    if not math.isfinite(least) or any(np.isneginf(one.least) for one in each):
        return math.inf
    found = [[one.normaliser(least + a) for one in each] for a in ABOVE]
    log_z = np.array([[one.log_z for one in row] for row in found])
    if not np.isfinite(log_z).all() or max(one.error for row in found for one in row) > TOLERANCE:
        return math.inf
    return float(np.ptp(log_z, axis=1).max())


def _rough(node: Node, axis: Axis) -> tuple[float, float] | None:
    """The tilt, and the multiple of log y to be taken off the loss, with which log Z hardly moves at two a; None where none is."""
    edges = EDGES[axis.name]
    t = (edges[:-1, None] + 0.5 * np.diff(edges)[:, None] * (1.0 + NODES)).ravel()
    with np.errstate(all="ignore"):
        height = value(node, axis.inverse(t)[None, :], np.array(AT[axis.name])[:, None])
        if np.isnan(height).any() or np.isneginf(height).any():
            return None
        slope = np.ones_like(t)
        tilt_log = tilted(axis, 1.0)
        assert tilt_log is not None
        slope = tilt_log.log(t)
    weight = np.tile(WEIGHTS, edges.size - 1)
    tilts = []
    for a in OF_A:
        found = _steadiest(-a * height, slope, weight)
        if found is None:
            return None
        tilts.append(found)
    power = (tilts[1] - tilts[0]) / (OF_A[1] - OF_A[0])
    if abs(power) <= SIMPLE:
        return tilts[0], 0.0
    power = _simple(power)
    return (_simple(tilts[0] - power * OF_A[0]), power) if axis is LOG else None


def _steadiest(height: Array, slope: Array, weight: Array) -> float | None:
    """The tilt with which the masses of exp(height + tilt slope) (k, n) differ least, if they hardly do."""
    def apart(tilt: float) -> float:
        with np.errstate(all="ignore"):
            each = np.exp(height + tilt * slope) * weight
            total = each.sum(axis=1)
            ends = each[:, :10].sum(axis=1) + each[:, -10:].sum(axis=1)
        if not (np.isfinite(total) & (total > 0.0) & (ends <= LOST * total)).all():
            return math.inf
        return float(np.ptp(np.log(total)))

    best = min(TILTS.tolist(), key=apart)
    if not math.isfinite(apart(best)):
        return None
    low, high = best - 0.25, best + 0.25
    for _ in range(SECTIONS):
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        low, high = (low, right) if apart(left) <= apart(right) else (left, high)
    tilt = 0.5 * (low + high)
    return _simple(tilt) if apart(tilt) <= ROUGHLY else None


def _simple(number: float) -> float:
    """A multiple of a twelfth nearby, or the number itself."""
    near = round(PARTS * number) / PARTS
    return near if abs(near - number) <= SIMPLE * max(1.0, abs(number)) else round(number, 12)


def apart_at(family: Family, a: float, log_z: float, f: Array) -> float:
    """By how much the log of the mass at some f (k,) differs from `log_z`, at most."""
    found = [family.at(float(one)).normaliser(a).log_z for one in f]
    return float(np.abs(np.array(found) - log_z).max())


def bends_at(family: Family, domain: Axis, f: Array) -> Array | None:
    """Where the losses at some f (k,) bend (k, b), by a polynomial where f are many; None where not all do in as many places."""
    if not family.loss.bends or not f.size:
        return np.empty((f.size, 0))
    if f.size <= EACH:
        return _bends(family, tuple(f.tolist()))
    nodes, weights = grid(domain.g(f), EACH)
    at, tried = _bends(family, tuple(domain.inverse(nodes).tolist())), np.linspace(0, f.size - 1, SOME).astype(int)
    true = _bends(family, tuple(f[tried].tolist()))
    if at is None or true is None or at.shape[1] != true.shape[1]:
        return None
    found = weights @ at
    near = np.abs(found[tried] - true) <= NEAR * np.maximum(1.0, np.abs(true))
    return found if near.all() else _bends(family, tuple(f.tolist()))


EACH, SOME = 32, 7      # f at which bends are looked for one by one, and places at which a polynomial through those is tried
NEAR = 1e-10            # of its size: a bend


@lru_cache(maxsize=16)
def _bends(family: Family, f: tuple[float, ...]) -> Array | None:
    found = [family.at(one).bends for one in f]
    return np.array(found) if len({len(one) for one in found}) == 1 else None
