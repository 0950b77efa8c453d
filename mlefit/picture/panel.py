"""Panel: one picture, computed once, as plain numbers with one sentence. Renderers only draw it, so no two of them can differ.

A role says what a layer is, and a renderer maps it to a colour and to a shape or line style, so that grey print tells it too.
"""

from collections.abc import Mapping
from typing import Literal

from mlefit.arrays import Array
from mlefit.records import record

Kind = Literal["points", "hex", "line", "step", "band", "bars", "interval", "span", "mark", "hrule", "vrule", "cells", "text"]
Role = Literal["data", "model", "envelope", "curve", "reference", "mle", "loss", "warn"]


@record(frozen=True)
class Axis:
    """One axis. `categories`: the names at 0, 1, 2, ...; `limits`: where it ends, None for where its numbers do.

    `zero`: it begins at 0 at the latest; `mirrored`: both directions count upwards.
    """

    title: str
    limits: tuple[float, float] | None = None
    categories: tuple[str, ...] | None = None
    zero: bool = False
    mirrored: bool = False


@record(frozen=True, eq=False)
class Layer:
    """What is drawn together. `numbers`, by kind, all of one length unless said:

    points, line, step: x, y. hex: x, y, drawn as shaded cells. band, interval: x (and y of an interval), low, high. bars: edges
    (one more than) height, and base where they hang. span: low, high, row. mark: x, row. hrule: y. vrule: x. cells: values
    (rows, columns), whose names are the categories of the axes. text: none, the label is all.

    `label`: what is written at it. `strong`: drawn larger or wider. `spread`: points of one category may be drawn beside each
    other. `axis`: "right" for a scale of its own on the right side.
    """

    kind: Kind
    role: Role
    numbers: Mapping[str, Array]
    label: str | None = None
    strong: bool = False
    spread: bool = False
    axis: Literal["left", "right"] = "left"


@record(frozen=True, eq=False)
class Panel:
    """One picture.

    `sentence`: what it shows, made from its numbers; its alt text too. `p`: probability of so large a departure under the
    model, adjusted for all panels tested; None where nothing is tested. `size`: how large the departure is in the unit of its
    kind. `mark`: unlikely and large. `rows`: rows it tells of; `drawn`: rows drawn as points or cells.
    """

    id: str
    title: str
    x: Axis
    y: Axis
    layers: tuple[Layer, ...]
    sentence: str
    p: float | None = None
    size: float | None = None
    mark: bool = False
    rows: int = 0
    drawn: int = 0
    right: Axis | None = None


@record(frozen=True, eq=False)
class Sheet:
    """The panels of one fit, in the order of looking.

    `title`: the formula and the noise model; `foot`: rows, what was drawn of them, draws and seed; `tested`: panels tested, those
    not shown included; `draws`: data sets simulated for the envelopes.
    """

    title: str
    foot: str
    panels: tuple[Panel, ...]
    tested: int
    draws: int
    seed: int
