"""Searched: what searches ask of a law beside its criteria. Most laws say nothing of it."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlefit.arrays import Array

if TYPE_CHECKING:
    from mlefit.losses.corners import Corner
    from mlefit.noise.model import NoiseModel


SQUARED = 1e-26     # of relative errors that are rounding


class Searched:
    """Facts that most laws have in common; those that differ say so."""

    @property
    @abstractmethod
    def loss_has_shapes(self) -> bool:
        """Whether the loss contains the shapes."""

    @property
    def begins(self) -> bool:
        """Whether searches begin where `starting_predictor` and `starting_shapes` say, and not at zero."""
        return self.loss_has_shapes

    @property
    def everywhere(self) -> bool:
        """Whether the criteria are finite whatever the predictors are; else searches begin where they are."""
        return True

    def gentler(self, factor: float) -> "Sequence[NoiseModel]":
        """Laws on the way to this one, the gentlest first: each loss bends over residuals `factor` times as large as that of the
        next; none where the loss has no unit."""
        return ()

    def acting(self, residual: Array) -> str | None:
        """What is to be said of the loss on these residuals (n,), where it acts as another one."""
        return None

    @property
    def watched(self) -> bool:
        """Whether `astray` is to be asked of a fit."""
        return False

    def astray(self, eta: Array, free: Array) -> float:
        """By how much the log of the mass of the law at predictors eta (n, m) is not what it was taken for, at most."""
        return 0.0

    @property
    def least_loss(self) -> float:
        """The smallest loss that a row can have."""
        return 0.0

    @property
    def rounding(self) -> float:
        """The mean loss of rows that are all what the predictors say, but for rounding: a square of relative errors, mostly."""
        return SQUARED

    def bends_within(self, free: Array) -> float | None:
        """The residual up to which the loss is curved and beyond which it is straight; None where there is none."""
        return None

    @property
    def drifts(self) -> str | None:
        """Why the predictor of a scale may run off without end while the likelihood stays below a bound; None: it does not."""
        return None

    @property
    def corners(self) -> "tuple[Corner, ...]":
        """Where a loss of the residual that is curved elsewhere has two slopes, by residual."""
        return ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of it before there are data."""
        return ()

    def starting_dispersion(self, error: Array) -> tuple[Array, ...]:
        """What searches take the log shape (n,) of rows for, where it varies and these are errors of log y; one for each."""
        raise TypeError("no dispersion that could vary")
