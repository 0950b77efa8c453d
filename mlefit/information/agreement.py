"""KL between two fitted models of one family: the distance between the two routes' answers."""

import numpy as np

from mlefit.arrays import Array
from mlefit.noise.model import NoiseModel


def route_divergence(
    noise: NoiseModel, eta_a: Array, free_a: Array, eta_b: Array, free_b: Array, weight: Array | None = None
) -> float:
    """Mean over rows of KL(a || b), closed form, nats per row; a is the maximum likelihood model.

    `eta_a`, `eta_b` (n, m), `free_a`, `free_b` (s,), `weight` (n,) or None. Never below 0: the closed forms are
    differences that may round to -1e-17.
    """
    each = noise.divergence(eta_a, free_a, eta_b, free_b)
    return max(float(np.average(each, weights=weight)), 0.0)
