"""Typeset: figures and sentences as pictures and pages print them, with a proper minus. Names and commands stay as they are."""

import re

from mlefit.drawing.markup import unbroken
from mlefit.report.safety import shown

NEGATIVE = re.compile(r"(?<![\w.)])-(?=[\d.]|inf)")     # before a number, not between letters
POWER = re.compile(r"(?<=\de)-(?=\d)")
ALONE = re.compile(r"(?<![^\s(])-(?=\.?\d)")           # before a number that is a word of its own


def typeset(figure: str) -> str:
    """The figure with U+2212 for its minus signs."""
    return POWER.sub("−", NEGATIVE.sub("−", figure))


def signed(sentence: str) -> str:
    """A sentence with U+2212 for its minus signs and U+00B1 for `+-`."""
    return POWER.sub("−", ALONE.sub("−", shown(sentence).replace(" +- ", " ± ")))


def prose(sentence: str) -> str:
    """The same, with lines that do not end within `p = 0.5`."""
    return unbroken(signed(sentence))
