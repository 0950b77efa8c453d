"""Typed: what the noise models of an expression that a user wrote have in common."""

from dataclasses import dataclass

from mlefit.noise.model import NoiseModel


@dataclass(frozen=True)
class Typed(NoiseModel):
    """`text`: the expression as typed, without blanks. No comparison takes such a law unasked."""

    text: str

    compared = False
    link_name = "identity"

    @property
    def loss_name(self) -> str:
        """As typed."""
        return self.text

    @property
    def spelt(self) -> str:
        """`loss:EXPR`, or `density:EXPR`."""
        return f"{self.name}:{self.text}"
