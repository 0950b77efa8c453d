"""`mlefit plot`: pictures of a fit, each with a sentence that says what it shows."""

import os
import re
import shutil
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from mlefit.cli import arguments, output
from mlefit.cli.command import stated
from mlefit.cli.compare import comparison
from mlefit.cli.compare import named as named_models
from mlefit.cli.delivery import is_terminal
from mlefit.cli.messages import notes, say
from mlefit.cli.progress import progress
from mlefit.errors import UsageError
from mlefit.machine import keep_freed_memory
from mlefit.options.declaration import Fields, Option, Section
from mlefit.options.values import as_typed, listed, refused, whole
from mlefit.report.safety import shown
from mlefit.request import Request

if TYPE_CHECKING:
    from mlefit.picture.panel import Sheet

FORMATS = ("text", "json")
FILES = (".png", ".svg", ".pdf")
INCHES = re.compile(r"(\d{1,3}(?:\.\d{1,4})?)x(\d{1,3}(?:\.\d{1,4})?)")
PANEL = (4.6, 3.95)     # inches of one panel
DPI = 120
WIDTH = 80              # cells of a pipe
COMPARE = "compare"
EACH = "{id}"           # in the name of a file: one for each panel


def inches(option: str, text: str) -> tuple[float, float]:
    """Width and height of a panel."""
    found = INCHES.fullmatch(text)
    if found is None or not 1.0 <= min(float(found[1]), float(found[2])) <= max(float(found[1]), float(found[2])) <= 100.0:
        raise refused(option, text, "width and height in inches", "from 1 to 100 inches, such as 4.6x3.95")
    return float(found[1]), float(found[2])


def plot(
    request: Annotated[Request, Fields(without=("model", "detail", "effects", "exponentiate", "sort", "by"))],
    models: Annotated[tuple[str, ...], Option(
        "-m --model", metavar="NAME", help="Noise model, see `mlefit models`. Of several, or A,B, how far each is behind the best.",
        gather=as_typed)] = (),
    panels: Annotated[tuple[str, ...], Option(
        "--panel", metavar="ID,...", help="These panels, or all; list prints them with a line each. Repeatable. "
        "Default: six, in the order of looking.", gather=as_typed, section=Section.ANSWER)] = (),
    use: Annotated[str | None, Option(
        "--use", metavar="MODEL.json", help="No fit: the model that `mlefit fit --save` wrote, on these rows.",
        section=Section.ANSWER)] = None,
    format_: Annotated[str | None, Option(
        "-o --output", metavar="FORMAT", help=f"{listed(FORMATS)}: sentences alone, or records. Default: pictures.",
        parse=partial(arguments.output_format, formats=FORMATS, called={}), section=Section.ANSWER)] = None,
    out: Annotated[str | None, Option(
        "--out", metavar="FILE", help="Write a .svg, .png or .pdf; {id} in its name makes one file a panel. Default: the terminal.",
        section=Section.ANSWER)] = None,
    size: Annotated[tuple[float, float] | None, Option(
        "--size", metavar="WxH", help="Inches of a panel in a PNG or PDF. Default: 4.6x3.95.", parse=inches,
        section=Section.ANSWER)] = None,
    dpi: Annotated[int, Option(
        "--dpi", metavar="N", help="Dots per inch of a PNG.", parse=whole(1), section=Section.ANSWER)] = DPI,
    ascii_: Annotated[bool, Option("--ascii", help="A terminal picture in ASCII.", given=True, section=Section.ANSWER)] = False,
    width: Annotated[int | None, Option(
        "--width", metavar="N", help="Cells of a terminal picture. Default: those of the terminal.", parse=whole(20),
        section=Section.ANSWER)] = None,
    quiet: arguments.Quiet = False,
) -> None:
    """Draw what a fit looks like, and whether its noise model holds."""
    from mlefit.picture.catalogue import LIST, listing, typed

    wanted = typed("--panel", panels)
    if LIST in wanted:
        output.write(listing())
        return
    request, names = stated("plot", request, quiet), tuple(name for word in models for name in named_models(word))
    kind = None if out is None else place(out, format_, request.data)
    if len(names) > 1 or COMPARE in wanted:
        sheet = compared(request, names, wanted, use, quiet)
    else:
        request = replace(request, model=names[0] if names else None)
        sheet = fitted(request, wanted, quiet) if use is None else used(request, use, wanted, quiet)
    if out is not None and kind is not None:
        files(sheet, out, kind, size or PANEL, dpi)
    else:
        said(sheet, format_ or (kind_of_text(out) if out else None), out, ascii_, width)


def fitted(request: Request, wanted: tuple[str, ...], quiet: bool) -> "Sheet":
    """The sheet of a fit, once its notes are said."""
    from mlefit.pipeline.pictured import pictured

    keep_freed_memory()
    with progress(quiet) as show:
        found = pictured(request, wanted, show)
    if not quiet:
        notes(found.report, warnings=True)
    return found.sheet


def compared(request: Request, names: tuple[str, ...], wanted: tuple[str, ...], use: str | None, quiet: bool) -> "Sheet":
    """The sheet of several models, all that the response admits where none is named. Raises UsageError for panels of one."""
    from mlefit.picture.compared import sheet

    one = next((panel for panel in wanted if panel not in (COMPARE, "all")), None)
    if one is not None:
        raise UsageError(f'--panel: "{shown(one)}" is a picture of one model, and several are compared', "name one with -m",
                         code="contradiction")
    if use is not None:
        raise UsageError("--use takes one model as it is, and several are compared", "leave one of them out", code="contradiction")
    keep_freed_memory()
    found = sheet(comparison(request, names, quiet), request.seed)
    if not found.panels:
        raise UsageError("there is nothing to draw: only one model has an answer", "`mlefit compare` says why", code="no-panel")
    return found


def used(request: Request, model: str, wanted: tuple[str, ...], quiet: bool) -> "Sheet":
    """The sheet of a saved model on new rows. Raises UsageError where another model is asked for, too."""
    from mlefit import machine
    from mlefit.blas import one_thread
    from mlefit.cli.predict import with_missing
    from mlefit.picture.catalogue import meant
    from mlefit.picture.overview import Overview
    from mlefit.picture.used import scene_of
    from mlefit.saved.read import load
    from mlefit.source import open_source

    check_use(request)
    saved = load(model)
    with one_thread(), open_source(request.data, with_missing(request.read, saved)) as source:
        overview = Overview(scene_of(saved, source, request.seed, request.threads or machine.threads()))
        if not quiet and saved.fitted(source):
            say("note: these are the rows of the fit.")
        return overview.sheet(meant(wanted, overview.ids))


def check_use(request: Request) -> None:
    """Raises UsageError where another model is asked for beside --use."""
    given = [f"--{name}" for name in ("model", "target", "features", "formula") if getattr(request, name) is not None]
    if given:
        raise UsageError(f"--use takes the model as it is, and {given[0]} asks for another", "leave one of them out",
                         code="contradiction")


def place(out: str, format_: str | None, data: object) -> str | None:
    """The kind of picture that a file is to hold, None for text, once it is known that it can. Raises UsageError."""
    output.check(out.replace(EACH, "density"), data)
    kind = Path(out).suffix.lower()
    if format_ is not None or kind in (".json", ".txt"):
        return None
    if kind not in FILES:
        raise refused("--out", out, f"a file that ends in {listed(FILES)}, or .json", "such as --out fit.svg")
    if kind != ".svg":
        from mlefit.drawing.raster import check

        check("--out")
    return kind


def kind_of_text(out: str) -> str:
    """The format of a file of text."""
    return "json" if out.lower().endswith(".json") else "text"


def files(sheet: "Sheet", out: str, kind: str, size: tuple[float, float], dpi: int) -> None:
    """Write the sheet, or a file for each of its panels. Raises UsageError where the place refuses it."""
    each = [replace(sheet, panels=(panel,)) for panel in sheet.panels] if EACH in out else [sheet]
    for part in each:
        path = out.replace(EACH, named(part.panels[0].id)) if EACH in out else out
        if kind == ".svg":
            from mlefit.drawing import svg

            output.write(svg.sheet(part), path)
        else:
            from mlefit.drawing import raster

            output.stream((raster.sheet(part, "png" if kind == ".png" else "pdf", size, dpi), ()), path)


def named(id_: str) -> str:
    """The id of a panel as a part of the name of a file: letters, digits and dashes."""
    return re.sub(r"[^\w.-]+", "-", id_).strip("-.") or "panel"


def said(sheet: "Sheet", format_: str | None, out: str | None, ascii_: bool, width: int | None) -> None:
    """Records, sentences, or pictures for the terminal."""
    if format_ == "json":
        from mlefit.picture.json import to_dict
        from mlefit.report.json import dumps

        output.write(dumps(to_dict(sheet)), out)
        return
    encoding = sys.stdout.encoding if out is None and sys.stdout is not None else "utf-8"
    if format_ == "text":
        output.write(sentences(sheet, shutil.get_terminal_size().columns if out is None and is_terminal(sys.stdout) else None), out,
                     encoding=encoding)
        return
    from mlefit.drawing.terminal import drawn

    plain = ascii_ or os.environ.get("TERM") == "dumb" or not speaks_unicode(encoding)
    cells = width or (shutil.get_terminal_size().columns if is_terminal(sys.stdout) else WIDTH)
    output.write(drawn(sheet, cells, plain, not is_terminal(sys.stdout)), encoding=encoding)


def sentences(sheet: "Sheet", width: int | None = None) -> str:
    """The sentences alone, a line for each panel; a star stands before those that are marked. `width`: of the terminal."""
    from mlefit.report.layout import wrapped

    lines = (f"{'* ' if panel.mark else '  '}{panel.id}: {panel.sentence}" for panel in sheet.panels)
    return "".join(f"{part}\n" for line in (sheet.title, *lines, sheet.foot) for part in wrapped(shown(line), width, 4))


def speaks_unicode(encoding: str) -> bool:
    """Whether braille can be written."""
    try:
        "⣿".encode(encoding)
    except (UnicodeError, LookupError):
        return False
    return True
