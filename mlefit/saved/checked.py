"""Checked: a value of a file that anybody may have written, looked at before it is used, with the key where it stands."""

import math
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from mlefit.errors import DataError
from mlefit.records import record

MOST = 2_000_000        # items of one list
LONGEST = 20_000        # characters of one text


def bad(path: str, expected: str, found: str) -> DataError:
    """The refusal of a file at a key."""
    return DataError(f"model file, key {path or 'at the top'}: expected {expected}, found {found}",
                     "save the model again with `mlefit fit ... --save FILE`", code="bad-model")


@record(frozen=True)
class Checked:
    """A `value` of JSON and its `path`. Every reader raises DataError unless the value is what it says."""

    value: Any
    path: str = ""

    def key(self, name: str) -> "Checked":
        """The value of a key; None where the key is absent."""
        if not isinstance(self.value, Mapping):
            raise bad(self.path, "an object", _kind(self.value))
        return Checked(self.value.get(name), f"{self.path}.{name}".lstrip("."))

    def object(self) -> Mapping[str, Any]:
        """An object, as it is."""
        if not isinstance(self.value, Mapping):
            raise bad(self.path, "an object", _kind(self.value))
        return self.value

    def items(self, most: int = MOST) -> "list[Checked]":
        """The items of a list."""
        return list(self._items(most))

    def _items(self, most: int) -> "Iterator[Checked]":
        if not isinstance(self.value, list):
            raise bad(self.path, "a list", _kind(self.value))
        if len(self.value) > most:
            raise bad(self.path, f"at most {most} items", str(len(self.value)))
        for at, item in enumerate(self.value):
            yield Checked(item, f"{self.path}[{at}]")

    def text(self) -> str:
        """A text."""
        if not isinstance(self.value, str) or len(self.value) > LONGEST:
            raise bad(self.path, "a text", _kind(self.value))
        if any("\ud800" <= sign <= "\udfff" for sign in self.value):
            raise bad(self.path, "a text", "one with half a character")
        return self.value

    def one_of(self, known: Collection[str]) -> str:
        """One of some texts."""
        text = self.text()
        if text not in known:
            raise bad(self.path, "one of the names in the file", text[:40])
        return text

    def number(self) -> float:
        """A finite number."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise bad(self.path, "a number", _kind(self.value))
        try:
            number = float(self.value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise bad(self.path, "a finite number", "one beyond the range of float64")
        return number

    def positive(self) -> float:
        """A number > 0."""
        number = self.number()
        if number <= 0.0:
            raise bad(self.path, "a number > 0", f"{number:g}")
        return number

    def whole(self, least: int = 0, most: int = 1 << 53) -> int:
        """A whole number."""
        number = self.number()
        if number != math.floor(number) or not least <= number <= most:
            raise bad(self.path, f"a whole number from {least} to {most}", f"{number:g}")
        return int(number)

    def yes(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            raise bad(self.path, "true or false", _kind(self.value))
        return self.value

    def numbers(self) -> list[float]:
        """A list of finite numbers."""
        values = self.value
        plain = isinstance(values, list) and len(values) <= MOST and set(map(type, values)) == {float}
        if plain and all(map(math.isfinite, values)):
            return list(values)     # as all of ours are; the others are looked at one by one, to say which it is
        return [item.number() for item in self.items()]

    def maybe(self) -> "Checked | None":
        """None where there is null, or nothing."""
        return None if self.value is None else self


def _kind(value: object) -> str:
    names = {type(None): "null", bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list",
             dict: "an object"}
    return names.get(type(value), "something else")
