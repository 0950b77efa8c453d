"""A command of the parser, made from a function whose parameters declare their options."""

import os
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from inspect import Parameter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlefit.errors import UsageError
from mlefit.options.declaration import NOTHING, Declared, Option, called, declared, signed

if TYPE_CHECKING:
    from mlefit.request import Request


def command(body: Callable[..., None]) -> Callable[..., None]:
    """`body` as the parser calls it, with every option that its parameters and their records declare, section by section."""
    options = sorted(declared(body), key=lambda found: found.option.section)

    def run(**typed: Any) -> None:
        called(body, {found.name: value for found in options for value in said(found, typed[found.name])})

    run.__doc__ = body.__doc__
    return signed(run, (parameter(found) for found in options))


def parameter(found: Declared) -> Parameter:
    """An option as a parameter that typer reads. Defaults are written out, since it parses them as it does what is typed."""
    option = found.option
    type_: Any = bool if option.switch else list[str] | None if option.gather else str | None
    shown: Any = False if option.switch else None if option.gather else default(found)
    return Parameter(found.name, Parameter.KEYWORD_ONLY, default=shown, annotation=Annotated[type_, read(option)])


def default(found: Declared) -> Any:
    """The default of a value as one would type it; None where mlefit chooses; NOTHING where there is none."""
    return found.default if found.default is None or found.default is NOTHING else str(found.default)


def read(option: Option) -> Any:
    """What typer is told: flags, words for `--help`, and who reads the text."""
    words: dict[str, Any] = {"metavar": option.metavar, "help": option.help}
    if (parse := option.parse) is not None:
        words["parser"] = lambda text: parse(option.name, text)
    if option.flags:
        return typer.Option(*option.flags.split(), **words)
    return typer.Argument(show_default=False, **words)


def said(found: Declared, typed: Any) -> Iterator[object]:
    """The value of a field by what was typed for it: one, or none where the field keeps its default."""
    option = found.option
    if option.switch:
        if typed:
            yield option.given
    elif option.gather:
        if typed or found.default is NOTHING:
            yield option.gather(option.name, typed or [])
    elif typed is not None:
        yield typed


def stated(name: str, request: "Request", quiet: bool) -> "Request":
    """The request with its tables in place: a pipe is read where none is named.

    Raises UsageError without DATA, for columns among the tables, and for a formula beside -x.
    """
    words, comes = request.data, False
    assert isinstance(words, tuple)
    if not words or not all(word == "-" or os.path.exists(word) for word in words):
        comes = piped()
    if not words and not comes:
        raise UsageError("DATA is missing: expected the path of a table, or - for standard input",
                         f"such as `mlefit {name} data.csv`; `mlefit {name} --help` lists the options", code="no-data")
    if not words:
        request = replace(request, data=("-",))
    elif not all(word == "-" or os.path.exists(word) for word in words):
        from mlefit.cli.misplaced import placed

        request = placed(name, request, words, quiet, comes)
    if request.formula is not None and request.features is not None:
        raise UsageError("--formula names the predictors, so -x contradicts it", "give one of them", code="contradiction")
    return request


def piped() -> bool:
    """Whether a pipe or a file stands at standard input."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (OSError, ValueError, AttributeError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode)
