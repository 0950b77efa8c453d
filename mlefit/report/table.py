"""The table, through rich: aligned, wrapped and coloured for a terminal, plain and unwrapped for a pipe."""

from collections.abc import Iterable, Sequence
from io import StringIO

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mlefit.report.cells import Row, parameter_rows
from mlefit.report.report import Report
from mlefit.report.wording import Tone, class_heading, figures, header, interval_heading, mark, sentences, title

STYLES: dict[Tone, str] = {"plain": "", "good": "green", "alarm": "bold red"}
GAP = 2                     # blanks between columns
NARROWEST_NAME = 10         # a terminal that leaves names less than this gets the unwrapped table
INDENT = 2                  # parameters of a class, under its heading


def render_table(report: Report, *, width: int | None = None, colour: bool = False) -> str:
    """The report as text, ending in a line break.

    `width`: columns of the terminal; names and sentences wrap there, numbers never do. None: nothing wraps. `colour`:
    with ANSI codes, which only mark what to look at first.
    """
    parameters, names = parameter_table(report)
    needed = width_of_numbers(parameters) + min(names, NARROWEST_NAME)
    fits = width is not None and needed <= width
    out = StringIO()
    console = Console(
        file=out, width=width if fits else unlimited(report, needed + names), force_terminal=colour,
        color_system="standard" if colour else None, no_color=not colour, markup=False, highlight=False, emoji=False,
        legacy_windows=False,
    )
    for sentence in mark(report):
        console.print(Text(sentence.text, STYLES[sentence.tone]))
    for line in (title(report), *header(report)):
        console.print(Text(line, overflow="fold"))
    for table in (parameters, figure_table(report)):
        if table.row_count:
            console.print()
            console.print(table)
    closing = sentences(report)
    if closing:
        console.print()
    for sentence in closing:
        console.print(Text(sentence.text, STYLES[sentence.tone], overflow="fold"))
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def parameter_table(report: Report) -> tuple[Table, int]:
    """The parameters, grouped by class, and the width that the longest name asks for."""
    rows = parameter_rows(report)
    table = grid("parameter", ("maximum\nlikelihood", "s.e.", interval_heading(report), "least\nloss", "gap (s.e.)"))
    intervals = aligned_intervals(rows)
    heading: str | None = None
    widest = len("parameter")
    for row, interval in zip(rows, intervals, strict=True):
        if row.class_ is not None and row.class_ != heading:
            heading = row.class_
            text = class_heading(report, heading)
            table.add_row(Text(text))
            widest = max(widest, cell_len(text))
        indent = 0 if row.class_ is None else INDENT
        widest = max(widest, indent + cell_len(row.name))
        numbers = (row.estimate, row.std_error, interval, row.loss_estimate, row.gap_se)
        name = Padding(Text(row.name, overflow="fold"), (0, 0, 0, indent))
        table.add_row(name, *(Text(number) for number in numbers))
    return table, widest


def figure_table(report: Report) -> Table:
    """Loss, likelihood, entropies and criteria at both optima."""
    table = grid("", ("at the MLE", "at least loss"))
    for figure in figures(report):
        table.add_row(Text(figure.label), Text(figure.at_mle), Text(figure.at_loss))
    return table


def grid(first: str, numbers: Sequence[str]) -> Table:
    """A table without lines: one column of names that may wrap, then columns of numbers that never do."""
    table = Table(box=None, show_edge=False, pad_edge=False, padding=(0, GAP, 0, 0), header_style="")
    table.add_column(Text(first), overflow="fold", vertical="bottom")
    for name in numbers:
        table.add_column(Text(name, justify="right"), justify="right", no_wrap=True, vertical="bottom")
    return table


def aligned_intervals(rows: Iterable[Row]) -> list[str]:
    """`low to high` with both ends right-aligned; empty where there is no interval."""
    ends = [(row.ci_low, row.ci_high) for row in rows]
    low, high = (max((len(end[side]) for end in ends), default=0) for side in (0, 1))
    return [f"{a:>{low}} to {b:>{high}}" if a and b else "" for a, b in ends]


def width_of_numbers(table: Table) -> int:
    """Columns that the numbers and their gaps take, whatever the names."""
    widths = (
        max(cell_len(line) for cell in (column.header, *column.cells) for line in str(cell).split("\n"))
        for column in table.columns[1:]
    )
    return sum(width + GAP for width in widths)


def unlimited(report: Report, table: int) -> int:
    """A width at which nothing of the report wraps."""
    lines = (title(report), *header(report), *(sentence.text for sentence in (*mark(report), *sentences(report))))
    return max(table, 80, *(cell_len(line) for line in lines))
