"""Splits: ordered levels as rows of two outcomes, one for each cut beside the level of a row.

A row of level k lies above cut k - 1 and below cut k, and its likelihood grows with the distance to both. So there is a maximum
over coefficients and cuts exactly where rows that say each of the two, with the cuts among their columns, are not separated as
those of two classes are: z = eta - c_k > 0 for the cut below, z < 0 for the cut above.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, block
from mlefit.execution import Execution
from mlefit.execution.engine import M
from mlefit.existence.separation import Separation, separate
from mlefit.mean import Coordinates, LinearMean
from mlefit.noise.model import NoiseModel
from mlefit.rows.chunk import Chunk
from mlefit.sums.tally import Tally
from mlefit.sums.triangle import Triangle


class Split(NamedTuple):
    """An execution in which a row is one row for each cut beside its level. `mean` has the design of the coefficients, whose first
    column is the constant, minus the first cut; the other cuts less that one are the columns after them."""

    execution: Execution
    mean: LinearMean
    cuts: int

    def sum(self, task: Callable[[Chunk], M]) -> M:
        """The total over all such rows."""
        return self.execution.sum(lambda chunk: task(self._split(chunk)))

    def _split(self, chunk: Chunk) -> Chunk:
        above, below = np.flatnonzero(chunk.y > 0.0), np.flatnonzero(chunk.y < self.cuts)
        rows = np.concatenate([above, below])
        cut = np.concatenate([chunk.y[above] - 1.0, chunk.y[below]])
        design = self.mean.part(0).design(chunk)
        x = block(rows.size, design.shape[1] + self.cuts - 1)
        x[:, : design.shape[1]] = design[rows]
        for k in range(1, self.cuts):
            x[:, design.shape[1] + k - 1] = np.where(cut == k, -design[rows, 0], 0.0)
        weight = None if chunk.weight is None else chunk.weight[rows]
        return Chunk(np.repeat([1.0, 0.0], [above.size, below.size]), x, weight)


class Stated(NamedTuple):
    """The question whether such rows are separated: the law of two outcomes, their mean, the rows, and where a search has come.

    `coefficients` (r, P): those of the design as combinations of the coordinates; `cuts` (K - 1, P): the cuts, the first of them 0.
    """

    law: NoiseModel
    mean: LinearMean
    rows: Split
    hint: Array
    coefficients: Array
    cuts: Array

    def separation(self) -> Separation | None:
        """As `separate`. Raises Undecided."""
        return separate(self.law, self.mean, self.rows, self.hint)


def stated(noise: NoiseModel, mean: LinearMean, execution: Execution, theta: Array) -> Stated:
    """The question at (gamma, log gaps), of rows whose design has a constant first. `mean`: coordinates of that design."""
    assert noise.either is not None
    rows, r = Split(execution, mean, len(noise.cuts)), mean.size
    count = rows.sum(lambda chunk: Tally(float(chunk.rows) if chunk.weight is None else float(chunk.weight.sum()), 0.0)).weight
    triangle = rows.sum(lambda chunk: Triangle.of(chunk.x, chunk.weight)).r / np.sqrt(count)
    wide = LinearMean(Coordinates(triangle, tuple(range(len(triangle)))), 1)
    encoded = np.concatenate([mean.coordinates.encoded(theta[:r]), np.cumsum(np.exp(theta[r:]))])
    inverse = np.linalg.inv(triangle)
    cuts = np.concatenate([np.zeros((1, len(inverse))), inverse[r:]])
    return Stated(noise.either, wide, rows, triangle @ encoded, inverse[:r], cuts)
