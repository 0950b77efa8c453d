"""A report on its way out: notes to stderr, the rendering to its destination."""

import os
import shutil
import sys
from typing import TYPE_CHECKING

from mlefit.cli import output
from mlefit.cli.messages import notes

if TYPE_CHECKING:
    from mlefit.report.report import Report


def deliver(report: "Report", format_: str, out: str | None, quiet: bool) -> None:
    """Notes to stderr, the report to its destination. Warnings that stand in the table on the screen are said once."""
    screen = out is None and sys.stdout is not None and sys.stdout.isatty()
    on_screen = screen and format_ == "table"
    if not quiet:
        notes(report, warnings=not on_screen)
    for_eyes = format_ == "table" and out is None and sys.stdout is not None    # the other formats are UTF-8 by law
    encoding = sys.stdout.encoding if for_eyes else "utf-8"
    output.write(render(report, format_, on_screen), out, encoding=encoding)


def render(report: "Report", format_: str, on_screen: bool) -> str:
    """The report in one of the formats; only a table on a screen is wrapped and coloured."""
    if format_ == "json":
        from mlefit.report.json import to_json

        return to_json(report)
    if format_ == "csv":
        from mlefit.report.csv import to_csv

        return to_csv(report)
    if format_ == "markdown":
        from mlefit.report.markdown import to_markdown

        return to_markdown(report)
    from mlefit.report.table import render_table

    if not on_screen:
        return render_table(report)
    colour = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return render_table(report, width=shutil.get_terminal_size().columns, colour=colour)
