"""Growth: how a loss grows far out, proved on its tree by germs. It decides for which a exp(-a loss) has a finite integral.

The loss grows fast       : finite for every a > 0
as kappa log |r|          : finite for a > 1 / kappa, as heavy as a Student's t with a kappa - 1 degrees of freedom
slower, or not at all     : infinite for every a
"""

import math
from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from typing import NamedTuple

from mlefit.expression.tree import Column, Constant, Node, Operation
from mlefit.losses.germ import Germ, Unknown, exponential, logarithm


class Pace(Enum):
    """How a loss grows on one side."""

    FAST = "grows fast"
    LOGARITHM = "grows as a logarithm"
    SLOW = "stays bounded or grows slower than every logarithm"
    FALLS = "falls without end"
    UNKNOWN = "is not decided"


class Tail(NamedTuple):
    """On one side: the pace, and kappa of kappa log |r|; `limit`: where the loss comes to an end, its limit."""

    pace: Pace
    kappa: float = math.inf
    limit: float | None = None
    germ: Germ | None = None


def tail(node: Node, side: int, name: str = "r") -> Tail:
    """The tail of a loss of one variable as it goes to plus or minus infinity."""
    try:
        found = germ(node, side, name)
        return _told(found)
    except (Unknown, OverflowError, ZeroDivisionError, ValueError):
        return Tail(Pace.UNKNOWN, math.nan)


def _told(found: Germ) -> Tail:
    if found.bounded:
        return Tail(Pace.SLOW, 0.0)
    if found.vanishes:
        return Tail(Pace.SLOW, 0.0, 0.0, found)
    if not found.grows:
        return Tail(Pace.SLOW, 0.0, found.c, found)
    if found.c < 0.0:
        return Tail(Pace.FALLS, -math.inf, None, found)
    if found.exponent is not None or found.p > 0.0 or found.q > 1.0 or (found.q == 1.0 and found.s > 0.0):
        return Tail(Pace.FAST, math.inf, None, found)
    if (found.q, found.s) == (1.0, 0.0):
        return Tail(Pace.LOGARITHM, found.c, None, found)
    return Tail(Pace.SLOW, 0.0, None, found)


def under(found: Tail, slope: float) -> float:
    """The a above which exp(-a l + slope |r|) falls away on a side with this tail of l; infinite where there is none."""
    if found.pace is Pace.FAST and found.germ is not None and found.germ.exponent is None and found.germ.p == 1.0:
        steady = found.germ.q == 0.0 and found.germ.s == 0.0 and found.germ.known
        return max(0.0, slope / found.germ.c) if steady else 0.0 if found.germ.q > 0.0 or slope < 0.0 else math.inf
    if found.pace is Pace.FAST and found.germ is not None and (found.germ.exponent is not None or found.germ.p > 1.0):
        return 0.0
    return 0.0 if slope < 0.0 and found.pace in (Pace.FAST, Pace.LOGARITHM, Pace.SLOW) else math.inf


def germ(node: Node, side: int, name: str = "r") -> Germ:
    """The leading term of a tree, of which `name` goes to infinity times `side`. Raises Unknown."""
    match node:
        case Constant(value):
            return Germ(value, exact=True)
        case Column(column):
            if column != name:
                raise Unknown
            return Germ(float(side), 1.0, exact=True)
        case Operation("where", (Operation(sign, (left, right)), first, second)):
            difference = germ(left, side, name) - germ(right, side, name)
            _signed(difference)
            return germ(first if (difference.c < 0.0) == (sign in ("<", "<=")) else second, side, name)
        case Operation("log" | "log1p" as function, (inner,)):
            return _logarithm(function, inner, side, name)
        case Operation("**", (base, Constant(k))):
            return germ(base, side, name).power(k)
        case Operation("**", (base, power)):
            return exponential(germ(power, side, name) * logarithm(germ(base, side, name)))
        case Operation(operator, arguments):
            rule = RULES.get(operator)
            if rule is None:
                raise Unknown
            return rule(*(germ(argument, side, name) for argument in arguments))


def _signed(difference: Germ) -> None:
    if difference.c == 0.0 or difference.bounded:
        raise Unknown


def _logarithm(function: str, inner: Node, side: int, name: str) -> Germ:
    """log(1 + u) with a small u is u."""
    if function == "log1p":
        return _log1p(germ(inner, side, name))
    match inner:
        case Operation("+", (Constant(1.0), rest)) | Operation("+", (rest, Constant(1.0))):
            return _log1p(germ(rest, side, name))
    return logarithm(germ(inner, side, name))


def _log1p(a: Germ) -> Germ:
    if a.bounded:
        raise Unknown
    if a.vanishes:
        return a
    return logarithm(a if a.grows else Germ(1.0) + a)


def _max(a: Germ, b: Germ) -> Germ:
    if a == b or a.leads_as(b):
        return replace(a, exact=a.exact and a == b)
    difference = a - b
    _signed(difference)
    return a if difference.c > 0.0 else b


def _abs(a: Germ) -> Germ:
    return a if a.bounded or a.c >= 0.0 else -a


def _cosh(a: Germ) -> Germ:
    if not a.grows:
        return Germ(1.0) if a.vanishes else Germ(math.cosh(a.c))
    return Germ(0.5) * exponential(_abs(a))


def _sinh(a: Germ) -> Germ:
    if not a.grows:
        return a if a.vanishes else Germ(math.sinh(a.c))
    return Germ(math.copysign(0.5, a.c)) * exponential(_abs(a))


def _expm1(a: Germ) -> Germ:
    if a.vanishes:
        return a
    if a.grows and a.c < 0.0:
        return Germ(-1.0)
    return exponential(a) if a.grows else Germ(math.expm1(a.c))


def _levelling(top: float, of: Callable[[float], float]) -> Callable[[Germ], Germ]:
    """A function that is u near 0 and ends at +- top."""
    def rule(a: Germ) -> Germ:
        if a.bounded:
            return a
        if a.grows:
            return Germ(math.copysign(top, a.c))
        return a if a.vanishes else Germ(of(a.c))

    return rule


def _softplus(a: Germ) -> Germ:
    """log(1 + exp(u)): u where it grows, exp(u) where that falls."""
    if a.grows:
        return a if a.c > 0.0 else exponential(a)
    return Germ(math.log(2.0)) if a.vanishes else Germ(math.log1p(math.exp(a.c)))


def _log_add_exp(a: Germ, b: Germ) -> Germ:
    """log(exp(u) + exp(v)): the larger, or what both are to the leading term, as it exceeds the larger by at most log 2."""
    if a.leads_as(b):
        return replace(a, exact=False)
    difference = a - b
    if difference.grows:
        return a if difference.c > 0.0 else b
    if a.grows or b.grows or a.vanishes or b.vanishes:
        raise Unknown
    return Germ(math.log(math.exp(a.c) + math.exp(b.c)))


def _log_cosh(a: Germ) -> Germ:
    if a.grows:
        return _abs(a)
    return Germ(0.5) * a.power(2.0) if a.vanishes else Germ(math.log(math.cosh(a.c)))


def _hypot(a: Germ, b: Germ) -> Germ:
    return (a.power(2.0) + b.power(2.0)).power(0.5)


def _logistic(a: Germ) -> Germ:
    if a.grows:
        return Germ(1.0) if a.c > 0.0 else exponential(a)
    return Germ(0.5) if a.vanishes else Germ(1.0 / (1.0 + math.exp(-a.c)))


def _normal_cdf(a: Germ) -> Germ:
    """1, or by Mills' ratio exp(-u^2 / 2) / (|u| sqrt(2 pi))."""
    if a.grows:
        if a.c > 0.0:
            return Germ(1.0)
        return exponential(Germ(-0.5) * a * a) * _abs(a).power(-1.0) * Germ(1.0 / math.sqrt(2.0 * math.pi))
    return Germ(0.5) if a.vanishes else Germ(0.5 * math.erfc(-a.c / math.sqrt(2.0)))


def _wave(a: Germ) -> Germ:
    if a.bounded or a.grows:
        return Germ(0.0, bounded=True)
    raise Unknown


def _checked(rule: Callable[[Germ], Germ]) -> Callable[[Germ], Germ]:
    def of(a: Germ) -> Germ:
        if a.bounded:
            raise Unknown
        return rule(a)

    return of


RULES: dict[str, Callable[..., Germ]] = {
    "+": Germ.__add__, "-": Germ.__sub__, "*": Germ.__mul__, "/": lambda a, b: a * b.power(-1.0), "negative": Germ.__neg__,
    "max": _max, "min": lambda a, b: -_max(-a, -b), "abs": _abs, "sqrt": lambda a: a.power(0.5),
    "exp": _checked(exponential), "expm1": _checked(_expm1), "cosh": _checked(_cosh), "sinh": _checked(_sinh),
    "tanh": _levelling(1.0, math.tanh), "arctan": _levelling(0.5 * math.pi, math.atan), "sin": _wave, "cos": _wave,
    "softplus": _checked(_softplus), "log_cosh": _checked(_log_cosh), "logistic": _checked(_logistic),
    "normal_cdf": _checked(_normal_cdf), "hypot": _hypot, "log_add_exp": _log_add_exp,
    "log2": lambda a: Germ(1.0 / math.log(2.0)) * logarithm(a), "log10": lambda a: Germ(1.0 / math.log(10.0)) * logarithm(a),
}
