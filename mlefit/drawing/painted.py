"""Painted: one panel on axes of matplotlib. Roles have the same shapes and line styles as in `picture.css`."""

from math import isfinite
from typing import Any

import numpy as np

from mlefit.arrays import Array
from mlefit.drawing import matrix, ruler
from mlefit.drawing.cells import binned, shade
from mlefit.drawing.frame import ACROSS, UPWARDS, upright
from mlefit.drawing.frame import level as along
from mlefit.drawing.labels import APART, MOVED, RULED, ends_in_a_curve, nearest, rises
from mlefit.drawing.layers import beside, crowding
from mlefit.drawing.markup import brief
from mlefit.drawing.palette import PALETTE, light
from mlefit.drawing.scale import MINUS, Span, spans, ticks, written
from mlefit.picture.panel import Axis, Layer, Panel, Role

PIXELS = 310.0          # across, of the frame in SVG: as many names of categories fit
TEXT: dict[str, Any] = {"parse_math": False, "fontsize": 8}
WIDTHS: dict[Role, float] = {"curve": 1.5, "model": 1.2, "mle": 4.5, "loss": 1.5, "reference": 0.9}
DASHES: dict[Role, Any] = {"model": (0, (5, 3)), "loss": (0, (4, 3))}
CROWDS = {"small": (5, 0.38), "": (9, 0.5), "few": (18, 0.85)}     # area in square points, opacity
FAINT: dict[Role, float] = {"mle": 0.45}


def painted(axes: Any, panel: Panel) -> None:
    """The panel on these axes."""
    axes.set_facecolor("none")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(PALETTE["soft"].light)
    axes.tick_params(length=0, labelsize=8, labelcolor=PALETTE["soft"].light)
    axes.set_xlabel(brief(panel.x.title, 56), parse_math=False, fontsize=8.5, color=PALETTE["soft"].light)
    if ruler.is_ruler(panel):
        _ruler(axes, panel)
    elif matrix.is_matrix(panel):
        _matrix(axes, panel)
    else:
        _framed(axes, panel)


def _framed(axes: Any, panel: Panel) -> None:
    """Layers between two scales."""
    x, y, other = spans(panel, ACROSS, UPWARDS)
    _scaled(axes, panel.x, panel.y, x, y)
    axes.grid(axis="y", color=PALETTE["rule"].light, linewidth=0.6)
    axes.set_axisbelow(True)
    right = None
    if panel.right is not None and other is not None:
        right = axes.twinx()
        right.set_ylim(*other)
        _ticked(right.yaxis, upright(panel.right, other))
        right.tick_params(length=0, labelsize=8, labelcolor=light("loss"))
        for spine in right.spines.values():
            spine.set_visible(False)
        axes.texts[-1].set_color(light("mle"))
        right.text(1.0, 1.03, brief(panel.right.title, 30), transform=right.transAxes, ha="right", color=light("loss"), **TEXT)
    for order, layer in enumerate(panel.layers):
        _layer(right if layer.axis == "right" and right is not None else axes, panel, layer, (x, y), 2.0 + 0.01 * order)
    _labels(axes, panel, x, y)


HIGH = 180.0        # of a panel, in the unit of what labels are apart


def _labels(axes: Any, panel: Panel, x: Span, y: Span) -> None:
    """What is written at layers: over the end of a line, on a rule, or in a corner. Places beyond the ends are moved to them."""
    corner = ruled = 0
    taken: list[float] = []
    for layer in panel.layers:
        if not layer.label or (panel.right is not None and layer.kind == "line"):
            continue
        words = brief(layer.label, 44)
        style: dict[str, Any] = {"ha": "right", "color": light(layer.role), **TEXT}
        if layer.kind == "hrule" or ends_in_a_curve(layer):
            ends = (np.ravel(layer.numbers.get("x", np.array([x.high]))), np.ravel(layer.numbers["y"]))
            if all(end.size and isfinite(end[-1]) for end in ends):
                last = float(np.clip(ends[1][-1], *y))
                at = float(y.share(np.array(last))) * HIGH
                height = at if layer.kind == "hrule" else nearest(at, taken, APART, (0.0, HIGH), MOVED)
                if height is None:
                    continue
                place = (float(np.clip(ends[0][-1], *x)), last + (height - at) / HIGH * (y.high - y.low))
                axes.annotate(words, place, xytext=(-2, 3), textcoords="offset points", annotation_clip=False, **style)
            continue
        if layer.kind == "vrule":
            for at in _finite(layer.numbers["x"]):
                style["ha"], away = ("right", -4) if at > 0.5 * (x.low + x.high) else ("left", 4)
                place = (at, y.high - RULED * (y.high - y.low))
                axes.annotate(words, place, xytext=(away, -11 * ruled), textcoords="offset points", **style)
            ruled += 1
            continue
        low = layer.kind == "bars" and float(np.nansum(layer.numbers["height"])) < 0.0
        level, anchor = (0.03, "bottom") if low else (0.97 - 0.07 * corner, "top")
        left = rises(layer, y)
        style["ha"] = "left" if left else "right"
        axes.text(0.02 if left else 0.98, level, words, transform=axes.transAxes, va=anchor, **style)
        corner += not low


def _scaled(axes: Any, across: Axis, upwards: Axis, x: Span, y: Span) -> None:
    axes.set_xlim(*x)
    axes.set_ylim(*y)
    _ticked(axes.xaxis, along(across, x, PIXELS))
    _ticked(axes.yaxis, upright(upwards, y))
    axes.text(-0.08, 1.03, brief(upwards.title, 56), transform=axes.transAxes, color=PALETTE["soft"].light, **TEXT)


def _ticked(axis: Any, places: list[tuple[float, str]]) -> None:
    axis.set_ticks([place for place, _ in places], [label for _, label in places], parse_math=False)


def _layer(axes: Any, panel: Panel, layer: Layer, ends: tuple[Span, Span], order: float) -> None:
    """One layer."""
    numbers, role = layer.numbers, layer.role
    style: dict[str, Any] = {"color": light(role), "zorder": order}
    stroke = style | {
        "linewidth": 2.2 if layer.strong else WIDTHS.get(role, 1.3), "alpha": FAINT.get(role, 1.0),
        "linestyle": "-" if layer.strong else DASHES.get(role, "-"),
    }
    if layer.kind == "points":
        x = beside(panel, layer)
        if role == "warn":
            axes.scatter(x, numbers["y"], s=26, marker="D", edgecolors="white", linewidths=0.5, **style)
        else:
            size, faint = (24, 1.0) if layer.strong else CROWDS[crowding(layer)]
            axes.scatter(x, numbers["y"], s=size, alpha=faint, linewidths=0, **style)
    elif layer.kind == "hex":
        counts, left, low = binned(numbers["x"], numbers["y"], *ends)
        alpha = np.where(counts > 0, shade(counts), 0.0).T
        axes.pcolormesh(left, low, np.zeros(alpha.shape), cmap=_one_colour(light(role)), alpha=alpha, zorder=order, rasterized=True)
    elif layer.kind in ("line", "step"):
        axes.plot(numbers["x"], numbers["y"], drawstyle="steps-post" if layer.kind == "step" else "default", **stroke)
    elif layer.kind in ("band", "interval"):
        _range(axes, panel, layer, order)
    elif layer.kind == "bars":
        _bars(axes, layer, ends[0], order)
    elif layer.kind == "hrule":
        for place in _finite(numbers["y"]):
            axes.axhline(place, **stroke)
    elif layer.kind == "vrule":
        for place in _finite(numbers["x"]):
            axes.axvline(place, **stroke)


def _range(axes: Any, panel: Panel, layer: Layer, order: float) -> None:
    """A band, or upright lines where nothing lies between two x."""
    x, low, high = (np.asarray(layer.numbers[name], dtype=float) for name in ("x", "low", "high"))
    colour, envelope = light(layer.role), layer.role == "envelope"
    if layer.kind == "band" and panel.x.categories is None and x.size > 1:
        axes.fill_between(x, low, high, facecolor=colour, alpha=0.38 if envelope else 0.22, linewidth=0, zorder=order)
        for edge in (low, high) if envelope else ():
            axes.plot(x, edge, color=PALETTE["soft"].light, linewidth=0.5, alpha=0.7, zorder=order)
        return
    thick = layer.kind == "band" or envelope
    axes.vlines(x, low, high, color=colour, linewidth=7.0 if thick else 1.5, alpha=0.6 if thick else 1.0, zorder=order)
    if "y" in layer.numbers and not envelope:
        axes.scatter(x, layer.numbers["y"], s=22, color=colour, linewidths=0, zorder=order)


def _bars(axes: Any, layer: Layer, ends: Span, order: float) -> None:
    edges, height = np.clip(layer.numbers["edges"], *ends), np.asarray(layer.numbers["height"], dtype=float)
    base = np.broadcast_to(layer.numbers.get("base", np.zeros(1)), height.shape)
    width = np.diff(edges)
    free = 0.1 * width if "base" in layer.numbers else np.zeros(width.size)
    axes.bar(edges[:-1] + free, height - base, width - 2.0 * free, bottom=base, align="edge", color=light(layer.role), alpha=0.36,
             edgecolor="white", linewidth=0.4, zorder=order)


def _ruler(axes: Any, panel: Panel) -> None:
    """Rows of ranges and values."""
    ends, rows, named = ruler.scale(panel), ruler.rows_of(panel), ruler.names(panel)
    axes.set_xlim(*ends)
    axes.set_ylim(-(rows - 0.3), 0.7)
    places = ticks(ends)
    _ticked(axes.xaxis, list(zip(places, written(places), strict=True)))
    axes.set_yticks([])
    axes.grid(axis="x", color=PALETTE["rule"].light, linewidth=0.6)
    for row, words in named.items():
        axes.text(0.0, -row + 0.32, brief(words, 56), transform=axes.get_yaxis_transform(), color=PALETTE["soft"].light, zorder=6,
                  bbox={"facecolor": PALETTE["ground"].light, "linewidth": 0, "pad": 1}, **TEXT)
    for layer in panel.layers:
        y, colour = -float(ruler.row_of(layer)), light(layer.role)
        if layer.kind == "span":
            low, high = (float(np.ravel(layer.numbers[name])[0]) for name in ("low", "high"))
            axes.plot([low, high], [y, y], color=colour, linewidth=10 if layer.role == "envelope" else 3, solid_capstyle="butt")
        elif layer.kind == "mark":
            for x in _finite(layer.numbers["x"]):
                axes.plot([x], [y], marker="D", markersize=7, color=colour, zorder=5)
                if layer.label and layer.label != named.get(ruler.row_of(layer)):
                    axes.annotate(brief(layer.label, 56), (x, y), xytext=(0, -8), textcoords="offset points", ha="center", va="top",
                                  color=colour, annotation_clip=False, **TEXT)
        elif layer.kind == "vrule":
            for x in _finite(layer.numbers["x"]):
                axes.axvline(x, color=colour, linewidth=0.9)


def _matrix(axes: Any, panel: Panel) -> None:
    """Cells with their values."""
    values = matrix.values_of(panel)
    shares, words = matrix.are_shares(values), matrix.written(values)
    rows, columns = values.shape
    alpha = matrix.FAINTEST + matrix.REST * np.nan_to_num(values) * shares
    axes.pcolormesh(np.zeros(values.shape), cmap=_one_colour(light("data")), alpha=np.where(np.isfinite(values), alpha, 0.0),
                    edgecolors="white", linewidth=1.5)
    axes.set_ylim(rows, 0)
    for axis, names, count in ((axes.xaxis, panel.x.categories, columns), (axes.yaxis, panel.y.categories, rows)):
        letters = 3 if axis is axes.xaxis and columns > matrix.FEW else 12
        labels = [brief(name, letters) for name in (names or tuple(map(str, range(1, count + 1))))[:count]]
        axis.set_ticks(np.arange(count) + 0.5, labels, parse_math=False)
    if max(rows, columns) <= matrix.MOST:
        for i, j in np.argwhere(np.isfinite(values)).tolist():
            style = {"ha": "center", "va": "center", "color": PALETTE["ink"].light, **TEXT}
            axes.text(j + 0.5, i + 0.5, words[i][j].replace("-", MINUS), **style)
    axes.text(-0.08, 1.03, brief(panel.y.title, 56), transform=axes.transAxes, color=PALETTE["soft"].light, **TEXT)


def _one_colour(colour: str) -> Any:
    from matplotlib.colors import ListedColormap

    return ListedColormap([colour])


def _finite(values: Array) -> list[float]:
    return [value for value in np.ravel(values).tolist() if isfinite(value)]
