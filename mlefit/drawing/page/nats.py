"""Nats as one bar: the parts of the cross-entropy without predictors, from the panel that has them."""

from typing import NamedTuple

import numpy as np

from mlefit.drawing.palette import HUES
from mlefit.drawing.scale import figure
from mlefit.picture.panel import Panel
from mlefit.report.layout import CUT


class Part(NamedTuple):
    """`share` of the bar in percent, `hue` a class of the style sheet."""

    label: str
    share: str
    value: str
    hue: str


class Budget(NamedTuple):
    """The parts, what they add up to, and the sentence of the panel."""

    parts: tuple[Part, ...]
    total: str
    sentence: str


def budget(panel: Panel | None) -> Budget | None:
    """The bar; None where there is none."""
    if panel is None:
        return None
    ends = [(float(np.ravel(layer.numbers["low"])[0]), float(np.ravel(layer.numbers["high"])[0])) for layer in panel.layers]
    total = max(high for _, high in ends)
    parts = tuple(
        Part(layer.label or CUT, f"{100.0 * (high - low) / total:.2f}", figure(high - low), HUES[layer.role])
        for layer, (low, high) in zip(panel.layers, ends, strict=True))
    return Budget(parts, figure(total), panel.sentence)
