"""ReadOptions: what the user said about the file. None means: detect it, and say so when it is unusual."""

import codecs
import re
from collections.abc import Sequence
from typing import Annotated, NamedTuple

from mlefit.errors import UsageError
from mlefit.escapes import shown
from mlefit.options.declaration import Option, Section
from mlefit.options.values import as_typed, choice, listed, refused, whole

KINDS = ("text", "number", "date")
UNITS = {
    "": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
    "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12,
}
DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
_CODE = re.compile(r"(?i:\\x|\\u00|0x)([0-9a-fA-F]{2})")


def character(text: str) -> str:
    """What a delimiter is called as itself, by a word such as tab, or by a code such as \\x1f."""
    code = _CODE.fullmatch(text)
    return chr(int(code[1], 16)) if code else DELIMITERS.get(text.lower(), text)


def one_character(option: str, text: str) -> str:
    """One character, or its name."""
    found = character(text)
    if len(found) == 1 and found not in '"\r\n':
        return found
    raise refused(option, text, "one character", f'such as {option} ";" or {option} tab')


def known_encoding(option: str, text: str) -> str:
    """An encoding that Python knows."""
    try:
        return codecs.lookup(text).name
    except (LookupError, ValueError):
        raise refused(option, text, "the name of an encoding", f"such as {option} latin-1") from None


def size(option: str, text: str) -> int:
    """A size in bytes: 200MB is 200 million, 200MiB is 200 * 2^20."""
    found = re.fullmatch(r"([0-9]{1,15}(?:\.[0-9]{1,9})?) ?([A-Za-z]{0,3})", text)
    bytes_ = int(float(found[1]) * UNITS.get(found[2].upper(), 0)) if found else 0
    if bytes_ > 0:
        return bytes_
    raise refused(option, text, "a size", f"such as {option} 200MB or {option} 1.5GiB")


def column_types(option: str, texts: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """COLUMN=TYPE, split at the last equals sign; one type per column."""
    found: dict[str, str] = {}
    for text in texts:
        column, equals, kind = text.rpartition("=")
        if not equals or not column or kind not in KINDS:
            raise refused(option, text, f"COLUMN=TYPE, TYPE {listed(KINDS)}", f"such as {option} zip=text")
        if found.setdefault(column, kind) != kind:
            raise UsageError(f'{option}: column "{shown(column)}" has two types, {found[column]} and {kind}',
                             "give one of them", code="contradiction")
    return tuple(found.items())


class ReadOptions(NamedTuple):
    """Overrides of detection; `na` are tokens that mean "missing" besides the usual ones.

    `types`: pairs of a column and what it holds. `skip`: lines before the table, None: those that plainly are no part of it.
    `memory`: bytes that the run may use, None: no bound was given. No options are `digest`: whether the SHA-256 of the bytes will
    be asked for, and so is computed while they are read; and `flowing`: whether rows of a pipe are wanted as they arrive.
    """

    delimiter: Annotated[str | None, Option(
        "--delimiter", metavar="CHAR", help="Default: detected.", parse=one_character, section=Section.READING)] = None
    encoding: Annotated[str | None, Option(
        "--encoding", metavar="NAME", help="Default: detected.", parse=known_encoding, section=Section.READING)] = None
    decimal: Annotated[str | None, Option(
        "--decimal", metavar="CHAR", help="Default: detected.", parse=choice((".", ",")), section=Section.READING)] = None
    na: Annotated[tuple[str, ...], Option(
        "--na", metavar="TOKEN", help="Means missing, besides the usual tokens. Repeatable.", gather=as_typed,
        section=Section.READING)] = ()
    header: Annotated[bool, Option(
        "--no-header", help="The first row is data.", given=False, section=Section.READING)] = True
    skip: Annotated[int | None, Option(
        "--skip", metavar="N", help="Lines before the table.", parse=whole(0), section=Section.READING)] = None
    types: Annotated[tuple[tuple[str, str], ...], Option(
        "--as", metavar="COLUMN=TYPE", help=f"{listed(KINDS)}, whatever the cells look like. Repeatable.", gather=column_types,
        section=Section.READING)] = ()
    sheet: Annotated[str | None, Option(
        "--sheet", metavar="NAME", help="Of a workbook, by name or number. Default: the first.", section=Section.READING)] = None
    table: Annotated[str | None, Option(
        "--table", metavar="NAME", help="Of an SQLite database. Default: the only one.", section=Section.READING)] = None
    query: Annotated[str | None, Option(
        "--query", metavar="SQL", help="Of an SQLite database: a SELECT, which may only read.", section=Section.READING)] = None
    memory: Annotated[int | None, Option(
        "--memory", metavar="SIZE", help="Memory to use at most, such as 200MB.", parse=size, section=Section.RUN)] = None
    digest: bool = False
    flowing: bool = False
