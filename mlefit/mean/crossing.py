"""Crossing: further factors without columns, beside the one whose levels are an arrow's.

Their levels but a baseline each are E coefficients tau of the border. With e_g (E,) the shares of the rows of level g that have
each of them, and x less what all levels explain of it, x - a_g - b_h, as the columns,

    eta = alpha_g + tau_h + x beta = delta_g + (the indicators less e_g) tau' + (x - a_g - b_h) beta,    tau' = tau + b beta

in which the three parts know nothing of each other, as the numbers within the levels do of these (Frisch, Waugh and Lovell).
"""


import numpy as np

from mlefit.arrays import Array, Index, block
from mlefit.records import record
from mlefit.rows.chunk import Chunk


@record(frozen=True, eq=False)
class Crossing:
    """`share` (L, E) is e; `by_level` (L, d) and `by_other` (E, d) are a and b; `numbers` (F,): which of the E coefficients each
    of all F levels has, E for none, as a baseline has."""

    share: Array
    by_level: Array
    by_other: Array
    numbers: Index

    @property
    def count(self) -> int:
        """E."""
        return int(self.share.shape[1])

    def others(self, chunk: Chunk) -> Index:
        """The coefficients (n, f) that rows have of them, E for none."""
        assert chunk.crossed is not None
        return self.numbers[chunk.crossed.T].T

    def rest(self, chunk: Chunk, others: Index, columns: tuple[int, ...]) -> Array:
        """The columns (n, d) of rows less what levels explain of them."""
        x = block(chunk.rows, len(columns))
        for j, place in enumerate(columns):
            x[:, j] = self.left(chunk.x[:, place], chunk, others, j)
        return x

    def left(self, values: Array, chunk: Chunk, others: Index, column: int) -> Array:
        """What is left (n,) of values that have the coefficients of a column."""
        assert chunk.level is not None
        found = values - self.by_level[:, column][chunk.level]
        own = np.append(self.by_other[:, column], 0.0)
        for other in others.T:
            found -= own[other]
        return found
