"""What goes to stderr: errors in two lines, notes and warnings in one each."""

import sys
from typing import TYPE_CHECKING

from mlefit.errors import MlefitError
from mlefit.report.safety import shown, shown_lines

if TYPE_CHECKING:
    from mlefit.report.report import Report


def error_lines(error: MlefitError) -> None:
    """`mlefit:` and what went wrong; on the next line what to do."""
    say(f"mlefit: {shown_lines(error.message)}")
    if error.remedy:
        say(shown_lines(error.remedy))


def notes(report: "Report", *, warnings: bool) -> None:
    """The notes of a fit, and its warnings unless they have just been read in the table."""
    for note in report.notes:
        say(f"note: {shown(note)}")
    for warning in report.warnings if warnings else ():
        say(f"warning: {shown(warning.message)}")


def say(line: str) -> None:
    """One line on stderr, if there is a stderr."""
    if sys.stderr is not None:
        print(line, file=sys.stderr, flush=True)
