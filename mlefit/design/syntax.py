"""Syntax: one call of a formula becomes a factor. Its arithmetic is checked by expression.parse."""

import ast
from collections.abc import Mapping, Sequence

from mlefit.design.bases import Polynomial, Spline, Standardised
from mlefit.design.dates import PARTS, Cycle, Year
from mlefit.design.expression import Expression
from mlefit.design.levels import Levels
from mlefit.design.terms import Factor
from mlefit.errors import UsageError
from mlefit.expression.parse import Arithmetic
from mlefit.expression.scan import TERMS, Token, Typed, short
from mlefit.source.source import Kind

LARGEST_DEGREE = 20         # of a polynomial or spline
LARGEST_DF = 200            # columns of one spline
CODED = (Kind.TEXT, Kind.BOOLEAN)                 # a bare column of these is coded by its levels
NO_NUMBERS = (*CODED, Kind.DATE)                  # no arithmetic on columns of these
UNFIT = (Kind.EMPTY, Kind.DATE)                   # of these no column is a predictor that the user has not named
USES = {
    "C": "C(column)", "I": "I(expression)", "poly": "poly(x, degree)", "bs": "bs(x, df=5, degree=3)",
    "center": "center(x)", "scale": "scale(x)", "year": "year(date)", "month": "month(date)", "weekday": "weekday(date)",
}


class Call:
    """The tokens of one term that is not a bare column, or of an offset."""

    def __init__(self, typed: Typed, tokens: Sequence[Token], kinds: Mapping[str, Kind]) -> None:
        self.tokens, self.kinds = tokens, kinds
        named = {token.text: kinds.get(token.text) for token in tokens if token.kind == "column"}
        self.arithmetic = Arithmetic(typed, tokens, {name: kind.value for name, kind in named.items() if kind in NO_NUMBERS})

    def factor(self) -> Factor:
        """What the call stands for. Raises UsageError."""
        tree = self.arithmetic.syntax()
        if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name) or tree.func.id not in TERMS:
            return self._expression(tree)
        if tree.func.id == "I":
            return self._expression(tree)
        arguments = tree.args
        if not arguments:
            raise self._misuse(tree.func.id)
        if tree.func.id == "C":
            self._options(tree, ())
            if not isinstance(arguments[0], ast.Name):
                raise self._misuse("C")
            return Levels(self.arithmetic.column(arguments[0].id))
        if tree.func.id in PARTS:
            self._options(tree, ())
            return self._date_part(tree.func.id, arguments[0])
        label, inner = self.arithmetic.label, Expression(self._text(1), self.arithmetic.tree(arguments[0]))
        match tree.func.id:
            case "poly":
                degree = self._options(tree, ("degree",)).get("degree")
                if degree is None:
                    raise self._misuse("poly")
                return Polynomial(label, inner, self._whole("degree", degree, 1, LARGEST_DEGREE))
            case "bs":
                given = self._options(tree, ("df", "degree"))
                degree = self._whole("degree", given.get("degree", 3.0), 1, LARGEST_DEGREE)
                df = self._whole("df", given.get("df", float(degree)), degree, LARGEST_DF)
                return Spline(label, inner, df, degree)
            case "center":
                self._options(tree, ())
                return Standardised(label, inner, "center")
            case _:
                self._options(tree, ())
                return Standardised(label, inner, "scale")

    def expression(self) -> Expression:
        """The call as arithmetic on columns. Raises UsageError."""
        return self._expression(self.arithmetic.syntax())

    def _expression(self, tree: ast.expr) -> Expression:
        return Expression(self.arithmetic.label, self.arithmetic.tree(tree))

    def _date_part(self, name: str, argument: ast.expr) -> Factor:
        """The year, the month or the day of the week of a column of dates. Raises UsageError."""
        if not isinstance(argument, ast.Name):
            raise self._misuse(name)
        column, label = self.arithmetic.column(argument.id), self.arithmetic.label
        kind = self.kinds.get(column)
        if kind not in (Kind.DATE, None):
            raise self.arithmetic.refusal(
                f'"{short(label)}" needs dates, column "{column}" holds {kind.value}', f"--as {column}=date reads it as dates",
                [column])
        return Year(column, label) if name == "year" else Cycle(name, column, label)

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
            raise self.arithmetic.refusal(
                f'"{short(self.arithmetic.label)}" needs a whole number from {low} to {high} as {name}, found {value:g}',
                f"choose another {name}",
            )
        return int(value)

    def _misuse(self, name: str) -> UsageError:
        return self.arithmetic.refusal(f'expected {USES[name]}, found "{short(self.arithmetic.label)}"', f"write {USES[name]}")
