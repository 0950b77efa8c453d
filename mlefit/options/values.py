"""The values of options: text in, checked values out, with a message of ours for everything else."""

import math
import re
from collections.abc import Callable, Sequence

from mlefit.errors import UsageError
from mlefit.escapes import shown


def refused(option: str, text: object, expected: str, remedy: str) -> UsageError:
    """`--seed: expected a whole number, found "x"`."""
    return UsageError(f'{option}: expected {expected}, found "{shown(str(text))}"', remedy, code="bad-value")


def not_built(name: str) -> UsageError:
    """The refusal of what a later version will take."""
    return UsageError(f"{name} is not built yet", "`mlefit --help` lists what there is", code="not-built")


def listed(words: Sequence[str]) -> str:
    """`a, b or c`."""
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]


def as_typed(_option: str, texts: Sequence[str]) -> tuple[str, ...]:
    """Every text of an option that may be repeated."""
    return tuple(texts)


def choice(words: Sequence[str]) -> Callable[[str, str], str]:
    """One of a few words."""
    def parse(option: str, text: str) -> str:
        if text in words:
            return text
        raise refused(option, text, listed(words), f"such as {option} {words[0]}")
    return parse


def whole(least: int) -> Callable[[str, str], int]:
    """A whole number from `least` on."""
    def parse(option: str, text: str) -> int:
        if re.fullmatch(r"[+-]?[0-9]{1,18}", text) and int(text) >= least:
            return int(text)
        raise refused(option, text, f"a whole number >= {least}", f"such as {option} {max(least, 1)}")
    return parse


def share(example: str) -> Callable[[str, str], float]:
    """A number strictly between 0 and 1."""
    def parse(option: str, text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if 0.0 < value < 1.0:
            return value
        raise refused(option, text, "a number between 0 and 1", f"such as {option} {example}")
    return parse
