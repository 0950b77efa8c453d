"""Frame: the rectangle of a panel, where numbers lie in it, and its axes. Pixels, y downwards."""


import numpy as np

from mlefit.arrays import Array
from mlefit.drawing.markup import brief, element
from mlefit.drawing.scale import Span, spans, ticks, written
from mlefit.picture.panel import Axis, Layer, Panel
from mlefit.records import record
from mlefit.report.layout import room_of

WIDTH, HEIGHT = 360.0, 244.0
LETTER = 5.9                # pixels of a letter of a tick, of 10.5 pixels
LEFT, RIGHT, TOP, BOTTOM = 34.0, 10.0, 24.0, 40.0       # least margins
LEAST_NAME = 3              # letters of a category below which only every second or third is written
MANY, LEAST_OF_MANY = 8, 8  # categories, and letters below which not all of more are written
ACROSS, UPWARDS = 0.03, 0.06        # shares of an axis left free at its ends
LONGEST = 56                # letters of the title of an axis
GAP = 5.0                   # between a tick and its frame


@record(frozen=True)
class Frame:
    """The rectangle from (left, top) to (right, bottom) of a picture, and the scales on its sides."""

    left: float
    right: float
    top: float
    bottom: float
    x: Span
    y: Span
    other: Span | None

    def across(self, values: Array) -> Array:
        """Pixels from the left."""
        return self.left + self.x.share(values) * (self.right - self.left)

    def up(self, values: Array, layer: Layer | None = None) -> Array:
        """Pixels from the top, on the scale of the layer's side."""
        scale = self.other if layer is not None and layer.axis == "right" and self.other is not None else self.y
        return self.bottom - scale.share(values) * (self.bottom - self.top)


def framed(panel: Panel) -> Frame:
    """The frame of a panel, with room for its ticks."""
    x, y, other = spans(panel, ACROSS, UPWARDS)
    left = max(LEFT, _room(upright(panel.y, y)))
    right = RIGHT if other is None or panel.right is None else max(LEFT, _room(upright(panel.right, other)))
    crowded = panel.right is not None and (room_of(panel.y.title) + room_of(panel.right.title)) * LETTER > WIDTH
    return Frame(left, WIDTH - right, TOP + (14.0 if crowded else 0.0), HEIGHT - BOTTOM, x, y, other)


def _room(places: list[tuple[float, str]]) -> float:
    return GAP + 3.0 + LETTER * max((room_of(label) for _, label in places), default=0)


def upright(axis: Axis, ends: Span) -> list[tuple[float, str]]:
    """Places and labels of the ticks of an upright axis."""
    if axis.categories is not None:
        return [(float(place), brief(name, 10)) for place, name in enumerate(axis.categories)]
    places = ticks(ends, 5)
    return list(zip(places, written(places, mirrored=axis.mirrored), strict=True))


def level(axis: Axis, ends: Span, room: float) -> list[tuple[float, str]]:
    """Places and labels of the ticks of an axis along x, `room` pixels long; of many categories every k-th."""
    if axis.categories is None:
        places = ticks(ends)
        return list(zip(places, written(places, mirrored=axis.mirrored), strict=True))
    each = room / max(len(axis.categories), 1)
    many = len(axis.categories) > MANY
    least = min(LEAST_OF_MANY, max(room_of(name) for name in axis.categories)) + 2 if many else LEAST_NAME + 1
    step = max(1, int(np.ceil(least * LETTER / each)))
    letters = max(LEAST_NAME, int(each * step / LETTER) - (2 if many else 1))
    return [(float(place), brief(axis.categories[place], letters)) for place in range(0, len(axis.categories), step)]


def axes(panel: Panel, frame: Frame) -> list[str]:
    """Grid, ticks, titles and the line at the bottom."""
    found = []
    for place, label in upright(panel.y, frame.y):
        y = float(frame.up(np.array(place)))
        found.append(element("path", class_="grid", d=f"M{frame.left:.1f} {y:.1f}H{frame.right:.1f}"))
        found.append(element("text", label, class_="tick", x=frame.left - GAP, y=y, text_anchor="end", dy=".32em"))
    for place, label in level(panel.x, frame.x, frame.right - frame.left):
        found.append(element(
            "text", label, class_="tick", x=float(frame.across(np.array(place))), y=frame.bottom + 14.0, text_anchor="middle"))
    found.append(element("path", class_="frame", d=f"M{frame.left:.1f} {frame.bottom:.1f}H{frame.right:.1f}"))
    middle = 0.5 * (frame.left + frame.right)
    found.append(element("text", brief(panel.x.title, LONGEST), class_="axis", x=middle, y=HEIGHT - 8.0, text_anchor="middle"))
    left = "axis" if panel.right is None else "axis mle"
    found.append(element("text", brief(panel.y.title, LONGEST), class_=left, x=2.0, y=11.0))
    return found + (_other(panel.right, frame, frame.other) if panel.right is not None and frame.other is not None else [])


def _other(axis: Axis, frame: Frame, ends: Span) -> list[str]:
    """Ticks and title of the scale on the right side."""
    found = []
    for place, label in upright(axis, ends):
        y = frame.bottom - float(ends.share(np.array(place))) * (frame.bottom - frame.top)
        found.append(element("text", label, class_="tick loss", x=frame.right + GAP, y=y, dy=".32em"))
    y = 11.0 if frame.top == TOP else 25.0
    found.append(element("text", brief(axis.title, LONGEST), class_="axis loss", x=WIDTH - 2.0, y=y, text_anchor="end"))
    return found
