"""Pairs: options that give a number, or two, to each of some names."""

import math
from collections.abc import Iterator, Sequence

from mlefit.errors import UsageError
from mlefit.options.values import refused


def starts(option: str, texts: Sequence[str]) -> dict[str, float]:
    """NAME=NUMBER, several with commas between; one number per name."""
    found: dict[str, float] = {}
    for pair, name, text in _pairs(texts):
        value = _number(text)
        if not name or value is None or not math.isfinite(value):
            raise refused(option, pair, "NAME=NUMBER", f"such as {option} a=1,b=0.1")
        if found.setdefault(name, value) != value:
            raise _twice(option, name)
    return found


def bounds(option: str, texts: Sequence[str]) -> dict[str, tuple[float, float]]:
    """NAME=LOW:HIGH, several with commas between; an end may be infinite or left out."""
    found: dict[str, tuple[float, float]] = {}
    for pair, name, text in _pairs(texts):
        first, colon, second = text.partition(":")
        low, high = _number(first.strip() or "-inf"), _number(second.strip() or "inf")
        if not name or not colon or low is None or high is None or not low < high:
            raise refused(option, pair, "NAME=LOW:HIGH with LOW < HIGH", f"such as {option} a=0:inf")
        if found.setdefault(name, (low, high)) != (low, high):
            raise _twice(option, name)
    return found


def _pairs(texts: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    for text in texts:
        for pair in text.split(","):
            name, _, rest = pair.partition("=")
            yield pair.strip(), name.strip(), rest.strip()


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return None if math.isnan(value) else value


def _twice(option: str, name: str) -> UsageError:
    return UsageError(f'{option}: "{name}" is given two values', "give one of them", code="contradiction")
