"""Story: what a page tells, before it is words."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from mlefit.errors import MlefitError
from mlefit.picture.panel import Panel, Sheet
from mlefit.report.comparison import Comparison
from mlefit.report.report import Report


class Judged(NamedTuple):
    """New rows, their `source`, and a saved model, its `place`: a `verdict` in a few words, whether it is an `alarm`, `sentences`,
    and a table of figures, `heads` above `lines`."""

    place: str
    source: tuple[str, ...]
    verdict: str
    alarm: bool
    sentences: tuple[str, ...]
    heads: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]


class Story(NamedTuple):
    """A fit as a page tells it; the report alone is enough for one.

    `spreads`: what a coefficient is multiplied by to be the effect of one standard deviation of its column, by name; 1 of a level.
    `sheet`: the pictures of the residuals. `effects`, `slices`, `nats`, `surprise`: further pictures. `comparison`: several models,
    of which `report` is the best. `error`: why there is no answer. `commands`: what to run next. `judged`: where `report` is
    that of a saved model, and the pictures are of new rows, what these say of it.
    """

    report: Report
    spreads: Mapping[str, float] = MappingProxyType({})
    sheet: Sheet | None = None
    nats: Panel | None = None
    effects: tuple[Panel, ...] = ()
    slices: tuple[Panel, ...] = ()
    surprise: Panel | None = None
    comparison: Comparison | None = None
    error: MlefitError | None = None
    commands: tuple[str, ...] = ()
    judged: Judged | None = None
