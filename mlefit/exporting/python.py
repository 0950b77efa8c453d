"""Python: a module without imports but math, with a function from a row to the columns of its prediction."""

from collections.abc import Mapping
from typing import ClassVar

from mlefit.design.indexing import MANY
from mlefit.exporting.columns import Exported
from mlefit.exporting.language import Language
from mlefit.exporting.tree import ByLevel, calls

HEAD = '''\
"""Predictions by a model that mlefit has fitted: `predict(row)` of a mapping from the names of columns to cells.

A number may be a text. Where a cell is missing, or a level unknown, every value is None.
"""

import math


def _number(cell):
    if cell is None or isinstance(cell, str) and not cell.strip():
        return None
    try:
        value = float(cell)
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None

'''
HELPERS = {
    "exp": "def _exp(x):\n    return math.inf if x >= 709.0 else math.exp(x)\n",
    "expm1": "def _expm1(x):\n    return math.inf if x >= 709.0 else math.expm1(x)\n",
    "logistic": "def _logistic(x):\n    return 1.0 / (1.0 + math.exp(-x)) if x > -709.0 else math.exp(max(x, -745.0))\n",
    "log": "def _log(x):\n    return math.log(x) if x > 0.0 else math.nan\n",
    "log1p": "def _log1p(x):\n    return math.log1p(x) if x > -1.0 else math.nan\n",
    "log2": "def _log2(x):\n    return math.log2(x) if x > 0.0 else math.nan\n",
    "log10": "def _log10(x):\n    return math.log10(x) if x > 0.0 else math.nan\n",
    "sqrt": "def _sqrt(x):\n    return math.sqrt(x) if x >= 0.0 else math.nan\n",
    "normal_cdf": "def _normal_cdf(x):\n    return 0.5 * math.erfc(-x * math.sqrt(0.5))\n",
    "arcsin": "def _arcsin(x):\n    return math.asin(x) if abs(x) <= 1.0 else math.nan\n",
    "arccos": "def _arccos(x):\n    return math.acos(x) if abs(x) <= 1.0 else math.nan\n",
    "/": "def _over(x, y):\n    return x / y if y != 0.0 else math.nan\n",
    "**": "def _power(x, y):\n    try:\n        value = x ** y\n    except (OverflowError, ZeroDivisionError):\n"
          "        return math.nan\n    return value if isinstance(value, float) else math.nan\n",
}
PLAIN = ("sin", "cos", "tan", "sinh", "cosh", "tanh")


class Python(Language):
    """Python 3.8 or later."""

    name = "python"
    complete = True
    templates: ClassVar[Mapping[str, str]] = {
        **{name: f"_{name}({{0}})" for name in HELPERS if name.isalnum() or name == "normal_cdf"},
        **{name: f"math.{name}({{0}})" for name in PLAIN}, "arctan": "math.atan({0})",
        "/": "_over({0}, {1})", "**": "_power({0}, {1})",
        "negative": "(-{0})", "abs": "abs({0})", "max": "max({0}, {1})", "min": "min({0}, {1})", "and": "({0} and {1})",
        "where": "({1} if {0} else {2})",
    }

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._tables: list[str] = []

    def number(self, value: float) -> str:
        """As Python writes it."""
        return f"({value!r})" if value < 0.0 else repr(float(value))

    def cell(self, column: str) -> str:
        """A name of ours."""
        return self._names[column]

    def text(self, value: str) -> str:
        """ASCII between quotes."""
        return ascii(value)

    def by_level(self, tree: ByLevel) -> str:
        """A dictionary: values of levels are numbers."""
        name = self._names[tree.column]
        table = "{" + ", ".join(f"{self.text(level)}: {self.write(value)}" for level, value in tree.values) + "}"
        if len(tree.values) < MANY:
            return f"{table}[{name}]"
        self._tables.append(f"_LEVELS{len(self._tables)} = {table}\n")      # made once, and not for each row
        return f"_LEVELS{len(self._tables) - 1}[{name}]"

    def program(self, exported: Exported, table: str) -> str:
        """A module."""
        self._names = {column: f"x{k}" for k, column in enumerate(exported.numbers)}
        self._names |= {column: f"g{k}" for k, column in enumerate(exported.levels)}
        lines = ["def predict(row):"]
        lines += [f"    {self._names[column]} = _number(row.get({column!a}))" for column in exported.numbers]
        unknown = [f"{self._names[column]} is None" for column in exported.numbers]
        for column, levels in exported.levels.items():
            lines.append(f"    {self._names[column]} = str(row.get({column!a}))")
            unknown.append(f"{self._names[column]} not in {{{', '.join(map(self.text, levels))}}}")
        names = [self.text(name) for name in exported.columns]
        if unknown:
            lines.append(f"    if {' or '.join(unknown)}:")
            lines.append(f"        return {{{', '.join(f'{name}: None' for name in names)}}}")
        written = [self.write(tree) for tree in exported.columns.values()]
        lines.append("    return {")
        lines += [f"        {name}: {value}," for name, value in zip(names, written, strict=True)]
        lines.append("    }")
        used = {name for tree in exported.columns.values() for name in calls(tree)}
        helpers = "\n\n".join(code for name, code in HELPERS.items() if name in used)
        helpers = "\n\n".join([*([helpers] if helpers else []), *self._tables])
        return HEAD + (f"\n{helpers}\n\n" if helpers else "\n") + "\n".join(lines) + "\n"
