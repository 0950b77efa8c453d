"""Layers: each kind of layer as elements of SVG, its role as a class. Colours and lines are those of `picture.css`."""

from collections.abc import Callable

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.drawing import markup
from mlefit.drawing.cells import binned, shade
from mlefit.drawing.frame import Frame
from mlefit.drawing.markup import element
from mlefit.picture.panel import Kind, Layer, Panel

MANY, FEW = 300, 30     # points beyond which they are drawn smaller, and up to which larger
HANGING = 0.1           # share of a bar's room that is free on either side, where bars hang
WARN = 4.5              # half a diamond
FREE = 0.4              # of a gap between bars that touch, pixels


def drawn(panel: Panel, layer: Layer, frame: Frame) -> list[str]:
    """The elements of a layer."""
    return KINDS[layer.kind](panel, layer, frame) if layer.kind in KINDS else []


def _class(layer: Layer, *more: str) -> str:
    return " ".join(word for word in (*more, layer.role, "strong" if layer.strong else "") if word)


def _points(panel: Panel, layer: Layer, frame: Frame) -> list[str]:
    x, y = beside(panel, layer), layer.numbers["y"]
    px, py = frame.across(x), frame.up(y, layer)
    if layer.role == "warn":
        seen = apart(px, py)
        return [element("path", class_="warn", d=markup.diamonds(px[seen], py[seen], WARN))]
    return [element("path", class_=_class(layer, "points", crowding(layer)), d=markup.dots(px, py))]


def crowding(layer: Layer) -> str:
    """The class of points by how many there are."""
    points = np.size(layer.numbers["x"])
    return "" if layer.strong or FEW < points <= MANY else "few" if points <= FEW else "small"


def apart(x: Array, y: Array) -> Index:
    """The points that are no nearer than WARN to the one kept before: diamonds over each other would be a smear."""
    kept: list[int] = []
    for i in np.flatnonzero(np.isfinite(x) & np.isfinite(y)).tolist():
        if not kept or abs(x[i] - x[kept[-1]]) + abs(y[i] - y[kept[-1]]) >= WARN:
            kept.append(i)
    return np.array(kept, dtype=np.intp)


def beside(panel: Panel, layer: Layer) -> Array:
    """The x of points; those of a category spread beside each other, by the golden ratio, so that every drawing is the same."""
    x = np.asarray(layer.numbers["x"], dtype=float)
    if not layer.spread:
        return x
    return np.asarray(x + 0.56 * (np.arange(x.size) * 0.6180339887498949 % 1.0 - 0.5))


def _hex(panel: Panel, layer: Layer, frame: Frame) -> list[str]:
    counts, x, y = binned(layer.numbers["x"], layer.numbers["y"], frame.x, frame.y)
    px, py = frame.across(x), frame.up(y, layer)
    found = []
    for level in np.unique(shade(counts)[counts > 0]):
        places = np.argwhere((shade(counts) == level) & (counts > 0))
        path = "".join(
            f"M{markup.number(px[i])} {markup.number(py[j + 1])}H{markup.number(px[i + 1] + 0.3)}V{markup.number(py[j] + 0.3)}"
            f"H{markup.number(px[i])}z" for i, j in places.tolist())
        found.append(element("path", class_=_class(layer, "hex"), opacity=f"{level:.2f}", d=path))
    return found


def _line(panel: Panel, layer: Layer, frame: Frame) -> list[str]:
    x, y = np.asarray(layer.numbers["x"], dtype=float), np.asarray(layer.numbers["y"], dtype=float)
    if layer.kind == "step":
        x, y = np.repeat(x, 2)[1:], np.repeat(y, 2)[:-1]
    return [element("path", class_=_class(layer, "line"), d=markup.line(frame.across(x), frame.up(y, layer)))]


def _band(panel: Panel, layer: Layer, frame: Frame) -> list[str]:
    x = frame.across(layer.numbers["x"])
    low, high = frame.up(layer.numbers["low"], layer), frame.up(layer.numbers["high"], layer)
    if panel.x.categories is not None or x.size == 1:       # nothing lies between two names
        return [element("path", class_=_class(layer, "whisker"), d=markup.bars(x, low, high))]
    return [element("path", class_=_class(layer, "band"), d=markup.area(x, low, high))]


def _interval(panel: Panel, layer: Layer, frame: Frame) -> list[str]:
    x = frame.across(layer.numbers["x"])
    low, high = frame.up(layer.numbers["low"], layer), frame.up(layer.numbers["high"], layer)
    kind = "whisker" if layer.role == "envelope" else "interval"
    found = [element("path", class_=_class(layer, kind), d=markup.bars(x, low, high))]
    if "y" in layer.numbers and layer.role != "envelope":
        found.append(element("path", class_=f"points {layer.role} strong", d=markup.dots(x, frame.up(layer.numbers["y"], layer))))
    return found


def _bars(panel: Panel, layer: Layer, frame: Frame) -> list[str]:
    edges, height = np.asarray(layer.numbers["edges"], dtype=float), np.asarray(layer.numbers["height"], dtype=float)
    base = np.broadcast_to(layer.numbers.get("base", np.zeros(1)), height.shape)
    ends = frame.across(np.clip(edges, frame.x.low, frame.x.high))
    free = HANGING * np.diff(ends) if "base" in layer.numbers else np.full(height.size, FREE)
    left, right = (ends[:-1] + free).tolist(), (ends[1:] - free).tolist()
    foot, top = frame.up(base, layer), frame.up(height, layer)
    known = np.isfinite(foot) & np.isfinite(top) & (foot != top)
    path = "".join(
        f"M{markup.number(left[i])} {markup.number(foot[i])}V{markup.number(top[i])}H{markup.number(right[i])}"
        f"V{markup.number(foot[i])}z" for i in np.flatnonzero(known).tolist() if right[i] > left[i])
    return [element("path", class_=_class(layer, "bars"), d=path)]


def _rule(panel: Panel, layer: Layer, frame: Frame) -> list[str]:
    if layer.kind == "hrule":
        y = np.ravel(frame.up(layer.numbers["y"], layer))
        path = "".join(markup.line(np.array([frame.left, frame.right]), np.array([at, at])) for at in y[np.isfinite(y)])
    else:
        x = np.ravel(frame.across(layer.numbers["x"]))
        path = markup.bars(x, np.full(x.size, frame.top), np.full(x.size, frame.bottom))
    return [element("path", class_=_class(layer, "rule"), d=path)]


KINDS: dict[Kind, Callable[[Panel, Layer, Frame], list[str]]] = {
    "points": _points, "hex": _hex, "line": _line, "step": _line, "band": _band, "interval": _interval, "bars": _bars,
    "hrule": _rule, "vrule": _rule,
}
