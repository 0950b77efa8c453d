"""MadeOf: a law made of another, with a linear predictor for the log of its scale or dispersion."""

from collections.abc import Mapping
from dataclasses import dataclass

from mlefit.arrays import Array
from mlefit.noise.model import Measure, NoiseModel
from mlefit.noise.responses import Response


@dataclass(frozen=True)
class MadeOf(NoiseModel):
    """What both have in common. The loss is the negative log-likelihood, but for `base`."""

    law: NoiseModel

    @property
    def loss_name(self) -> str:
        """As libraries call it for the gaussian."""
        return f"{self.law.name} NLL loss"

    @property
    def noun(self) -> str:
        """As the law."""
        return self.law.noun

    @property
    def panels(self) -> tuple[str, ...]:
        """Those of the law, with residuals along the scale in the place of those along the mean, which stand last."""
        return (*("scale" if panel == "fitted" else panel for panel in self.law.panels), "fitted")

    @property
    def measure(self) -> Measure:
        """That of the law."""
        return self.law.measure

    @property
    def response(self) -> Response:
        """That of the law."""
        return self.law.response

    @property
    def scalable(self) -> bool:
        """As the law."""
        return self.law.scalable

    @property
    def ratios(self) -> Mapping[str, str]:
        """Those of the law, at one scale."""
        return self.law.ratios

    @property
    def collapse(self) -> str | None:
        """As the law."""
        return self.law.collapse

    @property
    def with_scale(self) -> NoiseModel:
        """This law."""
        return self

    def affine(self, free: Array) -> tuple[float, float]:
        """The loss is the cross-entropy, but for `base`."""
        return 1.0, 0.0

    def base(self, y: Array) -> Array:
        """That of the law."""
        return self.law.base(y)
