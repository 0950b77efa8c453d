"""Untrusted text is text: names, levels and cells made harmless for the place where they are shown.

A column name may hold terminal escape sequences, characters that reverse the reading order, line breaks, or half of a
surrogate pair. `shown` writes all of these as escapes, such as \\x1b; everything else stays as it is. Sources: Unicode
Technical Report 36, section 2.1; OWASP, "CSV Injection".
"""

import re
from unicodedata import category

ESCAPED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})   # controls, invisible formats (bidi overrides), surrogates, breaks
JOINERS = frozenset("\u200c\u200d")                    # without these Persian, Indic scripts and emoji are illegible
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
SURROGATE = re.compile("[\ud800-\udfff]")


def harmful(character: str) -> bool:
    """Whether a terminal could act on this character, or a reader not see it."""
    return category(character) in ESCAPED and character not in JOINERS


def escape(character: str) -> str:
    r"""The character as \x1b, \u202e or \U000e0001; the usual three as \t, \n and \r."""
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def shown(text: str) -> str:
    """`text` with every harmful character escaped: one line, safe on a terminal, in any reading order."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(escape(c) if harmful(c) else c for c in text)


def shown_lines(text: str) -> str:
    """Like `shown`, line by line: for messages whose line breaks are ours."""
    return "\n".join(shown(line) for line in text.split("\n"))


def inert(text: str) -> str:
    """`text` for a spreadsheet cell: with a leading apostrophe when it would be executed as a formula."""
    return f"'{shown(text)}" if text.startswith(FORMULA_STARTS) else shown(text)


def markdown(text: str) -> str:
    """`text` with the characters escaped that Markdown or HTML would act on, pipes included."""
    return re.sub(r"([\\`*_\[\]<>|~#&$])", r"\\\1", shown(text))


def encodable(text: str) -> str:
    """`text` with lone surrogates replaced by U+FFFD: what UTF-8 can hold."""
    return SURROGATE.sub("\ufffd", text)
