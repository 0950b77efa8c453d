"""Chart: one panel in the cells of a terminal: its layers on a canvas, ticks at the left and below."""

from dataclasses import replace

import numpy as np

from mlefit.drawing import matrix, ruler
from mlefit.drawing.canvas import Canvas
from mlefit.drawing.labels import ends_in_a_curve, nearest
from mlefit.drawing.lettered import ranges, table
from mlefit.drawing.markup import brief
from mlefit.drawing.painter import Painter
from mlefit.drawing.palette import ORDER
from mlefit.drawing.scale import Span, figure, spans
from mlefit.picture.panel import Axis, Kind, Layer, Panel
from mlefit.report.layout import aligned, padded, room_of

ROWS, COLUMNS = 14, 56      # cells of a picture
NEAR = 2.0                  # rows that a label may be off its curve
EDGES = {True: ("|", "+", "-"), False: ("│", "└", "─")}
ALONG: tuple[Kind, ...] = ("points", "hex")


def chart(panel: Panel, columns: int, plain: bool, blank: str) -> list[str]:
    """The lines of a picture of so many columns of cells; `plain` is ASCII."""
    if matrix.is_matrix(panel):
        return table(panel, columns)
    if ruler.is_ruler(panel):
        return ranges(panel, columns, plain)
    panel = replace(panel, layers=tuple(layer for layer in panel.layers if not _left_out(panel, layer)))
    x, y, other = spans(panel)
    canvas = Canvas(ROWS, columns, plain=plain)
    for layer in sorted(panel.layers, key=lambda one: (one.kind != "bars", ORDER.index(one.role))):
        Painter(canvas, panel, x, other if layer.axis == "right" and other is not None else y).paint(layer)
    _labels(panel, canvas, y)
    return _framed(panel, canvas, x, y, plain, blank)


def _left_out(panel: Panel, layer: Layer) -> bool:
    """Whether these are the single points of a panel whose curves tell what they show: dots of this size would hide them."""
    curved = any(one.kind == "line" and one.role == "curve" and one.numbers["x"].size for one in panel.layers)
    return curved and layer.kind in ALONG and layer.role == "data"


def _labels(panel: Panel, canvas: Canvas, y: Span) -> None:
    """What is written at the layers: at the end of a curve, or near it; else at the right from the top, or from the bottom of bars
    that go down."""
    above = below = 0
    taken: list[float] = []
    for layer in panel.layers:
        if not layer.label:
            continue
        short = brief(layer.label, canvas.columns // 2)
        if ends_in_a_curve(layer) and layer.role == "curve":
            for share in np.ravel(y.share(layer.numbers["y"][-1:])).tolist():
                at = round((1.0 - share) * (canvas.rows - 1)) if np.isfinite(share) else -canvas.rows
                row = nearest(at, taken, 1.0, (0.0, canvas.rows - 1.0), NEAR)
                if row is not None:
                    canvas.write(round(row), canvas.columns - room_of(short), short)
            continue
        downwards = layer.kind == "bars" and float(np.nansum(layer.numbers["height"])) < 0.0
        canvas.write(canvas.rows - 1 - below if downwards else above, canvas.columns - room_of(short), short)
        below, above = below + downwards, above + (not downwards)


def _framed(panel: Panel, canvas: Canvas, x: Span, y: Span, plain: bool, blank: str) -> list[str]:
    """The canvas with its ends at the left, the line below, and what lies along it."""
    top, bottom = _ends(panel.y, y)
    wide = max(room_of(top), room_of(bottom))
    side, corner, level = EDGES[plain]
    lines = [f"{' ' * (wide + 1)}{brief(panel.y.title, canvas.columns)}"] if panel.y.title else []
    for row, text in enumerate(canvas.lines(blank)):
        tick = top if row == 0 else bottom if row == canvas.rows - 1 else ""
        lines.append(f"{aligned(tick, wide)} {side}{text}")
    lines.append(f"{' ' * wide} {corner}{level * canvas.columns}")
    below = [_below(panel.x, x, canvas.columns)]
    if panel.x.categories is not None:
        title = brief(panel.x.title, canvas.columns)
        below.append(" " * ((canvas.columns - room_of(title)) // 2) + title)
    return [*lines, *(f"{' ' * (wide + 2)}{line}".rstrip() for line in below)]


def _ends(axis: Axis, ends: Span) -> tuple[str, str]:
    """The high and the low end of an upright axis."""
    if axis.categories:
        return brief(axis.categories[-1], 10), brief(axis.categories[0], 10)
    low, high = (figure(abs(end) if axis.mirrored else end) for end in ends)
    return high, low


def _below(axis: Axis, ends: Span, columns: int) -> str:
    """The ends of x with its title between them; or the names of its categories."""
    if axis.categories is None:
        low, high = map(figure, ends)
        room = columns - room_of(low) - room_of(high)
        title = brief(axis.title, max(room - 2, 3))
        before = max((room - room_of(title)) // 2, 1)
        return f"{low}{' ' * before}{padded(title, max(room - before, 1))}{high}"
    each = max(columns // max(len(axis.categories), 1), 1)
    step = max(1, -(-4 // each))
    names = [brief(name, max(each * step - 1, 3)) for name in axis.categories[::step]]
    return "".join(padded(" " * max((each * step - room_of(name)) // 2, 0) + name, each * step) for name in names)
