"""Palette: what each role looks like, in light and in dark. Every role has a shape or line style of its own besides.

Contrast on the ground is at least 4.7 for all that is read and for the hues of data and model, which stay apart under
simulated protanopia, deuteranopia and tritanopia (Machado, Oliveira and Fernandes 2009). `envelope` is a surface, which has an
edge in `soft`.
"""

from typing import NamedTuple

from mlefit.picture.panel import Role


class Tint(NamedTuple):
    """A colour on a light and on a dark ground."""

    light: str
    dark: str


PALETTE = {
    "ground": Tint("#ffffff", "#14171b"), "ink": Tint("#1b1f24", "#e7eaee"), "soft": Tint("#59626c", "#a3adb8"),
    "rule": Tint("#e3e7eb", "#2b323a"), "card": Tint("#f6f8fa", "#1c2126"), "data": Tint("#0072b2", "#5cb8f0"),
    "model": Tint("#c2500a", "#f0a03c"), "envelope": Tint("#aab3bd", "#66717d"), "warn": Tint("#b3005e", "#ff74b8"),
    "good": Tint("#0b6e4f", "#4fd1a5"),
}
HUES: dict[Role, str] = {       # of a role, the name of its colour
    "data": "data", "model": "model", "envelope": "envelope", "curve": "ink", "reference": "soft", "mle": "model", "loss": "data",
    "warn": "warn",
}
DARK = "(prefers-color-scheme:dark)"
ORDER: tuple[Role, ...] = ("envelope", "data", "reference", "model", "mle", "loss", "curve", "warn")      # the last on top


def light(role: Role) -> str:
    """The colour of a role on white."""
    return PALETTE[HUES[role]].light


def variables() -> str:
    """The palette as variables of a style sheet, light first, dark on a screen whose reader wants it."""
    def block(dark: bool) -> str:
        return "".join(f"--{name}:{tint.dark if dark else tint.light};" for name, tint in PALETTE.items())

    return f":root{{color-scheme:light dark;{block(False)}}}\n@media screen and {DARK}{{:root{{{block(True)}}}}}\n"
