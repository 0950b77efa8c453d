"""Moves: how the predictors and shapes of a row move together when the coefficients do, M_i = X_i J^-1 X_i'.

X_i are the derivatives of the q predictors and shapes of row i by theta and J is the curvature, so M is the covariance of the
predictors (Wald's, of the working law). Where all predictors have one design, x_i the row of it and S_ab a block of J^-1,

    M_i,ab = x_i S_ab x_i'

which takes a quarter of the products that X_i F with F F' = J^-1 takes for several predictors. Of least squares they are the
leverages but for a factor: with X = QR the squared lengths of the rows of Q, in as many multiplications as R itself took.
"""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Mask, product
from mlefit.execution.threads import each
from mlefit.mean.jacobian import Jacobian
from mlefit.objective import Objective
from mlefit.records import record
from mlefit.rows.chunk import Chunk
from mlefit.sums.curvature import Curvature
from mlefit.sums.lapack import triangular

SLAB = 2048     # rows at one time
EASY = 0.5      # pivots of I - A M from which no order of the rows is better than another


@record(frozen=True)
class Moves:
    """F with F F' = J^-1: `columns` (m r, P), what multiplies the columns of rows, and `shapes` (s, P)."""

    objective: Objective
    columns: Array
    shapes: Array

    @classmethod
    def of(cls, objective: Objective, curvature: Curvature) -> "Moves":
        """Those of a curvature."""
        shapes = curvature.root(np.eye(objective.shapes), objective.mean.size)
        return cls(objective, objective.folded(curvature.unsphered(np.eye(objective.size))), shapes)

    def together(self, theta: Array, chunk: Chunk) -> Array:
        """M (n, q, q) of each row, its first index the fastest in memory."""
        jacobian = Jacobian.of(self.objective.mean, self.objective.split(theta)[0], chunk)
        if jacobian.one is not None and not self.objective.shapes:
            return self._of_one(jacobian.one)
        pulls = [product(block, self.columns[place]) for block, place in zip(jacobian.blocks, jacobian.places, strict=True)]
        if len(pulls) == 1 and not self.objective.shapes:
            return np.asarray(np.einsum("np,np->n", pulls[0], pulls[0])[:, None, None])
        shapes = np.broadcast_to(self.shapes, (chunk.rows, *self.shapes.shape))
        each = np.concatenate([np.stack(pulls, axis=1), shapes], axis=1)
        return np.asarray(each @ each.transpose(0, 2, 1))

    def largest(self, theta: Array, chunk: Chunk) -> float:
        """The largest standard error that a predictor of a row has; of one design."""
        one = Jacobian.of(self.objective.mean, self.objective.split(theta)[0], chunk).one
        assert one is not None
        each = [_squares(one, self._block(a, a, one.shape[1])).max(initial=0.0) for a in range(self.objective.mean.predictors)]
        return float(np.sqrt(max(each)))

    def _of_one(self, x: Array) -> Array:
        m = self.objective.mean.predictors
        found = np.empty((m, m, len(x)))
        for a in range(m):
            for b in range(a + 1):
                found[a, b] = found[b, a] = _squares(x, self._block(a, b, x.shape[1]))
        return found.transpose(2, 0, 1)

    def _block(self, a: int, b: int, rank: int) -> Array:
        return product(self.columns[a * rank : (a + 1) * rank], self.columns[b * rank : (b + 1) * rank].T)


def _squares(x: Array, block: Array) -> Array:
    """x_i S x_i' (n,)."""
    return np.asarray((product(block, x.T) * x.T).sum(axis=0))


class Projection(NamedTuple):
    """Of a fit by least squares to a design X (n, r): `r` (r, r), upper, with R'R = X'X of all rows of the fit, and the `leverage`
    (n,) of each of them."""

    r: Array
    leverage: Array

    @classmethod
    def of(cls, r: Array, design: Array, threads: int = 1) -> "Projection":
        """That of all rows."""
        slabs = range(0, len(design), SLAB)
        return cls(r, np.concatenate([*each(lambda start: lengths(r, design[start : start + SLAB]), slabs, threads)]))


def lengths(r: Array, x: Array) -> Array:
    """The squared lengths (n,) of the rows of x R^-1."""
    q = triangular(r, x.T, transposed=True)
    return np.asarray(np.square(q, out=q).sum(axis=0))


def newton(moves: Array, bent: Array, d1: Array, determined: float) -> Array | None:
    """M (I - A M)^-1 d (n, q), of M, A (n, q, q) and d (n, q); None where that does not exist for a row, but for rounding."""
    if moves.shape[1] == 1:         # products of numbers, which a stack of matrices makes ten times slower
        moved, rest = moves[:, 0], 1.0 - bent[:, 0] * moves[:, 0]
        return None if rest.min(initial=1.0) <= determined else np.asarray(moved * d1 / rest)
    moved, found = moves.transpose(1, 2, 0), np.empty((moves.shape[1], len(moves)))
    easy = _eliminated(moved, bent.transpose(1, 2, 0), d1.T, found)
    step = (moved * found).sum(axis=1).T
    hard = np.flatnonzero(np.logical_not(easy))
    if hard.size:
        own = _inverted(moves[hard], bent[hard], d1[hard], determined)
        if own is None:
            return None
        step[hard] = own
    return np.asarray(step)


def _eliminated(moves: Array, bent: Array, d1: Array, found: Array) -> Mask:
    """(I - A M)^-1 d (q, n) into `found`, for all rows at once by elimination as it comes; which rows (n,) bear that."""
    q = len(moves)
    left = -(bent[:, :, None] * moves).sum(axis=1)
    left[np.arange(q), np.arange(q)] += 1.0
    found[...] = d1
    easy = np.ones(d1.shape[1], bool)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for k in range(q):
            easy &= left[k, k] > EASY
            for i in range(k + 1, q):
                factor = left[i, k] / left[k, k]
                left[i, k + 1 :] -= factor * left[k, k + 1 :]
                found[i] -= factor * found[k]
        for k in reversed(range(q)):
            found[k] -= (left[k, k + 1 :] * found[k + 1 :]).sum(axis=0)
            found[k] /= left[k, k]
    return easy


def _inverted(moves: Array, bent: Array, d1: Array, determined: float) -> Array | None:
    try:
        inverse = np.linalg.inv(np.eye(moves.shape[1]) - bent @ moves)
    except np.linalg.LinAlgError:
        return None
    if np.abs(inverse).max(initial=0.0) >= 1.0 / determined:
        return None
    return np.asarray((moves @ (inverse @ d1[:, :, None]))[:, :, 0])
