"""Border: sums of columns that a design might have beside those that it has, from which each block of them is tested.

With X the design, y the response and Z_b a block of added columns: Z'W[X, y] of all of them, and Z_b'W Z_b of each.
Products of a few thousand rows may be made in single precision; they are added up in double.
"""

from collections.abc import Sequence

import numpy as np

from mlefit.arrays import Array, product
from mlefit.records import record


@record(frozen=True)
class Border:
    """`across` (c, k) of the c columns of all blocks with k others, and `squares`, (c_b, c_b) of each block."""

    across: Array
    squares: tuple[Array, ...]

    @classmethod
    def of(
        cls, columns: np.ndarray, blocks: Sequence[np.ndarray], beside: np.ndarray, weight: np.ndarray | None = None
    ) -> "Border":
        """That of some rows: all columns (c, n), the same in blocks, and others (k, n) times the weights (n,)."""
        squares = (product(block, (block if weight is None else block * weight).T) for block in blocks)
        return cls(product(columns, beside.T).astype(np.float64), tuple(square.astype(np.float64) for square in squares))

    def __add__(self, other: "Border") -> "Border":
        return Border(
            self.across + other.across, tuple(mine + theirs for mine, theirs in zip(self.squares, other.squares, strict=True)))
