"""Lettered: panels of a terminal that are told in letters: cells as a table of numbers, and rows of ranges and values."""

from math import isfinite

import numpy as np

from mlefit.arrays import Array
from mlefit.drawing import matrix, ruler
from mlefit.drawing.canvas import Canvas
from mlefit.drawing.markup import brief
from mlefit.drawing.scale import MINUS, Span, ticks, written
from mlefit.picture.panel import Panel
from mlefit.report.layout import aligned, padded, room_of

LINES = {True: ("-", "=", "@"), False: ("─", "━", "◆")}       # thin, thick, and a value


def table(panel: Panel, room: int) -> list[str]:
    """Cells as numbers."""
    values = matrix.values_of(panel)
    rows, columns = panel.y.categories or (), panel.x.categories or ()
    first = [brief(name, 18) for name in rows] or [""] * len(values)
    heads = [brief(name, 12) for name in columns] or [""] * values.shape[1]
    wide = max(map(room_of, [*first, ""]))
    cells = matrix.written(values)
    rooms = [max(map(room_of, column)) for column in zip(heads, *cells, strict=True)]
    titled = [f"{axis.title} ({what})" for axis, what in ((panel.y, "rows"), (panel.x, "columns")) if axis.title]
    lines = [brief(", ".join(titled), room)] if titled else []
    for name, row in zip(["", *first], [heads, *cells], strict=True):
        lines.append("  ".join([padded(name, wide), *(aligned(text, room) for text, room in zip(row, rooms, strict=True))]))
    return lines


def ranges(panel: Panel, columns: int, plain: bool) -> list[str]:
    """Rows of names, ranges and values on one scale."""
    ends, named = ruler.scale(panel), ruler.names(panel)
    thin, thick, value = LINES[plain]
    lines = []
    for row in range(ruler.rows_of(panel)):
        cells = [" "] * columns
        below = ""
        for layer in panel.layers:
            if ruler.row_of(layer) != row or layer.kind not in ("span", "mark"):
                continue
            if layer.kind == "span":
                a, b = (_cell(ends, layer.numbers[name], columns) for name in ("low", "high"))
                if a is not None and b is not None:
                    cells[a : b + 1] = [(thick if layer.role == "envelope" else thin)] * (b + 1 - a)
                continue
            at = _cell(ends, layer.numbers["x"], columns)
            if at is not None:
                cells[at] = value
                if layer.label and layer.label != named.get(row):
                    below = " " * max(0, min(at - len(layer.label) // 2, columns - len(layer.label))) + layer.label
        lines += [brief(named.get(row, ""), columns), "".join(cells), *([brief(below, columns)] if below else [])]
    places = ticks(ends)
    scale = Canvas(1, columns, plain=True)
    for place, label in zip(places, written(places), strict=True):
        text = label.replace(MINUS, "-")
        scale.write(0, round(float(ends.share(np.array(place))) * (columns - 1)) - len(text) // 2, text)
    return [*lines, thin * columns, *scale.lines(" "), brief(panel.x.title, columns)]


def _cell(ends: Span, value: Array, columns: int) -> int | None:
    """The cell of a value, None where it is not finite."""
    share = float(np.ravel(ends.share(value))[0])
    return min(max(round(share * (columns - 1)), 0), columns - 1) if isfinite(share) else None
