"""Borrowed: the name and the words of a law that another one is made of."""

from typing import Protocol

from mlefit.noise.model import NoiseModel
from mlefit.noise.options import Value


class Made(Protocol):
    """What is made of a law."""

    @property
    def law(self) -> NoiseModel:
        """The law."""
        ...


class Borrowed:
    """A law known by the name and options of the law that it is made of; its scale is told by its predictors."""

    @property
    def name(self: Made) -> str:
        """That of the law."""
        return self.law.name

    @property
    def support(self: Made) -> str:
        """That of the law."""
        return self.law.support

    @property
    def question(self: Made) -> str:
        """That of the law."""
        return self.law.question

    @property
    def example(self: Made) -> str:
        """That of the law."""
        return self.law.example

    @property
    def located(self: Made) -> bool:
        """That of the law."""
        return self.law.located

    @property
    def stated(self: Made) -> dict[str, Value]:
        """That of the law."""
        return self.law.stated

    @property
    def spelt(self: Made) -> str:
        """That of the law."""
        return self.law.spelt

    def derivation(self: Made) -> str:
        """That of the law."""
        return self.law.derivation()
