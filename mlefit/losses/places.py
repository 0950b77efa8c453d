"""Places: where a loss of one variable may bend, and where its minima are, on grids of 18 decades about 0 and each other.

A loss bends where the argument of an absolute value, the difference of the sides of max, min or a comparison, or the argument of
a root, a logarithm or a fractional power is 0: exactly where that is affine, else by sign changes and bisection to
neighbouring doubles.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from mlefit.arrays import Array
from mlefit.expression.jets import jet
from mlefit.expression.tree import COMPARISONS, Column, Constant, Node, Operation

DECADES = np.logspace(-9.0, 9.0, 721)
FINE = np.logspace(-12.0, 12.0, 1441)
CENTRES = 16        # around which the grids are laid
HALVES = 200        # of an interval of doubles, at most: beside 0 down to 1e-69
LOWEST = 400        # local minima that are looked at: of a wave there are as many as points
GOLDEN = 0.6180339887498949
SECTIONS = 80
NEAR_ZERO = 0.1     # minima within it may be at 0
LEVEL = 1e-13       # relative: values that differ by less are one plateau

Function = Callable[[Array], Array]


def function(node: Node, name: str) -> Function:
    """The values of a tree of one variable."""
    def values(x: Array) -> Array:
        """The values (n,) at x (n,)."""
        return np.broadcast_to(jet(node, {name: x}, (), 0).value, x.shape)

    return values


def noise(node: Node, name: str) -> Function:
    """What rounding may be of the values: eps times the terms of the sums in the tree."""
    terms = [function(term, name) for term in _terms(node)]

    def size(x: Array) -> Array:
        """Of each value (n,)."""
        total = np.zeros(x.shape)
        for term in terms:
            total = total + np.abs(term(x))
        return float(np.finfo(float).eps) * total

    return size


def _terms(node: Node) -> Iterator[Node]:
    if isinstance(node, Operation):
        if node.name in ("+", "-"):
            yield from node.arguments
        for argument in node.arguments:
            yield from _terms(argument)


def grid(centres: Sequence[float], decades: Array) -> Array:
    """Points on either side of 0 and of each centre."""
    one = np.concatenate([-decades[::-1], [0.0], decades])
    return np.unique(np.concatenate([one + centre for centre in [0.0, *centres[:CENTRES]]]))


def bends(node: Node, name: str) -> list[float]:
    """Where it may bend, in order."""
    found: dict[float, None] = {}
    for argument in _arguments(node):
        straight = affine(argument, name)
        if straight is not None:
            slope, constant = straight
            if slope != 0.0 and np.isfinite(place := -constant / slope):
                found[float(place) + 0.0] = None
            continue
        found |= dict.fromkeys(_zeros(function(argument, name), grid([*found], DECADES)))
    return sorted(found)


def _arguments(node: Node) -> Iterator[Node]:
    """What is 0 where the tree bends, inner parts first."""
    if not isinstance(node, Operation):
        return
    for argument in node.arguments:
        yield from _arguments(argument)
    match node.name, node.arguments:
        case ("abs" | "sqrt" | "log" | "log2" | "log10"), (inner,):
            yield inner
        case "log1p", (inner,):
            yield Operation("+", (inner, Constant(1.0)))
        case "**", (base, Constant(k)) if k != round(k) or k < 0.0:
            yield base
        case "/", (_, below):
            yield below
        case name, (left, right) if name in ("max", "min") or name in COMPARISONS:
            yield Operation("-", (left, right))


def affine(node: Node, name: str) -> tuple[float, float] | None:
    """(slope, constant) of a tree that is affine in its variable by its form; None of any other."""
    match node:
        case Constant(value):
            return 0.0, value
        case Column(column):
            return (1.0, 0.0) if column == name else None
        case Operation("negative", (inner,)):
            found = affine(inner, name)
            return None if found is None else (-found[0], -found[1])
        case Operation("+" | "-" as sign, (left, right)):
            one, other = affine(left, name), affine(right, name)
            if one is None or other is None:
                return None
            factor = 1.0 if sign == "+" else -1.0
            return one[0] + factor * other[0], one[1] + factor * other[1]
        case Operation("*", (left, right)):
            one, other = affine(left, name), affine(right, name)
            if one is None or other is None or (one[0] and other[0]):
                return None
            factor, rest = (one[1], other) if one[0] == 0.0 else (other[1], one)
            return factor * rest[0], factor * rest[1]
        case Operation("/", (left, Constant(value))) if value:
            found = affine(left, name)
            return None if found is None else (found[0] / value, found[1] / value)
    return None


def _zeros(values: Function, points: Array) -> list[float]:
    """Where a function changes its sign between neighbouring points, or is 0 at one of them alone."""
    sign = np.sign(values(points))
    zero = sign == 0.0
    alone = zero & ~np.append(zero[1:], False) & ~np.append(False, zero[:-1])
    edge = zero & ~alone & ~(np.append(zero[1:], True) & np.append(True, zero[:-1]))
    found = list(points[alone | edge])
    cross = np.flatnonzero(sign[1:] * sign[:-1] < 0.0)
    low, high, side = points[cross], points[cross + 1], sign[cross]
    for _ in range(HALVES):
        middle = 0.5 * (low + high)
        if not cross.size or np.all((middle == low) | (middle == high)):
            break
        now = np.sign(values(middle))
        exact, left = now == 0.0, now == side
        low, high = np.where(exact | left, middle, low), np.where(exact | ~left, middle, high)
    return [float(x) for x in [*found, *high]]


def minima(values: Function, centres: Sequence[float]) -> tuple[float, list[float]]:
    """The least value on the grid and about it, and the local minima from the lowest on, one for each plateau."""
    points = grid(centres, FINE)
    value = _finite(values(points))
    inner = value[1:-1]
    place = 1 + np.flatnonzero((inner <= value[:-2]) & (inner <= value[2:]) & ((inner < value[:-2]) | (inner < value[2:])))
    if not place.size:
        return float(value.min()), []
    low, high = points[place - 1], points[place + 1]
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    for _ in range(SECTIONS):
        both = _finite(values(np.concatenate([left, right])))       # most of a call is the way to the numbers
        down = both[: place.size] <= both[place.size :]
        low, high = np.where(down, low, left), np.where(down, right, high)
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    tried = np.stack([points[place], left, right])
    height = _finite(values(tried.ravel())).reshape(tried.shape)
    best = np.argmin(height, axis=0)
    where = _rounded(values, tried[best, np.arange(place.size)])
    height = _finite(values(where))
    least = float(min(value.min(), height.min()))
    kept: list[tuple[float, float]] = []
    level = LEVEL * (1.0 + abs(least))
    lowest, known = np.argsort(height, kind="stable")[:LOWEST], set(centres)
    for x, v in sorted(zip(where[lowest], height[lowest], strict=True)):
        if kept and x not in known:
            last, at_last = kept[-1]
            middle = float(_finite(values(np.array([0.5 * (x + last)])))[0])
            if abs(middle - v) <= level and abs(middle - at_last) <= level:
                continue
        kept.append((float(x), float(v)))
    return least, [x for x, _ in sorted(kept, key=lambda one: (one[1], one[0]))]


def _rounded(values: Function, places: Array) -> Array:
    """0, or the number of six digits nearby, where the value there is as low but for rounding."""
    six = np.array([float(f"{x:.6g}") for x in places])
    level = _finite(values(places))
    level = np.where(np.isfinite(level), np.nan_to_num(level) + LEVEL * (1.0 + np.abs(np.nan_to_num(level))), level)
    found = np.where(_finite(values(six)) <= level, six, places)
    return np.where((np.abs(places) < NEAR_ZERO) & (_finite(values(np.zeros_like(places))) <= level), 0.0, found)


def _finite(values: Array) -> Array:
    return np.where(np.isnan(values), np.inf, values)
