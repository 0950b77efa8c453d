"""Parse: the tokens of one expression become a tree, by way of Python's own parser and a whitelist of its nodes.

`ast.parse` only reads. Columns reach it under names of our own (c0, c1, ...), and every node that is not on the
whitelist is refused by name, so what is evaluated later is a tree of columns, finite numbers, operators and functions.
"""

import ast
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from mlefit.errors import UsageError
from mlefit.expression.scan import FORMULAS, TERMS, Language, Token, Typed, short
from mlefit.expression.tree import ARGUMENTS, Column, Constant, Node, Operation, columns_of, evaluate

COMPARED = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
BINARY = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
USES = {
    "max": ("two expressions", "max(a, b)"), "min": ("two expressions", "min(a, b)"),
    "where": ("a comparison and two expressions", "where(x < 0, a, b)"),
}


class Arithmetic(NamedTuple):
    """The tokens of one expression. `unfit`: the columns that are no numbers, with what they hold instead."""

    typed: Typed
    tokens: Sequence[Token]
    unfit: Mapping[str, str]
    language: Language = FORMULAS

    @property
    def label(self) -> str:
        """The text typed, blanks removed."""
        return "".join(token.typed for token in self.tokens)

    def syntax(self) -> ast.expr:
        """The expression as Python's syntax tree, columns named c0, c1, ... by their token. Raises UsageError."""
        if len(self.tokens) > self.language.tokens:
            raise self.refusal(
                f"expected at most {self.language.tokens} parts in a term, found {len(self.tokens)}", "shorten it"
            )
        parts = {"column": lambda i: f"c{i}", "number": lambda i: repr(float(self.tokens[i].text))}
        source = "".join(
            parts[token.kind](i) if token.kind in parts else token.typed for i, token in enumerate(self.tokens)
        )
        try:
            return ast.parse(source, mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            raise self.refusal(f'"{short(self.label)}" is not an expression', self.language.allowed) from None

    def tree(self, syntax: ast.expr) -> Node:
        """The checked tree, which holds a column at least. Raises UsageError."""
        node = self.node(syntax)
        if not columns_of(node):
            raise self.refusal(f'"{short(self.label)}" holds no column', "1 is the intercept")
        return node

    def column(self, name: str) -> str:
        """The column that stands for a name of ours."""
        match = re.fullmatch(r"c([0-9]+)", name)
        if match is None or int(match[1]) >= len(self.tokens):
            raise self.refusal(f'"{short(name)}" is not allowed', self.language.allowed)
        return self.tokens[int(match[1])].text

    def refusal(self, what: str, remedy: str, columns: Sequence[str] = ()) -> UsageError:
        """The refusal of the expression, at its place."""
        return self.typed.refusal(self.tokens[0].place, what, remedy, columns)

    def node(self, tree: ast.expr) -> Node:
        """The tree; sub-trees of numbers alone are folded in float64."""
        match tree:
            case ast.Name(id=name):
                return Column(self._number_column(name))
            case ast.Constant(value=float(value)):
                return Constant(value)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.node(operand)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self._folded("negative", self.node(operand))
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in BINARY:
                return self._folded(BINARY[type(operator)], self.node(left), self.node(right))
            case ast.Call(func=ast.Name(id="I"), args=[inner], keywords=[]):
                return self.node(inner)
            case ast.Call(func=ast.Name(id="where"), args=[condition, first, second], keywords=[]):
                return self._folded("where", self._condition(condition), self.node(first), self.node(second))
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if len(arguments) == self._arity(name):
                return self._folded(name, *(self.node(argument) for argument in arguments))
            case ast.Call(func=ast.Name(id=name)) if name in ARGUMENTS:
                raise self.refusal(f"{name}() takes {USES[name][0]}", f"write {USES[name][1]}")
            case ast.Call(func=ast.Name(id=name)) if self._arity(name) or name == "I":
                raise self.refusal(f"{name}() takes one expression", f"write {name}(x)")
            case ast.Call(func=ast.Name(id=name)) if name in TERMS:
                raise self.refusal(f"{name}() cannot stand inside arithmetic", f"{name}() is a term of its own")
        raise self.refusal(f"{_spoken(tree)} is not allowed", self.language.allowed)

    def _arity(self, name: str) -> int:
        """How many arguments a function takes; 0 for a name that is none of the tree's functions."""
        return ARGUMENTS.get(name, 1) if name in self.language.functions and name not in TERMS else 0

    def _condition(self, tree: ast.expr) -> Node:
        match tree:
            case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in COMPARED:
                return Operation(COMPARED[type(operator)], (self.node(left), self.node(right)))
        raise self.refusal("the first argument of where() is not one comparison", f"write {USES['where'][1]}")

    def _folded(self, name: str, *arguments: Node) -> Node:
        if name == "**" and isinstance(power := arguments[1], Constant) and abs(power.value) > self.language.power:
            raise self.refusal(f"the power {power.value:g} is too large", f"powers go up to {self.language.power:g}")
        operation = Operation(name, arguments)
        if not all(isinstance(argument, Constant) for argument in arguments):
            return operation
        value = float(evaluate(operation, {}))
        if not np.isfinite(value):
            raise self.refusal(f'"{short(self.label)}" holds a number that does not exist ({value!r})', "correct it")
        return Constant(value)

    def _number_column(self, name: str) -> str:
        column = self.column(name)
        if column in self.unfit:
            raise self.refusal(
                f'"{short(self.label)}" needs numbers, column "{column}" holds {self.unfit[column]}',
                "name the column alone: it is coded by its levels, and dates count days", [column],
            )
        return column


def _spoken(tree: ast.expr) -> str:
    """The kind of a Python node in words: `attribute`, `list comp`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(tree).__name__).lower()
