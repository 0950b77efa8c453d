"""Typeset: figures as a page prints them, with a proper minus. Names and commands stay as they are."""

import re

NEGATIVE = re.compile(r"(?<![\w.)])-(?=[\d.]|inf)")     # before a number, not between letters
POWER = re.compile(r"(?<=\de)-(?=\d)")


def typeset(figure: str) -> str:
    """The figure with U+2212 for its minus signs."""
    return POWER.sub("−", NEGATIVE.sub("−", figure))
