"""A report on its way out: notes to stderr, the rendering to its destination."""

import os
import shutil
import sys
from typing import TYPE_CHECKING, TextIO

from mlefit.cli import output
from mlefit.cli.messages import notes

if TYPE_CHECKING:
    from mlefit.report.report import Report


PROMPT = 1          # line of the terminal below the answer


def deliver(report: "Report", format_: str, out: str | None, quiet: bool) -> None:
    """Notes to stderr, the report to its destination. Warnings that stand in the table on the screen are said once."""
    on_screen = format_ == "table" and out is None and is_terminal(sys.stdout)
    said = 0 if quiet else notes(report, warnings=not (on_screen or one_place(format_, out)), short=on_screen)
    for_eyes = format_ == "table" and out is None and sys.stdout is not None    # the other formats are UTF-8 by law
    encoding = sys.stdout.encoding if for_eyes else "utf-8"
    output.write(render(report, format_, on_screen, said), out, encoding=encoding)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody looks at the stream."""
    return stream is not None and stream.isatty()


def draws_bars(stream: TextIO | None) -> bool:
    """Whether it is a terminal that shows bars of Unicode."""
    if stream is None or not is_terminal(stream) or os.environ.get("TERM") == "dumb":
        return False
    return (stream.encoding or "").lower().replace("-", "") == "utf8"


def one_place(format_: str, out: str | None) -> bool:
    """Whether stdout, with a text that says the warnings, goes where stderr goes, such as after `2>&1`."""
    if out is not None or format_ not in ("table", "markdown"):
        return False
    try:
        return os.path.sameopenfile(sys.stdout.fileno(), sys.stderr.fileno())
    except (OSError, ValueError, AttributeError):       # streams that are no files
        return False


def wants_colour(on_screen: bool) -> bool:
    """NO_COLOR says no, then FORCE_COLOR yes, then a terminal that is none too plain."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return os.environ["FORCE_COLOR"] != "0"
    return on_screen and os.environ.get("TERM") != "dumb"


def render(report: "Report", format_: str, on_screen: bool, said: int = 0) -> str:
    """The report in one of the formats; a table on a screen fits it, below the lines `said` before."""
    if format_ == "json":
        from mlefit.report.json import to_json

        return to_json(report)
    if format_ == "csv":
        from mlefit.report.csv import to_csv

        return to_csv(report)
    if format_ == "markdown":
        from mlefit.report.markdown import to_markdown

        return to_markdown(report)
    if format_ == "latex":
        from mlefit.report.latex import to_latex

        return to_latex(report)
    from mlefit.report.table import render_table

    colour = wants_colour(on_screen)
    if not on_screen:
        return render_table(report, colour=colour)
    width, height = shutil.get_terminal_size()
    return render_table(report, width=width, height=height - said - PROMPT, colour=colour)
