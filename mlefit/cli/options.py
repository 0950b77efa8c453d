"""The values of options: text in, checked values out, with a message of ours for everything else."""

import codecs
import math
import re
from collections.abc import Callable, Sequence

from mlefit.cli.reserved import not_built
from mlefit.errors import UsageError
from mlefit.report.safety import shown

FORMATS = ("table", "json", "csv", "markdown")
ENGINES = ("auto", "memory", "stream")
ERRORS = ("model", "ols", "robust", "hc3")
UNITS = {
    "": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
    "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12,
}
DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}


def refused(option: str, text: object, expected: str, remedy: str) -> UsageError:
    """`--seed: expected a whole number, found "x"`."""
    return UsageError(f'{option}: expected {expected}, found "{shown(str(text))}"', remedy, code="bad-value")


def listed(words: Sequence[str]) -> str:
    """`a, b or c`."""
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]


def choice(option: str, words: Sequence[str]) -> Callable[[str], str]:
    """One of a few words."""
    def parse(text: str) -> str:
        if text in words:
            return text
        raise refused(option, text, listed(words), f"such as {option} {words[0]}")
    return parse


def whole(option: str, least: int) -> Callable[[str], int]:
    """A whole number from `least` on."""
    def parse(text: str) -> int:
        if re.fullmatch(r"[+-]?[0-9]{1,18}", str(text)) and int(text) >= least:
            return int(text)
        raise refused(option, text, f"a whole number >= {least}", f"such as {option} {max(least, 1)}")
    return parse


def output(text: str) -> str:
    """The format on stdout; what looks like a file name belongs to --out."""
    if text in FORMATS:
        return text
    is_file = re.search(r"[./\\]", text)
    remedy = f"use --out {shown(text)} for the file, and -o for its format" if is_file else "such as -o json"
    raise refused("--output", text, listed(FORMATS), remedy)


def share(option: str, example: str = "0.2") -> Callable[[str], float]:
    """A number strictly between 0 and 1."""
    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if 0.0 < value < 1.0:
            return value
        raise refused(option, text, "a number between 0 and 1", f"such as {option} {example}")
    return parse


def engine(text: str) -> str:
    """How the data is visited."""
    if text.partition(":")[0] == "dask":
        raise not_built("--engine dask")
    return choice("--engine", ENGINES)(text)


def standard_errors(text: str) -> str:
    """The kind of covariance; `cluster:` needs the name of a column."""
    if text in ERRORS or (text.startswith("cluster:") and text != "cluster:"):
        return text
    raise refused("--se", text, listed((*ERRORS, "cluster:COLUMN")), "such as --se robust")


def memory(text: str) -> int:
    """A size in bytes: 200MB is 200 million, 200MiB is 200 * 2^20."""
    found = re.fullmatch(r"([0-9]{1,15}(?:\.[0-9]{1,9})?) ?([A-Za-z]{0,3})", str(text))
    size = int(float(found[1]) * UNITS.get(found[2].upper(), 0)) if found else 0
    if size > 0:
        return size
    raise refused("--memory", text, "a size", "such as --memory 200MB or --memory 1.5GiB")


def delimiter(text: str) -> str:
    """One character, or its name."""
    character = DELIMITERS.get(text, text)
    if len(character) == 1 and character not in '"\r\n':
        return character
    raise refused("--delimiter", text, "one character", 'such as --delimiter ";" or --delimiter tab')


def encoding(text: str) -> str:
    """An encoding that Python knows."""
    try:
        return codecs.lookup(text).name
    except (LookupError, ValueError):
        raise refused("--encoding", text, "the name of an encoding", "such as --encoding latin-1") from None


def references(pairs: Sequence[str]) -> dict[str, str]:
    """COLUMN=LEVEL, split at the first equals sign; one level per column."""
    levels: dict[str, str] = {}
    for pair in pairs:
        column, equals, level = pair.partition("=")
        if not equals or not column or not level:
            raise refused("--reference", pair, "COLUMN=LEVEL", "such as --reference site=a")
        if levels.setdefault(column, level) != level:
            raise UsageError(
                f'--reference: column "{shown(column)}" has two baseline levels, '
                f'"{shown(levels[column])}" and "{shown(level)}"', "give one of them", code="contradiction",
            )
    return levels
