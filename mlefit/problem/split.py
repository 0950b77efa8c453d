"""Split: which rows are held out of the fit. It depends on the seed and on where a row stands, so every pass knows it."""

from typing import NamedTuple

from mlefit.arrays import Mask
from mlefit.rows.keys import Stream, keys
from mlefit.source.batch import Batch


class Split(NamedTuple):
    """`share`: of the rows, to be held out; None: no row."""

    seed: int
    share: float | None = None

    def aside(self, batch: Batch) -> Mask | None:
        """The rows (rows,) of a batch that are held out, used or not; None where none can be."""
        if self.share is None:
            return None
        return keys(self.seed, Stream.HOLDOUT, batch.place, batch.start, batch.start + batch.rows) < self.share
