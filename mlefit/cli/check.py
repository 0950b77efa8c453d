"""`mlefit check`: whether a saved model still holds on new rows, one verdict and exit 0 or 5."""

import shutil
import sys
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

from mlefit import machine
from mlefit.cli import arguments, output
from mlefit.cli.delivery import wants_colour
from mlefit.cli.messages import say
from mlefit.cli.predict import with_missing
from mlefit.errors import RequirementError
from mlefit.machine import keep_freed_memory
from mlefit.options.declaration import Fields, Option, Section
from mlefit.options.values import as_typed
from mlefit.report.safety import shown
from mlefit.source.options import ReadOptions

if TYPE_CHECKING:
    from mlefit.checking.record import Check
    from mlefit.report.require import Requirement

SHORT = {
    "excess": "cross_entropy.excess", "p": "p_value", "drift": "refit.drift", "kl": "refit.kl", "unfamiliar": "unfamiliar.share",
    "bias": "residuals.bias", "spread": "residuals.spread", "n": "n",
}


def requirements(option: str, texts: tuple[str, ...]) -> "tuple[Requirement, ...]":
    """What is required of the figures of the check."""
    from mlefit.checking.record import check_schema
    from mlefit.report.require import Figures, requirement

    return tuple(requirement(option, text, Figures(check_schema, SHORT, "excess<0.01", "check")) for text in texts)


def check(
    read: Annotated[ReadOptions, Fields()],
    model: Annotated[str, Option("", metavar="MODEL.json", help="A model that `mlefit fit --save` wrote.")],
    data: Annotated[tuple[str, ...], Option(
        "", metavar="DATA", help="New rows with the columns of the model and its target, or - for standard input.",
        gather=as_typed)] = (),
    format_: arguments.TableOrJson = None,
    require: Annotated[tuple["Requirement", ...], Option(
        "--require", metavar="'FIELD<VALUE'", help="Exit 5 unless a figure of the JSON is so, in place of the default rule: "
        "excess, p, drift, kl, unfamiliar, bias, spread, n, or a path. Repeatable.", gather=requirements,
        section=Section.ANSWER)] = (),
    seed: arguments.Chance = 0,
    out: arguments.OutFile = None,
    quiet: arguments.Quiet = False,
    threads: arguments.Threads = None,
) -> None:
    """Check whether a saved model still holds on new rows."""
    from mlefit.checking.check import check as checked
    from mlefit.saved.read import load
    from mlefit.source.opening import opened

    saved, inputs = load(model), data or ("-",)
    if out is not None:
        output.check(out, (model, *inputs))
    keep_freed_memory()
    with closing(opened(inputs, with_missing(read, saved))) as source:
        found = checked(saved, source, model, seed, threads or machine.threads(), read.memory)
    for note in () if quiet else found.notes:
        say(f"note: {shown(note)}")
    form = arguments.form(format_, out, arguments.TABLE_OR_JSON)
    if require:
        from mlefit.checking.record import to_dict

        failed = [line for one in require if (line := one.failure(to_dict(found))) is not None]
    else:
        failed = [f"{model} does not hold: {why}" for why in found.reasons]
    notes = [] if quiet else [f"note: {note}" for note in found.notes]
    deliver(found, form, out, [*notes, *(f"mlefit: {line}" for line in failed)])
    if failed:
        raise RequirementError(failed)


def deliver(found: "Check", format_: str, out: str | None, said: Sequence[str] = ()) -> None:
    """The check to its destination; on a terminal it leaves room for what is said above and below it."""
    from mlefit.checking.record import to_dict
    from mlefit.checking.text import to_text
    from mlefit.report.json import dumps

    if format_ == "json":
        output.write(dumps(to_dict(found)), out)
        return
    screen = out is None and sys.stdout is not None and sys.stdout.isatty()
    width, height = shutil.get_terminal_size() if screen else (None, None)
    if width and height:
        height -= sum(-(-len(shown(line)) // width) for line in said)
    encoding = sys.stdout.encoding if out is None and sys.stdout is not None else "utf-8"
    output.write(to_text(found, width, height, colour=wants_colour(screen)), out, encoding=encoding)
