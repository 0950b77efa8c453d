"""`mlefit explain`: for a noise model from its likelihood to its loss, for a loss to its noise model."""

import sys
from typing import Annotated

from mlefit.cli import output
from mlefit.cli.messages import say
from mlefit.errors import UsageError
from mlefit.options.declaration import Option
from mlefit.report.safety import shown


def explain(
    model: Annotated[str | None, Option("", metavar="MODEL", help="Noise model, see `mlefit models`.")] = None,
    loss: Annotated[str | None, Option(
        "--loss", metavar="EXPR", help='A loss in r = y - f, or in y and f, such as "log(cosh(r))".')] = None,
) -> None:
    """Derive the loss of a noise model, or the model of a loss."""
    from mlefit.noise import MODELS
    from mlefit.proof.derivation import derivation

    if loss is None and model is None:
        raise UsageError("MODEL is missing: expected the name of a noise model, or a loss after --loss",
                         "`mlefit models` lists the models", code="no-model")
    if loss is not None and model is not None:
        raise UsageError(f'--loss is explained alone, found "{model}" beside it', "give one of them", code="contradiction")
    asked = model if model is not None else f"loss:{loss}"
    derived = derivation(asked)
    if loss is None:
        for note in MODELS.renamed(asked):
            say(f"note: {shown(note)}")
    encoding = sys.stdout.encoding if sys.stdout is not None else "utf-8"
    output.write(derived, encoding=encoding)
