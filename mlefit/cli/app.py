"""The app: every command by name. A new command is one file, one name here, and leaves the list of reserved names."""

from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from mlefit.cli.names import COMMANDS
from mlefit.cli.reserved import COMMANDS as RESERVED
from mlefit.errors import UsageError
from mlefit.options.values import not_built
from mlefit.report.safety import shown
from mlefit.version import __version__


class Commands(TyperGroup):
    """The commands, each made when it is asked for: `fit` need not know what `prove` takes.

    A name that is none of them is answered with the nearest, or with what it could have meant.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, in the order of `--help`."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name, None if there is none."""
        if cmd_name not in COMMANDS:
            return None
        from mlefit.cli.command import command

        body = getattr(import_module(f"mlefit.cli.{cmd_name}"), cmd_name)
        one = typer.Typer(rich_markup_mode=None, add_completion=False)
        one.command(cmd_name)(command(body))
        return typer.main.get_command(one)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that `args` begins with. Raises UsageError."""
        name = args[0]
        if name in RESERVED:
            raise not_built(name)
        if name not in COMMANDS:
            raise UsageError(f'there is no command "{shown(name)}"', remedy(args), code="unknown-command")
        return super().resolve_command(ctx, args)


def remedy(typed: Sequence[str]) -> str:
    """What the first word could have meant: a model, one of another tool, or a command that is spelt otherwise."""
    from mlefit.noise import MODELS
    from mlefit.options.near import did_you_mean

    model, other = MODELS.meaning(typed[0]), MODELS.elsewhere(typed[0])
    if model is not None:
        return f"did you mean `mlefit fit {typed[1] if len(typed) > 1 else 'DATA'} -m {model}`?"
    if other is not None:
        return f"{other.why}: {other.step}"
    hint = did_you_mean(typed[0], COMMANDS)
    return f"{hint}`mlefit fit DATA` fits a table, `mlefit --help` lists the commands"


app = typer.Typer(
    cls=Commands, rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def version(wanted: bool) -> None:
    """Print the version and stop."""
    if wanted:
        typer.echo(f"mlefit {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def mlefit(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", "-V", callback=version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Fit a noise model twice, by maximum likelihood and by the loss it implies, and show that both agree."""
    if context.invoked_subcommand is None:
        raise UsageError("a command is missing", "`mlefit fit DATA` fits a table, `mlefit --help` lists the commands",
                         code="no-command")
