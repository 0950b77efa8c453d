"""Objective: a criterion of rows, contracted with the mean function into a Tally. The heart of both routes.

theta = (gamma, free shapes). With d1 and d2 the derivatives of a row's criterion by its predictors and shapes,

    value = sum w c,   gradient = sum w d1 (x) x,   Hessian = sum w d2 (x) x x'

The Hessian is built one predictor at a time from d2 e_a, so no (n, q, q) array exists; rows are taken in slabs that
stay in cache, and summed in order.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from mlefit.arrays import Array, product
from mlefit.criterion import Criterion
from mlefit.mean import LinearMean
from mlefit.noise.model import Rows
from mlefit.rows.chunk import Chunk
from mlefit.sums.curvature import Dense
from mlefit.sums.tally import Tally

MANY_CLASSES = 2    # predictors from which one large product is faster than a small one for each
CACHE = 1 << 21     # bytes of row derivatives per slab: about one core's share of second-level cache


@dataclass(frozen=True, slots=True)
class Objective:
    """`shapes` is the number of free shapes at the end of theta that the criterion depends on (0 for a loss)."""

    criterion: Criterion
    mean: LinearMean
    shapes: int

    @property
    def size(self) -> int:
        """Length P of theta."""
        return self.mean.size + self.shapes

    def split(self, theta: Array) -> tuple[Array, Array]:
        """Coordinates of the mean, free shapes."""
        return theta[: self.mean.size], theta[self.mean.size :]

    def whitened(self, total: Tally) -> Tally:
        """A total in the coordinates of the search: derivatives by B become derivatives by gamma, once per pass."""
        first = total.curvature is None and total.outer is None
        white = partial(self._whiten, self.mean.gentle if first else self.mean)
        gradient = None if total.gradient is None else white(total.gradient[:, None])[:, 0]
        curvature = None if total.curvature is None else total.curvature.whitened(white)
        outer = None if total.outer is None else white(white(total.outer).T)
        return Tally(total.weight, total.value, gradient, curvature, outer)

    def tally(self, theta: Array, chunk: Chunk, order: int) -> Tally:
        """Sums over the chunk, derivatives by B: value; from order 1 the gradient; at order 2 the curvature."""
        width = self.mean.predictors * (len(self.mean.kept) if order == 2 else 1) + self.shapes
        # Where the Hessian itself is large, a slab must be worth one: half as many rows keep its product in its bounds.
        least = self.size // 2 if order == 2 else 0
        return self._sum(chunk, width, lambda slab: self._slab(theta, slab, order), least)

    def product(self, theta: Array, direction: Array, chunk: Chunk) -> Tally:
        """Hessian times `direction` (P,), in the place of the gradient."""
        return self._sum(chunk, self.mean.predictors, lambda slab: self._product(theta, direction, slab))

    def row_gradients(self, theta: Array, chunk: Chunk) -> Array:
        """g_i (n, P) of each row by (B, shapes), unweighted."""
        coef, free = self.split(theta)
        mean, chunk = self.mean.prepared(chunk)
        d1 = self.criterion(chunk.y, mean.eta(coef, chunk), free, 1).d1
        assert d1 is not None
        x, m = mean.columns(chunk), mean.predictors
        parts = [d1[:, a, None] * x for a in range(m)]
        return np.concatenate([*parts, d1[:, m : m + self.shapes]], axis=1)

    def _whiten(self, mean: LinearMean, columns: Array) -> Array:
        """R^-T on the coefficients' rows of `columns` (P, k), class by class; the shapes' rows stay."""
        m, r, size = mean.predictors, len(mean.kept), mean.size
        by_class = columns[:size].reshape(m, r, -1).transpose(1, 0, 2).reshape(r, -1)
        white = mean.whiten(by_class).reshape(r, m, -1).transpose(1, 0, 2).reshape(size, -1)
        return np.concatenate([white, columns[size:]])

    def _sum(self, chunk: Chunk, width: int, task: Callable[[Chunk], Tally], least: int = 0) -> Tally:
        rows = max(256, least, min(16_384, CACHE // (8 * width)))
        total = task(chunk.part(0, min(rows, chunk.rows)))
        for start in range(rows, chunk.rows, rows):
            total = total + task(chunk.part(start, min(start + rows, chunk.rows)))
        return total

    def _slab(self, theta: Array, chunk: Chunk, order: int) -> Tally:
        coef, free = self.split(theta)
        mean, chunk = (self.mean if order == 2 else self.mean.gentle).prepared(chunk)
        rows = self.criterion(chunk.y, mean.eta(coef, chunk), free, order)
        weight = chunk.weight
        if weight is None:
            count, value = float(chunk.rows), float(rows.value.sum())
        else:
            count, value = float(weight.sum()), float(weight @ rows.value)
        if order == 0 or rows.d1 is None:
            return Tally(count, value)
        d1 = rows.d1 if weight is None else rows.d1 * weight[:, None]
        gradient = self._pull(mean, d1, chunk)
        return Tally(count, value, gradient, Dense(self._hessian(mean, rows, chunk)) if order == 2 else None)

    def _pull(self, mean: LinearMean, d1: Array, chunk: Chunk) -> Array:
        m = mean.predictors
        return np.concatenate([mean.pull(d1[:, :m], chunk), d1[:, m : m + self.shapes].sum(axis=0)])

    def _hessian(self, mean: LinearMean, rows: Rows, chunk: Chunk) -> Array:
        m, q, x = mean.predictors, mean.predictors + self.shapes, mean.columns(chunk)
        if rows.simplex is not None and m >= MANY_CLASSES:
            return _simplex_hessian(rows.simplex, x, chunk.weight)
        assert rows.curvature is not None
        r = x.shape[1]
        hessian = np.empty((self.size, self.size))
        for a in range(q):
            column = rows.curvature(np.eye(q)[a])
            if chunk.weight is not None:
                column = column * chunk.weight[:, None]
            here = slice(a * r, (a + 1) * r) if a < m else slice(m * r + a - m, m * r + a - m + 1)
            before = slice(0, min(a + 1, m) * r)
            bent = column[:, : min(a + 1, m)].T[:, None, :] * x.T       # (b, r, n): one product for all b <= a
            if a < m:
                hessian[here, before] = product(x.T, bent.reshape(-1, chunk.rows).T)
            else:
                hessian[here, before] = bent.sum(axis=2).reshape(1, -1)
            hessian[before, here] = hessian[here, before].T
            for b in range(m, a + 1):
                hessian[here, m * r + b - m] = hessian[m * r + b - m, here] = column[:, b].sum()
        return hessian

    def _product(self, theta: Array, direction: Array, chunk: Chunk) -> Tally:
        coef, free = self.split(theta)
        along, shapes = self.split(direction)
        mean, chunk = self.mean.gentle.prepared(chunk)
        rows = self.criterion(chunk.y, mean.eta(coef, chunk), free, 2)
        assert rows.curvature is not None
        slope = mean.slope(along, chunk)
        v = np.concatenate([slope.T, np.broadcast_to(shapes[:, None], (self.shapes, chunk.rows))]).T
        bent = rows.curvature(v)
        if chunk.weight is not None:
            bent = bent * chunk.weight[:, None]
        count = float(chunk.rows) if chunk.weight is None else float(chunk.weight.sum())
        return Tally(count, 0.0, self._pull(mean, bent, chunk))


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
