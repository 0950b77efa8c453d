"""The law of a loss of y and f that is one of no difference, in a base in which its mass is the same at every f."""

import math
from dataclasses import dataclass

import numpy as np

from mlefit.arrays import Array
from mlefit.losses.axes import Axis
from mlefit.losses.family import Family
from mlefit.noise.known_family import base_words, known_family
from mlefit.noise.model import Shape
from mlefit.noise.of_family import OfFamily
from mlefit.noise.read_loss import family_of
from mlefit.noise.stable import exponential


@dataclass(frozen=True)
class BasedLoss(OfFamily):
    """`text`: the loss as typed, without blanks."""

    name = "loss"
    noun = "law of the loss"
    support = "numbers > 0, or shares"
    question = "what a loss that you write says of the noise"
    example = 'mlefit fit sample_data/repairs.csv -t hours -x none --loss "(y-f)**2/y"'
    shapes = (Shape("a"),)
    collapse = "a is infinite"

    @property
    def family(self) -> Family:
        """The loss and its base."""
        found = family_of(self.text)
        assert found is not None        # else it is no such law
        return found

    @property
    def domain(self) -> Axis:
        """That of y."""
        return self.family.axis

    @property
    def least_loss(self) -> float:
        """That of the loss."""
        return self.family.loss.least

    def _a(self, free: Array) -> float:
        return exponential(float(free[0]))

    def affine(self, free: Array) -> tuple[float, float]:
        """(a, log Z(a)), with the unit."""
        a = self._a(free)
        return a, self._normaliser(a).log_z - math.log(self.unit)

    def implied_shapes(self, mean_loss: float, mean_base: float) -> Array:
        """log a with E_a l = mean loss; infinite where every row has the least loss."""
        return np.array([np.log(self.family.loss.a_of(mean_loss))])

    def starting_shapes(self, y: Array, eta: Array) -> tuple[Array, ...]:
        """What the mean loss there implies."""
        return (self.implied_shapes(float(self.loss(y, eta, np.empty(0), 0).value.mean()), 0.0),)

    @property
    def notes(self) -> tuple[str, ...]:
        """The base, and which loss it is."""
        family, known = self.family, known_family(self.family)
        less = f"{family.less}," if family.less else ""
        first = (f"--loss: exp(-a loss){less} has the same mass in {base_words(family)} at every f tried: a density in that base, "
                 "as is looked at again where f is fitted.")
        return (first,) if known is None else (first, f"--loss: this is {known}.")

    def derivation(self) -> str:
        """From the loss to its noise model."""
        from mlefit.noise.explained_family import explained_family

        return explained_family(self)
