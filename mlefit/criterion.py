"""Criterion: what a route minimises, as a function of rows: the negative log-likelihood, or the loss."""

from collections.abc import Callable

from mlefit.arrays import Array
from mlefit.noise.model import Derivatives, NoiseModel

Criterion = Callable[[Array, Array, Array, int], Derivatives]      # (y, eta, free, order)


def likelihood(noise: NoiseModel) -> Criterion:
    """The criterion of the first route: the negative log-likelihood, shapes included."""
    return noise.nll


def implied_loss(noise: NoiseModel) -> Criterion:
    """The criterion of the second route: the textbook loss."""
    return noise.loss
