"""The table: one screen that is the answer on a terminal, folded to its size; whole and unwrapped in a pipe.

    title, rows       what was modelled
    parameters        folded, where the screen has no room for all (`parameters.folded`)
    routes            loss, log-likelihood, cross-entropy and KL of both
    sentences         what is explained, misfit, proof, warnings
    --detail          every other figure, below
"""

from mlefit.report import sparkline
from mlefit.report.effect_table import tables
from mlefit.report.header import PAGE, header
from mlefit.report.layout import GAP, Cells, Line, grid, printed, widths, wrapped
from mlefit.report.parameters import Entry, brief, columns, entries, folded
from mlefit.report.report import Report
from mlefit.report.summary import LABEL, closing, laid_out, route_table, warnings
from mlefit.report.wording import figures, sentences

NARROWEST_NAME = 10         # a terminal that leaves names less than this gets the unwrapped table
MORE = " ..."               # of a warning that goes on under --detail
LEAST_WARNINGS = 2          # lines of them on the first screen, however low it is
LONGEST_WARNINGS = 6        # lines of them on the first screen
FEWEST = 4                  # lines of parameters on the first screen, however low it is
HEADINGS = 2                # lines of them
BLANK = Line()


def render_table(
    report: Report, *, width: int | None = None, height: int | None = None, colour: bool = False, detail: bool | None = None
) -> str:
    """The report as text, ending in a line break.

    `width`, `height`: of the screen; sentences wrap at the width, and with a height parameters are folded, numbers never.
    None: nothing wraps, nothing is folded. `colour`: with ANSI codes, which only mark what to look at first. `detail`: None,
    as the report wishes.
    """
    whole = report.view.detail if detail is None else detail
    every = entries(report) if whole else entries(report, brief(report))
    if width is not None and _taken(report, every, whole) + NARROWEST_NAME > width:
        width = height = None
    lines = _screen(report, every, width, None if whole else height, whole)
    if whole:
        lines += _detail(report, width)
    return printed(lines, colour=colour)


def _screen(report: Report, every: list[Entry], width: int | None, height: int | None, detail: bool) -> list[Line]:
    """The first screen; of no more than `height` lines, if it can be had."""
    above = header(report, width)
    routes = route_table(report)
    below = laid_out(closing(report), width)
    taken = len(above) + len(routes) + len(below) + (HEADINGS + FEWEST if every else 0)
    bars = [] if report.sparkline is None else sparkline.lines(report.sparkline)
    below += _warnings(report, width, None if height is None else height - taken)
    extra = [line for part in tables(report, width) for line in (*part, BLANK)][:-1]
    parts = [part for part in (above, routes, extra, below) if part]
    spare = len(parts)
    if height is not None and every:        # blank lines are for what is left
        free = height - sum(map(len, parts)) - HEADINGS
        whole, blanks = len(every), len(parts) - 1 + bool(every)
        every = folded(report, max(free, FEWEST))
        spare = max(0, free - len(every))
        if bars and len(every) == whole and spare >= len(bars) + blanks:     # they go first where there is no room
            below, spare = [*bars, *below], spare - len(bars)
    elif bars:
        below = [*bars, *below]
    table = grid("parameter", *columns(report, every, gaps=detail), width) if every else []
    found: list[Line] = []
    for part, order in ((above, 0), (table, 2), (extra, 0), (routes, 1), (below, 0)):
        found += [*([BLANK] if part and found and order < spare else []), *part]
    return found


def _taken(report: Report, found: list[Entry], detail: bool) -> int:
    """Cells that the numbers of the parameters and their gaps take."""
    heads, rows = columns(report, found, gaps=detail)
    return sum(room + GAP for room in widths(heads, rows))


def _warnings(report: Report, width: int | None, room: int | None) -> list[Line]:
    """All warnings, or on the first screen as many lines of them as leave room for the rest."""
    lines = laid_out(warnings(report), width)
    if room is None:
        return lines
    room = max(LEAST_WARNINGS, min(room, LONGEST_WARNINGS))
    most = len(report.warnings)
    while len(lines) > room and most > 1:
        most -= 1
        lines = laid_out(warnings(report, most), width)
    if len(lines) > room:       # the first one alone is too long
        more = most < len(report.warnings)
        last = lines[room - 1 - more]
        cut = last._replace(text=f"{wrapped(last.text, (width or PAGE) - len(MORE), LABEL)[0]}{MORE}")
        lines = [*lines[: room - 1 - more], cut, *(lines[-1:] if more else [])]
    return lines


def _detail(report: Report, width: int | None) -> list[Line]:
    """Everything else: loss, likelihood, entropies and criteria at both optima, and KL in sentences."""
    rows = [Cells(figure.label, (figure.at_mle, figure.at_loss)) for figure in figures(report)]
    said = [Line(line) for text in sentences(report) for line in wrapped(text, width, GAP)]
    table = grid("", ("at the MLE", "at least loss"), rows) if rows else []
    return [line for part in (table, said) if part for line in (BLANK, *part)]
