"""`mlefit help`: what `--help` prints, of the whole or of one command; with `--json` every command and option as data."""

from importlib import import_module
from typing import Annotated, Any

import typer

from mlefit.cli import output
from mlefit.cli.names import COMMANDS
from mlefit.errors import UsageError
from mlefit.escapes import shown
from mlefit.options.declaration import NOTHING, Declared, Option, declared
from mlefit.options.values import listed

SCHEMA = "mlefit.help/1"


def help(
    command: Annotated[str | None, Option("", metavar="COMMAND", help="One of the commands.")] = None,
    as_json: Annotated[bool, Option("--json", help="Every command and option, as JSON.", given=True)] = False,
) -> None:
    """Show what a command takes."""
    if as_json:
        from mlefit.report.json import dumps

        if command is not None and command not in COMMANDS:
            raise UsageError(f'there is no command "{shown(command)}"', f"the commands are {listed(COMMANDS)}",
                             code="unknown-command")
        named = COMMANDS if command is None else (command,)
        output.write(dumps({"schema": SCHEMA, "commands": [described(name) for name in named]}))
        return
    from mlefit.cli.app import app

    asked = ["--help"] if command is None else [command, "--help"]
    typer.main.get_command(app).main(asked, prog_name="mlefit", standalone_mode=False)


def described(name: str) -> dict[str, Any]:
    """A command: what it does, and its options in the order of `--help`."""
    body = getattr(import_module(f"mlefit.cli.{name}"), name)
    found = sorted(declared(body), key=lambda one: one.option.section)
    return {"name": name, "help": body.__doc__, "options": [_option(one) for one in found]}


def _option(found: Declared) -> dict[str, Any]:
    """An option by its flags, none for an argument; the default as one would type it, null where mlefit chooses."""
    option = found.option
    typed = found.default is not NOTHING and found.default is not None and not option.switch and not option.gather
    return {
        "name": found.name, "flags": option.flags.split(), "metavar": option.metavar, "help": option.help,
        "switch": option.switch, "repeatable": option.gather is not None, "section": option.section.name.lower(),
        "default": str(found.default) if typed else None,
    }
