"""Ruler: a panel of rows above each other on one scale: ranges as thick lines, values as diamonds, each with its name."""

from math import isfinite

import numpy as np

from mlefit.arrays import Array
from mlefit.drawing import markup
from mlefit.drawing.frame import LETTER, WIDTH
from mlefit.drawing.markup import brief, element
from mlefit.drawing.scale import Span, span, ticks, written
from mlefit.picture.panel import Layer, Panel
from mlefit.report.layout import room_of

EDGE, TOP, ROW, BOTTOM = 12.0, 8.0, 44.0, 40.0      # pixels: sides, above, of a row, below
NAME, LINE, VALUE = 16.0, 27.0, 45.0        # within a row: its name, its ranges, the label of a value
REACH = 6.0         # half a diamond
MARGIN = 0.05       # of the length, at either end
KINDS = ("span", "mark", "vrule", "text")


def is_ruler(panel: Panel) -> bool:
    """Whether its layers have rows in place of an upright axis."""
    return any(layer.kind in ("span", "mark") for layer in panel.layers) and all(layer.kind in KINDS for layer in panel.layers)


def row_of(layer: Layer) -> int:
    """The row of a range or a value, from the top."""
    return int(np.ravel(layer.numbers["row"])[0]) if "row" in layer.numbers else 0


def rows_of(panel: Panel) -> int:
    """How many rows there are."""
    return 1 + max(row_of(layer) for layer in panel.layers)


def scale(panel: Panel) -> Span:
    """The scale along x: of all ranges and values, and of 0."""
    names = ("low", "high", "x")
    numbers = [layer.numbers[name] for layer in panel.layers for name in names if name in layer.numbers]
    ends = span(panel.x, [*numbers, np.zeros(1)])
    free = 0.0 if panel.x.limits is not None else MARGIN * (ends.high - ends.low)
    return Span(ends.low - free, ends.high + free)


def names(panel: Panel) -> dict[int, str]:
    """The name of each row: the label of its range, or else of its first value."""
    found: dict[int, str] = {}
    for kind in ("span", "mark"):
        for layer in panel.layers:
            if layer.kind == kind and layer.label:
                found.setdefault(row_of(layer), layer.label)
    return found


def height(panel: Panel) -> float:
    """Of the picture."""
    return TOP + ROW * rows_of(panel) + BOTTOM


def drawn(panel: Panel) -> list[str]:
    """The elements of the panel."""
    ends, low = scale(panel), height(panel)
    room = WIDTH - 2.0 * EDGE

    def across(values: Array) -> Array:
        return EDGE + ends.share(np.ravel(values)) * room

    found = []
    places = ticks(ends)
    for place, label in zip(places, written(places), strict=True):
        x = float(across(np.array(place))[0])
        found.append(element("path", class_="grid", d=f"M{x:.1f} {TOP:.1f}V{low - BOTTOM:.1f}"))
        found.append(element("text", label, class_="tick", x=x, y=low - 26.0, text_anchor="middle"))
    named = names(panel)
    for layer in panel.layers:
        y = TOP + ROW * row_of(layer) + LINE
        if layer.kind == "span":
            a, b = across(layer.numbers["low"]), across(layer.numbers["high"])
            path = markup.line(np.array([a[0], b[0]]), np.array([y, y]))
            found.append(element("path", class_=f"span {layer.role}", d=path))
            if layer.label and layer.label != named.get(row_of(layer)):     # parts of one row have a name each
                found.append(_value(layer.label, layer, 0.5 * float(a[0] + b[0]), y - LINE + VALUE))
        elif layer.kind == "mark":
            at = across(layer.numbers["x"])
            found.append(element("path", class_=f"mark {layer.role}", d=markup.diamonds(at, np.full(at.size, y), REACH)))
            if layer.label and layer.label != named.get(row_of(layer)) and isfinite(at[0]):
                found.append(_value(layer.label, layer, float(at[0]), y - LINE + VALUE))
        elif layer.kind == "vrule":
            at = across(layer.numbers["x"])
            path = markup.bars(at, np.full(at.size, TOP), np.full(at.size, low - BOTTOM))
            found.append(element("path", class_=f"rule {layer.role}", d=path))
    for row, words in named.items():
        found.append(element("text", brief(words, int(room / LETTER)), class_="name", x=EDGE, y=TOP + ROW * row + NAME))
    found.append(element("text", panel.x.title, class_="axis", x=0.5 * WIDTH, y=low - 6.0, text_anchor="middle"))
    return found


def _value(words: str, layer: Layer, x: float, y: float) -> str:
    """What a value is called, below it and within the picture."""
    half = 0.5 * LETTER * room_of(words)
    middle = min(max(x, half), WIDTH - half)
    return element("text", words, class_=f"tick {layer.role}", x=middle, y=y, text_anchor="middle")
