"""The table of parameters on a page, with the effect of one standard deviation, or of a level, drawn on one common scale."""

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import NamedTuple

from mlefit.drawing.markup import number
from mlefit.drawing.scale import figure
from mlefit.drawing.typeset import typeset
from mlefit.report.cells import row
from mlefit.report.digits import percent
from mlefit.report.parameters import sections
from mlefit.report.report import Parameter, Report
from mlefit.report.safety import shown

MOST = 200                  # rows of the table
WIDTH, HALF, HIGH = 190.0, 88.0, 16.0       # pixels of a drawing, of its axis to either side of 0, and its height


class Line(NamedTuple):
    """A line of the table: a heading over a class, or a parameter with its cells and its drawing, empty where there is none."""

    name: str
    cells: tuple[str, ...] = ()
    drawing: str = ""
    heading: bool = False


class Table(NamedTuple):
    """`reach`: where the common scale ends, None where nothing is drawn; `more`: parameters that are not in the table."""

    heads: tuple[str, ...]
    lines: tuple[Line, ...]
    reach: str | None
    more: int


def table(report: Report, spreads: Mapping[str, float]) -> Table:
    """The parameters by class, at most MOST of them."""
    reach = max((abs(end) for p in report.parameters for end in _ends(p, spreads) or ()), default=0.0)
    lines = list(_lines(report, spreads, reach))
    heads = ("parameter", "maximum likelihood", "s.e.", f"{percent(report.model.level)} interval", "p", "least loss", "gap (s.e.)")
    return Table(heads, tuple(lines[:MOST]), typeset(figure(reach)) if reach > 0.0 else None, max(0, len(lines) - MOST))


def _lines(report: Report, spreads: Mapping[str, float], reach: float) -> Iterator[Line]:
    for part in sections(report):
        if part.heading is not None:
            yield Line(part.heading, heading=True)
        for p in (p for item in part.items for p in item.parameters):
            found, ends = row(p), _ends(p, spreads)
            interval = f"{found.ci_low} to {found.ci_high}" if found.ci_low or found.ci_high else ""
            cells = (found.estimate, found.std_error, interval, found.p, found.loss_estimate, found.gap_se)
            drawn = whisker(*ends, reach) if ends is not None and reach > 0.0 else ""
            yield Line(shown(p.name), tuple(map(typeset, cells)), drawn)


def _ends(p: Parameter, spreads: Mapping[str, float]) -> tuple[float, float, float] | None:
    """Low end, estimate and high end of the effect of one standard deviation."""
    spread = spreads.get(p.name)
    if p.kind != "mean" or p.name == "(Intercept)" or spread is None or p.estimate is None:
        return None
    low = p.estimate if p.ci_low is None else p.ci_low
    high = p.estimate if p.ci_high is None else p.ci_high
    found = (low * spread, p.estimate * spread, high * spread)
    return found if all(map(isfinite, found)) else None


def whisker(low: float, middle: float, high: float, reach: float) -> str:
    """The interval as a line and the estimate as a dot, 0 in the middle and `reach` at the ends."""
    a, b, c = (number(0.5 * WIDTH + HALF * value / reach) for value in (low, middle, high))
    zero, level = number(0.5 * WIDTH), number(0.5 * HIGH)
    return (f'<svg class="whisker" viewBox="0 0 {number(WIDTH)} {number(HIGH)}" aria-hidden="true"><path class="frame" '
            f'd="M{zero} 0V{number(HIGH)}"/><path class="interval" d="M{a} {level}H{c}"/>'
            f'<path class="points strong" d="M{b} {level}h0"/></svg>')
