"""Pictured: which pictures a law has, and how a sentence calls it."""

from abc import ABC, abstractmethod
from typing import ClassVar, Self

from mlefit.arrays import Array
from mlefit.noise.responses import Response

FOR_NUMBERS = ("density", "qq", "fitted", "predictor", "order", "kl")
FOR_COUNTS = ("rootogram", "qq", "meanvar", "fitted", "predictor", "kl", "order")
FOR_LEVELS = ("calibration", "calibration", "calibration", "predictor", "classes", "kl", "order")


class Pictured(ABC):
    """Facts for pictures of a fit."""

    name: ClassVar[str]

    @property
    @abstractmethod
    def response(self) -> Response:
        """How its column is read."""

    @property
    def panels(self) -> tuple[str, ...]:
        """The ids of the pictures that the law has, in the order of looking; those that every law has need not be named.

        The first six are the sheet. `predictor` stands for the next worst one, `calibration` for that of the next rarest level.
        """
        if self.response.reads_levels:
            return FOR_LEVELS
        return FOR_COUNTS if self.response.whole else FOR_NUMBERS

    def quick(self, eta: Array, free: Array) -> Self:
        """The law for many residuals and draws about the rows of these predictors (n, m), where it has a quicker way to them."""
        return self

    def residual(self, y: Array, eta: Array, free: Array) -> Array | None:
        """Phi^-1(F(y)) (n,) of a density that has a quicker way to it than its tails; else None."""
        return None

    @property
    def noun(self) -> str:
        """The law in a sentence."""
        return f"{self.name.replace('-', ' ')} law"
