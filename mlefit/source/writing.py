"""How the numbers of a column are written when they are not plain: a unit, percent or currency sign, separated thousands."""

import re
from functools import cache
from typing import NamedTuple

from mlefit.source.written import unit

SIGNS = "$€£¥"
SEPARATORS = ",.'\u2019 \u00a0\u202f_"
_CODE = "[A-Z]{3}"


class Writing(NamedTuple):
    """What every number of a column has: a `unit` (also % and the sign of a currency), a `separator` between thousands.

    The code of a currency before the number has a blank, as `EUR `; behind it is a unit as others are. `order`: of the dates of
    a column of dates, `dmy` or `mdy`; empty where the year stands first, or where no cell tells.
    """

    unit: str = ""
    separator: str = ""
    order: str = ""

    @property
    def measured(self) -> bool:
        """Whether there is a unit that stands for something, so that the figures are of it."""
        return bool(self.unit) and self.unit != "%" and not self.currency

    @property
    def currency(self) -> bool:
        """Whether the unit is money."""
        return bool(re.fullmatch(f"[{SIGNS}]|{_CODE} ", self.unit))

    def words(self) -> str:
        """What is left of the writing, for a note."""
        parts = [f"{self.unit.strip()} is left out"] if self.currency else []
        parts += ["percent: 5 % is 5"] if self.unit == "%" else []
        parts += [f'"{self.separator}" separates thousands'] if self.separator else []
        return ", ".join(parts)


def grouped(separator: str, decimal: str) -> str:
    """The regular expression, without groups, of an unsigned number with such separators; 0,123 is none."""
    return rf"[1-9][0-9]{{0,2}}(?:[{separator}][0-9]{{3}})+(?:[{decimal}][0-9]+)?"


@cache
def _forms(decimal: str) -> tuple[re.Pattern[str], ...]:
    """Percent, currency before and behind, thousands, and whatever stands before a unit; the number is the group n."""
    plain = rf"[0-9]+[{decimal}]?[0-9]*|[{decimal}][0-9]+"
    others = "|".join(grouped(sign, decimal) for sign in SEPARATORS if sign != decimal)
    number = rf"(?P<n>[+-]?(?:{others}|{plain}))"
    return tuple(re.compile(form) for form in (
        rf"{number}\s*(?P<u>%)", rf"(?P<s>[+-]?)\s*(?P<u>[{SIGNS}]|{_CODE}\s)\s*{number}",
        rf"{number}\s*(?P<u>[{SIGNS}])", rf"(?P<n>[+-]?(?:{others}))(?P<u>)", rf"{number}\s*(?P<u>\D+)",
    ))


def taken_apart(text: str, decimal: str) -> Writing | None:
    """The unit and the separator of a cell with one of both; None for any other cell."""
    *forms, measured = _forms(decimal)
    found = next((match for form in forms if (match := form.fullmatch(text))), None)
    if found is not None and not (found["n"][0] in "+-" and found.groupdict().get("s")):
        return Writing(found["u"].replace("\u00a0", " "), _separator(found["n"], decimal))
    name = unit(text)
    if name is None:
        return None
    amount = measured.fullmatch(text)
    return Writing(name, _separator(amount["n"], decimal) if amount else "")


def _separator(number: str, decimal: str) -> str:
    return next((sign for sign in number if sign in SEPARATORS and sign != decimal), "")


def pattern(writing: Writing, decimal: str, number: str) -> str:
    """The regular expression, anchored, of a number written so; what is left of it stands in its groups.

    `number`: that of a plain one. A separator may be left out, a unit may not.
    """
    amount = number if not writing.separator else rf"[+-]?(?:{grouped(writing.separator, decimal)})|{number}"
    if not writing.unit:
        return f"^({amount})$"
    sign, blank = re.escape(writing.unit.strip()), r"[\s\x{00A0}\x{202F}]*"
    plural = "s?" if len(writing.unit) > 1 else ""
    behind = rf"({amount}){blank}{sign}{plural}"
    if not writing.currency:
        return f"^{behind}$"
    unsigned = amount.replace("[+-]?", "")
    return rf"^(?:{behind}|([+-]?){blank}{sign}{blank}({unsigned})|{sign}{blank}({amount}))$"
