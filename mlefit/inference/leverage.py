"""Leverage: how much of a row's own say is in its fitted predictors, and what its score would be without that.

With X_i (m, P) the derivatives of the m predictors of row i, A_i (m, m) its expected curvature in them and J the curvature of
all rows, the hat matrix of the row is A_i Q_i, Q_i = X_i J^-1 X_i', and its score after one Newton step without it

    X_i' (I - A_i Q_i)^-1 g_i

(Pregibon 1981; with one predictor g_i / (1 - h_i), the HC3 of MacKinnon and White 1985; with the power 1/2 it is HC2). In
terms of B = A^1/2 Q A^1/2 = E diag(h) E', (I - A Q)^-a g = g + A^1/2 E psi(h) E' A^1/2 Q g with psi(h) = ((1 - h)^-a - 1)/h,
in which nothing is divided by a probability that may be 0.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import reduce
from operator import add
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.mean.jacobian import Jacobian
from mlefit.noise.model import Derivatives, NoiseModel
from mlefit.objective import Objective
from mlefit.records import record
from mlefit.rows.chunk import Chunk
from mlefit.sums.curvature import Curvature
from mlefit.sums.nodes import M

DETERMINED = 1e-8   # 1 - h below this is 0 but for rounding
SLAB = 4096         # rows at one time
ELEMENTS = 1 << 22  # of (n, m, P)


class Maximum(NamedTuple):
    """A law's negative log-likelihood at its least, `theta` (P,), with the `curvature` of the total there."""

    noise: NoiseModel
    objective: Objective
    theta: Array
    curvature: Curvature

    def expected(self, chunk: Chunk, found: Derivatives, eta: Array, free: Array) -> Array:
        """A (n, m, m): the covariance of the first derivatives by the predictors eta (n, m) of rows, under the law."""
        noise = self.noise.among(chunk.trials)
        m = eta.shape[1]
        if found.simplex is not None:
            return np.asarray(found.simplex[:, :, None] * (np.eye(m) - found.simplex[:, None, :]))

        def square(direction: Array) -> Array:
            """E (d'g)^2 (n,)."""
            return noise.score_moments(np.broadcast_to(direction, eta.shape), eta, free)[0]

        units, curvature = np.eye(m), np.empty((len(eta), m, m))
        for a in range(m):
            curvature[:, a, a] = square(units[a])
        for a in range(m):
            for b in range(a):      # (g_a + g_b)^2 less the squares of both
                rest = square(units[a] + units[b]) - curvature[:, a, a] - curvature[:, b, b]
                curvature[:, a, b] = curvature[:, b, a] = 0.5 * rest
        return curvature


@record(frozen=True)
class Leverages:
    """Of n rows with m predictors: `score` (n, m) and `shapes` (n, s), their first derivatives by predictors and shapes; `root`
    (n, m, m): A^1/2; `size` (n, m) and `axes` (n, m, m): h and E; `weight` (n,): how many rows each stands for.
    """

    score: Array
    shapes: Array
    root: Array
    size: Array
    axes: Array
    weight: Array

    @property
    def determined(self) -> Mask:
        """Rows (n,) whose fitted predictors follow their response in some direction: there is nothing left of them."""
        return np.asarray(self.size.max(axis=1) >= 1.0 - DETERMINED)

    @property
    def standardised(self) -> Array:
        """A^-1/2 g (n, m), 0 where A has no inverse: residuals with the identity for their covariance."""
        value, vectors = np.linalg.eigh(self.root) if self.root.shape[1] > 1 else (self.root[:, :, 0], np.ones_like(self.root))
        inverse = np.divide(1.0, value, out=np.zeros_like(value), where=value > 0.0)
        return _apply(vectors, inverse * _apply(vectors.transpose(0, 2, 1), self.score))


@record(frozen=True)
class Rows(Leverages):
    """What a sandwich needs of them, by the coordinates of the search.

    `blocks[k]` (n, w_k): X of predictor k on the coordinates from `first[k]` on. `white[k]` (n, P): F'X' of predictor k,
    F F' = J^-1.
    """

    blocks: tuple[Array, ...]
    first: tuple[int, ...]
    white: Array

    @classmethod
    def of(cls, at: Maximum, chunk: Chunk) -> "Rows":
        """Those of a chunk."""
        objective, curvature = at.objective, at.curvature
        coef, free = objective.split(at.theta)
        m, coordinates = objective.mean.predictors, objective.mean.coordinates
        ready, rows = coordinates.prepared(chunk)
        mean = replace(objective.mean, coordinates=ready)
        eta = mean.eta(coef, rows)
        found = objective.criterion(rows, eta, free, 1)
        assert found.d1 is not None
        jacobian = Jacobian.of(mean, coef, rows)
        places = tuple(place.start for place in jacobian.places)
        whole = jacobian.blocks if jacobian.one is None else (jacobian.one,)
        white_blocks = tuple(ready.part(a).whiten(block.T).T for a, block in enumerate(whole))
        blocks = white_blocks * (m if jacobian.one is not None else 1)
        root = _root(at.expected(rows, found, eta, free))
        white = np.stack([curvature.root(block, place) for block, place in zip(blocks, places, strict=True)], axis=1)
        size, own = _spectrum(root @ (white @ white.transpose(0, 2, 1)) @ root)
        weight = np.ones(chunk.rows) if chunk.weight is None else chunk.weight
        return cls(found.d1[:, :m], found.d1[:, m : m + objective.shapes], root, size, own, weight, blocks, places, white)

    def adjusted(self, power: float) -> Array:
        """(I - A Q)^-power g (n, m), 0 for determined rows."""
        if power == 0.0:
            return self.score
        rest = np.where(self.determined[:, None], 1.0, 1.0 - self.size)
        inflated = 1.0 / rest if power == 1.0 else 1.0 / (np.sqrt(rest) * (1.0 + np.sqrt(rest)))
        moved = _apply(self.white, np.einsum("nkp,nk->np", self.white, self.score))        # Q g
        turned = _apply(self.axes.transpose(0, 2, 1), _apply(self.root, moved))
        found = self.score + _apply(self.root, _apply(self.axes, inflated * turned))
        return np.where(self.determined[:, None], 0.0, found)

    def pulled(self, score: Array, shapes: Array) -> Array:
        """X' of `score` (n, m) and the `shapes` (n, s): rows (n, P) of scores by all coordinates."""
        mean = np.concatenate([score[:, k, None] * block for k, block in enumerate(self.blocks)], axis=1)
        return np.concatenate([mean, shapes], axis=1)

    def influence(self, weights: Array) -> Array:
        """A^1/2 c (n, m, k) of k coefficients, c = X J^-1 a of each; `weights` (k, P) are J^-1 a."""
        c = np.stack([block @ weights[:, start : start + block.shape[1]].T
                      for block, start in zip(self.blocks, self.first, strict=True)], axis=1)
        return np.asarray(self.root @ c)


def leverages(at: Maximum, chunk: Chunk) -> Leverages:
    """Those of a chunk, whether there is a matrix of derivatives or not."""
    mean = at.objective.mean
    hats = mean.hats(at.curvature, chunk)
    if hats is None:
        return Rows.of(at, chunk)
    coef, free = at.objective.split(at.theta)
    eta, m = mean.eta(coef, chunk), mean.predictors
    found = at.objective.criterion(chunk, eta, free, 1)
    assert found.d1 is not None
    root = _root(at.expected(chunk, found, eta, free))
    size, axes = _spectrum(root @ hats @ root)
    weight = np.ones(chunk.rows) if chunk.weight is None else chunk.weight
    return Leverages(found.d1[:, :m], found.d1[:, m : m + at.objective.shapes], root, size, axes, weight)


def slabs(chunk: Chunk, objective: Objective) -> Iterator[Chunk]:
    """The chunk in parts whose `Rows` are small enough to exist at one time; a chunk without rows is one part."""
    most = max(64, min(SLAB, ELEMENTS // (objective.wide * objective.mean.predictors)))
    for start in range(0, max(chunk.rows, 1), most):
        yield chunk.part(start, min(start + most, chunk.rows))


def slab_sum(chunk: Chunk, at: Maximum, of: Callable[[Rows, Chunk], M]) -> M:
    """The sum of what `of` makes of the rows of each part of the chunk."""
    parts = (of(Rows.of(at, part), part) for part in slabs(chunk, at.objective))
    return reduce(add, parts)


def _root(matrices: Array) -> Array:
    """Symmetric roots (n, m, m) of matrices that are not negative but for rounding."""
    if matrices.shape[1] == 1:
        return np.sqrt(np.maximum(matrices, 0.0))
    value, vectors = np.linalg.eigh(matrices)
    return np.asarray((vectors * np.sqrt(np.maximum(value, 0.0))[:, None, :]) @ vectors.transpose(0, 2, 1))


def _spectrum(matrices: Array) -> tuple[Array, Array]:
    """Eigenvalues (n, m) and vectors (n, m, m)."""
    if matrices.shape[1] == 1:
        return matrices[:, :, 0], np.ones_like(matrices)
    value, vectors = np.linalg.eigh(matrices)
    return value, vectors


def _apply(matrices: Array, vectors: Array) -> Array:
    """M_i v_i of (n, k, m) and (n, m)."""
    return np.asarray((matrices @ vectors[:, :, None])[:, :, 0])
