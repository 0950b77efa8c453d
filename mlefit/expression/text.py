"""Text: a tree as a user would write it, for messages."""

from mlefit.escapes import quoted
from mlefit.expression.tree import COMPARISONS, Column, Constant, Node, Operation

STRENGTH = {"+": 1, "-": 1, "*": 2, "/": 2, "negative": 3, "**": 4}
ATOM = 5


def text_of(node: Node) -> str:
    """`a*exp(-b*x)`."""
    match node:
        case Column(name):
            return quoted(name)
        case Constant(value):
            return f"{value:g}"
        case Operation("negative", (inner,)):
            return f"-{_within(inner, 3)}"
        case Operation(name, (left, right)) if name in STRENGTH or name in COMPARISONS:
            strength = STRENGTH.get(name, 0)
            tight = name in ("-", "/")
            return f"{_within(left, strength + (name == '**'))}{name}{_within(right, strength + tight)}"
        case Operation(name, arguments):
            return f"{name}({', '.join(text_of(argument) for argument in arguments)})"


def _within(node: Node, strength: int) -> str:
    mine = STRENGTH.get(node.name, ATOM) if isinstance(node, Operation) else ATOM
    return text_of(node) if mine >= strength else f"({text_of(node)})"
