"""Options of commands that are about the answer and not about the problem: its form, its place, and who is told."""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated

from mlefit.escapes import shown
from mlefit.options.declaration import Option, Section
from mlefit.options.values import listed, refused, whole

if TYPE_CHECKING:
    from mlefit.report.require import Requirement

FORMATS = ("table", "json", "csv", "markdown")
OF_A_FIT = (*FORMATS, "latex", "jsonl")
TABLE_OR_JSON = ("table", "json")
CALLED = {"md": "markdown", "tex": "latex", "text": "table", "txt": "table"}       # also the suffixes of files


def output_format(option: str, text: str, formats: Sequence[str] = FORMATS, called: Mapping[str, str] = CALLED) -> str:
    """The format on stdout; what looks like a file name belongs to --out."""
    name = called.get(text.lower(), text.lower())
    if name in formats:
        return name
    is_file = re.search(r"[./\\]", text)
    remedy = f"use --out {shown(text)} for the file, whose suffix tells the format" if is_file else "such as -o json"
    raise refused(option, text, listed(formats), remedy)


def form(given: str | None, out: str | None, formats: Sequence[str] = FORMATS) -> str:
    """The format asked for, or that of the suffix of the file, or a table."""
    if given is not None or out is None:
        return given or formats[0]
    suffix = out.rpartition(".")[2].lower()
    suffix = CALLED.get(suffix, suffix)
    return suffix if suffix in formats else formats[0]


def requirements(option: str, texts: Sequence[str]) -> tuple["Requirement", ...]:
    """What is required of the figures of the answer."""
    from mlefit.report.require import requirement

    return tuple(requirement(option, text) for text in texts)


Format = Annotated[str | None, Option(
    "-o --output", metavar="FORMAT", help=f"{listed(FORMATS)}. Default: by the suffix of --out, else {FORMATS[0]}.",
    parse=output_format, section=Section.ANSWER)]
FitFormat = Annotated[str | None, Option(
    "-o --output", metavar="FORMAT", help=f"{listed(OF_A_FIT)} with --by. Default: by the suffix of --out, else {FORMATS[0]}.",
    parse=partial(output_format, formats=OF_A_FIT), section=Section.ANSWER)]
TableOrJson = Annotated[str | None, Option(
    "-o --output", metavar="FORMAT", help=f"{listed(TABLE_OR_JSON)}. Default: by the suffix of --out, else {TABLE_OR_JSON[0]}.",
    parse=partial(output_format, formats=TABLE_OR_JSON), section=Section.ANSWER)]
Require = Annotated[tuple["Requirement", ...], Option(
    "--require", metavar="'FIELD<VALUE'", help="Exit 5 unless a figure of the JSON is so: kl, r2, n, aic, rmse, accuracy, auc, "
    "or a path. Repeatable.", gather=requirements, section=Section.ANSWER)]
OutFile = Annotated[str | None, Option(
    "--out", metavar="FILE", help="Write there instead of stdout.", section=Section.ANSWER)]
Chance = Annotated[int, Option("--seed", metavar="N", help="Seed of randomised residuals.", parse=whole(0))]
Threads = Annotated[int | None, Option(
    "--threads", metavar="N", help="Default: the cores there are.", parse=whole(1), section=Section.RUN)]
Quiet = Annotated[bool, Option("-q --quiet", help="No notes on stderr.", given=True, section=Section.RUN)]
