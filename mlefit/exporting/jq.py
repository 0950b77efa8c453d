"""jq: a filter that adds the columns of its prediction to an object; cells may be numbers or texts of numbers."""

import json
from collections.abc import Mapping, Sequence
from typing import ClassVar

from mlefit.design.indexing import MANY
from mlefit.errors import UsageError
from mlefit.exporting.columns import Exported
from mlefit.exporting.language import Language
from mlefit.exporting.tree import ByLevel, Number

HEAD = 'def number: if type == "number" then . elif type == "string" then (tonumber? // null) else null end;\n'

MOST = 4_000        # names of an object, for its parser is 10,000 deep


class Jq(Language):
    """jq 1.6 or later. Its null is 0 in a sum, so that missing cells are looked for first."""

    name = "jq"
    templates: ClassVar[Mapping[str, str]] = {
        "/": "({0} as $n | {1} as $d | if $d == 0 then null else $n / $d end)", "**": "pow({0}; {1})", "negative": "(0 - {0})",
        **{name: f"({{0}} | {name})" for name in (
            "exp", "expm1", "log1p", "log2", "log10", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh")},
        "arcsin": "({0} | asin)", "arccos": "({0} | acos)",
        "arctan": "({0} | atan)", "abs": "({0} | fabs)", "max": "([{0}, {1}] | max)", "min": "([{0}, {1}] | min)",
        "logistic": "(1 / (1 + (0 - {0} | exp)))", "normal_cdf": "(0.5 * ((0 - {0}) * 0.7071067811865476 | erfc))",
        "where": "(if {0} then {1} else {2} end)", "and": "({0} and {1})",
    }

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def number(self, value: float) -> str:
        """As JSON; negative ones as a difference."""
        return f"(0 - {-value!r})" if value < 0.0 else repr(float(value))

    def cell(self, column: str) -> str:
        """A variable."""
        return self._names[column]

    def text(self, value: str) -> str:
        """A JSON text, in which no parenthesis follows a backslash."""
        return json.dumps(value)

    def by_level(self, tree: ByLevel) -> str:
        """A chain of conditions; of many levels an object, since a chain is as deep as it is long."""
        name, end = self._names[tree.column], "null"
        numbers = [value.value for _, value in tree.values if isinstance(value, Number)]
        if len(tree.values) >= MANY and len(numbers) == len(tree.values):
            return f"{self._object([level for level, _ in tree.values], numbers)}[{name}]"
        first = True
        parts = []
        for level, value in tree.values:
            parts.append(f"{'if' if first else 'elif'} {name} == {self.text(level)} then {self.write(value)}")
            first = False
        return f"({' '.join(parts)} else {end} end)" if parts else end

    def _object(self, levels: Sequence[str], numbers: Sequence[float]) -> str:
        if len(levels) > MOST:
            raise UsageError(f"export: jq reads objects of {MOST:,} names, and a factor has {len(levels):,} levels",
                             "export to python, or predict with `mlefit predict`", code="not-exportable")
        return f"({{{', '.join(f'{self.text(level)}: {number!r}' for level, number in zip(levels, numbers, strict=True))}}})"

    def program(self, exported: Exported, table: str) -> str:
        """A filter."""
        self._names = {column: f"$x{k}" for k, column in enumerate(exported.numbers)}
        self._names |= {column: f"$g{k}" for k, column in enumerate(exported.levels)}
        lines = [f"(.[{self.text(column)}] | number) as {self._names[column]} |" for column in exported.numbers]
        unknown = [f"{self._names[column]} == null" for column in exported.numbers]
        for column, levels in exported.levels.items():
            lines.append(f"(.[{self.text(column)}] | if . == null then null else tostring end) as {self._names[column]} |")
            name = self._names[column]
            if len(levels) >= MANY:
                known = self._object(levels, [1.0] * len(levels))
                unknown.append(f"(if {name} == null then true else {known} | has({name}) | not end)")
            else:
                unknown.append(f"([{', '.join(map(self.text, levels))}] | index([{name}])) == null")
        names = [self.text(name) for name in exported.columns]
        values = ",\n  ".join(f"{name}: {self.write(tree)}" for name, tree in zip(names, exported.columns.values(), strict=True))
        if unknown:
            nothing = ", ".join(f"{name}: null" for name in names)
            return HEAD + "\n".join(lines) + f"\n. + (if {' or '.join(unknown)} then {{{nothing}}} else {{\n  {values}\n}} end)\n"
        return HEAD + f". + {{\n  {values}\n}}\n"
