"""Tree: arithmetic on numeric columns as a tree of our own, and its evaluation in float64.

Nothing here executes text: parse.py builds the tree from checked syntax, and this is all a tree can hold.
Powers are numpy's float64 `power`, within one unit in the last place of the exact power of the stored number.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from mlefit.arrays import Array

Value: TypeAlias = Array | np.float64


@dataclass(frozen=True, slots=True)
class Column:
    """A numeric column."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A finite number."""

    value: float


@dataclass(frozen=True, slots=True)
class Operation:
    """A function of FUNCTIONS or an operator of OPERATORS with its arguments."""

    name: str
    arguments: tuple["Node", ...]


Node: TypeAlias = Column | Constant | Operation


def _power(base: Value, exponent: Value) -> Value:
    """base ** exponent, and NaN where either is missing (plain float64 says 1 for NaN ** 0)."""
    powers = np.power(base, exponent)
    return np.where(np.isnan(base) | np.isnan(exponent), np.nan, powers)


FUNCTIONS: Mapping[str, Callable[[Value], Value]] = {
    "log": np.log, "log1p": np.log1p, "log2": np.log2, "log10": np.log10, "exp": np.exp, "expm1": np.expm1,
    "sqrt": np.sqrt, "abs": np.abs, "sin": np.sin, "cos": np.cos, "tan": np.tan,
}
OPERATORS: Mapping[str, Callable[..., Value]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "**": _power, "negative": np.negative,
}


def evaluate(node: Node, numbers: Mapping[str, Array]) -> Value:
    """The value of the tree, (rows,) or a number; NaN or infinite where it does not exist, without a warning."""
    with np.errstate(all="ignore"):
        return _evaluate(node, numbers)


def _evaluate(node: Node, numbers: Mapping[str, Array]) -> Value:
    match node:
        case Column(name):
            return numbers[name]
        case Constant(value):
            return np.float64(value)
        case Operation(name, arguments):
            operation = FUNCTIONS.get(name) or OPERATORS[name]
            return operation(*(_evaluate(argument, numbers) for argument in arguments))


def columns_of(node: Node) -> frozenset[str]:
    """The names of the columns in the tree."""
    match node:
        case Column(name):
            return frozenset((name,))
        case Constant():
            return frozenset()
        case Operation(_, arguments):
            return frozenset().union(*(columns_of(argument) for argument in arguments))
