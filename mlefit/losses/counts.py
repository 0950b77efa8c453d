"""Counts: whether a loss of y and f is minus the logarithm of the chances of counts, for some a and weights h of the counts.

    sum over y of h(y) exp(-a l(y, f)) = 1 at every f, h > 0, is asked of losses l = A(f) - y B(f) + C(y), exponential families:
    exp(a A) is then the power series of h(y) exp(-a C(y)) in t = exp(a B), and every count has a chance where that is
        exp(m t)             poisson, the log of whose mean is log m + a B
        (1 - q t)^-k         negative binomial of size k, whose log odds of one more are log q + B, looked for at a = 1

Both are recognised by their shape over f, whatever function of f the mean is.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.expression.jets import jet
from mlefit.expression.tree import Node
from mlefit.losses.structure import value

COUNTS = np.array([1.0, 2.0, 4.0, 9.0, 31.0])
LINE = np.array([-2.1, -1.3, -0.4, 0.3, 0.9, 1.6, 2.7])
ABOVE = np.array([0.2, 0.45, 0.8, 1.0, 1.7, 2.6, 4.1])
SAME = 1e-9         # relative
SECTIONS = 200
WIDEST = 12.0       # of log a, and of the log odds of q


class Counted(NamedTuple):
    """`a`: the one at which the chances add up. `origin`: the f at which the log mean of a poisson law, or the log of q, is `at`.

    `size`: k, infinite for a poisson law. `everywhere`: f may be any number; else numbers above 0.
    """

    a: float
    origin: float
    at: float
    size: float
    everywhere: bool

    @property
    def poisson(self) -> bool:
        """Whether the variance is the mean."""
        return math.isinf(self.size)

    def log_mean(self, node: Node, f: Array) -> tuple[Array, Array]:
        """That of the counts, and its derivative by f (n,)."""
        with np.errstate(all="ignore"):
            one, other = (jet(node, {"y": np.full(f.shape, y), "f": f}, ("f",), 1) for y in (1.0, 2.0))
            b = np.broadcast_to(one.value - other.value, f.shape) - _apart(node, np.array([self.origin]))
            slope = np.broadcast_to(one.gradient.get(0, 0.0) - np.asarray(other.gradient.get(0, 0.0)), f.shape)
            theta = self.at + self.a * b
            if self.poisson:
                return theta, self.a * slope
            kept = -np.expm1(theta)
            return math.log(self.size) + theta - np.log(kept), self.a * slope / kept


def _apart(node: Node, f: Array) -> Array:
    """l(1, f) - l(2, f) = B(f) and a constant."""
    return np.asarray(value(node, np.full(f.shape, 1.0), f) - value(node, np.full(f.shape, 2.0), f))


def counted(node: Node) -> Counted | None:
    """The chances that the loss is; None where it is none, as far as is known."""
    for f in (LINE, ABOVE):
        with np.errstate(all="ignore"):
            each = value(node, COUNTS[:, None], f[None, :])
            if np.isfinite(each).all():     # exp of some multiple of a large loss may not be
                return _counted(each, f, everywhere=f is LINE)
    return None


def _counted(each: Array, f: Array, *, everywhere: bool) -> Counted | None:
    b = (each[0] - each[0, 0]) - (each[1] - each[1, 0])             # B(f) - B(f of the first)
    linear = each - each[0] + (COUNTS - COUNTS[0])[:, None] * b     # C(y) alone
    size = 1.0 + float(np.abs(each).max())
    if np.abs(linear - linear[:, :1]).max() > SAME * size or np.unique(b).size < b.size or np.abs(b).max() <= SAME * size:
        return None
    rise = each[0] - each[0, 0] + COUNTS[0] * b                     # A(f) - A(f of the first)
    a = _root(lambda log_a: _bend(np.exp(math.exp(log_a) * b), rise))
    if a is not None:
        a = math.exp(a)
        a = min((a, round(a, 6)), key=lambda at: abs(_bend(np.exp(at * b), rise)))
        mean = float(a * rise[-1] / np.expm1(a * b[-1]))
        if mean > 0.0 and np.abs(a * rise - mean * np.expm1(a * b)).max() <= SAME * np.abs(a * rise).max():
            return Counted(a, float(f[0]), math.log(mean), math.inf, everywhere)
    most = float(np.exp(b).max())       # q t stays below 1
    odds = _root(lambda logit: _bend(-np.log1p(-_share(logit) / most * np.exp(b)), rise))
    if odds is not None:
        q = _share(odds) / most
        shape = np.log1p(-q) - np.log1p(-q * np.exp(b))
        k = float(rise[-1] / shape[-1])
        if k > 0.0 and np.abs(rise - k * shape).max() <= SAME * np.abs(rise).max():
            k = min((k, round(k, 6)), key=lambda at: float(np.abs(rise - at * shape).max())) if round(k, 6) > 0.0 else k
            return Counted(1.0, float(f[0]), math.log(q), k, everywhere)
    return None


def _share(logit: float) -> float:
    return 1.0 / (1.0 + math.exp(-logit))


def _bend(shape: Array, rise: Array) -> float:
    """By how much two shapes over f, moved to begin and end alike, differ half-way."""
    mine, theirs = shape - shape[0], rise
    middle = mine.size // 2
    return float(mine[middle] / mine[-1] - theirs[middle] / theirs[-1])


def _root(of: Callable[[float], float]) -> float | None:
    """Where a function of one number changes its sign between -WIDEST and WIDEST."""
    grid = np.linspace(-WIDEST, WIDEST, 97)
    heights = np.array([_number(of, at) for at in grid.tolist()])
    turns = np.flatnonzero(np.isfinite(heights[:-1]) & np.isfinite(heights[1:]) & ((heights[:-1] > 0.0) != (heights[1:] > 0.0)))
    if not turns.size:
        return None
    low, high = float(grid[turns[0]]), float(grid[turns[0] + 1])
    sign = _number(of, low) > 0.0
    for _ in range(SECTIONS):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (middle, high) if (_number(of, middle) > 0.0) == sign else (low, middle)
    return 0.5 * (low + high)


def _number(of: Callable[[float], float], at: float) -> float:
    try:
        return of(at)
    except (OverflowError, ValueError, ZeroDivisionError):
        return math.nan
