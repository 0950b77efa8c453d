"""Products of columns with themselves, weighted by the information of rows, and their factors."""

from collections.abc import Sequence

import numpy as np

from mlefit.arrays import Array
from mlefit.execution.threads import each

RANK = 1e-10        # eigenvalues, of columns of unit information, that count as zero
TOGETHER = 4096     # rows that are multiplied at once
APART = 1e-3        # least pivot over the largest of a factor of X'AX that is worth its digits: ten are left


def gram(columns: Array, weight: Array, threads: int = 1) -> Array:
    """C' A C (c, c) of columns C (n, c) with weights (n,) that are at least 0; of a product with itself BLAS takes one half."""
    def square(part: slice) -> Array:
        scaled = columns[part] * np.sqrt(weight[part])[:, None]
        return np.asarray(scaled.T @ scaled)

    found = np.zeros((columns.shape[1], columns.shape[1]))
    for own in each(square, parts(weight.size), threads):
        found += own
    return found


def parts(n: int) -> list[slice]:
    """Runs of rows whose products stay in the cache."""
    return [slice(start, start + TOGETHER) for start in range(0, n, TOGETHER)]


def factor(known: Array) -> Array | None:
    """L (r, r), lower, of L L'; None where that is too near to singular."""
    try:
        lower = np.asarray(np.linalg.cholesky(known), np.float64)
    except np.linalg.LinAlgError:
        return None
    pivots = np.diagonal(lower)
    return lower if pivots.size and float(pivots.min()) > APART * float(pivots.max()) else None


def of_simplex(p: Array, columns: Sequence[Array], ends: np.ndarray) -> Array:
    """sum (diag(p) - p p') (x) x x': blocks of their own, less one product of all columns p_a C_a with themselves."""
    found = np.zeros((ends[-1], ends[-1]))
    for part in parts(len(p)):
        scaled = np.concatenate([p[part, a] * c[part].T for a, c in enumerate(columns)])
        found -= scaled @ scaled.T
        for a, c in enumerate(columns):
            here = slice(ends[a], ends[a + 1])
            found[here, here] += scaled[here] @ c[part]
    return found


def beside(design: Array, blocks: Sequence[Array], weight: Array, kind: type[np.floating], threads: int) -> tuple[Array, Array]:
    """Z' A X (c, r) and Z' A Z (c, c) of columns X (n, r) and Z (n, c), in blocks, multiplied in the precision of a `kind`."""
    ends = np.cumsum([0, *(block.shape[1] for block in blocks)])
    c, r = int(ends[-1]), design.shape[1]

    def products(part: slice) -> tuple[np.ndarray, np.ndarray]:
        root = np.sqrt(weight[part])
        scaled, fitted = np.empty((c, root.size), kind), np.empty((r, root.size), kind)
        for block, first, last in zip(blocks, ends, ends[1:], strict=False):
            np.multiply(root, block[part].T, out=scaled[first:last], casting="same_kind")
        np.multiply(root, design[part].T, out=fitted, casting="same_kind")
        return scaled @ fitted.T, scaled @ scaled.T

    across, own = np.zeros((c, r)), np.zeros((c, c))
    for with_design, with_own in each(products, parts(weight.size), threads):
        across += with_design
        own += with_own
    return across, own
