"""`mlefit completion`: what teaches a shell the commands, the options, their values, and the columns of the file typed before."""

from typing import Annotated

from mlefit.cli import output
from mlefit.options.declaration import Option
from mlefit.options.values import choice

SHELLS = ("bash", "zsh", "fish", "powershell")


def completion(shell: Annotated[str, Option(
    "", metavar="SHELL", help="bash, zsh, fish or powershell.", parse=choice(SHELLS))]) -> None:
    """Print the completion of a shell."""
    from mlefit.cli.shells import script

    output.write(script(shell))
