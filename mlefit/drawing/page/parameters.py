"""The table of parameters on a page, with the effect of one standard deviation, or of a level, drawn on one common scale."""

from collections.abc import Iterable, Iterator, Mapping
from math import isfinite
from typing import NamedTuple

from mlefit.drawing.markup import number
from mlefit.drawing.scale import figure
from mlefit.drawing.typeset import typeset
from mlefit.report.cells import row
from mlefit.report.digits import percent
from mlefit.report.parameters import LONG, Item, Section, factor, joint, sections
from mlefit.report.report import Parameter, Report
from mlefit.report.safety import shown

MOST = 200                  # rows of the table
ENDS = 3                    # of a term of many coefficients, those with the least and the largest estimates have a row
WIDTH, HALF, HIGH = 190.0, 88.0, 16.0       # pixels of a drawing, of its axis to either side of 0, and its height


class Line(NamedTuple):
    """A line of the table: a heading over a class, what many coefficients have in common, or a parameter with its cells and its
    drawing, empty where there is none."""

    name: str
    cells: tuple[str, ...] = ()
    drawing: str = ""
    heading: bool = False
    joint: bool = False


class Table(NamedTuple):
    """`reach`: where the common scale ends, None where nothing is drawn; `more`: parameters that are not in the table."""

    heads: tuple[str, ...]
    lines: tuple[Line, ...]
    reach: str | None
    more: int


def table(report: Report, spreads: Mapping[str, float]) -> Table:
    """The parameters by class, at most MOST of them, and of terms of LONG coefficients or more a few."""
    own = [p for part in sections(report) for item in part.items for p in _own(item)]
    reach = max((abs(end) for p in own for end in _ends(p, spreads) or ()), default=0.0)
    lines = list(_lines(report, spreads, reach))[:MOST]
    told = sum(not line.heading and not line.joint for line in lines)
    heads = ("parameter", "maximum likelihood", "s.e.", f"{percent(report.model.level)} interval", "p", "least loss", "gap (s.e.)")
    return Table(heads, tuple(lines), typeset(figure(reach)) if reach > 0.0 else None, len(report.parameters) - told)


def _own(item: Item) -> tuple[Parameter, ...]:
    """The parameters that have a row of their own."""
    if item.term is None or len(item.parameters) < LONG:
        return item.parameters
    known = sorted((p for p in item.parameters if p.estimate is not None), key=lambda p: p.estimate or 0.0)
    return (*known[:ENDS], *known[ENDS:][-ENDS:])


def _lines(report: Report, spreads: Mapping[str, float], reach: float) -> Iterator[Line]:
    parts = sections(report)
    for part in parts:
        if part.heading is not None:
            yield Line(part.heading, heading=True)
        for item in part.items:
            if len(_own(item)) < len(item.parameters):
                yield _joint(report, part, item, alone=part.kind != "mean" or sum(one.kind == "mean" for one in parts) == 1)
            yield from _rows(_own(item), spreads, reach)


def _joint(report: Report, part: Section, item: Item, *, alone: bool) -> Line:
    """That of a term whose coefficients have not all a row. `alone`: it has a joint test of its own."""
    _, levels = factor(item, report)
    many = f"{levels:,} levels" if levels else f"{len(item.parameters):,} coefficients"
    p = joint(report, item.term or "", part.class_ if part.kind in ("scale", "zero") else None) if alone else ""
    said = f"{shown(item.term or '')} ({many}{', joint' if p else ''}{'; least and largest below' if _own(item) else ''})"
    return Line(said, ("", "", "", typeset(p), "", ""), joint=True)


def _rows(parameters: Iterable[Parameter], spreads: Mapping[str, float], reach: float) -> Iterator[Line]:
    """A line for each."""
    for p in parameters:
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
