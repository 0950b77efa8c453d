"""A record is a dataclass in all but the code that is compiled for it."""

from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import pytest

from mlefit.records import record


@record(frozen=True)
class Interval:
    """An interval, and where it is from."""

    low: float
    high: float = 1.0
    names: tuple[str, ...] = ()
    seen: list[str] = field(default_factory=list, compare=False)

    @cached_property
    def width(self) -> float:
        """Its length."""
        return self.high - self.low


@record(frozen=True)
class Checked(Interval):
    """One that is checked, and has one more field."""

    unit: str = "m"

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("the ends are crossed")


@record(frozen=True)
class Found:
    """No field has a factory, and one is needed."""

    value: float
    slope: float | None = None
    bend: float | None = None


@record(frozen=True)
class Counted:
    """With a field that is no argument."""

    low: float
    met: list[int] = field(default_factory=list, init=False)


@record(frozen=True, eq=False)
class Alone:
    """Equal to itself."""

    at: int = 0


def test_fields_defaults_and_factories_are_those_of_a_dataclass() -> None:
    one = Interval(0.25)
    assert (one.low, one.high, one.names, one.seen, one.width) == (0.25, 1.0, (), [], 0.75)
    assert one.seen is not Interval(0.25).seen
    assert Interval(0.0, names=("a",)) == Interval(0.0, 1.0, ("a",))
    assert [known.name for known in fields(Checked)] == ["low", "high", "names", "seen", "unit"]
    assert asdict(Checked(0.0)) == {"low": 0.0, "high": 1.0, "names": (), "seen": [], "unit": "m"}


def test_what_is_not_given_has_its_default() -> None:
    assert [Found(*range(n)) for n in (1, 2, 3)] == [Found(0.0, None, None), Found(0.0, 1.0, None), Found(0.0, 1.0, 2.0)]
    first, second = Counted(0.0), Counted(0.0)
    first.met.append(1)
    assert (first.met, second.met) == ([1], [])


def test_it_says_what_a_dataclass_says() -> None:
    @dataclass(frozen=True)
    class Written:
        low: float
        high: float = 1.0

    assert repr(Interval(0.5)) == "Interval(low=0.5, high=1.0, names=(), seen=[])"
    assert repr(Written(0.5)).endswith(".Written(low=0.5, high=1.0)")


def test_equality_and_hash_are_those_of_the_compared_fields() -> None:
    assert Interval(0.0, seen=["a"]) == Interval(0.0, seen=["b"])
    assert hash(Interval(0.0, seen=["a"])) == hash(Interval(0.0))
    assert Interval(0.0) != Interval(0.5)
    assert Interval(0.0) != Checked(0.0)
    assert Alone() != Alone()
    assert len({Alone(), Alone()}) == 2


def test_replace_makes_another_and_checks_it() -> None:
    one = Checked(0.0, unit="s")
    assert replace(one, low=0.5) == Checked(0.5, unit="s")
    with pytest.raises(ValueError, match="the ends are crossed"):
        replace(one, low=2.0)


def test_it_cannot_be_changed() -> None:
    one: Any = Interval(0.0)
    with pytest.raises(FrozenInstanceError, match="low"):
        one.low = 1.0
    with pytest.raises(FrozenInstanceError, match="low"):
        del one.low
    assert one.low == 0.0


@pytest.mark.parametrize(("values", "named", "said"), [
    ((), {}, "Interval lacks low"),
    ((0.0, 1.0, (), [], 3), {}, "Interval takes low, high, names, seen, each once"),
    ((0.0,), {"low": 1.0}, "Interval takes low, high, names, seen, each once"),
    ((0.0,), {"middle": 1.0}, "Interval takes low, high, names, seen, each once"),
    ((), {}, "Found lacks value"),
    ((0.0, 1.0, 2.0, 3.0), {}, "Found takes value, slope, bend, each once"),
])
def test_wrong_arguments_are_refused(values: tuple[Any, ...], named: dict[str, Any], said: str) -> None:
    make: Any = Found if said.startswith("Found") else Interval
    with pytest.raises(TypeError, match=f"^{said}$"):
        make(*values, **named)
