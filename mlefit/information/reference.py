"""The richer reference design: fitted columns, a natural cubic spline per numeric predictor, pairwise products.

A declared alternative r of the same family bounds KL(p || q) from below by E log(r / q). What the reference cannot bend
to it cannot see, which is why its name is printed with the bound.
"""

from itertools import combinations
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array

ROWS_PER_COLUMN = 20                                # added columns are at most n / 20 per predictor of the model
KNOTS = (0.05, 0.275, 0.5, 0.725, 0.95)             # Harrell's quantiles for five knots
NUMERIC_FROM = 7                                    # distinct values; below, a column is a code
MOST_IN_PRODUCTS = 8                                # predictors up to which all pairwise products are added
ALWAYS_TRIED = 200                                  # columns of which it is found out at once how many are new
RANK = 1e-7                                         # singular values, of columns of norm 1, that count as zero


class Wider(NamedTuple):
    """The added `columns` (n, e), orthogonal to the fitted design, each of mean square 1, and their `label`."""

    columns: Array
    label: str


def varying(x: Array, offset: Array | None) -> Array:
    """The columns (n, k) of the design that are not constant, and the offset, each in standard units."""
    columns = [column for column in (*x.T, *([] if offset is None else [offset])) if column.size and np.ptp(column) > 0]
    if not columns:
        return np.empty((x.shape[0], 0))
    block = np.stack(columns, axis=1)
    block = (block - block.mean(axis=0)) / np.ptp(block, axis=0)     # the range first: squares of 1e300 overflow
    spread = block.std(axis=0)
    standard: Array = block[:, spread > 0] / spread[spread > 0]
    return standard


def widen(x: Array, predictors: Array, most: int) -> Wider:
    """The richest of three additions with at most `most` columns: splines and products, splines, squares, or none."""
    curved = [column for column in predictors.T if np.unique(column).size >= NUMERIC_FROM]
    splines = [bent for column in curved for bent in natural_spline(column)]
    squares = [column**2 for column in curved]
    products: list[Array] = []
    if predictors.shape[1] <= MOST_IN_PRODUCTS:
        products = [a * b for a, b in combinations(predictors.T, 2)]
    both = "splines and products" if splines and products else "splines" if splines else "products"
    for label, columns in ((both, splines + products), ("splines", splines), ("squares", squares)):
        if not columns or len(columns) > max(most, ALWAYS_TRIED):
            continue
        added = complement(x, np.array(columns).T)      # column after column in memory
        if 0 < added.shape[1] <= most:
            return Wider(added, label)
    return Wider(np.empty((x.shape[0], 0)), "none")


def natural_spline(column: Array) -> list[Array]:
    """The nonlinear columns of a natural cubic spline of a predictor: knots - 2 of them, linear beyond the end knots.

        (x - t_j)+^3 - (x - t_(k-1))+^3 (t_k - t_j)/(t_k - t_(k-1)) + (x - t_k)+^3 (t_(k-1) - t_j)/(t_k - t_(k-1))

    (Harrell, Regression Modeling Strategies, 2.4.5.) Knots that coincide count once; with fewer than three, the square.
    """
    knots = np.unique(np.quantile(column, KNOTS))
    if knots.size < 3:
        return [column**2]
    beyond = [np.maximum(column - knot, 0.0) for knot in knots]
    cubes = [each * each * each for each in beyond]     # a tenth of the time of ** 3
    width = knots[-1] - knots[-2]
    return [
        cubes[j] - cubes[-2] * ((knots[-1] - knots[j]) / width) + cubes[-1] * ((knots[-2] - knots[j]) / width)
        for j in range(knots.size - 2)
    ]


def complement(x: Array, columns: Array) -> Array:
    """An orthogonal basis (n, e), mean squares 1, of what the columns add to the span of x (n, p) of full rank."""
    n = x.shape[0]
    norms = np.linalg.norm(columns, axis=0)
    columns = columns[:, norms > 0] / norms[norms > 0]
    fitted = np.linalg.qr(x)[0]
    for _ in range(2):      # the second pass removes what rounding left of x
        columns = columns - fitted @ (fitted.T @ columns)
    left, singular, _ = np.linalg.svd(columns, full_matrices=False)
    basis: Array = left[:, singular > RANK] * np.sqrt(n)
    return basis
