"""Convexity of a loss of one variable: proved by the rules of its tree, refuted by three points, or neither.

The rules are those of disciplined convex programming (Grant, Boyd and Ye 2006): what is convex of what is affine, of what is
convex where it does not fall, and sums, maxima and positive multiples of these. `where` is convex where its pieces are, it is
continuous, and no slope falls at a corner.
"""

from collections.abc import Callable, Sequence
from enum import Enum
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.expression.tree import Column, Constant, Node, Operation
from mlefit.losses.corners import Corner

STEPS = (1, 8, 64, 512)     # from a point to its neighbours: near a place that grids are dense about, the nearest are too near
ROUNDING = 1e-9     # relative: what a chord must lie below by,
NOISES = 8.0        # and of what rounding may be


class Bend(Enum):
    """What the rules say of a tree."""

    AFFINE = 0
    CONVEX = 1
    CONCAVE = -1
    UNKNOWN = 2


class Known(NamedTuple):
    """The bend, whether it is nowhere negative, and whether it is made of pieces, whose joints remain to be looked at."""

    bend: Bend
    positive: bool = False
    pieces: bool = False


class Witness(NamedTuple):
    """Three points a < b < c with l(b) above the chord from a to c."""

    a: float
    b: float
    c: float


NOTHING = Known(Bend.UNKNOWN)
FLIPPED = {Bend.AFFINE: Bend.AFFINE, Bend.CONVEX: Bend.CONCAVE, Bend.CONCAVE: Bend.CONVEX, Bend.UNKNOWN: Bend.UNKNOWN}
VEX = (Bend.AFFINE, Bend.CONVEX)
CAVE = (Bend.AFFINE, Bend.CONCAVE)
RISING = ("exp", "expm1", "softplus")       # convex and rising everywhere
EVEN = ("log_cosh", "cosh", "abs", "hypot")         # convex, even, rising from 0 on
ROOTS = ("log", "log1p", "log2", "log10", "sqrt")   # concave and rising


def proved(node: Node, corners: Sequence[Corner]) -> bool:
    """Whether the rules, and at joints of pieces the slopes, prove it convex."""
    known = _known(node)
    if known.bend not in VEX:
        return False
    return not known.pieces or all(one.jump == 0.0 and one.below <= one.above for one in corners)


def _known(node: Node) -> Known:
    match node:
        case Constant(value):
            return Known(Bend.AFFINE, value >= 0.0)
        case Column():
            return Known(Bend.AFFINE)
        case Operation("-", (left, Operation("log1p", (inner,)))) if left == inner:       # w - log(1 + w) rises from w = 0 on
            w = _known(inner)
            return Known(Bend.CONVEX, True, w.pieces) if w.bend in VEX and w.positive else NOTHING
        case Operation("*", (u, Operation("/", (v, Operation("+", (Operation("hypot", (w, _)), _)))))) if u == v == w:
            known = _known(u)       # hypot(u, c) - c, as it is rewritten
            return Known(Bend.CONVEX, True, known.pieces) if _even(known) else NOTHING
        case Operation("where", (_, first, second)):
            one, other = _known(first), _known(second)
            both = one.bend in VEX and other.bend in VEX
            return Known(Bend.CONVEX if both else Bend.UNKNOWN, one.positive and other.positive, True)
        case Operation("**", (base, Constant(k))):
            known = _power(_known(base), k)
            return Known(Bend.CONVEX, True, known.pieces) if k >= 0.5 and _normed(base) else known
        case Operation(name, arguments):
            return _applied(name, [_known(argument) for argument in arguments], arguments)
    return NOTHING


def _normed(node: Node) -> bool:
    """Whether it is the square of a norm: a constant that is not negative and positive multiples of squares of what is affine."""
    match node:
        case Constant(value):
            return value >= 0.0
        case Operation("**", (base, Constant(2.0))):
            return _known(base).bend is Bend.AFFINE and not _known(base).pieces
        case Operation("+", (left, right)):
            return _normed(left) and _normed(right)
        case Operation("*", (Constant(c), inner)) | Operation("*" | "/", (inner, Constant(c))) if c > 0.0:
            return _normed(inner)
    return False


def _power(base: Known, k: float) -> Known:
    even = k == round(k) and k % 2.0 == 0.0
    if base.bend is Bend.AFFINE and even and k >= 2.0:
        return Known(Bend.CONVEX, True, base.pieces)
    if base.bend in VEX and base.positive and k >= 1.0:
        return Known(Bend.CONVEX, True, base.pieces)
    return Known(Bend.UNKNOWN, even, base.pieces)


def _even(one: Known) -> bool:
    """Whether what is convex, even and rises from 0 on is convex of it."""
    return one.bend is Bend.AFFINE or (one.bend is Bend.CONVEX and one.positive)


def _applied(name: str, known: Sequence[Known], arguments: Sequence[Node]) -> Known:
    pieces = any(one.pieces for one in known)
    if name in ("*", "/"):
        found = _factored(name, known, arguments)
    elif name in RISING:
        found = Known(_if(known[0].bend in VEX), name != "expm1" or known[0].positive)
    elif name in EVEN:
        found = Known(_if(all(_even(one) for one in known)), True)
    elif name in ROOTS:
        cave = known[0].bend in CAVE
        found = Known(Bend.CONCAVE if cave else Bend.UNKNOWN, name == "sqrt" or (name == "log1p" and known[0].positive))
    elif name in RULES:
        found = RULES[name](*known)
    else:
        found = Known(Bend.UNKNOWN, name in ("logistic", "normal_cdf"))
    return found._replace(pieces=pieces)


def _if(vex: bool) -> Bend:
    return Bend.CONVEX if vex else Bend.UNKNOWN


def _factored(name: str, known: Sequence[Known], arguments: Sequence[Node]) -> Known:
    """A multiple."""
    match name, arguments:
        case "*", (Constant(factor), _):
            return _scaled(known[1], factor)
        case "*", (_, Constant(factor)):
            return _scaled(known[0], factor)
        case "/", (_, Constant(factor)) if factor:
            return _scaled(known[0], 1.0 / factor)
    return Known(Bend.UNKNOWN, known[0].positive and known[1].positive)


def _minimum(one: Known, other: Known) -> Known:
    cave = one.bend in CAVE and other.bend in CAVE
    return Known(Bend.CONCAVE if cave else Bend.UNKNOWN, one.positive and other.positive)


RULES: dict[str, Callable[..., Known]] = {
    "+": lambda one, other: Known(_sum(one.bend, other.bend), one.positive and other.positive),
    "-": lambda one, other: Known(_sum(one.bend, FLIPPED[other.bend])),
    "negative": lambda one: Known(FLIPPED[one.bend]),
    "max": lambda one, other: Known(_if(one.bend in VEX and other.bend in VEX), one.positive or other.positive),
    "min": _minimum,
    "log_add_exp": lambda one, other: Known(_if(one.bend in VEX and other.bend in VEX)),
}


def _sum(one: Bend, other: Bend) -> Bend:
    if one is Bend.AFFINE:
        return other
    return one if other in (Bend.AFFINE, one) else Bend.UNKNOWN


def _scaled(known: Known, factor: float) -> Known:
    if factor == 0.0:
        return Known(Bend.AFFINE, True, known.pieces)
    return Known(known.bend if factor > 0.0 else FLIPPED[known.bend], known.positive and factor > 0.0, known.pieces)


def witness(values: Callable[[Array], Array], noise: Callable[[Array], Array], points: Array) -> Witness | None:
    """Three of these points (n,), in order, whose middle is above the chord by more than rounding; None where none is.

    `noise`: what rounding may be of the values.
    """
    with np.errstate(all="ignore"):
        height, rounding = values(points), noise(points)
        for step in STEPS:
            a, b, c = points[: -2 * step], points[step:-step], points[2 * step :]
            left, middle, right = height[: -2 * step], height[step:-step], height[2 * step :]
            over = middle - (left + (b - a) / (c - a) * (right - left))
            size = np.abs(left) + np.abs(middle) + np.abs(right)
            sure = rounding[: -2 * step] + rounding[step:-step] + rounding[2 * step :]
            each = np.where(np.isfinite(over) & (over > NOISES * sure), over / (size + np.finfo(float).tiny), -1.0)
            at = int(np.argmax(each))
            if each[at] > ROUNDING:
                return Witness(float(a[at]), float(b[at]), float(c[at]))
    return None
