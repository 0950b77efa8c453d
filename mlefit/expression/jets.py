"""Jets: the value of a tree with its exact first and second derivatives by some of its names.

    f,   df/du_i,   d2f/du_i du_j

Forward mode of second order (Griewank and Walther 2008, Evaluating Derivatives, chapter 13): every node carries all three,
and each operation hands them on by its own rule. A derivative that is zero by the form of the tree is absent, so what is
linear is known to be so; what depends on no row is one number.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias, TypeVar

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.expression.rewrite import rewritten
from mlefit.expression.rules import RULES
from mlefit.expression.tree import COMPARISONS, FUNCTIONS, MORE_FUNCTIONS, Column, Constant, Node, Operation, Value, logistic, power

Gradient: TypeAlias = dict[int, Value]                      # by the index of the name in `wrt`
Hessian: TypeAlias = dict[tuple[int, int], Value]           # pairs i <= j
Key = TypeVar("Key")


VALUES: Mapping[str, Callable[..., Value]] = {      # without the derivatives that nobody asks for
    **FUNCTIONS, **MORE_FUNCTIONS, "softplus": lambda u: np.logaddexp(0.0, u), "/": np.divide, "**": power, "hypot": np.hypot,
    "log_add_exp": np.logaddexp,
}


class Jet(NamedTuple):
    """f, its gradient and its Hessian: each entry (n,), or one number where it is the same in all rows."""

    value: Value
    gradient: Gradient
    hessian: Hessian

    def dense(self, n: int, p: int) -> tuple[Array, Array, Array]:
        """f (n,), the gradient (n, p) and the Hessian (n, p, p) for p names."""
        value, gradient, hessian = np.empty(n), np.zeros((n, p)), np.zeros((n, p, p))
        value[:] = self.value
        for i, first in self.gradient.items():
            gradient[:, i] = first
        for (i, j), second in self.hessian.items():
            hessian[:, i, j] = hessian[:, j, i] = second
        return value, gradient, hessian


class Step(NamedTuple):
    """One operation on the results of earlier steps. `operation`: "name" and "number" have `content` and no arguments."""

    operation: str
    arguments: tuple[int, ...]
    content: str | float | None = None


def jet(
    node: Node, values: Mapping[str, Any], wrt: Sequence[str], order: int = 2, dtype: type[np.floating] = np.float64
) -> Jet:
    """The tree at `values`, an array (n,) or a number of each name, with its derivatives by the names `wrt`.

    `order`: 0 for the value alone, 1 with the gradient, 2 with the Hessian. What does not exist is NaN or infinite,
    without a warning. `dtype`: in which it is computed.
    """
    place = {name: i for i, name in enumerate(wrt)} if order else {}
    found: list[Jet] = []
    with np.errstate(all="ignore"):
        for step in steps(node):
            if step.operation == "number":
                found.append(Jet(np.float64(step.content), {}, {}))
            elif step.operation == "name":
                name = str(step.content)
                seed: Gradient = {place[name]: np.float64(1.0)} if name in place else {}
                found.append(Jet(np.asarray(values[name], dtype=dtype)[()], seed, {}))
            else:
                found.append(_applied(step.operation, [found[i] for i in step.arguments], order))
    return found[-1]


MOST = 256      # trees whose steps are known
_known: dict[int, tuple[Node, tuple[Step, ...]]] = {}


def steps(node: Node) -> tuple[Step, ...]:
    """The rewritten tree as steps, each after its arguments, the result last; equal parts stand once.

    A tree is known by its identity first: the hash of a deep one takes as long as its value at a few points.
    """
    known = _known.get(id(node))
    if known is not None and known[0] is node:
        return known[1]
    if len(_known) >= MOST:
        _known.clear()
    made = _steps(node)
    _known[id(node)] = node, made
    return made


@lru_cache(maxsize=MOST)
def _steps(node: Node) -> tuple[Step, ...]:
    places: dict[Step, int] = {}

    def place(part: Node) -> int:
        match part:
            case Column(name):
                step = Step("name", (), name)
            case Constant(value):
                step = Step("number", (), value)
            case Operation(name, arguments):
                step = Step(name, tuple(place(argument) for argument in arguments))
        return places.setdefault(step, len(places))

    last = place(rewritten(node))
    assert last == len(places) - 1, "the whole stands in none of its parts"
    return tuple(places)


def _applied(operation: str, arguments: Sequence[Jet], order: int) -> Jet:
    plain = VALUES.get(operation)
    if plain is not None and not any(one.gradient for one in arguments):
        return Jet(plain(*(one.value for one in arguments)), {}, {})
    match operation, arguments:
        case "+", (u, v):
            return Jet(u.value + v.value, _sum(u.gradient, v.gradient), _sum(u.hessian, v.hessian))
        case "-", (u, v):
            return Jet(u.value - v.value, _sum(u.gradient, _scaled(v.gradient, -1.0)), _sum(u.hessian, _scaled(v.hessian, -1.0)))
        case "negative", (u,):
            return Jet(-u.value, _scaled(u.gradient, -1.0), _scaled(u.hessian, -1.0))
        case "*", (u, v):
            return _two(u, v, u.value * v.value, v.value, u.value, {"uv": 1.0}, order)
        case "/", (u, v):
            return _quotient(u, v, order)
        case "**", (u, v):
            return _power(u, v, order)
        case "max" | "min", (u, v):
            first = np.greater_equal(u.value, v.value) if operation == "max" else np.less_equal(u.value, v.value)
            return _chosen(np.asarray(first | np.isnan(u.value)), u, v)
        case "where", (condition, u, v):
            return _chosen(np.asarray(condition.value, dtype=np.bool_), u, v)
        case "hypot", (u, v):
            return _hypot(u, v, order)
        case "log_add_exp", (u, v):
            return _log_add_exp(u, v, order)
        case _, (u, v):
            return Jet(COMPARISONS[operation](u.value, v.value), {}, {})
    return _chain(operation, arguments[0], order)


def _chain(function: str, u: Jet, order: int) -> Jet:
    value, first, second = RULES[function](u.value)
    if not u.gradient:
        return Jet(value, {}, {})
    gradient = _scaled(u.gradient, first)
    if order < 2:
        return Jet(value, gradient, {})
    if second is None:
        return Jet(value, gradient, _scaled(u.hessian, first))
    return Jet(value, gradient, _sum(_scaled(u.hessian, first), _scaled(_square(u.gradient), second)))


def _two(u: Jet, v: Jet, value: Value, by_u: Value, by_v: Value, seconds: Mapping[str, Value | float], order: int) -> Jet:
    """f(u, v) from its derivatives; `seconds`: those of "uu", "uv" and "vv" that are not zero by the form of f."""
    gradient = _sum(_scaled(u.gradient, by_u), _scaled(v.gradient, by_v))
    if order < 2:
        return Jet(value, gradient, {})
    hessian = _sum(_scaled(u.hessian, by_u), _scaled(v.hessian, by_v))
    if "uv" in seconds and u.gradient and v.gradient:
        hessian = _sum(hessian, _scaled(_cross(u.gradient, v.gradient), seconds["uv"]))
    for name, part in (("uu", u), ("vv", v)):
        if name in seconds and part.gradient:
            hessian = _sum(hessian, _scaled(_square(part.gradient), seconds[name]))
    return Jet(value, gradient, hessian)


def _quotient(u: Jet, v: Jet, order: int) -> Jet:
    value, by_u = u.value / v.value, 1.0 / v.value
    if not v.gradient:
        return Jet(value, _scaled(u.gradient, by_u), _scaled(u.hessian, by_u))
    by_v = -value * by_u
    return _two(u, v, value, by_u, by_v, {"uv": -by_u * by_u, "vv": -2.0 * by_v * by_u}, order)


def _power(u: Jet, v: Jet, order: int) -> Jet:
    """u^v. Where u is 0 and v > 0, the powers of u outrun its logarithm: derivatives by v are 0."""
    value = power(u.value, v.value)
    if not v.gradient:
        return _constant_power(u, v.value, value, order)
    logarithm, zero = np.log(u.value), (u.value == 0.0) & (v.value > 0.0)
    by_v = np.where(zero, 0.0, value * logarithm)[()]
    square = np.where(zero, 0.0, by_v * logarithm)[()]
    if not u.gradient:
        return _two(u, v, value, np.float64(0.0), by_v, {"vv": square}, order)
    below = power(u.value, v.value - 1.0)
    mixed = np.where(zero & (v.value > 1.0), 0.0, below * (1.0 + v.value * logarithm))[()]
    twice = v.value * (v.value - 1.0) * power(u.value, v.value - 2.0)
    return _two(u, v, value, v.value * below, by_v, {"uu": twice, "uv": mixed, "vv": square}, order)


def _constant_power(u: Jet, exponent: Value, value: Value, order: int) -> Jet:
    if not u.gradient or (np.ndim(exponent) == 0 and exponent == 0.0):
        return Jet(value, {}, {})
    if np.ndim(exponent) == 0 and exponent == 1.0:
        return u
    first = exponent * power(u.value, exponent - 1.0)
    gradient = _scaled(u.gradient, first)
    if order < 2:
        return Jet(value, gradient, {})
    second = exponent * (exponent - 1.0) * power(u.value, exponent - 2.0)
    return Jet(value, gradient, _sum(_scaled(u.hessian, first), _scaled(_square(u.gradient), second)))


def _hypot(u: Jet, v: Jet, order: int) -> Jet:
    """sqrt(u^2 + v^2): d2f/du2 = (v / f)^2 / f."""
    value = np.hypot(u.value, v.value)
    by_u, by_v = u.value / value, v.value / value
    seconds = {"uu": by_v * by_v / value, "uv": -by_u * by_v / value, "vv": by_u * by_u / value}
    return _two(u, v, value, by_u, by_v, seconds, order)


def _log_add_exp(u: Jet, v: Jet, order: int) -> Jet:
    """log(e^u + e^v): the share of u has the derivative share * (1 - share)."""
    share, other = logistic(u.value - v.value), logistic(v.value - u.value)
    seconds = {"uu": share * other, "uv": -share * other, "vv": share * other}
    return _two(u, v, np.logaddexp(u.value, v.value), share, other, seconds, order)


def _chosen(first: Mask, u: Jet, v: Jet) -> Jet:
    """u where `first`, else v."""
    def choose(left: Value | None, right: Value | None) -> Value:
        zero = np.float64(0.0)
        return np.where(first, zero if left is None else left, zero if right is None else right)[()]

    return Jet(
        choose(u.value, v.value),
        {i: choose(u.gradient.get(i), v.gradient.get(i)) for i in u.gradient | v.gradient},
        {ij: choose(u.hessian.get(ij), v.hessian.get(ij)) for ij in u.hessian | v.hessian},
    )


def _times(a: Value | float, b: Value | float) -> Value:
    """a b; a factor that is 1 in all rows costs nothing."""
    if np.ndim(a) == 0 and a == 1.0:
        return b        # type: ignore[return-value]        # a float only beside another one
    if np.ndim(b) == 0 and b == 1.0:
        return a        # type: ignore[return-value]
    return a * b        # type: ignore[return-value]


def _scaled(entries: Mapping[Key, Value], factor: Value | float) -> dict[Key, Value]:
    return {key: _times(entry, factor) for key, entry in entries.items()}


def _sum(left: Mapping[Key, Value], right: Mapping[Key, Value]) -> dict[Key, Value]:
    total = dict(left)
    for key, entry in right.items():
        total[key] = total[key] + entry if key in total else entry
    return total


def _square(gradient: Gradient) -> Hessian:
    """g_i g_j."""
    return {(i, j): _times(a, b) for i, a in gradient.items() for j, b in gradient.items() if i <= j}


def _cross(left: Gradient, right: Gradient) -> Hessian:
    """g_i h_j + h_i g_j."""
    total: Hessian = {}
    for i, a in left.items():
        for j, b in right.items():
            pair, product = (min(i, j), max(i, j)), _times(a, b)
            product = 2.0 * product if i == j else product
            total[pair] = total[pair] + product if pair in total else product
    return total
