"""What goes to stderr: errors in two lines, notes and warnings in one each."""

import shutil
import sys
from typing import TYPE_CHECKING

from mlefit.errors import MlefitError, RequirementError
from mlefit.report.safety import shown, shown_lines

if TYPE_CHECKING:
    from mlefit.report.report import Report

NOTES = 3                   # lines of them above the answer on a screen
MORE = " ... (--detail)"


def error_lines(error: MlefitError) -> None:
    """`mlefit:` and what went wrong; on the next line what to do."""
    for line in error.lines if isinstance(error, RequirementError) else (error.message,):
        say(f"mlefit: {shown_lines(line)}")
    if error.remedy:
        say(shown_lines(error.remedy))


def notes(report: "Report", *, warnings: bool, short: bool = False) -> int:
    """The notes of a fit, and its warnings unless the table says them; how many lines that took on the screen.

    `short`: the table is on the screen below, where each note has a line at most; `--detail` and a pipe have them whole.
    """
    lines = [f"note: {shown(note)}" for note in report.notes]
    if short and not report.view.detail:
        width = shutil.get_terminal_size().columns
        lines = [cut(line, width) for line in lines]
        if len(lines) > NOTES:
            lines = [*lines[: NOTES - 1], f"note: {len(lines) - NOTES + 1} more: --detail"]
    lines += [f"warning: {shown(warning.message)}" for warning in report.warnings] if warnings else []
    for line in lines:
        say(line)
    return len(lines)


def cut(line: str, width: int) -> str:
    """The line, or as many of its words as a line of the screen has room for."""
    from mlefit.report.layout import wrapped

    return line if len(wrapped(line, width)) == 1 else f"{wrapped(line, width - len(MORE))[0]}{MORE}"


def say(line: str) -> None:
    """One line on stderr, if there is one that takes it: a note that is lost must not cost the result. Raises BrokenPipeError."""
    if sys.stderr is None:
        return
    if sys.stderr.isatty() and len(line) > shutil.get_terminal_size().columns:
        from mlefit.report.layout import wrapped

        line = "\n".join(wrapped(line, shutil.get_terminal_size().columns))
    try:
        print(line, file=sys.stderr, flush=True)
    except BrokenPipeError:
        raise
    except OSError:
        return
