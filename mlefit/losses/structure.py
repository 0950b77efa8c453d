"""Structure: whether a loss of y and f is one of a difference g(y) - g(f) alone, but for m log y.

    l(y, f) = L(g(y) - g(f)) + m g(y)

is tested by moving y and f together along g, at seeded points; L is then the tree with y = g^-1(r) in it and f at the origin of g.
"""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.expression.jets import jet
from mlefit.expression.tree import Column, Constant, Node, Operation, substituted
from mlefit.losses.axes import AXES, ORIGIN, Axis

POINTS = 60
SAME = 1e-9         # relative: what moving together may change, for rounding
REACH = 3.0         # of y and f along g, and of the move


class Structure(NamedTuple):
    """The axis, the tree of L in r, and m: 0 where the loss is one of the difference alone."""

    axis: Axis
    node: Node
    power: float


def value(node: Node, y: Array, f: Array) -> Array:
    """l (n,) at y and f (n,)."""
    return np.broadcast_to(jet(node, {"y": y, "f": f}, (), 0).value, np.broadcast_shapes(y.shape, f.shape))


def structure(node: Node) -> Structure | None:
    """On the first axis that serves; None where none does."""
    rng = np.random.default_rng(20)
    at_y, at_f, move = rng.uniform(-REACH, REACH, (3, POINTS))
    for axis in AXES:
        with np.errstate(all="ignore"):
            here = value(node, axis.inverse(at_y), axis.inverse(at_f))
            there = value(node, axis.inverse(at_y + move), axis.inverse(at_f + move))
            ratio = (there - here) / move
        if not np.isfinite(ratio).all():
            continue
        power = float(np.median(ratio))
        size = 1.0 + np.abs(here) + np.abs(there)
        power = round(power, 12) if abs(power) > SAME else 0.0
        if (np.abs(there - here - power * move) <= SAME * size).all() and (power == 0.0 or axis.powered):
            return Structure(axis, _difference(node, axis, power), power)
    return None


def spared(node: Node) -> Node:
    """The loss less its value at f = y, in which there is no f."""
    return Operation("-", (node, simplified(substituted(node, {"f": Column("y")}))))


def spared_structure(node: Node) -> Structure | None:
    """That of the loss less its value at f = y, if it is one of the difference alone: L(r) is l at y in the origin, f at -r."""
    found = structure(spared(node))
    if found is None or found.power != 0.0:
        return None
    origin = ORIGIN[found.axis.name]
    moved = simplified(substituted(node, {"y": origin, "f": found.axis.tree(Operation("negative", (Column("r"),)))}))
    least = float(jet(substituted(node, {"y": origin, "f": origin}), {}, (), 0).value)
    return found._replace(node=simplified(Operation("-", (moved, Constant(least)))))


def _difference(node: Node, axis: Axis, power: float) -> Node:
    moved = simplified(substituted(node, {"y": axis.tree(Column("r")), "f": ORIGIN[axis.name]}))
    return moved if power == 0.0 else Operation("-", (moved, Operation("*", (Constant(power), Column("r")))))


def simplified(node: Node) -> Node:
    """An equal tree: numbers folded, factors of 1 and terms of 0 left out, logarithms of exponentials undone."""
    if not isinstance(node, Operation):
        return node
    arguments = tuple(simplified(argument) for argument in node.arguments)
    if all(isinstance(argument, Constant) for argument in arguments) and node.name not in ("where", "<", "<=", ">", ">="):
        found = float(jet(Operation(node.name, arguments), {}, (), 0).value)
        if np.isfinite(found):
            return Constant(found)
    match node.name, arguments:
        case ("-", (one, other)) if one == other:
            return Constant(0.0)
        case ("/", (Constant(0.0), _)):
            return Constant(0.0)
        case ("*", (Constant(1.0), other)) | ("*" | "/" | "**", (other, Constant(1.0))) | ("+", (Constant(0.0), other)) | (
            "+" | "-", (other, Constant(0.0))
        ) | ("log", (Operation("exp", (other,)),)) | ("log1p", (Operation("expm1", (other,)),)):
            return other
        case "/", (Constant(1.0), Operation("exp", (u,))):
            return Operation("exp", (_negative(u),))
        case "-", (Constant(1.0), Operation("logistic", (u,))):
            return Operation("logistic", (_negative(u),))
        case "log", (Operation("/", (u, Constant(c))),) if c > 0.0:
            return simplified(Operation("-", (Operation("log", (u,)), Constant(float(np.log(c))))))
        case "log", (Operation("*", (Constant(c), u)),) if c > 0.0:
            return simplified(Operation("+", (Operation("log", (u,)), Constant(float(np.log(c))))))
        case "log", (inner,):
            return _logarithm(inner)
    return Operation(node.name, arguments)


def _logarithm(inner: Node) -> Node:
    """log of what axes put in the place of y."""
    match inner:
        case Operation("+", (Constant(1.0), Operation("expm1", (u,)))) | Operation("+", (Operation("expm1", (u,)), Constant(1.0))):
            return u
        case Operation("/", (Operation("logistic", (u,)), Operation("logistic", (v,)))) if v == _negative(u):
            return u
        case Operation("logistic", (u,)):
            return _negative(Operation("log1p", (Operation("exp", (_negative(u),)),)))
    return Operation("log", (inner,))


def _negative(node: Node) -> Node:
    match node:
        case Operation("negative", (inner,)):
            return inner
    return Operation("negative", (node,))
