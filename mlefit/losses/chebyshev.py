"""Chebyshev: a smooth function of one number at many places, from its values at a few.

Interpolation at Chebyshev's points of the first kind, barycentric or by the coefficients of his polynomials. Sources: Berrut and
Trefethen, SIAM Review 46 (2004), 501-517; Trefethen, Approximation Theory and Approximation Practice (2013), chapters 2 to 4.
"""

from collections.abc import Callable

import numpy as np

from mlefit.arrays import Array

NODES = 48
NARROW = 1e-9       # a range as narrow as this is one place
FEW, EACH = 64, 16   # places that are taken as they are; nodes in each of two directions


def interpolated(function: Callable[[float], float], x: Array) -> Array:
    """Values (n,) at x (n,): exact where the places are few."""
    low, high = float(x.min()), float(x.max())
    if high - low < NARROW:
        return np.full(x.size, function(0.5 * (low + high)))
    if x.size <= NODES:
        some, place = np.unique(x, return_inverse=True)
        return np.array([function(value) for value in some.tolist()])[place]
    nodes, weights = grid(x, NODES)
    return np.asarray(weights @ np.array([function(node) for node in nodes.tolist()]))


def interpolated_twice(function: Callable[[Array, Array], Array], x: Array, z: Array) -> Array:
    """Values (n,) of a smooth function of two arrays at (x, z) (n,): exact where they are few."""
    if x.size <= FEW:
        return function(x, z)
    (at_x, by_x), (at_z, by_z) = grid(x, EACH), grid(z, EACH)
    values = function(np.repeat(at_x, at_z.size), np.tile(at_z, at_x.size)).reshape(at_x.size, at_z.size)
    return np.asarray(((by_x @ values) * by_z).sum(axis=1))


def grid(x: Array, count: int) -> tuple[Array, Array]:
    """Chebyshev's nodes (k,) of the range of x, and the weights (n, k) of their values at x; places alone where they are few."""
    some, place = np.unique(x, return_inverse=True)
    if some.size <= count:
        return some, np.eye(some.size)[place]
    low, high = float(x.min()), float(x.max())
    angle = (np.arange(count) + 0.5) * np.pi / count
    nodes = 0.5 * (low + high) + 0.5 * (high - low) * np.cos(angle)
    apart = x[:, None] - nodes
    hit = apart == 0.0
    shares = np.sin(angle) * (-1.0) ** np.arange(count) / np.where(hit, 1.0, apart)
    shares = np.where(hit.any(axis=1, keepdims=True), hit, shares)
    return nodes, shares / shares.sum(axis=1, keepdims=True)


def stretched(ends: tuple[float, float], x: Array) -> Array:
    """Places (n,) between the ends for x (n,) in [-1, 1]."""
    return 0.5 * (ends[0] + ends[1]) + 0.5 * (ends[1] - ends[0]) * x


def nodes(ends: tuple[float, float], count: int) -> Array:
    """Chebyshev's (k,) between the ends; one where these are the same."""
    return np.array([ends[0]]) if ends[0] == ends[1] else stretched(ends, np.cos((np.arange(count) + 0.5) * np.pi / count))


def polynomials(x: Array, count: int) -> Array:
    """T_0, T_1 .. (k, n) at x (n,) in [-1, 1]."""
    found = np.empty((count, x.size))
    found[0] = 1.0
    if count > 1:
        found[1] = x
    for k in range(2, count):
        np.multiply(found[k - 1], x, out=found[k])
        found[k] *= 2.0
        found[k] -= found[k - 2]
    return found


def coefficients(values: Array) -> Array:
    """Those of the polynomials through values at nodes, along every axis but the first."""
    for axis in range(1, values.ndim):
        k = values.shape[axis]
        matrix = 2.0 / k * np.cos(np.arange(k)[:, None] * (np.arange(k) + 0.5) * np.pi / k)
        matrix[0] /= 2.0
        values = np.moveaxis(np.tensordot(matrix, values, axes=(1, axis)), 0, axis)
    return values
