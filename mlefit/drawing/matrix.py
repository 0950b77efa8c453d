"""Matrix: a panel of cells with names of rows and columns, each with its value written in it."""

from math import isfinite

import numpy as np

from mlefit.arrays import Array
from mlefit.drawing.frame import LETTER, WIDTH
from mlefit.drawing.markup import brief, element, number
from mlefit.drawing.scale import MINUS, figure
from mlefit.picture.panel import Panel
from mlefit.report.layout import room_of

HEIGHT, TOP, RIGHT, BOTTOM = 244.0, 24.0, 6.0, 42.0
LONGEST = 18                # letters of the name of a row
MOST = 12                   # rows or columns in whose cells there is room for a number
FEW = 8                     # columns up to which there is room for a zero before the point, and for names beside each other
FAINTEST, REST = 0.06, 0.42     # opacity of 0 and what is added up to 1: dark text stays legible on both


def is_matrix(panel: Panel) -> bool:
    """Whether it shows cells."""
    return any(layer.kind == "cells" for layer in panel.layers)


def values_of(panel: Panel) -> Array:
    """The numbers (rows, columns)."""
    return next(np.atleast_2d(layer.numbers["values"]) for layer in panel.layers if layer.kind == "cells")


def are_shares(values: Array) -> bool:
    """Whether all numbers are from 0 to 1, so that a shade can show them; else each column has a unit of its own."""
    known = values[np.isfinite(values)]
    return bool(((known >= 0.0) & (known <= 1.0)).all())


def written(values: Array) -> list[list[str]]:
    """The numbers as text: shares with two decimals, others with three digits; empty where one is not finite."""
    form = "{:.2f}".format if are_shares(values) else figure
    return [[form(value) if isfinite(value) else "" for value in row] for row in values.tolist()]


def drawn(panel: Panel) -> list[str]:
    """The elements of the panel."""
    values = values_of(panel)
    rows, columns = values.shape
    of_rows, of_columns = _names(panel.y.categories, rows), _names(panel.x.categories, columns)
    left = 12.0 + LETTER * max((room_of(name) for name in of_rows), default=0)
    wide, high = (WIDTH - RIGHT - left) / columns, (HEIGHT - TOP - BOTTOM) / rows
    shares, words = are_shares(values), written(values)
    found = [element("text", panel.y.title, class_="axis", x=2.0, y=11.0)]
    for i, name in enumerate(of_rows):
        found.append(element("text", name, class_="tick", x=left - 6.0, y=TOP + high * (i + 0.5), text_anchor="end", dy=".32em"))
    letters = max(1, int(wide / LETTER) - (columns > FEW))
    for j, name in enumerate(of_columns):
        x = left + wide * (j + 0.5)
        found.append(element("text", brief(name, letters), class_="tick", x=x, y=HEIGHT - BOTTOM + 14.0, text_anchor="middle"))
    for i, j in np.ndindex(rows, columns):
        value, x, y = float(values[i, j]), left + wide * j, TOP + high * i
        if not isfinite(value):
            continue
        path = f"M{number(x)} {number(y)}h{number(wide - 2.0)}v{number(high - 2.0)}h-{number(wide - 2.0)}z"
        found.append(element("path", class_="cell", opacity=f"{FAINTEST + (REST * value if shares else 0.0):.2f}", d=path))
        if max(rows, columns) <= MOST:
            middle = {"x": x + 0.5 * wide - 1.0, "y": y + 0.5 * high - 1.0, "text_anchor": "middle", "dy": ".32em"}
            said = words[i][j].removeprefix("0") if shares and columns > FEW else words[i][j]
            found.append(element("text", said.replace("-", MINUS), class_="value", **middle))
    found.append(element("text", panel.x.title, class_="axis", x=left + 0.5 * (WIDTH - left), y=HEIGHT - 8.0, text_anchor="middle"))
    return found


def _names(categories: tuple[str, ...] | None, count: int) -> list[str]:
    names = categories if categories is not None else tuple(str(place + 1) for place in range(count))
    return [brief(name, LONGEST) for name in names[:count]]
