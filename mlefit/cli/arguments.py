"""Options of commands that are about the answer and not about the problem: its form, its place, and who is told."""

import re
from typing import Annotated

from mlefit.escapes import shown
from mlefit.options.declaration import Option, Section
from mlefit.options.values import choice, listed, refused

FORMATS = ("table", "json", "csv", "markdown")
TABLE_OR_JSON = ("table", "json")


def output_format(option: str, text: str) -> str:
    """The format on stdout; what looks like a file name belongs to --out."""
    if text in FORMATS:
        return text
    is_file = re.search(r"[./\\]", text)
    remedy = f"use --out {shown(text)} for the file, and -o for its format" if is_file else "such as -o json"
    raise refused(option, text, listed(FORMATS), remedy)


Format = Annotated[str, Option(
    "-o --output", metavar="FORMAT", help=f"{listed(FORMATS)}.", parse=output_format, section=Section.ANSWER)]
TableOrJson = Annotated[str, Option(
    "-o --output", metavar="FORMAT", help=f"{listed(TABLE_OR_JSON)}.", parse=choice(TABLE_OR_JSON), section=Section.ANSWER)]
OutFile = Annotated[str | None, Option(
    "--out", metavar="FILE", help="Write there instead of stdout.", section=Section.ANSWER)]
Quiet = Annotated[bool, Option("-q --quiet", help="No notes on stderr.", given=True, section=Section.RUN)]
