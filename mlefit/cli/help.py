"""`mlefit help`: what `--help` prints, of the whole or of one command."""

from typing import Annotated

import typer

from mlefit.options.declaration import Option


def help(command: Annotated[str | None, Option("", metavar="COMMAND", help="One of the commands.")] = None) -> None:
    """Show what a command takes."""
    from mlefit.cli.app import app

    asked = ["--help"] if command is None else [command, "--help"]
    typer.main.get_command(app).main(asked, prog_name="mlefit", standalone_mode=False)
