"""`mlefit fit`: the request to the pipeline, its report to where the user wants it."""

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from mlefit.cli import arguments, output
from mlefit.cli.command import stated
from mlefit.cli.delivery import deliver, draws_bars
from mlefit.cli.messages import say
from mlefit.cli.progress import progress
from mlefit.errors import MlefitError, NoEstimateError, RequirementError, UsageError
from mlefit.machine import keep_freed_memory
from mlefit.options.declaration import Fields, Option, Section
from mlefit.request import Request

if TYPE_CHECKING:
    from mlefit.report.report import Report
    from mlefit.report.require import Requirement
    from mlefit.saved.model import Saved


def fit(
    request: Annotated[Request, Fields()],
    format_: arguments.FitFormat = None,
    require: arguments.Require = (),
    out: arguments.OutFile = None,
    quiet: arguments.Quiet = False,
    save: Annotated[str | None, Option(
        "--save", metavar="MODEL.json", help="Keep the fitted model, for `mlefit predict`.", section=Section.ANSWER)] = None,
    allow_failures: Annotated[bool, Option(
        "--allow-failures", help="With --by: groups without an answer are no error.", given=True, section=Section.ANSWER)] = False,
) -> None:
    """Fit a noise model to a table, by both routes."""
    request = stated("fit", request, quiet)
    if out is not None:
        output.check(out, request.data)
    if save is not None:
        output.check(save, request.data, "--save")
    if request.by:
        check_by(require)
        from mlefit.cli.by import fit_by

        fit_by(request, format_, out, quiet, save, allow_failures)
        return
    check_one(format_, allow_failures)
    form = arguments.form(format_, out, arguments.OF_A_FIT)
    if form == "json" or save is not None:      # what shows the hash of the input
        request = replace(request, read=request.read._replace(digest=True))
    request = replace(request, screen=form == "table" and out is None and draws_bars(sys.stdout))
    try:
        report = answer(request, form, out, quiet, save)
    except MlefitError:
        if out is not None:
            say(f"--out: {output.untouched(out)}")
        raise
    if require:
        from mlefit.report.require import failures

        failed = failures(report, require)
        if failed:
            raise RequirementError(failed)


def check_by(require: "tuple[Requirement, ...]") -> None:
    """Raises UsageError for requirements of groups."""
    if require:
        raise UsageError("--require: there is a fit for each group, and no figure of all of them",
                         "leave it out; -o jsonl has the figures of each", code="options-contradict")


def check_one(format_: str | None, allow_failures: bool) -> None:
    """Raises UsageError for what groups alone have."""
    if format_ == "jsonl" or allow_failures:
        word = "--output jsonl" if format_ == "jsonl" else "--allow-failures"
        raise UsageError(f"{word} is for the groups of --by", "name their columns with --by, or leave it out",
                         code="options-contradict")


def answer(request: Request, format_: str, out: str | None, quiet: bool, save: str | None = None) -> "Report":
    """Run the request and deliver its report. What is known without an estimate goes to stdout alone, and raises on."""
    from mlefit.pipeline import run
    from mlefit.report.report import Report

    keep_freed_memory()
    try:
        with progress(quiet) as show:
            report = run(request, show, None if save is None else keeper(save), keep_rows=save is not None)
    except NoEstimateError as error:
        if isinstance(error.partial, Report) and format_ != "json" and out is None:    # as JSON it is part of the error
            deliver(error.partial, format_, out, quiet)
        raise
    deliver(report, format_, out, quiet)
    return report


def keeper(place: str) -> "Callable[[Saved], None]":
    """What writes a model there, at once."""
    def keep(saved: "Saved") -> None:
        from mlefit.saved.write import to_json

        output.write(to_json(saved), place)

    return keep
