"""Above: the laws of what is above 0 that may follow a hurdle."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.noise.exponential import Exponential
from mlefit.noise.gamma import Gamma
from mlefit.noise.inverse_gaussian import InverseGaussian
from mlefit.noise.lognormal import LogNormal
from mlefit.noise.model import NoiseModel
from mlefit.noise.truncated import TruncatedPoisson
from mlefit.noise.truncated_negative_binomial import TruncatedNegativeBinomial
from mlefit.noise.weibull import Weibull


class Part(NamedTuple):
    """A law of what is above 0, and E g^3 (n,) of its score, by eta and free. `limit`: what it becomes where its shape is 0."""

    law: NoiseModel
    cube: Callable[[Array, Array], Array]
    limit: str | None = None


COUNT, VARIED = TruncatedPoisson(), TruncatedNegativeBinomial()
PARTS = {
    "poisson": Part(COUNT, COUNT.score_cube),
    "negative-binomial": Part(VARIED, VARIED.score_cube, "poisson"),
    "gamma": Part(Gamma(), lambda eta, free: np.full(len(eta), -2.0 * np.exp(free[0]))),
    "lognormal": Part(LogNormal(), lambda eta, free: np.zeros(len(eta))),
    "inverse-gaussian": Part(InverseGaussian(), lambda eta, free: -3.0 * np.exp(free[0] - eta[:, 0])),
    "weibull": Part(Weibull(), lambda eta, free: np.full(len(eta), -2.0 * np.exp(3.0 * free[0]))),
    "exponential": Part(Exponential(), lambda eta, free: np.full(len(eta), -2.0)),
}
