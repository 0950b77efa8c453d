"""Cells as text: which are missing, which are numbers, and what a level is called."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from mlefit.arrays import Array, Codes, Mask
from mlefit.numerals import numeral
from mlefit.source.arrow import floats, mask
from mlefit.source.batch import Category

if TYPE_CHECKING:
    from mlefit.source.writing import Writing

MISSING = ("", "NA", "NaN", "nan", "null", "NULL", "None", "N/A", "n/a", ".")
WORDS = tuple(word for word in MISSING if word != "None")     # those of text, where None is a word like others
BOOLEANS = frozenset(("true", "false", "t", "f", "yes", "no"))
SHOWN = 40      # characters of a cell that a message repeats

NUMBER = r"[+-]?(?:[0-9]+[.]?[0-9]*|[.][0-9]+)(?:[eE][+-]?[0-9]+)?"
_INFINITE = r"[+-]?(?i:infinity|inf)"
WHOLE = re.compile(r"[+-]?[0-9]{1,4000}")
_PLAIN = re.compile(NUMBER)


def shown(text: str) -> str:
    """`text` in double quotes for a message: control characters escaped, long text cut."""
    cut = text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."
    printable = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in cut)
    return f'"{printable}"'


@lru_cache(maxsize=8)
def patterns(decimal: str, na: tuple[str, ...]) -> tuple[str, str, str]:
    """Regular expressions, anchored, for finite numbers, infinite numbers and missing cells."""
    number = NUMBER.replace("[.]", f"[{decimal}]")
    tokens = "|".join(re.escape(token) for token in (*MISSING, *na))
    return f"^(?:{number})$", f"^(?:{_INFINITE})$", f"^(?:{tokens})$"


def numeric_tokens(na: tuple[str, ...]) -> tuple[float, ...]:
    """The `--na` tokens that are numbers: `-999` also means `-999.0` and ` -999`."""
    return tuple(float(token) for token in na if _PLAIN.fullmatch(token))


def parse_numbers(
    texts: Any, decimal: str, na: tuple[str, ...], writing: "Writing | None" = None,
) -> tuple[Array, Mask, Mask]:
    """Cells (n,) of an Arrow string array as numbers; NaN where a cell is missing or not a number.

    With a `writing` a number is one that is written so, and no other. Returns the values, which cells are no numbers, and which
    are numbers too large for a double.
    """
    import pyarrow.compute as pc

    number, infinite, absent = patterns(decimal, na)
    trimmed = pc.utf8_trim_whitespace(texts)
    if writing is not None:
        from mlefit.source.writing import pattern

        number = pattern(writing, decimal, number[4:-2])
    is_number = pc.match_substring_regex(trimmed, number)
    finite = mask(is_number)
    plain = trimmed.filter(is_number)
    if writing is not None:
        plain = pc.replace_substring_regex(plain, number, r"\1\2\3\4" if writing.currency else r"\1")
        plain = pc.replace_substring(plain, writing.separator, "") if writing.separator else plain
    if decimal != ".":
        plain = pc.replace_substring(plain, decimal, ".")
    values = np.full(len(texts), np.nan)
    values[finite] = floats(pc.cast(pc.utf8_ltrim(plain, "+"), "float64"))   # not every parser takes a leading plus
    large = np.isinf(values)
    bad = ~finite
    if bad.any():
        bad &= ~mask(pc.match_substring_regex(trimmed, absent))
    if bad.any():
        endless = mask(pc.match_substring_regex(trimmed, infinite))
        negative = mask(pc.starts_with(trimmed, "-"))
        values[endless] = np.where(negative[endless], -np.inf, np.inf)
        bad &= ~endless
    return drop_tokens(values, na), bad, large


def drop_tokens(values: Array, na: tuple[str, ...]) -> Array:
    """`values` with NaN where they equal a numeric `--na` token: `-999` also means `-999.0`."""
    for token in numeric_tokens(na):
        values = np.where(values == token, np.nan, values)
    return values


def spelt(text: str, boolean: bool, decimal: str) -> str:
    """The name of a level: as in the file, but for a decimal comma and the case of the booleans of a boolean column."""
    if boolean and text.lower() in BOOLEANS:
        return text.lower()
    plain = text if decimal == "." else text.replace(decimal, ".")
    return plain if plain != text and _PLAIN.fullmatch(plain) else text


def level(text: str, boolean: bool, decimal: str) -> str:
    """The name of a level by its value: numbers in shortest form, else as `spelt`."""
    if boolean and text.lower() in BOOLEANS:
        return text.lower()
    if WHOLE.fullmatch(text):
        return str(int(text))
    plain = text if decimal == "." else text.replace(".", " ").replace(decimal, ".")
    if not _PLAIN.fullmatch(plain):
        return text
    value = float(plain)
    if not np.isfinite(value):
        return text
    return numeral(value)


def category(
    codes: Codes, texts: list[str], boolean: bool, decimal: str, na: tuple[str, ...], *,
    tokens: tuple[str, ...] = MISSING, called: Callable[[str, bool, str], str] = spelt,
) -> tuple[Category, dict[str, int]]:
    """Codes (n,) into raw `texts` (-1: missing) as a Category, and how often each non-empty token meant missing.

    `called`: what names a level, `spelt` or `level`. Work is done per distinct text; the rows only see one table lookup.
    """
    absent = {*tokens, *na, ""}
    values = set(numeric_tokens(na))
    if called is spelt and not boolean and decimal == "." and not values:
        names = tuple(map(str.strip, texts))
        if len(distinct := set(names)) == len(names) and distinct.isdisjoint(absent):
            return Category(codes, names), {}       # the usual case, of which each text is its own name
    named: dict[str, int] = {}
    lookup = np.full(len(texts) + 1, -1, dtype=np.int32)    # the last entry serves code -1
    found: dict[str, list[int]] = {}
    for index, raw in enumerate(texts):
        text = raw.strip()
        if text not in absent:
            name = called(text, boolean, decimal)
            if not values or not (_PLAIN.fullmatch(name) and float(name) in values):
                lookup[index] = named.setdefault(name, len(named))
                continue
        if text:
            found.setdefault(text, []).append(index)
    counts: dict[str, int] = {}
    if found:
        rows = np.bincount(codes[codes >= 0], minlength=len(texts))
        counts = {token: int(rows[places].sum()) for token, places in found.items()}
    return Category(lookup[codes], tuple(named)), counts
