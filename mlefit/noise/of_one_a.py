"""The noise model of a loss in y and f that adds up to 1 at one a alone: what such laws of counts and of labels have in common."""

from dataclasses import dataclass

from mlefit.expression.tree import Node
from mlefit.noise.model import Measure, NoiseModel, Predictor
from mlefit.noise.read_loss import parsed

MEAN = (Predictor("mean"),)


@dataclass(frozen=True)
class OfOneA(NoiseModel):
    """`text`: the loss as typed, without blanks."""

    text: str

    name = "loss"
    noun = "law of the loss"
    compared = False
    link_name = "identity"
    measure = Measure.MASS

    @property
    def node(self) -> Node:
        """The loss."""
        return parsed(self.text)

    @property
    def loss_name(self) -> str:
        """As typed."""
        return self.text

    @property
    def spelt(self) -> str:
        """`loss:EXPR`."""
        return f"{self.name}:{self.text}"

    @property
    def predictors(self) -> tuple[Predictor, ...]:
        """f."""
        return MEAN
