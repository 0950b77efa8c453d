"""Untrusted text is text: names, levels and cells made harmless for the place where they are shown.

A column name may hold terminal escape sequences, characters that reverse the reading order, line breaks, or half of a
surrogate pair. `shown` writes all of these as escapes, such as \\x1b; everything else stays as it is. Sources: Unicode
Technical Report 36, section 2.1; OWASP, "CSV Injection".
"""

import re

from mlefit.escapes import harmful, shown

__all__ = ["code", "encodable", "harmful", "inert", "markdown", "prose", "shown", "shown_lines"]

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
OPTION = re.compile(r"""(?<!\S)--?[a-z][a-z-]*[ ](?:"[^"]*"|'(?:[^']|'"'"')*'|[\w@%+=:,./-]*_[\w@%+=:,./-]*)""")
SURROGATE = re.compile("[\ud800-\udfff]")


def shown_lines(text: str) -> str:
    """Like `shown`, line by line: for messages whose line breaks are ours."""
    return "\n".join(shown(line) for line in text.split("\n"))


def inert(text: str) -> str:
    """`text` for a spreadsheet cell: with a leading apostrophe when it would be executed as a formula."""
    return f"'{shown(text)}" if text.startswith(FORMULA_STARTS) else shown(text)


def markdown(text: str) -> str:
    """`text` with the characters escaped that Markdown or HTML would act on, pipes included."""
    return re.sub(r"([\\`*_\[\]<>|~#&$])", r"\\\1", shown(text))


def code(text: str) -> str:
    """`text` as a code span of Markdown, which acts on nothing in it: between more backquotes than stand in it side by side."""
    inside = shown(text)
    fence = "`" * (1 + max(map(len, re.findall("`+", inside)), default=0))
    pad = " " if {inside[:1], inside[-1:]} & {"`", " "} else ""
    return f"{fence}{pad}{inside}{pad}{fence}"


def prose(text: str) -> str:
    """A sentence as Markdown, with options whose value has what is escaped elsewhere as code, to be pasted into a shell."""
    plain, typed = OPTION.split(text), OPTION.findall(text)
    return "".join(markdown(before) + code(option) for before, option in zip(plain, typed, strict=False)) + markdown(plain[-1])


def encodable(text: str) -> str:
    """`text` with lone surrogates replaced by U+FFFD: what UTF-8 can hold."""
    return SURROGATE.sub("\ufffd", text)
