"""`mlefit show`: the table of a saved fit again, in any format."""

from typing import Annotated

from mlefit.cli import arguments, output
from mlefit.cli.delivery import deliver
from mlefit.options.declaration import Option, Section


def show(
    model: Annotated[str, Option("", metavar="MODEL.json", help="A model that `mlefit fit --save` wrote.")],
    detail: Annotated[bool, Option("--detail", help="Every figure.", given=True, section=Section.ANSWER)] = False,
    format_: arguments.Format = None,
    out: arguments.OutFile = None,
) -> None:
    """Show a saved fit."""
    from mlefit.saved.read import load
    from mlefit.saved.report import report_of

    if out is not None:
        output.check(out, (model,))
    report = report_of(load(model).fit)
    deliver(report._replace(view=report.view._replace(detail=detail)), arguments.form(format_, out), out, True)
