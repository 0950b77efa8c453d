"""`mlefit fit`: the request to the pipeline, its report to where the user wants it."""

from dataclasses import replace
from typing import Annotated

from mlefit.cli import arguments, output
from mlefit.cli.command import stated
from mlefit.cli.delivery import deliver
from mlefit.cli.progress import progress
from mlefit.errors import NoEstimateError
from mlefit.machine import keep_freed_memory
from mlefit.options.declaration import Fields
from mlefit.request import Request


def fit(
    request: Annotated[Request, Fields()],
    format_: arguments.Format = None,
    out: arguments.OutFile = None,
    quiet: arguments.Quiet = False,
) -> None:
    """Fit a noise model to a table, by both routes."""
    request = stated("fit", request, quiet)
    if out is not None:
        output.check(out, request.data)
    form = arguments.form(format_, out)
    if form == "json":       # the only format that shows the hash of the input
        request = replace(request, read=request.read._replace(digest=True))
    answer(request, form, out, quiet)


def answer(request: Request, format_: str, out: str | None, quiet: bool) -> None:
    """Run the request and deliver its report, a partial one too: then the error goes on to the exit code."""
    from mlefit.pipeline import run
    from mlefit.report.report import Report

    keep_freed_memory()
    try:
        with progress(quiet) as show:
            report = run(request, show)
    except NoEstimateError as error:
        if isinstance(error.partial, Report) and format_ != "json":    # as JSON it is part of the error
            deliver(error.partial, format_, out, quiet)
        raise
    deliver(report, format_, out, quiet)
