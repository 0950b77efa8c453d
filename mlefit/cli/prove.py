"""`mlefit prove`: the claims of the proof on the user's data, a mark for each, and exit 0 only if all hold."""

import shutil
import sys
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from mlefit.cli import arguments, options, output
from mlefit.cli.messages import say
from mlefit.cli.progress import progress
from mlefit.errors import NoEstimateError
from mlefit.machine import keep_freed_memory
from mlefit.report.safety import shown

if TYPE_CHECKING:
    from mlefit.proof.proof import Proof
    from mlefit.request import Engine

Format = Annotated[str, typer.Option(
    "-o", "--output", parser=options.choice("--output", ("table", "json")), metavar="FORMAT", help="table or json.")]
Picture = Annotated[str | None, typer.Option(
    "--plot", metavar="FILE", help="Draw NLL and loss along a slice through the optimum: FILE.png or FILE.svg.")]


def prove(
    data: arguments.Data = None,
    model: arguments.ModelName = None,
    target: arguments.Target = None,
    features: arguments.Features = None,
    formula: arguments.Formula = None,
    no_intercept: arguments.NoIntercept = False,
    positive: arguments.Positive = None,
    reference: arguments.Reference = None,
    weights: arguments.Weights = None,
    offset: arguments.Offset = None,
    missing: arguments.Missing = "drop",
    seed: arguments.Seed = 0,
    plot: Picture = None,
    format_: Format = "table",
    out: arguments.OutFile = None,
    delimiter: arguments.Delimiter = None,
    encoding: arguments.Encoding = None,
    decimal: arguments.Decimal = None,
    na: arguments.MissingTokens = None,
    no_header: arguments.NoHeader = False,
    engine: arguments.Engine = "auto",
    memory: arguments.Memory = None,
    threads: arguments.Threads = None,
    quiet: arguments.Quiet = False,
) -> None:
    """Show on a table that both routes give one answer."""
    from mlefit.cli.fit import check_data, chosen
    from mlefit.request import Request
    from mlefit.source.options import ReadOptions

    check_data("prove", data, formula, target, features)
    assert data is not None
    for place in (out, plot):
        if place is not None:
            output.check(place, data)
    if plot is not None:
        from mlefit.proof.plot import check

        check(plot)
    request = Request(
        data=tuple(data), model=model, target=target, features=chosen(features), formula=formula,
        intercept=not no_intercept, positive=positive, reference=options.references(reference or ()), weights=weights,
        offset=offset, missing=cast(Literal["drop", "error"], missing), seed=seed,
        read=ReadOptions(delimiter, encoding, decimal, tuple(na or ()), not no_header, memory),
        engine=cast("Engine", engine), threads=threads,
    )
    from mlefit.proof import prove as proof_of

    keep_freed_memory()
    with progress(quiet) as show:
        proof = proof_of(request, show, with_slice=plot is not None)
    if not quiet:
        for note in proof.notes:
            say(f"note: {shown(note)}")
    if plot is not None:
        draw_slice(proof, plot)
    deliver(proof, format_, out)


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
