"""Painter: layers of a panel as dots on a canvas."""

from math import isfinite

import numpy as np

from mlefit.arrays import Array
from mlefit.drawing.canvas import Canvas
from mlefit.drawing.layers import beside
from mlefit.drawing.scale import Span
from mlefit.picture.panel import Layer, Panel, Role

SIGNS: dict[Role, str] = {      # in ASCII: what a role is drawn with
    "envelope": ":", "data": "o", "reference": "-", "model": "*", "curve": "+", "mle": "*", "loss": "x", "warn": "@",
}
FILLED = "#"
FINE = 3            # places of a line for each dot along x


class Painter:
    """Layers on a canvas, on the scales of one side."""

    def __init__(self, canvas: Canvas, panel: Panel, x: Span, y: Span) -> None:
        self.canvas, self.panel, self.x, self.y = canvas, panel, x, y

    def across(self, values: Array) -> Array:
        """Dots from the left."""
        return self.x.share(values) * (self.canvas.width - 1)

    def down(self, values: Array) -> Array:
        """Dots from the top."""
        return (1.0 - self.y.share(values)) * (self.canvas.height - 1)

    def paint(self, layer: Layer) -> None:
        """A layer; a text is none."""
        sign, numbers = SIGNS[layer.role], layer.numbers
        if layer.kind in ("points", "hex"):
            self.canvas.dot(self.across(beside(self.panel, layer)), self.down(numbers["y"]), sign)
        elif layer.kind in ("line", "step"):
            self._line(numbers["x"], numbers["y"], sign, every=2 if layer.role in ("loss", "model") and not layer.strong else 1)
        elif layer.kind in ("band", "interval"):
            self._band(layer, sign)
        elif layer.kind == "bars":
            self._bars(layer)
        elif layer.kind == "hrule":
            places = np.arange(0.0, self.canvas.width)
            for level in np.ravel(self.down(numbers["y"])):
                self.canvas.dot(places, np.full(places.size, level), sign)
        elif layer.kind == "vrule":
            places = np.arange(0.0, self.canvas.height)
            for at in np.ravel(self.across(numbers["x"])):
                self.canvas.dot(np.full(places.size, at), places, sign)

    def _line(self, x: Array, y: Array, sign: str, every: int = 1) -> None:
        """The line through points: between two neighbours as many dots as are seen, of which `every` so many is drawn."""
        across, down = self.across(x), self.down(y)
        if across.size == 1:
            self.canvas.dot(across, down, sign)
        known = np.isfinite(across) & np.isfinite(down)
        for i in np.flatnonzero(known[1:] & known[:-1]).tolist():
            far = max(abs(across[i + 1] - across[i]), abs(down[i + 1] - down[i]))
            share = np.linspace(0.0, 1.0, int(min(far, 10.0 * self.canvas.width)) * FINE + 2)
            at = across[i] + share * (across[i + 1] - across[i])
            level = down[i] + share * (down[i + 1] - down[i])
            shown = np.round(at).astype(int) % (2 * every) < every if every > 1 else np.ones(at.size, bool)
            self.canvas.dot(at[shown], level[shown], sign)

    def _band(self, layer: Layer, sign: str) -> None:
        """The two edges, dotted; where nothing lies between two x, upright lines."""
        x, low, high = (np.asarray(layer.numbers[name], dtype=float) for name in ("x", "low", "high"))
        if layer.kind == "band" and self.panel.x.categories is None and x.size > 1:
            self._line(x, low, sign, every=2)
            self._line(x, high, sign, every=2)
            return
        for at, a, b in zip(self.across(x), self.down(low), self.down(high), strict=True):
            if isfinite(a) and isfinite(b):
                places = np.arange(min(a, b), max(a, b) + 1.0)
                self.canvas.dot(np.full(places.size, at), places, sign)
        if "y" in layer.numbers and layer.role != "envelope":
            self.canvas.dot(self.across(x), self.down(layer.numbers["y"]), sign)

    def _bars(self, layer: Layer) -> None:
        edges, height = np.asarray(layer.numbers["edges"], dtype=float), np.asarray(layer.numbers["height"], dtype=float)
        base = np.broadcast_to(layer.numbers.get("base", np.zeros(1)), height.shape)
        ends = self.across(np.clip(edges, *self.x))
        free = 1.0 if "base" in layer.numbers and not self.canvas.plain else 0.0      # bars that hang stand apart
        tops, feet = self.down(height), self.down(base)
        for i in np.flatnonzero(height != base).tolist():
            self.canvas.fill(ends[i], ends[i + 1] - free, tops[i], feet[i], FILLED)
