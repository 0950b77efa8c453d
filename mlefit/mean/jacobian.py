"""Jacobian: the derivatives of all predictors of some rows by all coefficients of a mean, as sums over rows use them.

Each predictor a has coefficients of its own, so J has a block (n, w_a) for each, and

    J' d1          (size,)         the gradient
    J v            (n, m)          a change of predictors
    J_a' d2_ab J_b (w_a, w_b)      a block of the Hessian

Where many predictors share one design, all blocks are one, and sums over them one product.
"""

from abc import ABC, abstractmethod
from itertools import accumulate, pairwise

import numpy as np

from mlefit.arrays import Array, product
from mlefit.mean.function import MeanFunction
from mlefit.noise.model import Derivatives
from mlefit.records import record
from mlefit.rows.chunk import Chunk
from mlefit.sums.curvature import Curvature, Dense

MANY_CLASSES = 2    # predictors from which one large product is faster than a small one for each
WIDE = 64           # columns from which half a product is worth a root of each row's weight


class Derived(ABC):
    """J of some rows, by coefficients as `coordinates` has them for prepared rows."""

    @abstractmethod
    def pull(self, d1: Array) -> Array:
        """J' d1 (size,) of d1 (n, m)."""

    @abstractmethod
    def push(self, direction: Array) -> Array:
        """J v (n, m) of v (size,), one predictor after the other in memory."""

    @abstractmethod
    def curvature(self, rows: Derivatives, weight: Array | None, shapes: int) -> Curvature:
        """Sum over rows of w J' d2 J, with the shapes after the coefficients."""


def derived(mean: MeanFunction, coef: Array, chunk: Chunk) -> Derived:
    """That of a mean at coordinates `coef`, on prepared rows."""
    return mean.bordered(chunk) or Jacobian.of(mean, coef, chunk)


@record(frozen=True)
class Jacobian(Derived):
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
        ends = accumulate((block.shape[1] for block in self.blocks), initial=0)
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

    def curvature(self, rows: Derivatives, weight: Array | None, shapes: int) -> Dense:
        """Built one predictor at a time from d2 e_a, so no (n, q, q) array exists."""
        if rows.simplex is not None and self.one is not None:
            return Dense(_simplex_hessian(rows.simplex, self.one, weight))
        assert rows.curvature is not None
        m, places = len(self.blocks), self.places
        size = places[-1].stop
        places += [slice(k, k + 1) for k in range(size, size + shapes)]
        hessian = np.empty((size + shapes, size + shapes))
        for a, (here, unit) in enumerate(zip(places, np.eye(len(places)), strict=True)):
            column = rows.curvature(unit)
            if weight is not None:
                column = column * weight[:, None]
            for b, there in enumerate(places[: a + 1]):
                if a == b < m:
                    hessian[here, there] = weighted_square(self.blocks[a], column[:, a])
                    continue
                bent = column[:, b] * self.blocks[b].T if b < m else column[:, b]
                hessian[here, there] = product(self.blocks[a].T, bent.T) if a < m else bent.sum(axis=-1)
                hessian[there, here] = hessian[here, there].T
        return Dense(hessian)


def weighted_square(x: Array, weight: Array) -> Array:
    """x' diag(w) x of x (n, k): of many columns, where no weight is negative, sqrt(w) x with itself, which is half the work."""
    if x.shape[1] < WIDE or not weight.min(initial=0.0) >= 0.0:     # as one that is no number is not, either
        return product(x.T, (weight * x.T).T)
    if len(x) <= x.shape[1] + 1 and (np.count_nonzero(x, axis=1) <= 1).all():    # rows that sums stand for are those of an identity
        return np.diag(weight @ np.square(x))
    root = np.sqrt(weight) * x.T
    return product(root, root.T)


def _simplex_hessian(p: Array, x: Array, weight: Array | None) -> Array:
    """sum w (diag(p) - p p') (x) x x': a block for each class, less one product of all columns p_a x with themselves."""
    root = None if weight is None else np.sqrt(weight)
    columns = ((p.T if root is None else p.T * root)[:, None, :] * x.T).reshape(-1, x.shape[0])
    hessian = -product(columns, columns.T)
    blocks = product(x.T, (columns if root is None else columns * root).T)
    for a in range(p.shape[1]):
        here = slice(a * x.shape[1], (a + 1) * x.shape[1])
        hessian[here, here] += blocks[:, here]
    return hessian
