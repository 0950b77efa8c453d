"""Manual pages, made of the same metadata as the options: `python -m mlefit.cli.man FOLDER` writes one for each command."""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from mlefit.cli.names import COMMANDS
from mlefit.options.declaration import Declared, declared
from mlefit.version import __version__

EXITS = (
    ("0", "fitted, and the certificates hold"), ("1", "a defect of mlefit"), ("2", "the command line is wrong"),
    ("3", "the data cannot be used"), ("4", "there is no maximum likelihood answer; what is known is printed, marked"),
    ("5", "fitted, but a requirement does not hold"), ("130", "interrupted"),
)


def page(command: str) -> str:
    """The page of a command, in the language of man."""
    body = getattr(import_module(f"mlefit.cli.{command}"), command)
    found = list(declared(body))
    arguments = [each for each in found if not each.option.flags]
    options = [each for each in found if each.option.flags]
    words = [*(str(each.option.metavar) for each in arguments), *(["OPTIONS"] if options else [])]
    lines = [
        f'.TH "MLEFIT\\-{command.upper()}" "1" "" "mlefit {__version__}" "mlefit manual"',
        ".SH NAME", f"mlefit\\-{escaped(command)} \\- {escaped(str(body.__doc__).splitlines()[0].rstrip('.'))}",
        ".SH SYNOPSIS", f".B mlefit {escaped(command)}",
        " ".join(f"[\\fI{escaped(word)}\\fR]" for word in words),
        *(line for each in arguments for line in entry(each)),
    ]
    if options:
        lines += [".SH OPTIONS", *(line for each in sorted(options, key=lambda each: each.option.section) for line in entry(each))]
    lines += [".SH EXIT STATUS", *(line for code, meaning in EXITS for line in (".TP", f".B {code}", escaped(meaning)))]
    others = ", ".join(f"\\fBmlefit\\-{escaped(name)}\\fR(1)" for name in COMMANDS if name != command)
    return "\n".join([*lines, ".SH SEE ALSO", others, ""])


def entry(found: Declared) -> Iterator[str]:
    """An argument or an option, and what it is for."""
    option = found.option
    value = f" \\fI{escaped(option.metavar)}\\fR" if option.metavar and option.flags else ""
    names = ", ".join(f"\\fB{escaped(flag)}\\fR" for flag in option.flags.split()) or f"\\fI{escaped(str(option.metavar))}\\fR"
    yield ".TP"
    yield f"{names}{value}"
    yield escaped(option.help)


def escaped(text: str) -> str:
    """Text as man shows it as it is."""
    plain = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{plain}" if plain.startswith((".", "'")) else plain


def write(folder: Path) -> None:
    """One page for each command."""
    folder.mkdir(parents=True, exist_ok=True)
    for command in COMMANDS:
        (folder / f"mlefit-{command}.1").write_text(page(command), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
