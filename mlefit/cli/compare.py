"""`mlefit compare`: several models of one response on the same rows, and which of them to use."""

import shutil
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from mlefit.cli import arguments, output
from mlefit.cli.command import stated
from mlefit.cli.delivery import wants_colour
from mlefit.cli.messages import say
from mlefit.cli.progress import progress
from mlefit.machine import keep_freed_memory
from mlefit.options.declaration import Fields, Option, Section
from mlefit.options.values import as_typed, whole
from mlefit.report.safety import shown
from mlefit.request import Request

if TYPE_CHECKING:
    from mlefit.report.comparison import Comparison


def compare(
    request: Annotated[Request, Fields(without=(
        "model", "loss", "density", "formula", "detail", "effects", "exponentiate", "sort", "by"))],
    models: Annotated[tuple[str, ...], Option(
        "-m --model", metavar="NAME", help="Models to compare, as NAME or A,B. Repeatable. Default: all that the response admits.",
        gather=as_typed)] = (),
    formulas: Annotated[tuple[str, ...], Option(
        "-f --formula", metavar="FORMULA", help='Instead of -t and -x: "y ~ a + C(g)". Repeatable: designs to compare.',
        gather=as_typed)] = (),
    losses: Annotated[tuple[str, ...], Option(
        "--loss", metavar="EXPR", help='A loss as a model, in r = y - f or in y and f: "log(cosh(r))". Repeatable.',
        gather=as_typed)] = (),
    densities: Annotated[tuple[str, ...], Option(
        "--density", metavar="EXPR", help='A density as a model, in r or in y and f: "exp(-abs(r))/2". Repeatable.',
        gather=as_typed)] = (),
    folds: Annotated[int | None, Option(
        "--folds", metavar="K", help="Judge on new rows by K folds, with the weights of the models in the best mixture.",
        parse=whole(2))] = None,
    parameters: Annotated[bool, Option(
        "--parameters", help="The parameters of all models side by side.", given=True, section=Section.ANSWER)] = False,
    format_: arguments.Format = None,
    out: arguments.OutFile = None,
    quiet: arguments.Quiet = False,
) -> None:
    """Compare noise models on the same rows, and say which to use."""
    request, models = stated("compare", request, quiet), tuple(name for word in models for name in named(word))
    models = (*models, *(f"loss:{loss}" for loss in losses), *(f"density:{density}" for density in densities))
    if request.formula is not None:     # a word among the tables
        formulas, request = (*formulas, request.formula), replace(request, formula=None)
    if out is not None:
        output.check(out, request.data)
    from mlefit.comparison.compare import compare as comparison_of

    keep_freed_memory()
    with progress(quiet) as show:
        found = comparison_of(request, models, formulas, show, folds)
    if not quiet:
        said(found)
    form = arguments.form(format_, out)
    output.write(render(found, form, out, parameters), out, encoding=encoding(form, out))


def comparison(request: Request, models: tuple[str, ...], quiet: bool) -> "Comparison":
    """The models on the same rows, for a picture or a page, once their notes are said. Raises what `compare` raises."""
    from mlefit.comparison.compare import compare

    with progress(quiet) as show:
        found = compare(request, models, (), show)
    if not quiet:
        said(found)
    return found


def said(found: "Comparison") -> None:
    """What is noted of all models, and what all are warned of."""
    for note in found.notes:
        say(f"note: {shown(note)}")
    for warning in found.warnings:
        say(f"warning: {shown(warning)}")


def named(word: str) -> list[str]:
    """The models of `gaussian,hurdle:gamma,student-t:df=4`. A value without a model is of the one before."""
    found: list[str] = []
    for part in word.split(","):
        if found and ":" in found[-1] and "=" in part and ":" not in part.partition("=")[0]:
            found[-1] += f",{part}"
        else:
            found.append(part)
    return found


def encoding(format_: str, out: str | None) -> str:
    """What the table on stdout is written in; the other formats are UTF-8 by law."""
    return sys.stdout.encoding if format_ == "table" and out is None and sys.stdout is not None else "utf-8"


def render(found: "Comparison", format_: str, out: str | None, sides: bool) -> str:
    """In one of the formats; only a table on a screen is wrapped and coloured."""
    if format_ == "json":
        from mlefit.report.comparison_json import to_json

        return to_json(found)
    if format_ == "csv":
        from mlefit.report.comparison_csv import to_csv

        return to_csv(found)
    if format_ == "markdown":
        from mlefit.report.comparison_markdown import to_markdown

        return to_markdown(found, sides=sides)
    from mlefit.report.comparison_table import render_comparison

    screen = out is None and sys.stdout is not None and sys.stdout.isatty()
    if not screen:
        return render_comparison(found, colour=wants_colour(screen), sides=sides)
    return render_comparison(found, width=shutil.get_terminal_size().columns, colour=wants_colour(screen), sides=sides)
