"""`mlefit explain`: from likelihood to loss, in a dozen lines, for one noise model."""

import sys
from typing import Annotated

from mlefit.cli import output
from mlefit.cli.messages import say
from mlefit.options.declaration import Option
from mlefit.report.safety import shown


def explain(model: Annotated[str, Option("", metavar="MODEL", help="Noise model, see `mlefit models`.")]) -> None:
    """Derive the loss of a noise model from its likelihood."""
    from mlefit.noise import MODELS
    from mlefit.proof.derivation import derivation

    derived = derivation(model)
    for note in MODELS.renamed(model):
        say(f"note: {shown(note)}")
    encoding = sys.stdout.encoding if sys.stdout is not None else "utf-8"
    output.write(derived, encoding=encoding)
