"""The one place where arguments become an exit code, and errors become two lines or one JSON object.

    0 fitted   1 a defect of mlefit   2 the command line   3 the data   4 no estimate   5 a requirement   130 interrupted
"""

import errno
import os
import sys
import warnings
from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar

from mlefit.cli.messages import error_lines, say
from mlefit.cli.names import COMMANDS
from mlefit.cli.output import refused_by_stdout, silence, to_stdout, write
from mlefit.cli.reserved import OPTIONS
from mlefit.cli.words import meant
from mlefit.errors import DataError, MlefitError, UsageError
from mlefit.options.values import not_built
from mlefit.report.safety import shown

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
TRACEBACK = "MLEFIT_TRACEBACK"     # set to 1, a defect shows its whole trace
WANTED = {        # an argument that is missing, by its name
    "LANGUAGE": ("--to is missing: expected sql, sql:duckdb, sql:sqlite, sql:postgres, python, jq or mlr",
                 "such as `mlefit export model.json --to sql`"),
    "COEFFICIENTS": ("--coef is missing: expected a file with the coefficients of another program",
                     "such as `mlefit audit data.csv --coef coefficients.csv`"),
    "SHELL": ("SHELL is missing: expected bash, zsh, fish or powershell", "such as `source <(mlefit completion bash)`"),
}
MORE = {"predict": " new.csv", "simulate": " new.csv", "check": " new.csv", "export": " --to sql"}      # behind the model


class UserInterruptError(MlefitError):
    """Ctrl-C."""

    exit_code: ClassVar[int] = 130


def answered(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit code."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")    # Python's own warnings are for developers; ours are in the report
    try:
        error = attempt(arguments)
        if error is None:
            to_stdout(b"")      # what the parser has printed of itself
            return 0
    except BrokenPipeError:
        silence()
        return 0
    except UsageError as refusal:
        error = refusal
    return complain(error, wants_json(arguments))


def attempt(arguments: Sequence[str]) -> MlefitError | None:
    """Run the command; what went wrong, or None. Raises BrokenPipeError."""
    try:
        if arguments[:2] == ["completion", "columns"]:      # a shell waits for it at every key, so no parser is loaded
            from mlefit.cli.columns import columns

            write("".join(f"{shown(name)}\n" for file in arguments[2:3] for name in columns(file)))
            return None
        words, notes = meant(arguments)
        for note in notes if not {"-q", "--quiet"} & {*arguments} else ():
            say(f"note: {shown(note)}")
        return dispatch(words)
    except MlefitError as error:
        return error
    except KeyboardInterrupt:
        return interrupted()
    except MemoryError:
        return DataError(
            "the data needs more memory than there is",
            "use --engine stream, or --memory with less than the machine has", code="out-of-memory",
        )
    except BrokenPipeError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in FULL and error.filename is None:     # of no file, but of what was printed
            return refused_by_stdout(error)
        if os.environ.get(TRACEBACK) == "1":
            raise
        return defect(error)


def dispatch(arguments: Sequence[str]) -> MlefitError | None:
    """Parse and run. Typer's own handling is off, since it would box its errors. Raises BrokenPipeError."""
    import typer

    from mlefit.cli.app import app

    complaint: type[BaseException] = typer.BadParameter.__mro__[1]    # UsageError, which typer does not export
    try:
        code = typer.main.get_command(app).main(list(arguments), prog_name="mlefit", standalone_mode=False)
    except typer.Abort:
        return interrupted()
    except complaint as error:
        return translated(error, command_of(arguments))
    except SystemExit as stop:      # even now, that is how typer answers a closed pipe, and nothing else
        raise BrokenPipeError from stop
    return interrupted() if code == UserInterruptError.exit_code else None


def interrupted() -> MlefitError:
    """What Ctrl-C says."""
    return UserInterruptError("interrupted", code="interrupted")


def translated(error: BaseException, command: str) -> UsageError:
    """The parser's complaint about the words of a command, in ours: what is wrong and what to do."""
    option = getattr(error, "option_name", None)
    kind = type(error).__name__
    if kind == "NoSuchOption" and option in OPTIONS:
        return not_built(option)
    if kind == "NoSuchOption":
        from mlefit.cli.synonyms import remedy
        from mlefit.options.near import did_you_mean

        hint = of_a_fit(error, str(option)) or remedy(str(option)) or did_you_mean(
            str(option), getattr(error, "possibilities", None) or ())
        return UsageError(
            f"{shown(str(option))}: there is no such option", f"{hint}`mlefit {command} --help` lists the options",
            code="unknown-option",
        )
    if kind == "BadOptionUsage":
        return UsageError(
            f"{shown(str(option))}: its value is missing", f"`mlefit {command} --help` says what it takes",
            code="missing-value",
        )
    absent = str(getattr(getattr(error, "param", None), "metavar", None))
    if absent == "MODEL.json":
        return UsageError(f"{absent} is missing: expected a model that `mlefit fit --save` wrote",
                          f"such as `mlefit {command} model.json{MORE.get(command, '')}`", code="no-model")
    if absent in WANTED:
        return UsageError(*WANTED[absent], code=f"no-{absent.lower()}")
    if kind == "UsageError" and (context := getattr(error, "ctx", None)) is not None and context.info_name == "models":
        return UsageError("models: expected no word after it, found one", "`mlefit explain MODEL` is about one model", code="usage")
    said = error.format_message() if hasattr(error, "format_message") else str(error)
    return UsageError(
        f"the command line: {shown(str(said)).rstrip('.')}", "`mlefit --help` lists the commands", code="usage"
    )


def command_of(arguments: Sequence[str]) -> str:
    """The command of a line, and `fit`, which takes the most, where it has none."""
    return arguments[0] if arguments and arguments[0] in COMMANDS else "fit"


def of_a_fit(error: BaseException, option: str) -> str:
    """What is said of an option that is one of `fit` alone, as the beginning of a sentence; nothing of others."""
    context = getattr(error, "ctx", None)
    group = getattr(context, "parent", None)
    fit = None if group is None else group.command.get_command(group, "fit")
    known = () if fit is None else [name for one in fit.params for name in one.opts]
    return "it is one of `mlefit fit`; " if option in known else ""


def defect(error: Exception) -> MlefitError:
    """An error that no room expected: its kind, its text, and the innermost line of ours."""
    from pathlib import Path
    from traceback import extract_tb

    home = Path(__file__).parents[1]
    ours = [frame for frame in extract_tb(error.__traceback__) if home in Path(frame.filename).parents]
    where = f" ({Path(ours[-1].filename).relative_to(home.parent).as_posix()}:{ours[-1].lineno})" if ours else ""
    text = " ".join(str(error).split())
    said = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return MlefitError(
        f"a defect of mlefit, not of your data: {said}{where}",
        f"please report this line and the command that led to it; {TRACEBACK}=1 shows the whole trace", code="defect",
    )


def complain(error: MlefitError, as_json: bool) -> int:
    """Say what went wrong, on stderr and as JSON on stdout if asked; the exit code. A closed pipe changes neither."""
    from mlefit.report.json import error_to_json

    try:
        error_lines(error)
        if as_json and not error.answered:
            write(error_to_json(error))
    except (OSError, UsageError):
        silence()
    return error.exit_code


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether `-o json` stands anywhere in the arguments, in any spelling, even where parsing never got to it."""
    flags = ("-o", "-qo", "--output")
    joined = {"-ojson", "-qojson", "--output=json"}
    return not joined.isdisjoint(arguments) or any(
        argument in flags and following == "json" for argument, following in pairwise(arguments)
    )
