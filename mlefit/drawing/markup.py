"""Markup: the few words of SVG that pictures need, with names of users as text and numbers of one decimal.

Coordinates have one decimal, a tenth of a pixel; what is not finite has no place and is left out. Names are escaped twice over:
what a terminal or a parser of XML could act on becomes visible, what is markup becomes text.
"""

import re
from html import escape
from math import isfinite

import numpy as np

from mlefit.arrays import Array
from mlefit.report.layout import shortened
from mlefit.report.safety import shown

FAR = 9_999.0       # beyond any picture: coordinates end here, for lines that leave it steeply
ILLEGAL = re.compile("[\ufffe\uffff]")      # in XML, although no control characters


def text(words: str) -> str:
    """A name or sentence as it stands between tags or quotes."""
    return escape(ILLEGAL.sub("\ufffd", shown(words)))


def brief(words: str, letters: int) -> str:
    """A name as it is shown, about a cut where it has more letters than there is room for."""
    return shortened(shown(words), letters)


def unbroken(words: str) -> str:
    """A sentence whose lines do not end between a number and its percent sign, nor within `p = 0.5`."""
    return re.sub(r"\bp ([=<]) ", "p\u00a0\\1\u00a0", words.replace(" %", "\u00a0%"))


def number(value: float) -> str:
    """A coordinate."""
    found = f"{min(max(value, -FAR), FAR):.1f}".removesuffix(".0")
    return "0" if found == "-0" else found


def element(name: str, words: str | None = None, /, **attributes: str | float) -> str:
    """An element; attributes in the order given, `class_` and `text_anchor` as class and text-anchor. `words` are escaped."""
    parts = [f' {key.rstrip("_").replace("_", "-")}="{_attribute(value)}"' for key, value in attributes.items() if value != ""]
    head = f"<{name}{''.join(parts)}"
    return f"{head}/>" if words is None else f"{head}>{text(words)}</{name}>"


def _attribute(value: str | float) -> str:
    return text(value) if isinstance(value, str) else number(float(value))


def line(x: Array, y: Array) -> str:
    """The path through points, interrupted where one of them is not finite."""
    parts, pen = [], "M"
    for a, b in zip(x.tolist(), y.tolist(), strict=True):
        if isfinite(a) and isfinite(b):
            parts.append(f"{pen}{number(a)} {number(b)}")
            pen = "L"
        else:
            pen = "M"
    return "".join(parts)


def dots(x: Array, y: Array) -> str:
    """A path that a round pen shows as a dot at each point."""
    return "".join(f"M{number(a)} {number(b)}h0" for a, b in _finite(x, y))


def diamonds(x: Array, y: Array, reach: float) -> str:
    """A path of diamonds about points."""
    r = number(reach)
    return "".join(f"M{number(a)} {number(b - reach)}l{r} {r}l-{r} {r}l-{r} -{r}z" for a, b in _finite(x, y))


def bars(x: Array, low: Array, high: Array) -> str:
    """A path of upright lines."""
    ends = zip(x.tolist(), low.tolist(), high.tolist(), strict=True)
    return "".join(f"M{number(a)} {number(b)}V{number(c)}" for a, b, c in ends if isfinite(a) and isfinite(b) and isfinite(c))


def area(x: Array, low: Array, high: Array) -> str:
    """A path about the areas between two lines, one for each run of points that are finite."""
    known = np.isfinite(x) & np.isfinite(low) & np.isfinite(high)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(int)))
    parts = []
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        there, back = slice(start, end), np.arange(start, end)[::-1]
        parts.append(f"{line(x[there], high[there])}{line(x[back], low[back]).replace('M', 'L', 1)}z")
    return "".join(parts)


def _finite(x: Array, y: Array) -> list[tuple[float, float]]:
    return [(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True) if isfinite(a) and isfinite(b)]
