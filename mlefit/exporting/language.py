"""Language: how a tree is written. What a language lacks is refused, with the reason."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from math import isfinite
from typing import ClassVar

from mlefit.errors import UsageError
from mlefit.exporting.columns import Exported
from mlefit.exporting.tree import ByLevel, Cell, Number, Text, Tree

BINARY = ("+", "-", "*", "/", "<", "<=", ">", ">=")


class Language(ABC):
    """`templates`: calls by the names of `expression.tree`, with `{0}`, `{1}` for their arguments; BINARY ones stand between.
    What is in neither is lacking."""

    name: ClassVar[str]
    complete: ClassVar[bool] = False        # whether no other has more
    templates: ClassVar[Mapping[str, str]]

    def write(self, tree: Tree) -> str:
        """An expression in parentheses, or an atom."""
        if isinstance(tree, Number):
            if not isfinite(tree.value):
                raise UsageError("export: a number of the model is beyond the range of float64", "scale the columns and fit again",
                                 code="not-exportable")
            return self.number(tree.value)
        if isinstance(tree, Text):
            return self.text(tree.value)
        if isinstance(tree, Cell):
            return self.cell(tree.column)
        if isinstance(tree, ByLevel):
            return self.by_level(tree)
        arguments = [self.write(argument) for argument in tree.arguments]
        template = self.templates.get(tree.name)
        if template is None and tree.name in BINARY:
            template = f"({{0}} {tree.name} {{1}})"
        if template is None:
            raise UsageError(f"export: {self.name} has no {SPOKEN.get(tree.name, tree.name)}",
                             f"{'' if self.complete else 'export to python, or '}predict with `mlefit predict`",
                             code="not-exportable")
        if tree.name == "/" and isinstance(tree.arguments[1], Number):       # a divisor that cannot be 0
            return f"({arguments[0]} / {arguments[1]})"
        return template.format(*arguments)

    def number(self, value: float) -> str:
        """A number, such that it is read as the same double; negative ones in parentheses."""
        text = repr(float(value))
        text = text if "e" in text else f"{text}e0"
        return f"({text})" if value < 0.0 else text

    @abstractmethod
    def cell(self, column: str) -> str:
        """The number in a column."""

    @abstractmethod
    def text(self, value: str) -> str:
        """A text, quoted so that it is nothing else."""

    @abstractmethod
    def by_level(self, tree: ByLevel) -> str:
        """The value of the level in a column."""

    @abstractmethod
    def program(self, exported: Exported, table: str) -> str:
        """The whole text: every expression under the name of its column, missing where a cell is missing or a level unknown."""


SPOKEN = {"normal_cdf": "normal distribution function", "expm1": "exp(x) - 1 without cancellation"}


def refuse(language: str, what: str, name: str, why: str) -> UsageError:
    """The refusal of a name that a language cannot quote."""
    return UsageError(f'export: {what} "{name}" cannot be written in {language}: {why}', "give it another name, and fit again",
                      code="not-exportable", columns=[name])
