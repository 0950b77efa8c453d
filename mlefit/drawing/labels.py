"""Labels: what is written at a layer, in place of a legend. At the end of a line, over a rule, or in a corner."""

import numpy as np

from mlefit.drawing.frame import Frame
from mlefit.drawing.markup import brief, element
from mlefit.drawing.scale import Span
from mlefit.picture.panel import Layer, Panel

APART = 12.0            # pixels between two lines of text
MOVED = 30.0            # pixels that a label may be off its line
RULED = 0.35            # of the height, where the labels of upright rules begin: a curve has its minimum below, its ends above
HIGH = 0.7              # of the height: the corner of a label
LONGEST = 44            # letters of a label


def labelled(panel: Panel, frame: Frame) -> list[str]:
    """The labels of all layers, none over another at its place."""
    found: list[str] = []
    corners, rules, ends = [0, 0], 0, list[float]()
    for layer in panel.layers:
        if layer.label is None or (panel.right is not None and layer.kind == "line"):     # the titles of both scales name the lines
            continue
        words = brief(layer.label, LONGEST)
        if ends_in_a_curve(layer):
            found += _at_the_end(layer, words, frame, ends)
        elif layer.kind == "hrule":
            y = float(np.ravel(frame.up(layer.numbers["y"], layer))[0])
            found.append(_said(layer, words, frame.right - 2.0, y - 4.0, "end"))
        elif layer.kind == "vrule":
            x = float(np.ravel(frame.across(layer.numbers["x"]))[0])
            x, anchor = (x - 5.0, "end") if x > 0.5 * (frame.left + frame.right) else (x + 5.0, "")
            found.append(_said(layer, words, x, frame.top + RULED * (frame.bottom - frame.top) + APART * rules, anchor))
            rules += 1
        else:
            low = layer.kind == "bars" and float(np.nansum(layer.numbers["height"])) < 0.0
            y = frame.bottom - 6.0 - APART * corners[1] if low else frame.top + 10.0 + APART * corners[0]
            corners[low] += 1
            left = rises(layer, frame.y)
            found.append(_said(layer, words, frame.left + 4.0 if left else frame.right - 4.0, y, "" if left else "end"))
    return found


def rises(layer: Layer, ends: Span) -> bool:
    """Whether the layer ends in the corner at the upper right, so that its label stands at the left."""
    y = np.ravel(layer.numbers["y"]) if "y" in layer.numbers else np.zeros(0)
    return bool(y.size and ends.share(y[-1]) > HIGH)


def _at_the_end(layer: Layer, words: str, frame: Frame, taken: list[float]) -> list[str]:
    """The label of a line over its last point, or as near as those that stand there already leave room; else none."""
    x, y = frame.across(layer.numbers["x"]), frame.up(layer.numbers["y"], layer)
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    if known.size == 0:
        return []
    at = min(max(float(y[known[-1]]) - 5.0, frame.top + 8.0), frame.bottom - 4.0)
    place = nearest(at, taken, APART, (frame.top + 8.0, frame.bottom - 4.0), MOVED)
    return [] if place is None else [_said(layer, words, float(x[known[-1]]) - 2.0, place, "end")]


def nearest(at: float, taken: list[float], apart: float, ends: tuple[float, float], most: float) -> float | None:
    """The height nearest to one that is so far from all that are taken, not beyond the ends and at most so much away, which is then
    taken too; None where there is none."""
    places = [at, *(place for other in sorted(taken) for place in (other - apart, other + apart))]
    free = [place for place in places if ends[0] <= place <= ends[1] and abs(place - at) <= most
            and all(abs(place - other) > 0.95 * apart for other in taken)]
    if not free:
        return None
    taken.append(min(free, key=lambda place: (abs(place - at), place)))
    return taken[-1]


def ends_in_a_curve(layer: Layer) -> bool:
    """Whether its label stands at its end."""
    return layer.kind in ("line", "step") or (layer.kind, layer.role) == ("points", "curve")


def _said(layer: Layer, words: str, x: float, y: float, anchor: str) -> str:
    return element("text", words, class_=f"label {layer.role}", x=x, y=y, text_anchor=anchor)
