"""`mlefit fit --by`: the same model for each group of rows, to where the user wants it."""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mlefit.cli import arguments, output
from mlefit.cli.delivery import is_terminal, wants_colour
from mlefit.cli.messages import say
from mlefit.cli.progress import progress
from mlefit.errors import SomeGroupsError, UsageError
from mlefit.machine import keep_freed_memory
from mlefit.report.safety import shown
from mlefit.request import Request

if TYPE_CHECKING:
    from mlefit.report.groups import ByGroup
    from mlefit.saved.model import Saved

OF_GROUPS = ("table", "json", "jsonl", "csv")
OF_ONE = {"detail": "--detail", "effects": "--effects", "exponentiate": "--exponentiate", "sort": "--sort"}


def fit_by(request: Request, format_: str | None, out: str | None, quiet: bool, save: str | None, allowed: bool) -> None:
    """Fit, deliver, and say how many groups have no answer: an error unless that is `allowed`. Raises SomeGroupsError."""
    form = arguments.form(format_, out, OF_GROUPS)
    check(request, form)
    if form in ("json", "jsonl") or save is not None:
        request = replace(request, read=request.read._replace(digest=True))
    from mlefit.groups.fit import fit_groups

    keep_freed_memory()
    kept: list[tuple[tuple[str, ...], Saved]] = []
    keep = None if save is None else lambda key, saved: kept.append((key, saved))
    with progress(quiet) as show:
        answer = fit_groups(request, show, keep, reports=form in ("json", "jsonl"))
    if save is not None and kept:
        from mlefit.saved.models import models_to_json

        output.write(models_to_json(answer.by, kept), save)
    told = () if quiet else (*(f"note: {note}" for note in answer.notes), *(f"warning: {one.message}" for one in answer.warnings))
    for line in told:
        say(shown(line))
    for_eyes = form == "table" and out is None and sys.stdout is not None
    output.write(render(answer, form, out, told), out, encoding=sys.stdout.encoding if for_eyes else "utf-8")
    if answer.summary is None:
        return
    if not allowed:
        raise SomeGroupsError(answer.summary, "the rows of these groups say why; --allow-failures makes this exit 0",
                              code="groups-without-answer")
    if not quiet:
        say(f"note: {answer.summary}.")


def check(request: Request, form: str) -> None:
    """Raises UsageError for a format, or a part of the answer, that groups do not have."""
    if form not in OF_GROUPS:
        raise UsageError(f"--output {form}: groups are not printed so", "use table, json, jsonl or csv",
                         code="options-contradict")
    for field, option in OF_ONE.items():
        if getattr(request, field) and form not in ("json", "jsonl"):
            raise UsageError(f"{option}: the table of groups has one line for each", "leave it out, or fit one group alone",
                             code="options-contradict")


def render(answer: "ByGroup", form: str, out: str | None, told: Sequence[str] = ()) -> str:
    """In one of the formats; a table on a screen fits it, with what is told above it and of groups without an answer below it."""
    if form == "csv":
        from mlefit.report.groups_csv import to_csv

        return to_csv(answer)
    if form == "json":
        from mlefit.report.groups_json import to_json

        return to_json(answer)
    if form == "jsonl":
        from mlefit.report.groups_json import lines

        return "".join(lines(answer))
    from mlefit.report.groups_table import render_groups

    screen = out is None and is_terminal(sys.stdout)
    width, height = shutil.get_terminal_size() if screen else (None, None)
    if width and height:
        height -= sum(-(-len(shown(line)) // width) for line in told) + (2 if answer.summary is not None else 0)
    return render_groups(answer, width=width, height=height, colour=wants_colour(screen))
