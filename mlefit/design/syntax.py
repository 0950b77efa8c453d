"""Syntax: the tokens of one call become a factor, by way of Python's own parser and a whitelist of its nodes.

`ast.parse` only reads. Columns reach it under names of our own (c0, c1, ...), and every node that is not on the
whitelist is refused by name, so what is evaluated later is a tree of columns, finite numbers, operators and functions.
"""

import ast
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from mlefit.design.bases import Polynomial, Spline, Standardised
from mlefit.design.expression import FUNCTIONS, Column, Constant, Expression, Node, Operation, columns_of, evaluate
from mlefit.design.levels import Levels
from mlefit.design.scan import ALLOWED, TERMS, Token, Typed, short
from mlefit.design.terms import Factor
from mlefit.errors import UsageError
from mlefit.source.source import Kind

CALL_LENGTH = 200           # tokens of one call: bounds the depth of its tree
LARGEST_POWER = 100         # x**101 of x = 2000 is beyond float64
LARGEST_DEGREE = 20         # of a polynomial or spline
LARGEST_DF = 200            # columns of one spline
CODED = (Kind.TEXT, Kind.BOOLEAN, Kind.DATE)      # a bare column of these is coded by its levels
BINARY = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
USES = {
    "C": "C(column)", "I": "I(expression)", "poly": "poly(x, degree)", "bs": "bs(x, df=5, degree=3)",
    "center": "center(x)", "scale": "scale(x)",
}


class Call(NamedTuple):
    """The tokens of one term that is not a bare column, or of an offset."""

    typed: Typed
    tokens: Sequence[Token]
    kinds: Mapping[str, Kind]

    @property
    def label(self) -> str:
        """The text typed, blanks removed."""
        return "".join(token.typed for token in self.tokens)

    def factor(self) -> Factor:
        """What the call stands for. Raises UsageError."""
        tree = self.tree()
        if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name) or tree.func.id not in TERMS:
            return self.expression(tree)
        if tree.func.id == "I":
            return self.expression(tree)
        arguments = tree.args
        if not arguments:
            raise self._misuse(tree.func.id)
        if tree.func.id == "C":
            self._options(tree, ())
            if not isinstance(arguments[0], ast.Name):
                raise self._misuse("C")
            return Levels(self._column(arguments[0].id))
        inner = Expression(self._text(1), self._with_columns(self.node(arguments[0])))
        match tree.func.id:
            case "poly":
                degree = self._options(tree, ("degree",)).get("degree")
                if degree is None:
                    raise self._misuse("poly")
                return Polynomial(self.label, inner, self._whole("degree", degree, 1, LARGEST_DEGREE))
            case "bs":
                given = self._options(tree, ("df", "degree"))
                degree = self._whole("degree", given.get("degree", 3.0), 1, LARGEST_DEGREE)
                df = self._whole("df", given.get("df", float(degree)), degree, LARGEST_DF)
                return Spline(self.label, inner, df, degree)
            case "center":
                self._options(tree, ())
                return Standardised(self.label, inner, "center")
            case _:
                self._options(tree, ())
                return Standardised(self.label, inner, "scale")

    def expression(self, tree: ast.expr) -> Expression:
        """The call as arithmetic on columns."""
        return Expression(self.label, self._with_columns(self.node(tree)))

    def tree(self) -> ast.expr:
        """The call as Python's syntax tree, columns named c0, c1, ... by their token."""
        if len(self.tokens) > CALL_LENGTH:
            raise self._refusal(
                f"expected at most {CALL_LENGTH} parts in a term, found {len(self.tokens)}", "shorten it"
            )
        parts = {"column": lambda i: f"c{i}", "number": lambda i: repr(float(self.tokens[i].text))}
        source = "".join(
            parts[token.kind](i) if token.kind in parts else token.typed for i, token in enumerate(self.tokens)
        )
        try:
            return ast.parse(source, mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            raise self._refusal(f'"{short(self.label)}" is not an expression', ALLOWED) from None

    def node(self, tree: ast.expr) -> Node:
        """The checked tree; sub-trees of numbers alone are folded in float64. Raises UsageError."""
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
            case ast.Call(func=ast.Name(id=name), args=[inner], keywords=[]) if name in FUNCTIONS:
                return self._folded(name, self.node(inner))
            case ast.Call(func=ast.Name(id=name)) if name in FUNCTIONS or name == "I":
                raise self._refusal(f"{name}() takes one expression", f"write {name}(x)")
            case ast.Call(func=ast.Name(id=name)) if name in TERMS:
                raise self._refusal(f"{name}() cannot stand inside arithmetic", f"{name}() is a term of its own")
        raise self._refusal(f"{_spoken(tree)} is not allowed", ALLOWED)

    def _folded(self, name: str, *arguments: Node) -> Node:
        if name == "**" and isinstance(power := arguments[1], Constant) and abs(power.value) > LARGEST_POWER:
            raise self._refusal(f"the power {power.value:g} is too large", f"powers go up to {LARGEST_POWER}")
        operation = Operation(name, arguments)
        if not all(isinstance(argument, Constant) for argument in arguments):
            return operation
        value = float(evaluate(operation, {}))
        if not np.isfinite(value):
            raise self._refusal(f'"{short(self.label)}" holds a number that does not exist ({value!r})', "correct it")
        return Constant(value)

    def _column(self, name: str) -> str:
        match = re.fullmatch(r"c([0-9]+)", name)
        if match is None or int(match[1]) >= len(self.tokens):
            raise self._refusal(f'"{short(name)}" is not allowed', ALLOWED)
        return self.tokens[int(match[1])].text

    def _number_column(self, name: str) -> str:
        column = self._column(name)
        kind = self.kinds.get(column)
        if kind in CODED:
            raise self._refusal(
                f'"{short(self.label)}" needs numbers, column "{column}" holds {kind.value}',
                "name the column alone: it is coded by its levels", [column],
            )
        return column

    def _with_columns(self, node: Node) -> Node:
        if not columns_of(node):
            raise self._refusal(f'"{short(self.label)}" holds no column', "1 is the intercept")
        return node

    def _text(self, start: int) -> str:
        """The text of the first argument, which begins at token `start`."""
        depth, parts = 0, []
        for token in self.tokens[start:]:
            closing = token.kind == "operator" and token.text == ")"
            if depth == 0 and (closing or (token.kind == "operator" and token.text == ",")):
                break
            depth += (token.kind == "function" or (token.kind == "operator" and token.text == "(")) - closing
            parts.append(token.typed)
        return "".join(parts)

    def _options(self, call: ast.Call, names: Sequence[str]) -> dict[str, float]:
        """The arguments after the first, by position or name: numbers. Raises UsageError."""
        assert isinstance(call.func, ast.Name)
        given = list(zip(names, call.args[1:], strict=False))
        given += [(option.arg or "", option.value) for option in call.keywords]
        found: dict[str, float] = {}
        for name, value in given:
            if name not in names or name in found or not isinstance(value, ast.Constant):
                raise self._misuse(call.func.id)
            found[name] = float(str(value.value))
        if len(call.args) - 1 > len(names):
            raise self._misuse(call.func.id)
        return found

    def _whole(self, name: str, value: float, low: int, high: int) -> int:
        if value != int(value) or not low <= value <= high:
            raise self._refusal(
                f'"{short(self.label)}" needs a whole number from {low} to {high} as {name}, found {value:g}',
                f"choose another {name}",
            )
        return int(value)

    def _misuse(self, name: str) -> UsageError:
        return self._refusal(f'expected {USES[name]}, found "{short(self.label)}"', f"write {USES[name]}")

    def _refusal(self, what: str, remedy: str, columns: Sequence[str] = ()) -> UsageError:
        return self.typed.refusal(self.tokens[0].place, what, remedy, columns)


def _spoken(tree: ast.expr) -> str:
    """The kind of a Python node in words: `attribute`, `list comp`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(tree).__name__).lower()
