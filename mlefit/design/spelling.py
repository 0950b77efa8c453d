"""Spelling: levels that are one number, or one word, spelt in different ways. They are different levels, with a warning."""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping

from mlefit.design.levels import one_number
from mlefit.report.report import Warn

GROUPS = 3      # that a warning names
LETTERS = 3     # of a word: AA, Aa and aa are genotypes, m and M units


def spellings(levels: Mapping[str, tuple[str, ...]]) -> Iterator[Warn]:
    """The warnings of columns with these levels."""
    for column, found in levels.items():
        alike = _together(found, _seen)
        words = [group for group in _together(found, _word) if len({_seen(level) for level in group}) > 1]
        for groups, what in (
            (one_number(found), "are one number spelt in different ways, and different levels"),
            (words, "are one word but for capitals or blanks, and different levels"),
            ([tuple(map(ascii_of, group)) for group in alike], "look alike, and are different levels"),
        ):
            if groups:
                shown = "; ".join(" and ".join(f'"{level}"' for level in group) for group in groups[:GROUPS])
                more = f" and {len(groups) - GROUPS} more" if len(groups) > GROUPS else ""
                yield Warn("spellings", f'column "{column}": {shown}{more} {what}', (column,))


def _together(levels: Iterable[str], key: Callable[[str], str]) -> list[tuple[str, ...]]:
    """The levels of one key, in order of appearance."""
    found: dict[str, list[str]] = {}
    for level in levels:
        found.setdefault(key(level), []).append(level)
    return [tuple(group) for name, group in found.items() if name and len(group) > 1]


def _seen(level: str) -> str:
    """What an eye sees of it: accents are one with their letters, all blanks alike, and what has no width is not there."""
    if level.isascii():
        return level
    letters = unicodedata.normalize("NFC", level)
    return "".join(" " if letter.isspace() else letter for letter in letters if unicodedata.category(letter) != "Cf").strip()


def _word(level: str) -> str:
    """The word without its capitals and blanks; nothing for what is too short to be one."""
    word = "".join(_seen(level).casefold().split())
    return word if len(word) >= LETTERS and any(map(str.isalpha, word)) else ""


def ascii_of(level: str) -> str:
    """The level with what is no ASCII as escapes, in which levels that look alike differ."""
    return level.encode("ascii", "backslashreplace").decode("ascii")
