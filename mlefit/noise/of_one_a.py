"""The noise model of a loss in y and f that adds up to 1 at one a alone: what such laws of counts and of labels have in common."""

from dataclasses import dataclass

from mlefit.expression.tree import Node
from mlefit.noise.model import MEAN, Measure, Predictor
from mlefit.noise.read_loss import parsed
from mlefit.noise.typed import Typed


@dataclass(frozen=True)
class OfOneA(Typed):
    """`text`: the loss."""

    name = "loss"
    noun = "law of the loss"
    measure = Measure.MASS

    @property
    def node(self) -> Node:
        """The loss."""
        return parsed(self.text)

    @property
    def predictors(self) -> tuple[Predictor, ...]:
        """f."""
        return MEAN
