"""`mlefit audit`: whether coefficients of another program are the maximum of the likelihood on these rows."""

import shutil
import sys
from typing import Annotated

from mlefit.cli import arguments, output
from mlefit.cli.command import stated
from mlefit.cli.delivery import wants_colour
from mlefit.cli.messages import say
from mlefit.cli.progress import progress
from mlefit.errors import RequirementError
from mlefit.machine import keep_freed_memory
from mlefit.options.declaration import Fields, Option
from mlefit.report.safety import shown
from mlefit.request import Request


def audit(
    request: Annotated[Request, Fields(without=(
        "se", "intervals", "level", "unit", "draws", "kl", "holdout", "detail", "effects", "exponentiate", "sort", "by", "seed",
        "start_only", "bounds"))],
    coefficients: Annotated[str, Option(
        "--coef", metavar="COEFFICIENTS", help="Those of another program: CSV with name and estimate (and class), or JSON.")],
    format_: arguments.TableOrJson = None,
    out: arguments.OutFile = None,
    quiet: arguments.Quiet = False,
) -> None:
    """Audit coefficients of another program on a table."""
    from mlefit.auditing.coefficients import read

    given = read(coefficients)
    request = stated("audit", request, quiet)
    assert isinstance(request.data, tuple)
    if out is not None:
        output.check(out, (coefficients, *request.data))
    from mlefit.auditing.audit import audit as audited
    from mlefit.auditing.record import to_dict
    from mlefit.auditing.text import to_text
    from mlefit.report.json import dumps

    keep_freed_memory()
    with progress(quiet) as show:
        found = audited(request, given, coefficients, show)
    for note in () if quiet else found.notes:
        say(f"note: {shown(note)}")
    if arguments.form(format_, out, arguments.TABLE_OR_JSON) == "json":
        output.write(dumps(to_dict(found)), out)
    else:
        screen = out is None and sys.stdout is not None and sys.stdout.isatty()
        width = shutil.get_terminal_size().columns if screen else None
        encoding = sys.stdout.encoding if out is None and sys.stdout is not None else "utf-8"
        output.write(to_text(found, width, colour=wants_colour(screen)), out, encoding=encoding)
    if not found.certified:
        raise RequirementError([f"{coefficients} is not the maximum: {found.sentence}"])
