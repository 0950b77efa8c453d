"""The app: every command by name. A new command is one file, one line here, and leaves the list of reserved names."""

from difflib import get_close_matches
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from mlefit.cli.explain import explain
from mlefit.cli.fit import fit
from mlefit.cli.models import models
from mlefit.cli.prove import prove
from mlefit.cli.reserved import COMMANDS, not_built
from mlefit.errors import UsageError
from mlefit.report.safety import shown
from mlefit.version import __version__


class Commands(TyperGroup):
    """The commands; a name that is none of them is answered with the nearest, or with what it could have meant."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that `args` begins with. Raises UsageError."""
        name = args[0]
        if name in COMMANDS and name not in self.commands:
            raise not_built(name)
        if name not in self.commands:
            near = get_close_matches(name, self.commands, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise UsageError(
                f'there is no command "{shown(name)}"',
                f"{hint}`mlefit fit DATA` fits a table, `mlefit --help` lists the commands", code="unknown-command",
            )
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=Commands, rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("fit")(fit)
app.command("models")(models)
app.command("prove")(prove)
app.command("explain")(explain)


def version(wanted: bool) -> None:
    """Print the version and stop."""
    if wanted:
        typer.echo(f"mlefit {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def mlefit(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", callback=version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Fit a noise model twice, by maximum likelihood and by the loss it implies, and show that both agree."""
    if context.invoked_subcommand is None:
        raise UsageError("a command is missing", "`mlefit fit DATA` fits a table, `mlefit --help` lists the commands",
                         code="no-command")
