"""Chebyshev: a smooth function of one number at many places, from its values at a few.

Barycentric interpolation at Chebyshev's points of the first kind. Source: Berrut and Trefethen, SIAM Review 46 (2004), 501-517.
"""

from collections.abc import Callable

import numpy as np

from mlefit.arrays import Array

NODES = 48
NARROW = 1e-9       # a range as narrow as this is one place


def interpolated(function: Callable[[float], float], x: Array) -> Array:
    """Values (n,) at x (n,): exact where the places are few."""
    low, high = float(x.min()), float(x.max())
    if high - low < NARROW:
        return np.full(x.size, function(0.5 * (low + high)))
    if x.size <= NODES:
        some, place = np.unique(x, return_inverse=True)
        return np.array([function(value) for value in some.tolist()])[place]
    angle = (np.arange(NODES) + 0.5) * np.pi / NODES
    nodes = 0.5 * (low + high) + 0.5 * (high - low) * np.cos(angle)
    weights, values = np.sin(angle) * (-1.0) ** np.arange(NODES), np.array([function(node) for node in nodes.tolist()])
    apart = x[:, None] - nodes
    hit = apart == 0.0
    shares = weights / np.where(hit, 1.0, apart)
    found: Array = np.where(hit.any(axis=1), values[hit.argmax(axis=1)], (shares @ values) / shares.sum(axis=1))
    return found
