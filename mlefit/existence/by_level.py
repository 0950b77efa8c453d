"""By level: outcomes that no row of a factor's level keeps probable, so that its coefficient grows without end.

A factor with a coefficient for each level has a maximum only if every level has rows of each outcome: else the direction that
moves that level alone raises no row's odds against what was observed. It takes one count, and no programme.
"""

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.execution import Execution
from mlefit.noise.model import NoiseModel
from mlefit.rows.chunk import Chunk


def outcomes_by_level(noise: NoiseModel, execution: Execution, levels: int, crossed: int | None = None) -> Array:
    """(L, K): how many rows of a level keep an outcome probable, with their weights. `crossed`: of which further factor."""
    def of(chunk: Chunk) -> Array:
        level = chunk.level if crossed is None or chunk.crossed is None else chunk.crossed[:, crossed]
        assert level is not None
        kept = noise.among(chunk.trials).outcomes(chunk.y)
        weight = np.ones(chunk.rows) if chunk.weight is None else chunk.weight
        return np.stack([np.bincount(level[one], weight[one], levels) for one in kept], axis=1)

    return execution.sum(of)


def ways(kept: Mask, outcome: int) -> Array:
    """Where the log odds (L,) of an outcome to the first go in levels that keep these (L, K): 1 or -1, 0 for somewhere finite,
    NaN for nowhere in particular."""
    mine, first = kept[:, outcome], kept[:, 0]
    found = mine.astype(np.float64) - first
    found[~mine & ~first] = np.nan
    return np.asarray(found)
