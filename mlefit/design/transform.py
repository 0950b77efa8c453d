"""Transform: the target is a function of a column, `log(price)`; its likelihood stays that of the column itself.

    density of y = density of t at t(y) times |dt/dy|

so that what is said in nats compares with models of the column. A law is fitted to t, and its parameters are in units of t.
"""

import re
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.errors import DataError

_CALL = re.compile(r"\s*(?P<function>log10|log1p|log|sqrt)\s*\((?P<column>.*)\)\s*", re.DOTALL)


class Rule(NamedTuple):
    """t(y), log |dt/dy|, the number above which y must lie, and y(t), the least y where no y has so small a t."""

    value: Callable[[Array], Array]
    log_slope: Callable[[Array], Array]
    least: float
    back: Callable[[Array], Array]


RULES: Mapping[str, Rule] = {
    "log": Rule(np.log, lambda y: -np.log(y), 0.0, np.exp),
    "log10": Rule(np.log10, lambda y: -np.log(y) - np.log(np.log(10.0)), 0.0, lambda t: np.power(10.0, t)),
    "log1p": Rule(np.log1p, lambda y: -np.log1p(y), -1.0, np.expm1),
    "sqrt": Rule(np.sqrt, lambda y: -0.5 * np.log(y) - np.log(2.0), 0.0, lambda t: np.maximum(t, 0.0) ** 2),
}


class Transform(NamedTuple):
    """A function of RULES by its name."""

    function: str

    def label(self, column: str) -> str:
        """`log(price)`."""
        return f"{self.function}({column})"

    def values(self, y: Array) -> Array:
        """t (n,) of numbers that are not `refused`."""
        return RULES[self.function].value(y)

    def log_slope(self, y: Array) -> Array:
        """log |dt/dy| (n,)."""
        return RULES[self.function].log_slope(y)

    def back(self, t: Array) -> Array:
        """y (n,) of t, infinite beyond the largest number."""
        with np.errstate(over="ignore"):
            return RULES[self.function].back(t)

    def refused(self, y: Array) -> Mask | None:
        """Which numbers (n,) have no t, or none with a slope; None where all have."""
        bad = y <= RULES[self.function].least
        return bad if bad.any() else None

    def refusal(self, column: str, row: int, value: float) -> DataError:
        """The refusal of a number in data row `row`."""
        least = RULES[self.function].least
        return DataError(
            f'column "{column}", row {row}: {self.label(column)} needs numbers > {least:g}, found {value:g}',
            "drop the row, or model the column itself", code="bad-response", columns=[column], rows=[row])


def transformed(text: str, names: Collection[str]) -> tuple[str, Transform | None]:
    """The column and the function of a target as it is typed; a column's whole name is that column."""
    found = None if text in names else _CALL.fullmatch(text)
    if found is None:
        return text, None
    return found["column"].strip().removeprefix("`").removesuffix("`"), Transform(found["function"])
