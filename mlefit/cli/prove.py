"""`mlefit prove`: the claims of the proof on the user's data, a mark for each, and exit 0 only if all hold."""

import shutil
import sys
from typing import TYPE_CHECKING, Annotated

from mlefit.cli import arguments, output
from mlefit.cli.command import stated
from mlefit.cli.messages import say
from mlefit.cli.progress import progress
from mlefit.errors import NoEstimateError
from mlefit.machine import keep_freed_memory
from mlefit.options.declaration import Fields, Option
from mlefit.report.safety import shown
from mlefit.request import Request

if TYPE_CHECKING:
    from mlefit.proof.proof import Proof


def prove(
    request: Annotated[Request, Fields(without=(
        "se", "level", "unit", "draws", "kl", "holdout", "detail", "effects", "exponentiate", "sort", "by"))],
    plot: Annotated[str | None, Option(
        "--plot", metavar="FILE", help="Draw NLL and loss along a slice through the optimum: FILE.png or FILE.svg.")] = None,
    format_: arguments.TableOrJson = None,
    out: arguments.OutFile = None,
    quiet: arguments.Quiet = False,
) -> None:
    """Show on a table that both routes give one answer."""
    request = stated("prove", request, quiet)
    for place in (out, plot):
        if place is not None:
            output.check(place, request.data)
    if plot is not None:
        from mlefit.proof.plot import check

        check(plot)
    from mlefit.proof import prove as proof_of

    keep_freed_memory()
    with progress(quiet) as show:
        proof = proof_of(request, show, with_slice=plot is not None)
    if not quiet:
        for note in proof.notes:
            say(f"note: {shown(note)}")
    if plot is not None:
        draw_slice(proof, plot)
    deliver(proof, arguments.form(format_, out, arguments.TABLE_OR_JSON), out)


def draw_slice(proof: "Proof", path: str) -> None:
    """Draw the slice. Raises UsageError when the place refuses it."""
    from mlefit.proof.plot import draw

    assert proof.slice is not None
    draw(proof.slice, path)


def deliver(proof: "Proof", format_: str, out: str | None) -> None:
    """The proof to its destination. Raises NoEstimateError when a line fails; as JSON, the error carries the proof."""
    from mlefit.proof.proof import to_dict, to_text
    from mlefit.report.json import dumps

    if format_ == "table":
        screen = out is None and sys.stdout is not None and sys.stdout.isatty()
        width = shutil.get_terminal_size().columns if screen else None
        encoding = sys.stdout.encoding if out is None and sys.stdout is not None else "utf-8"
        output.write(to_text(proof, width), out, encoding=encoding)
    elif proof.holds or out is not None:
        output.write(dumps(to_dict(proof)), out)
    if not proof.holds:
        failed = ", ".join(f"({key})" for key in proof.failed)
        raise NoEstimateError(
            f"the proof fails at {failed} for {proof.model}",
            "please report this together with the data: it is a defect of the model, or the problem is too "
            "ill-conditioned for 16 digits", code="not-proven", partial=to_dict(proof),
        )
