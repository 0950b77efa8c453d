"""SQL: a SELECT with one expression per column, for DuckDB, SQLite and PostgreSQL.

Cells are cast, so that whole numbers divide as numbers; names stand in double quotes and levels in single ones, each quote in them
doubled, which all three read alike. Where DuckDB and PostgreSQL would stop (a logarithm of 0, a division by it) there is NULL.
"""

from collections.abc import Mapping
from typing import ClassVar

from mlefit.exporting.columns import Exported
from mlefit.exporting.language import Language, refuse
from mlefit.exporting.tree import ByLevel

ALIKE = {
    "/": "({0} / NULLIF({1}, 0e0))", "**": "POWER({0}, {1})", "negative": "(-{0})", "and": "({0} AND {1})",
    "log": "(CASE WHEN {0} > 0e0 THEN LN({0}) END)",
    "log2": "(CASE WHEN {0} > 0e0 THEN LN({0}) / LN(2e0) END)",
    "log10": "(CASE WHEN {0} > 0e0 THEN LOG10({0}) END)",
    # log(1 + x) and exp(x) - 1 without cancellation (Kahan)
    "log1p": "(CASE WHEN {0} <= -1e0 THEN NULL WHEN 1e0 + {0} = 1e0 THEN {0} ELSE LN(1e0 + {0}) * {0} / ((1e0 + {0}) - 1e0) END)",
    "expm1": "(CASE WHEN EXP({0}) = 1e0 THEN {0} WHEN EXP({0}) < 1e-16 THEN -1e0 WHEN {0} > 1e0 THEN EXP({0}) - 1e0 "
             "ELSE (EXP({0}) - 1e0) * {0} / LN(EXP({0})) END)",
    "exp": "EXP({0})", "sqrt": "(CASE WHEN {0} >= 0e0 THEN SQRT({0}) END)", "abs": "ABS({0})", "sin": "SIN({0})", "cos": "COS({0})",
    "tan": "TAN({0})", "arcsin": "(CASE WHEN ABS({0}) <= 1e0 THEN ASIN({0}) END)",
    "arccos": "(CASE WHEN ABS({0}) <= 1e0 THEN ACOS({0}) END)", "arctan": "ATAN({0})",
    "sinh": "SINH({0})", "cosh": "COSH({0})", "tanh": "TANH({0})",
    "logistic": "(1e0 / (1e0 + EXP(-{0})))", "max": "GREATEST({0}, {1})", "min": "LEAST({0}, {1})",
    "where": "(CASE WHEN {0} THEN {1} ELSE {2} END)",
}
WITHIN = "LEAST(GREATEST({0}, -700e0), 700e0)"      # PostgreSQL stops where exp is no double, or a subnormal one
POSTGRES = {
    "exp": f"EXP({WITHIN})", "logistic": f"(1e0 / (1e0 + EXP(-{WITHIN})))",
    "expm1": ALIKE["expm1"].replace("EXP({0})", f"EXP({WITHIN})"),
}
NAME_BYTES = 63     # of PostgreSQL, which cuts longer names without a word


class Sql(Language):
    """`number_type`, `text_type`: what cells are cast to."""

    number_type: ClassVar[str] = "DOUBLE PRECISION"
    text_type: ClassVar[str] = "TEXT"
    templates: ClassVar[Mapping[str, str]] = ALIKE

    def identifier(self, name: str) -> str:
        """A name in double quotes."""
        if "\0" in name or not name:
            raise refuse(self.name, "the name", name, "it is empty or has a NUL in it")
        return '"' + name.replace('"', '""') + '"'

    def cell(self, column: str) -> str:
        """A cell as a double."""
        return f"CAST({self.identifier(column)} AS {self.number_type})"

    def text(self, value: str) -> str:
        """A text in single quotes."""
        if "\0" in value:
            raise refuse(self.name, "the level", value, "it has a NUL in it")
        return "'" + value.replace("'", "''") + "'"

    def by_level(self, tree: ByLevel) -> str:
        """CASE."""
        cases = " ".join(f"WHEN {self.text(level)} THEN {self.write(value)}" for level, value in tree.values)
        return f"(CASE CAST({self.identifier(tree.column)} AS {self.text_type}) {cases} END)"

    def program(self, exported: Exported, table: str) -> str:
        """A SELECT."""
        there = [f"{self.cell(column)} IS NOT NULL" for column in exported.numbers]
        there += [f"CAST({self.identifier(column)} AS {self.text_type}) IN ({', '.join(map(self.text, levels))})"
                  for column, levels in exported.levels.items()]
        lines = []
        for name, tree in exported.columns.items():
            value = self.write(tree)
            if there:
                value = f"CASE WHEN {' AND '.join(there)} THEN {value} END"
            lines.append(f"  {value} AS {self.identifier(name)}")
        return "SELECT *,\n" + ",\n".join(lines) + f"\nFROM {self.identifier(table)};\n"


class DuckDb(Sql):
    """DuckDB 1.0 or later."""

    name = "duckdb"
    number_type = "DOUBLE"
    text_type = "VARCHAR"


class Sqlite(Sql):
    """SQLite 3.35 or later, built with its mathematical functions."""

    name = "sqlite"
    number_type = "REAL"
    templates: ClassVar[Mapping[str, str]] = {**ALIKE, "max": "MAX({0}, {1})", "min": "MIN({0}, {1})"}


class Postgres(Sql):
    """PostgreSQL 12 or later."""

    name = "postgres"
    templates: ClassVar[Mapping[str, str]] = {**ALIKE, **POSTGRES}

    def identifier(self, name: str) -> str:
        """A name that PostgreSQL does not cut."""
        if len(name.encode()) > NAME_BYTES:
            raise refuse(self.name, "the name", name, f"it has more than {NAME_BYTES} bytes")
        return super().identifier(name)

    def number(self, value: float) -> str:
        """A double, which a literal alone is not."""
        return f"CAST({super().number(value)} AS {self.number_type})"
