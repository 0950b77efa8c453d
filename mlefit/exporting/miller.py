"""Miller: assignments for `mlr put -f`."""

from collections.abc import Mapping
from typing import ClassVar

from mlefit.exporting.columns import Exported
from mlefit.exporting.language import Language, refuse
from mlefit.exporting.tree import ByLevel

ODD = "{}\"\\\n\r\t\0"        # signs that a name between braces cannot have


class Miller(Language):
    """Miller 6. A missing cell is an empty text there."""

    name = "mlr"
    templates: ClassVar[Mapping[str, str]] = {
        "**": "({0} ** {1})", "negative": "(-{0})", "/": "({0} / {1})",
        **{name: f"{name}({{0}})" for name in (
            "exp", "expm1", "log", "log1p", "log10", "abs", "sin", "cos", "tan", "sinh", "cosh", "tanh")},
        "log2": "(log({0}) / log(2))", "sqrt": "({0} ** 0.5)", "arctan": "atan({0})", "arcsin": "asin({0})", "arccos": "acos({0})",
        "max": "max({0}, {1})", "min": "min({0}, {1})",
        "logistic": "(1 / (1 + exp(-{0})))", "normal_cdf": "qnorm({0})", "where": "({0} ? {1} : {2})", "and": "({0} && {1})",
    }

    def number(self, value: float) -> str:
        """A float: whole numbers keep their point, since Miller divides others exactly."""
        return f"({value!r})" if value < 0.0 else repr(float(value))

    def field(self, column: str) -> str:
        """A field between braces."""
        if not column or any(sign in column for sign in ODD):
            raise refuse(self.name, "the name", column, "braces, quotes, backslashes and control characters have no escape there")
        return f"${{{column}}}"

    def cell(self, column: str) -> str:
        """A field."""
        return self.field(column)

    def text(self, value: str) -> str:
        """A text in double quotes."""
        if any(sign in value for sign in "\\\n\r\t\0"):
            raise refuse(self.name, "the level", value, "backslashes and control characters have no sure escape there")
        return '"' + value.replace('"', '\\"') + '"'

    def by_level(self, tree: ByLevel) -> str:
        """A chain of conditions."""
        cell = f"string({self.field(tree.column)})"
        cases = "".join(f"({cell} == {self.text(level)} ? {self.write(value)} : " for level, value in tree.values)
        return f'{cases}""{")" * len(tree.values)}'

    def program(self, exported: Exported, table: str) -> str:
        """One assignment per column."""
        there = [f"is_not_empty({self.field(column)})" for column in exported.numbers]
        there += ["(" + " || ".join(f"string({self.field(column)}) == {self.text(level)}" for level in levels) + ")"
                  for column, levels in exported.levels.items()]
        lines = []
        for name, tree in exported.columns.items():
            value = self.write(tree)
            value = f"{' && '.join(there)} ? {value} : \"\"" if there else value
            lines.append(f"{self.field(name)} = {value};")
        return "\n".join(lines) + "\n"
