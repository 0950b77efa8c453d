"""`mlefit report`: a fit, or a comparison and its best model, as one HTML file."""

import shlex
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from mlefit.cli import arguments, output
from mlefit.cli.command import stated
from mlefit.cli.compare import comparison, named
from mlefit.cli.delivery import is_terminal
from mlefit.cli.messages import notes, say
from mlefit.cli.progress import progress
from mlefit.errors import MlefitError, NoEstimateError, UsageError
from mlefit.machine import keep_freed_memory
from mlefit.options.declaration import Fields, Option, Section
from mlefit.options.spelling import arguments as spelt
from mlefit.options.values import as_typed, refused
from mlefit.request import Request

if TYPE_CHECKING:
    from mlefit.drawing.page.story import Story
    from mlefit.report.comparison import Comparison

STDIN = STDOUT = "-"


def report(
    request: Annotated[Request, Fields(without=("model", "by", "detail", "effects", "exponentiate", "sort"))],
    models: Annotated[tuple[str, ...], Option(
        "-m --model", metavar="NAME", help="Noise model, see `mlefit models`. Of several, or A,B, a comparison and the best.",
        gather=as_typed)] = (),
    use: Annotated[str | None, Option(
        "--use", metavar="MODEL.json", help="No fit: whether the model that `mlefit fit --save` wrote holds on these rows.",
        section=Section.ANSWER)] = None,
    out: Annotated[str | None, Option(
        "--out", metavar="FILE.html", help="Write there; - is stdout.", section=Section.ANSWER)] = None,
    quiet: arguments.Quiet = False,
) -> None:
    """Write a report of a fit as one HTML file."""
    request = stated("report", request, quiet)
    names = tuple(name for word in models for name in named(word))
    check(request, names, out)
    place = None if out == STDOUT else out
    keep_freed_memory()
    try:
        if use is not None:
            used(request, use, names, place)
        else:
            deliver(request, names, place, quiet)
    except NoEstimateError:         # the page is written nevertheless, where anything is known
        raise
    except MlefitError:
        if place is not None:
            say(f"--out: {output.untouched(place)}")
        raise


def check(request: Request, names: tuple[str, ...], out: str | None) -> None:
    """What can be refused before the data is read. Raises UsageError."""
    from mlefit.drawing.page.rendered import check as check_extra

    check_extra("report")
    if len(names) > 1 and STDIN in inputs_of(request):
        raise UsageError("a report of several models reads its table twice, and standard input can be read once",
                         "give the path of a file", code="contradiction")
    if out is None and is_terminal(sys.stdout):
        raise UsageError("a report is a page for a browser, not for a terminal", "use --out report.html or > report.html",
                         code="no-out")
    if out not in (None, STDOUT):
        if Path(str(out)).suffix.lower() not in ("", ".html", ".htm"):
            raise refused("--out", str(out), "a file that ends in .html", "such as --out report.html")
        output.check(str(out), request.data)


def deliver(request: Request, names: tuple[str, ...], out: str | None, quiet: bool) -> None:
    """Fit and write. Where there is no answer the page says why and what is known, and NoEstimateError is raised on."""
    from mlefit.drawing.page.rendered import refused
    from mlefit.drawing.page.story import Story
    from mlefit.pipeline.story import story
    from mlefit.report.report import Report

    request = replace(request, model=names[0] if len(names) == 1 else None, read=request.read._replace(digest=True))
    compared = None
    try:
        if len(names) > 1:
            compared = comparison(request, names, quiet)
            request = replace(request, model=best(compared))
        with progress(quiet) as show:
            told = story(request, show)
    except NoEstimateError as error:
        if isinstance(error.partial, Report):
            write(Story(error.partial, error=error, comparison=compared), out, quiet)
        else:
            output.write(refused(error, [str(name) for name in inputs_of(request)]), out)
        raise
    write(told._replace(comparison=compared, commands=commands(request)), out, quiet)


def used(request: Request, model: str, names: tuple[str, ...], out: str | None) -> None:
    """Judge a saved model by the rows, and write. Raises UsageError where another model is asked for, too."""
    from mlefit import machine
    from mlefit.checking.story import story
    from mlefit.cli.plot import check_use
    from mlefit.cli.predict import with_missing
    from mlefit.drawing.page.rendered import html
    from mlefit.saved.read import load
    from mlefit.source.opening import opened

    check_use(replace(request, model=names[0] if names else None))
    inputs, saved = inputs_of(request), load(model)
    with closing(opened(inputs, with_missing(request.read, saved))) as source:
        told = story(saved, source, model, request.seed, request.threads or machine.threads(), request.read.memory)
    place, data = shlex.quote(model), shlex.join(map(str, inputs))
    again = (f"mlefit check {place} {data}", f"mlefit predict {place} {data} --score --out scored.csv",
             f"mlefit plot {data} --use {place} --panel all --out pictures.svg", f"mlefit show {place}")
    output.write(html(told._replace(commands=again)), out)


def inputs_of(request: Request) -> tuple[str, ...]:
    """The tables as they were typed."""
    return request.data if isinstance(request.data, tuple) else ()


def best(compared: "Comparison") -> str:
    """The model to use."""
    told = compared.recommendation
    return compared.entries[0].model if told is None else told.model


def write(told: "Story", out: str | None, quiet: bool) -> None:
    """The page to its destination, its notes to stderr."""
    from mlefit.drawing.page.rendered import html

    if not quiet:
        notes(told.report, warnings=False)
    output.write(html(told), out)


def commands(request: Request) -> tuple[str, ...]:
    """What to run next on the same model: lines that can be pasted."""
    words = spelt(request, without=("threads", "engine"))
    fit = shlex.join(["mlefit", "fit", *words])
    robust = (f"{fit} --se robust",) if request.se == "auto" else ()
    return (
        f"{fit} --save model.json", "mlefit predict model.json new.csv --out predicted.csv",
        f"{shlex.join(['mlefit', 'plot', *words])} --panel all --out pictures.svg",
        shlex.join(["mlefit", "compare", *spelt(request, without=("threads", "engine", "model"))]), *robust,
    )
