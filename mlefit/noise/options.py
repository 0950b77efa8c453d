"""Options of a law: declared as facts, read from `NAME:option=value,...`, refused in two lines.

    -m bernoulli:link=probit     -m quantile:tau=0.9     -m student-t:df=4

A law is a frozen dataclass, and an option is the field of its name. A value without a name is that of the first option.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple, Protocol, Self

from mlefit.errors import UsageError
from mlefit.numerals import numeral
from mlefit.options.values import listed

Value = str | float
FAR = 1e100     # and its inverse: numbers whose squares are numbers


class ModelOption(Protocol):
    """What the registry asks of an option. `instead_of`: the option that must not be given beside it."""

    @property
    def name(self) -> str:
        """As it is typed, and the field that it fills."""

    @property
    def instead_of(self) -> str | None:
        """The option in whose place it stands."""

    @property
    def says(self) -> str:
        """Name and values that it takes, for a message and for `mlefit models`."""

    @property
    def wants(self) -> str:
        """What a value must be: "must lie strictly between 0 and 1"."""

    def read(self, text: str) -> Value | None:
        """The value, None where the text is none."""

    def told(self, value: Value | None) -> bool:
        """Whether a report names this value beside the law."""


class Choice(NamedTuple):
    """One of a few words; the first is the law as it is named without options, and is not told unless `always`."""

    name: str
    words: tuple[str, ...]
    instead_of: str | None = None
    always: bool = False

    @property
    def says(self) -> str:
        """`link=logit|probit`."""
        return f"{self.name}={'|'.join(self.words)}"

    @property
    def wants(self) -> str:
        """The words."""
        return f"must be {listed(self.words)}"

    def read(self, text: str) -> Value | None:
        """The word."""
        return text if text in self.words else None

    def told(self, value: Value | None) -> bool:
        """Unless it is the first, or always."""
        return value is not None and (self.always or value != self.words[0])


class Number(NamedTuple):
    """A number strictly between `low` and `high`. `default`: in words, what the law does without it, such as `estimated`."""

    name: str
    low: float
    high: float = math.inf
    default: str = ""
    instead_of: str | None = None

    @property
    def says(self) -> str:
        """`tau=NUMBER (strictly between 0 and 1, default 0.5)`."""
        more = f", default {self.default}" if self.default else ""
        return f"{self.name}=NUMBER ({self._range}{more})"

    @property
    def wants(self) -> str:
        """Its range, or what of it can be calculated with."""
        more = f" ({1.0 / FAR:g} to {FAR:g})" if self.high == math.inf else ""
        return f"must lie {self._range}{more}"

    @property
    def _range(self) -> str:
        return f"above {self.low:g}" if self.high == math.inf else f"strictly between {self.low:g} and {self.high:g}"

    def read(self, text: str) -> Value | None:
        """The number."""
        try:
            value = float(text) if "_" not in text else math.nan
        except ValueError:
            return None
        within = self.high != math.inf or 1.0 / FAR <= value <= FAR
        return value if within and math.isfinite(value) and self.low < value < self.high else None

    def told(self, value: Value | None) -> bool:
        """Whenever it is fixed."""
        return value is not None


def listing(options: Sequence[ModelOption], law: str) -> str:
    """The options that a law has, for the second line of a refusal."""
    return f"the options of {law} are {', '.join(option.says for option in options)}" if options else f"{law} takes no options"


def read(law: str, options: Sequence[ModelOption], text: str, prefix: str) -> Mapping[str, Value]:
    """The values of `option=value,...`. Raises UsageError in the name of the law; `prefix` says where the text was given."""
    known, found = {option.name: option for option in options}, dict[str, Value]()

    def refused(sentence: str) -> UsageError:
        return UsageError(f"{prefix}{sentence}", listing(options, law), code="unknown-option")

    for part in text.split(","):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals and options:
            name, value = options[0].name, name
        if name not in known:
            raise refused(f'{law} has no option "{name}"')
        option = known[name]
        if name in found:
            raise refused(f"{name} is given twice")
        read_value = option.read(value)
        if read_value is None:
            raise refused(f'{name} {option.wants}, found "{value}"')
        found[name] = read_value
    for option in options:
        if option.name in found and option.instead_of in found:
            raise refused(f"{option.name} stands instead of {option.instead_of}, found both")
    return found


def typed(value: Value) -> str:
    """A value as a user types it."""
    return value if isinstance(value, str) else numeral(float(value))


@dataclass(frozen=True)
class Optioned:
    """What has options: fields by their names."""

    name: ClassVar[str]
    options: ClassVar[tuple[ModelOption, ...]] = ()

    @property
    def stated(self) -> dict[str, Value]:
        """The options in force that a report names beside the law."""
        values = {option: getattr(self, option.name) for option in self.options}
        return {option.name: value for option, value in values.items() if option.told(value)}

    @property
    def spelt(self) -> str:
        """The law and its options as a user types them."""
        options = ",".join(f"{name}={typed(value)}" for name, value in self.stated.items())
        return f"{self.name}:{options}" if options else self.name

    def with_options(self, values: Mapping[str, Value]) -> Self:
        """This law with these values in the fields of its options."""
        return replace(self, **values)
