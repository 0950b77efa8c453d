"""Holdout: rows that the fit does not see. Which rows they are depends on the seed and the data alone.

Every complete row gets a random key from (seed, first row of its batch), as in the reservoir but from another stream;
rows with a key below the share are put aside. A row of weight k is put aside as a whole.
"""

from typing import NamedTuple

import numpy as np

from mlefit.execution import Store
from mlefit.rows.chunk import Chunk
from mlefit.rows.reservoir import choose

STREAM = 1      # keeps these keys apart from those of the reservoir


class Holdout(NamedTuple):
    """Puts `share` of the rows into `store`."""

    share: float
    seed: int
    store: Store

    def divide(self, chunk: Chunk) -> tuple[Chunk, Chunk]:
        """The rows to fit, and the rows put aside."""
        aside = np.random.default_rng([self.seed, chunk.first_row, STREAM]).random(chunk.rows) < self.share
        return choose(chunk, np.flatnonzero(~aside)), choose(chunk, np.flatnonzero(aside))
