"""Words among the tables that are none: a formula, or names of columns."""

import os
import shlex
from collections.abc import Sequence
from dataclasses import replace
from typing import NoReturn

from mlefit.cli.messages import say
from mlefit.cli.words import may_be_a_column
from mlefit.errors import DataError, MlefitError, UsageError
from mlefit.escapes import shown
from mlefit.options.near import nearest
from mlefit.request import Request
from mlefit.source.nearby import nearby

TABLE = "-"     # standard input


def placed(command: str, request: Request, data: Sequence[str], quiet: bool, piped: bool) -> Request:
    """The request with its words in their places: a `~` makes a formula, and columns are spelt back.

    Files that are not there stay, for the source to refuse. Raises UsageError, and DataError where the table comes by a pipe.
    """
    formulas = [word for word in data if "~" in word and not os.path.exists(word)]
    if len(formulas) == 1 and request.formula is None:
        if not quiet:
            say(f"note: formula: {shown(formulas[0])}; -f names it.")
        request = replace(request, formula=formulas[0])
        data = [word for word in data if word not in formulas] or ([TABLE] if piped else [])
    tables = [word for word in data if word == TABLE or os.path.exists(word)]
    equations = [word for word in data if "=" in word and " " in word and not os.path.exists(word)]
    if equations and request.formula is None:
        left, _, right = equations[0].partition("=")
        words = ["mlefit", command, *(word for word in data if word not in equations), "-f", f"{left.strip()} ~ {right.strip()}"]
        raise UsageError(f'"{shown(equations[0])}" is no table; a formula has ~ between target and predictors',
                         f"did you mean `{shlex.join(words)}`?", code="misplaced")
    strange = [word for word in data if word not in tables and not set(word) & set("*?[/\\")]
    if piped and not tables and all(may_be_a_column(word) and not nearby(word) for word in strange):
        tables = [TABLE]
    if tables and strange:
        spelt_back(command, request, tables, strange)
    return replace(request, data=tuple(data))


def spelt_back(command: str, request: Request, tables: Sequence[str], strange: Sequence[str]) -> None:
    """Raises UsageError where the strange words are columns of the table, with the command that was meant."""
    if tables[0] == TABLE:
        raise DataError(f"{strange[0]}: there is no such file", "columns are named by options, such as "
                        f"`{meant(command, request, tables, strange)}`", code="no-file")
    names = columns_of(tables[0])
    typed = [part for word in strange for part in word.split(",") if part]
    known = [word if word in names else next(iter(nearest(word, names)), None) for word in typed]
    if not any(word in names or word.casefold() in map(str.casefold, names) for word in typed):
        return
    absent = [word for word, name in zip(typed, known, strict=True) if name is None]
    columns = [name for name in known if name is not None]
    if absent:
        refuse(f'"{shown(absent[0])}" is neither a file nor a column of {tables[0]}', command, request, tables, columns)
    if any(word not in names for word in typed):
        wrong = next(word for word in typed if word not in names)
        refuse(f'"{shown(wrong)}" is neither a file nor, in this spelling, a column of {tables[0]}', command, request, tables,
               columns)
    what = "is a column" if len(typed) == 1 else "are columns"
    refuse(f"{', '.join(map(shown, typed))} {what} of {tables[0]}, in the place of tables", command, request, tables, columns)


def refuse(message: str, command: str, request: Request, tables: Sequence[str], columns: Sequence[str]) -> NoReturn:
    """Raises UsageError with the command that was meant."""
    raise UsageError(message, f"did you mean `{meant(command, request, tables, columns)}`?", code="misplaced")


def meant(command: str, request: Request, tables: Sequence[str], columns: Sequence[str]) -> str:
    """The command with the columns named by options: the first is the target unless that is named."""
    words = ["mlefit", command, *tables]
    if request.model is not None:
        words += ["-m", request.model]
    if request.formula is not None:
        return shlex.join([*words, "-f", request.formula])
    named = [] if request.target is None else [request.target]
    target, *others = *named, *columns
    features = [*(request.features or ()), *others]
    return shlex.join([*words, "-t", target, *(("-x", ",".join(features)) if features else ())])


def columns_of(table: str) -> tuple[str, ...]:
    """The names of a table's columns; none where it cannot be read, which is for the fit to say."""
    from mlefit.source import ReadOptions, open_source

    try:
        with open_source((table,), ReadOptions()) as source:
            return source.names
    except MlefitError:
        return ()
