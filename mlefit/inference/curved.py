"""Curved: the third derivatives of the loss along each coefficient, which say where Wald's parabola is none.

Along c = X J^-1 a, the way the predictors move with a coefficient when the others follow, row i adds w'_i c_i^3 with w' the
derivative of its curvature, and where the law chooses among classes with probabilities p the third central moment of its c.
"""

import numpy as np

from mlefit.arrays import Array, product
from mlefit.estimation.rewhiten import Most
from mlefit.execution import Execution
from mlefit.inference.carried import Directions
from mlefit.inference.leverage import slabs
from mlefit.inference.moves import Moves
from mlefit.mean.jacobian import WIDE, Jacobian
from mlefit.objective import Objective
from mlefit.rows.chunk import Chunk

SMALL = 0.15    # of a third derivative: no coefficient is in doubt for less (`profile.in_doubt`)
STEP = 1e-3     # of a predictor, for the derivative of its curvature: off by STEP^2, which decides nothing


def unbent(moves: Moves, theta: Array, rows: Execution) -> bool:
    """Whether no sum of third derivatives can reach SMALL, for a law of classes.

    The third central moment of c is at most its range times its variance, the variances of all rows add up to 1, and c in
    standard errors of a coefficient is at most |F'X_ia| for class a, so that twice the largest of these bounds every sum.
    """
    largest = rows.sum(lambda chunk: Most(max(moves.largest(theta, part) for part in slabs(chunk, moves.objective))))
    return 2.0 * largest.value < SMALL


def third(objective: Objective, theta: Array, directions: Directions, rows: Execution) -> Array:
    """Sums over rows (k,), c in units of the standard error of each coefficient. One predictor, or a law of classes."""
    mean, k = objective.mean, len(directions.weights)
    coef, free = objective.split(theta)
    by_columns = objective.folded(directions.weights.T)

    def bent(chunk: Chunk, eta: Array) -> Array:
        found = objective.criterion(chunk, eta, free, 2)
        assert found.curvature is not None
        return found.curvature(np.eye(1 + objective.shapes)[0])[:, 0]

    def of(chunk: Chunk) -> Array:
        eta, jacobian = mean.eta(coef, chunk), Jacobian.of(mean, coef, chunk)
        c = [_product(block, by_columns[place]) for block, place in zip(jacobian.blocks, jacobian.places, strict=True)]
        weight = np.ones(chunk.rows) if chunk.weight is None else chunk.weight
        if mean.predictors == 1:
            return weight * (bent(chunk, eta + STEP) - bent(chunk, eta - STEP)) / (2.0 * STEP) @ _cube(c[0])
        p = objective.criterion(chunk, eta, free, 2).simplex
        assert p is not None
        centre = sum((p[:, a, None] * c[a] for a in range(1, len(c))), p[:, :1] * c[0])
        moments = ((weight * p[:, a]) @ _cube(c[a] - centre) for a in range(len(c)))
        return sum(moments, -(weight * (1.0 - p.sum(axis=1))) @ _cube(centre))

    def total(chunk: Chunk) -> Array:
        return np.asarray(sum((of(part) for part in slabs(chunk, objective)), np.zeros(k)))

    return rows.sum(total)


def _product(block: Array, by_columns: Array) -> Array:
    """c (n, k); of many columns in single precision, in half the time: the columns of prepared rows are far from collinear."""
    if block.shape[1] < WIDE:
        return product(block, by_columns)
    return product(block.astype(np.float32), by_columns.astype(np.float32)).astype(np.float64)


def _cube(x: Array) -> Array:
    """x^3 by products: a power takes ten times as long."""
    cube: Array = x * x * x
    return cube
