"""Whitening: the columns of every group of a block made orthonormal, and the groups in which that is beyond doubt.

    X = Q R,   rows q = sqrt(n) x R^-1,   sum q q' = n I

A group in which a column is nearly determined by others is left to the fit of one group alone (`existence.rank`,
`existence.digits`), with bounds twice as strict as there.
"""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.existence.digits import DOUBTFUL, UNIT
from mlefit.existence.rank import ROUNDING
from mlefit.groups.buckets import Block

STEEP = 1e4     # condition number of columns of norm 1 from which on R^-1 loses what R has kept


class White(NamedTuple):
    """`back` (B, k, k): R^-1; encoded coefficients are sqrt(n) R^-1 theta. `sound` (B,): where that holds."""

    back: Array
    sound: Mask

    def rows(self, block: Block) -> Array:
        """q of each row (B, k, M)."""
        return np.asarray((self.back * np.sqrt(block.n)[:, None, None]).transpose(0, 2, 1) @ block.x)

    def mixed(self, block: Block, intercept: bool) -> Array:
        """(B, k, k): what theta is multiplied by for coefficients in the units of the file, but for 1 / scale of each."""
        found = self.back * np.sqrt(block.n)[:, None, None]
        if intercept:
            share = block.centre[:, 1:] / block.scale[:, 1:]
            found[:, 0] -= (share[:, None, :] @ found[:, 1:])[:, 0]
        return found


def triangle_of(columns: Array) -> Array:
    """R (B, k, k) of columns (B, k, M), by Householder's reflections."""
    return np.asarray(np.linalg.qr(columns.transpose(0, 2, 1), mode="r"))


def whitened(block: Block, triangle: Array, intercept: bool) -> White:
    """From the triangle (B, k, k) of the columns."""
    k = triangle.shape[1]
    diagonal = np.abs(np.diagonal(triangle, axis1=1, axis2=2))
    sound: Mask = np.asarray(np.isfinite(triangle).all(axis=(1, 2)) & (diagonal > 0.0).all(axis=1))
    r = np.where(sound[:, None, None], triangle, np.eye(k))
    back = np.linalg.inv(r)
    for j in range(k):
        made = np.abs((back[:, :j, :j] @ r[:, :j, j, None])[:, :, 0])       # of the columns before it
        bound = ROUNDING * np.sqrt(block.n) * (block.magnitude[:, j] + (made * block.magnitude[:, :j]).sum(axis=1))
        sound &= diagonal[:, j] > 2.0 * bound
    norms = np.linalg.norm(r, axis=1)
    sound &= np.linalg.norm(back * norms[:, :, None], axis=(1, 2)) * np.sqrt(k) < STEEP
    middle = r[:, 0] / r[:, :1, 0] if intercept else np.zeros_like(block.low)
    spread = np.maximum(block.high - middle, middle - block.low)
    lost = UNIT * spread * np.sqrt(block.n)[:, None] * np.linalg.norm(back, axis=2)
    sound &= (2.0 * lost[:, int(intercept):] < DOUBTFUL).all(axis=1)
    return White(back, sound)
