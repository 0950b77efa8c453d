"""Jacobian: the derivatives of all predictors of some rows by all coefficients of a mean, as sums over rows use them.

Each predictor a has coefficients of its own, so J has a block (n, w_a) for each, and

    J' d1          (size,)         the gradient
    J v            (n, m)          a change of predictors
    J_a' d2_ab J_b (w_a, w_b)      a block of the Hessian

Where many predictors share one design, all blocks are one, and sums over them one product.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mlefit.arrays import Array, product
from mlefit.mean.function import MeanFunction
from mlefit.rows.chunk import Chunk

MANY_CLASSES = 2    # predictors from which one large product is faster than a small one for each


@dataclass(frozen=True, slots=True)
class Jacobian:
    """`blocks[a]` (n, w_a), and the one that all of them are, or None."""

    blocks: tuple[Array, ...]
    one: Array | None

    @classmethod
    def of(cls, mean: MeanFunction, coef: Array, chunk: Chunk) -> "Jacobian":
        """At coordinates `coef` of the mean."""
        if not mean.shared:
            return cls(tuple(mean.jacobian(coef, chunk, a) for a in range(mean.predictors)), None)
        x = mean.jacobian(coef, chunk, 0)
        return cls((x,) * mean.predictors, x if mean.predictors >= MANY_CLASSES else None)

    @property
    def places(self) -> list[slice]:
        """Where the coefficients of each predictor are."""
        ends = np.cumsum([0, *(block.shape[1] for block in self.blocks)]).tolist()
        return [slice(start, end) for start, end in pairwise(ends)]

    def pull(self, d1: Array) -> Array:
        """J' d1 (size,) of d1 (n, m)."""
        if self.one is not None:
            return product(self.one.T, d1).T.ravel()
        return np.concatenate([product(block.T, d1[:, a : a + 1])[:, 0] for a, block in enumerate(self.blocks)])

    def push(self, direction: Array) -> Array:
        """J v (n, m) of v (size,), one predictor after the other in memory."""
        if self.one is not None:
            return product(direction.reshape(len(self.blocks), -1), self.one.T).T
        parts = [product(direction[None, place], block.T) for place, block in zip(self.places, self.blocks, strict=True)]
        return np.concatenate(parts).T

    def rows(self, d1: Array) -> Array:
        """J_i' d1_i (n, size) of each row; what `d1` has beyond the predictors is carried over."""
        return np.concatenate(
            [*(d1[:, a, None] * block for a, block in enumerate(self.blocks)), d1[:, len(self.blocks) :]], axis=1)
