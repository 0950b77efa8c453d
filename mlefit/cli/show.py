"""`mlefit show`: the table of a saved fit again, in any format."""

from typing import Annotated

from mlefit.cli import arguments, output
from mlefit.cli.delivery import deliver
from mlefit.errors import UsageError
from mlefit.options.declaration import Option, Section


def show(
    model: Annotated[str, Option("", metavar="MODEL.json", help="A model that `mlefit fit --save` wrote.")],
    detail: Annotated[bool, Option("--detail", help="Every figure.", given=True, section=Section.ANSWER)] = False,
    format_: arguments.Format = None,
    out: arguments.OutFile = None,
) -> None:
    """Show a saved fit."""
    from mlefit.saved.models import Models, load_any
    from mlefit.saved.report import by_group_of, report_of

    if out is not None:
        output.check(out, (model,))
    found = load_any(model)
    if isinstance(found, Models):
        from mlefit.cli.by import OF_GROUPS, render

        if detail:
            raise UsageError("--detail: the table of groups has one line for each", "leave it out, or use -o json",
                             code="options-contradict")
        form = arguments.form(format_, out, OF_GROUPS)
        output.write(render(by_group_of(found.by, found.fits), form, out), out)
        return
    report = report_of(found.fit)
    deliver(report._replace(view=report.view._replace(detail=detail)), arguments.form(format_, out), out, True)
