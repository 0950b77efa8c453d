"""Scale: where an axis begins and ends, its round ticks, and how they are written.

Ticks are multiples of 1, 2, 2.5 or 5 times a power of ten, as few as `most`. All media take their scales from here.
"""

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from math import ceil, floor, isfinite, log10
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.picture.panel import Axis, Layer, Panel

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
LARGEST = 1e300             # of a scale: beyond it the difference of two ends is no double
SLACK = 1e-9                # steps by which a tick may lie outside its axis, for the rounding of the division
LARGEST_FIXED, SMALLEST_FIXED = 6, -5       # powers of ten between which ticks are written without one
MINUS = "−"
ACROSS = ("x", "edges")     # the numbers of a layer that lie along x
UPWARDS = ("y", "low", "high", "height", "base")


class Span(NamedTuple):
    """The ends of an axis, low < high."""

    low: float
    high: float

    def share(self, values: Array) -> Array:
        """Where values lie between the ends: 0 at the low one, 1 at the high one; NaN stays."""
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray((np.asarray(values, dtype=float) - self.low) / (self.high - self.low))


def span(axis: Axis, values: Iterable[Array], margin: float = 0.0) -> Span:
    """The ends of an axis of these values: its own limits, those of its categories, or the finite values and a margin.

    `margin`: share of the length that is left free at either end. An axis without a finite value goes from 0 to 1; of one value,
    half of it, or 1, to either side.
    """
    if axis.categories is not None:
        return Span(-0.5, max(len(axis.categories), 1) - 0.5)
    if axis.limits is not None and all(map(isfinite, axis.limits)) and axis.limits[0] < axis.limits[1]:
        return Span(*axis.limits)
    known = [np.ravel(np.asarray(part, dtype=float)) for part in values]
    joined = np.concatenate([np.zeros(0), *known])
    finite = np.clip(joined[np.isfinite(joined)], -LARGEST, LARGEST)
    if finite.size == 0:
        return Span(0.0, 1.0)
    low, high = float(finite.min()), float(finite.max())
    if axis.zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if not high - low > 1e-12 * max(abs(low), abs(high)):       # one value, but for the rounding
        room = 0.5 * abs(high) or 1.0
        return Span(low - room, high + room)
    free = margin * (high - low)
    return Span(low if axis.zero and low == 0.0 else low - free, high if axis.zero and high == 0.0 else high + free)


def spans(panel: Panel, across: float = 0.0, upwards: float = 0.0) -> tuple[Span, Span, Span | None]:
    """The scales of x, of y and of the right side, with their margins.

    Beside a right side the left one has the same margin at both its ends, so that one curve on two scales is one line.
    """
    left = [layer for layer in panel.layers if layer.axis == "left"]
    right = [layer for layer in panel.layers if layer.axis == "right"]
    x = span(panel.x, values(panel.layers, ACROSS), across)
    y = span(panel.y if panel.right is None else replace(panel.y, zero=False), values(left, UPWARDS), upwards)
    return x, y, None if panel.right is None else span(panel.right, values(right, UPWARDS), upwards)


def values(layers: Iterable[Layer], names: tuple[str, ...]) -> list[Array]:
    """The numbers of these names, those of bars with the line on which they stand."""
    found: list[Array] = []
    for layer in layers:
        found += [layer.numbers[name] for name in names if name in layer.numbers]
        if layer.kind == "bars" and "height" in names and "base" not in layer.numbers:
            found.append(np.zeros(1))
    return found


def ticks(ends: Span, most: int = 6) -> list[float]:
    """Round values between the ends, at most `most` + 1 of them."""
    step = step_of(ends, most)
    first, last = ceil(ends.low / step - SLACK), floor(ends.high / step + SLACK)
    return [float(f"{place * step:.12g}") for place in range(first, last + 1)]


def step_of(ends: Span, most: int) -> float:
    """The distance of the ticks."""
    raw = (ends.high - ends.low) / most
    power = 10.0 ** floor(log10(raw))
    return next(step * power for step in STEPS if step * power >= raw * (1.0 - SLACK))


def written(places: list[float], *, mirrored: bool = False) -> list[str]:
    """Ticks as text: with the digits that tell them apart, no zeros after them, and a proper minus."""
    if not places:
        return []
    largest = max(map(abs, places))
    step = min((b - a for a, b in pairwise(places)), default=largest) or 1.0
    top, fine = floor(log10(largest or 1.0)), floor(log10(step) + SLACK)
    digits = max(-fine + 1, 0)              # one more than the step's own: 2.5 has two
    scientific = top >= LARGEST_FIXED or fine < SMALLEST_FIXED
    return [_one(abs(value) if mirrored else value, digits, top - fine + 1 if scientific else None) for value in places]


def _one(value: float, digits: int, mantissa: int | None) -> str:
    if value == 0.0:
        return "0"
    if mantissa is None:
        text = f"{value:.{digits}f}"
        return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", MINUS)
    number, _, power = f"{value:.{mantissa}e}".partition("e")
    number = number.rstrip("0").rstrip(".") if "." in number else number
    return f"{number}e{int(power)}".replace("-", MINUS)


def figure(value: float) -> str:
    """A number alone: three significant digits, whole numbers in full."""
    if value == 0.0:
        return "0"
    power = floor(log10(abs(value)))
    if not SMALLEST_FIXED < power < LARGEST_FIXED:
        number, _, power_text = f"{value:.2e}".partition("e")
        return f"{number.rstrip('0').rstrip('.')}e{int(power_text)}"
    text = f"{value:.{max(2 - power, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
