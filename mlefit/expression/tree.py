"""Tree: arithmetic on named numbers as a tree of our own, and its evaluation in float64.

Nothing here executes text: parse.py builds the tree from checked syntax, and this is all a tree can hold.
Powers are numpy's float64 `power`, within one unit in the last place of the exact power of the stored number.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from mlefit.arrays import Array
from mlefit.records import record

Value: TypeAlias = Array | np.float64


@record(frozen=True)
class Column:
    """A name: a numeric column, or a number that is given later, as a parameter is."""

    name: str


@record(frozen=True)
class Constant:
    """A finite number."""

    value: float


@record(frozen=True)
class Operation:
    """A function of FUNCTIONS or MORE_FUNCTIONS, or an operator of OPERATORS, with its arguments."""

    name: str
    arguments: tuple["Node", ...]


Node: TypeAlias = Column | Constant | Operation


def power(base: Value, exponent: Value) -> Value:
    """base ** exponent, and NaN where either is missing (plain float64 says 1 for NaN ** 0)."""
    powers = np.power(base, exponent)
    return np.where(np.isnan(base) | np.isnan(exponent), np.nan, powers)


FUNCTIONS: Mapping[str, Callable[[Value], Value]] = {
    "log": np.log, "log1p": np.log1p, "log2": np.log2, "log10": np.log10, "exp": np.exp, "expm1": np.expm1,
    "sqrt": np.sqrt, "abs": np.abs, "sin": np.sin, "cos": np.cos, "tan": np.tan,
}


def logistic(u: Value) -> Value:
    """1 / (1 + exp(-u))."""
    from scipy.special import expit

    return expit(u)


def normal_cdf(u: Value) -> Value:
    """The standard normal distribution function."""
    from scipy.special import ndtr

    return ndtr(u)


MORE_FUNCTIONS: Mapping[str, Callable[[Value], Value]] = {      # of means and losses, not of formulas
    "arcsin": np.arcsin, "arccos": np.arccos, "arctan": np.arctan, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh,
    "logistic": logistic, "normal_cdf": normal_cdf,
}
COMPARISONS: Mapping[str, Callable[..., Value]] = {
    "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
}
SEVERAL: Mapping[str, Callable[..., Value]] = {"max": np.maximum, "min": np.minimum, "where": np.where}
ARGUMENTS: Mapping[str, int] = {"max": 2, "min": 2, "where": 3}      # every other function takes one
OPERATORS: Mapping[str, Callable[..., Value]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "**": power, "negative": np.negative,
    **MORE_FUNCTIONS, **COMPARISONS, **SEVERAL,
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
    """The names in the tree."""
    match node:
        case Column(name):
            return frozenset((name,))
        case Constant():
            return frozenset()
        case Operation(_, arguments):
            return frozenset().union(*(columns_of(argument) for argument in arguments))


def substituted(node: Node, by: Mapping[str, Node]) -> Node:
    """The tree with other trees in the place of some names."""
    match node:
        case Column(name):
            return by.get(name, node)
        case Constant():
            return node
        case Operation(name, arguments):
            return Operation(name, tuple(substituted(argument, by) for argument in arguments))
