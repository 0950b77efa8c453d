"""Untrusted text in a line of ours: whatever a terminal could act on, or a reader not see, becomes an escape.

A column name may hold terminal escape sequences, characters that reverse the reading order, line breaks, or half of a
surrogate pair. Source: Unicode Technical Report 36, section 2.1.
"""

from unicodedata import category

ESCAPED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})   # controls, invisible formats (bidi overrides), surrogates, breaks
JOINERS = frozenset("\u200c\u200d")                    # without these Persian, Indic scripts and emoji are illegible


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


def quoted(name: str) -> str:
    """The name of a column as a formula has it."""
    return name if name.isidentifier() else f"`{name}`"
