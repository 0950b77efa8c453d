"""Words before they are parsed: what can only be meant in one way is put into the form that the parser knows."""

import os
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from mlefit.cli.names import COMMANDS
from mlefit.cli.reserved import COMMANDS as RESERVED
from mlefit.errors import UsageError

ASKING = ("-h", "--help", "-V", "--version")
FEATURES = ("-x", "--features")
LONG = ("target", "features", "formula", "model", "output", "out", "quiet", "help", "version", "reference", "weights", "level",
        "seed", "json", "csv", "markdown", "md")
_FILE = re.compile(r".*\.(?i:csv|tsv|txt|dat|parquet|arrow|feather|jsonl?|ndjson|xlsx?|db|sqlite3?|gz|bz2|xz|zst)")
_DATA = re.compile(r"-|.*[./\\*].*", re.DOTALL)


class Meant(NamedTuple):
    """The words to be parsed, and what is to be said of those that were put otherwise."""

    words: list[str]
    notes: tuple[str, ...] = ()


def meant(typed: Sequence[str]) -> Meant:
    """`mlefit data.csv` is `mlefit fit data.csv`, `mlefit version` is `--version`, `-x a b` is `-x a -x b`.

    Raises UsageError for `-target y`, which would be read as `-t arget y`.
    """
    words = list(typed)
    for before, word in pairwise(["", *words]):
        if word[:1] == "-" and word[1:] in LONG and before not in FEATURES:
            raise one_sign(word, words[0])
    if words[:1] == ["version"]:
        words[0] = "--version"
    elif words and words[0] not in (*COMMANDS, *RESERVED, *ASKING) and begins_a_fit(words[0]):
        words.insert(0, "fit")
    return listed(words)


def one_sign(word: str, command: str) -> UsageError:
    """The refusal of a long option with one sign before it, of a command or, without one, of `fit`."""
    from mlefit.cli.synonyms import remedy

    hint = remedy(f"-{word}") or f"did you mean -{word}? "
    known = command if command in COMMANDS else "fit"
    return UsageError(f"{word}: there is no such option", f"{hint}`mlefit {known} --help` lists the options", code="unknown-option")


def begins_a_fit(word: str) -> bool:
    """Whether the first word is a table, or an option, and no command that is spelt wrong."""
    return word.startswith("-") or _DATA.fullmatch(word) is not None or os.path.exists(word)


def listed(words: list[str]) -> Meant:
    """Names that follow the value of -x go with it, if a table is named elsewhere."""
    found, more = list[str](), list[str]()
    place = 0
    while place < len(words):
        found.append(words[place])
        place += 1
        if words[place - 1] not in FEATURES or place == len(words):
            continue
        found.append(words[place])
        place += 1
        while place < len(words) and may_be_a_column(words[place]):
            found += [FEATURES[0], words[place]]
            more.append(words[place])
            place += 1
    if not more or not any(word == "-" or os.path.exists(word) for word in found[1:] if word not in more):
        return Meant(words)
    verb = "is read as a predictor" if len(more) == 1 else "are read as predictors"
    return Meant(found, (f"{', '.join(more)} {verb}; commas say the same: -x A,B.",))


def may_be_a_column(word: str) -> bool:
    """Whether a word is neither an option, nor a file, nor written as the name of a file or as a formula."""
    return not (word.startswith("-") or re.search(r"[/\\*?~]", word) or _FILE.fullmatch(word) or os.path.exists(word))
