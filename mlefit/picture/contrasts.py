"""Contrasts: whether curves along k bins move. A bend or a fan that is spread over all bins is invisible bin by bin.

Of each curve: every bin, its straight line, its parabola and its mean square, each in units of its spread over simulated data.
"""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array


class Moved(NamedTuple):
    """`statistic` (B + 1,): the largest contrast of each set of curves; `curve`: which of the data's curves has it."""

    statistic: Array
    curve: int


def moved(curves: Array, floor: Array, *, ordered: bool) -> Moved:
    """That of curves (B + 1, c, k), of which the first are the data's; `floor` (c, k): the spread that independent rows would have.

    A fit makes some contrasts almost exactly 0 under its own law (least squares: means of groups). Without the floor any other law
    would move by nothing and be seen. `ordered`: the bins have an order, so that there are lines and parabolas.
    """
    spread = np.maximum(curves.std(axis=0), floor)
    standard = (curves - curves.mean(axis=0)) / spread
    k = curves.shape[2]
    parts = [standard]
    if ordered and k > 2:
        along = np.linspace(-1.0, 1.0, k)
        basis = [along, along**2 - np.mean(along**2)][: k - 2]
        parts += [np.stack([standard @ (one / np.linalg.norm(one)) for one in basis], axis=2)]
    linear = np.concatenate(parts, axis=2)
    square = np.mean(standard**2, axis=2, keepdims=True)
    linear = _standard(linear, 1.0)
    square = _standard(square, float(np.sqrt(2.0 / k)))
    sizes = np.concatenate([np.abs(linear), square], axis=2).max(axis=2)      # (B + 1, c)
    return Moved(sizes.max(axis=1), int(np.argmax(sizes[0])))


def _standard(features: Array, floor: float) -> Array:
    return np.asarray((features - features.mean(axis=0)) / np.maximum(features.std(axis=0), floor))
