"""Tree: an expression that every language can write: numbers, columns, calls, and a choice by level."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from mlefit.expression.tree import Column, Constant, Node
from mlefit.records import record


@record(frozen=True)
class Number:
    """A finite number."""

    value: float


@record(frozen=True)
class Cell:
    """The number in a column."""

    column: str


@record(frozen=True)
class Text:
    """A level, as a text."""

    value: str


@record(frozen=True)
class Call:
    """An operator or function of `expression.tree`, or `and`, with its arguments."""

    name: str
    arguments: "tuple[Tree, ...]"


@record(frozen=True)
class ByLevel:
    """The value that belongs to the level in a column; every level that the model knows is among them."""

    column: str
    values: "tuple[tuple[str, Tree], ...]"


Tree: TypeAlias = Number | Cell | Text | Call | ByLevel

ZERO, ONE = Number(0.0), Number(1.0)


def of_node(node: Node, values: Mapping[str, float] = MappingProxyType({})) -> Tree:
    """That of a tree of an expression, whose names are columns, but for those that have values."""
    if isinstance(node, Column):
        return Number(values[node.name]) if node.name in values else Cell(node.name)
    if isinstance(node, Constant):
        return Number(node.value)
    return Call(node.name, tuple(of_node(argument, values) for argument in node.arguments))


def total(parts: Sequence[Tree]) -> Tree:
    """Their sum, as a tree whose depth is the logarithm of their number: programs bound the depth of an expression."""
    parts = [part for part in parts if part != ZERO]      # all of them: an unknown level is refused elsewhere
    if not parts:
        return ZERO
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return Call("+", (total(parts[:half]), total(parts[half:])))


def times(factor: float, of: Tree) -> Tree:
    """A multiple."""
    if isinstance(of, Number):
        return Number(factor * of.value)
    return of if factor == 1.0 else Call("*", (Number(factor), of))


def less(of: Tree, number: float) -> Tree:
    """A difference from a number."""
    return of if number == 0.0 else Call("-", (of, Number(number)))


def horner(coefficients: Sequence[float], at: Tree) -> Tree:
    """c_0 + x (c_1 + x (c_2 + ...))."""
    found: Tree = Number(coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        product: Tree = at if found == ONE else Call("*", (at, found))
        found = total([Number(coefficient), product])
    return found


def cells(tree: Tree) -> Iterator[str]:
    """The columns that are read as numbers, each as often as it is met."""
    if isinstance(tree, Cell):
        yield tree.column
    elif isinstance(tree, Call):
        for argument in tree.arguments:
            yield from cells(argument)
    elif isinstance(tree, ByLevel):
        for _, value in tree.values:
            yield from cells(value)


def calls(tree: Tree) -> Iterator[str]:
    """The functions that are called, each as often as it is met."""
    if isinstance(tree, Call):
        yield tree.name
        for argument in tree.arguments:
            yield from calls(argument)
    elif isinstance(tree, ByLevel):
        for _, value in tree.values:
            yield from calls(value)
