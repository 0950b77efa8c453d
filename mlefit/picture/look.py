"""Look: one panel that is tested. It makes a curve of rows, judges those of data and of simulated data, and becomes a panel."""

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Literal, NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.picture.everywhere import Count
from mlefit.picture.panel import Layer, Panel
from mlefit.picture.residuals import Rows
from mlefit.picture.words import number, p_text, rows_text

UNLIKELY = 0.05
Needs = Literal["responses", "residuals", "scores", "below", "total"]


class Judged(NamedTuple):
    """`p` of the panel for all `tested` panels, `alone` of the panel as if it were the only one."""

    p: float
    alone: float
    tested: int


class Draft(NamedTuple):
    """A panel before it is judged: `quiet` is its sentence where nothing is unlikely, `loud` where something is.

    `size` of the departure in the unit of its kind, whether that is `large`, and what is `small`; `warn`: layers that a mark shows.
    """

    panel: Panel
    quiet: str
    loud: str
    size: float
    large: bool
    small: str
    warn: tuple[Layer, ...] = ()


class Look(ABC):
    """`id` of its panel. `needs`: what of simulated rows its curve is made of; `along`: what it is along, in words, if anything.

    `reason`: why it is drawn and not tested, if so. `count`: what it sums up over all rows, where it can and those drawn are not
    all; `total`: what that is.
    """

    id: str
    needs: Needs
    count: Count | None = None
    total: Array | None = None
    along: str | None = None
    reason: str | None = None       # why it is not tested
    curves = np.empty((0, 0))       # (B + 1, k), those of the data first

    @abstractmethod
    def curve(self, rows: Rows) -> Array:
        """Numbers (k,) of the rows."""

    def told(self, total: Array) -> None:
        """Take what `count` adds up to."""
        self.total = total

    @property
    @abstractmethod
    def statistic(self) -> Array:
        """(B + 1,): how far the curve of the data, and of each simulated set, is from what is usual."""

    @abstractmethod
    def draft(self) -> Draft:
        """The panel, with both sentences."""


def concluded(look: Look, judged: Judged) -> Panel:
    """The panel with its p, its mark and its sentence. Unlikely and large: a mark. Unlikely and small: said so."""
    made = look.draft()
    unlikely = judged.p <= UNLIKELY
    marked = unlikely and made.large
    rows = "" if look.count is None else f", all {rows_text(made.panel.rows)}"
    if marked:
        sentence = f"{made.loud} ({p_text(judged.p)}{rows})."
    elif unlikely:
        sentence = f"Real but small (under {made.small}): {made.loud[0].lower()}{made.loud[1:]} ({p_text(judged.p)}{rows})."
    elif judged.alone <= UNLIKELY:
        sentence = (f"At the edge of its envelope (p = {number(judged.alone, 2)}{rows}); one of {judged.tested} panels gets there "
                    f"in {100.0 * judged.p:.0f} % of true models: a hint at most.")
    else:
        sentence = f"{made.quiet} ({p_text(judged.p)}{rows})."
    layers = (*made.panel.layers, *(made.warn if marked else ()))
    return replace(made.panel, sentence=sentence, p=judged.p, size=made.size, mark=marked, layers=layers)


def untested(look: Look, reason: str) -> Panel:
    """The panel where nothing can be tested."""
    made = look.draft()
    return replace(made.panel, sentence=f"Drawn, and not tested: {reason}.")
