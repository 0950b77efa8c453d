"""By level: outcomes that no row of a factor's level keeps probable, so that its coefficient grows without end.

A factor with a coefficient for each level has a maximum only if every level has rows of each outcome: else the direction that
moves that level alone raises no row's odds against what was observed. It takes one count, and no programme.
"""

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.execution import Execution
from mlefit.noise.model import NoiseModel
from mlefit.rows.chunk import Chunk


def outcomes_by_level(noise: NoiseModel, execution: Execution, levels: int) -> Mask:
    """(L, K): whether some row of a level keeps an outcome probable."""
    def of(chunk: Chunk) -> Array:
        assert chunk.level is not None
        kept = noise.among(chunk.trials).outcomes(chunk.y)
        return np.stack([np.bincount(chunk.level[one], minlength=levels) for one in kept], axis=1).astype(np.float64)

    return np.asarray(execution.sum(of) > 0.0)


def ways(kept: Mask, outcome: int) -> Array:
    """Where the log odds (L,) of an outcome to the first go in levels that keep these (L, K): 1 or -1, 0 for somewhere finite,
    NaN for nowhere in particular."""
    mine, first = kept[:, outcome], kept[:, 0]
    found = mine.astype(np.float64) - first
    found[~mine & ~first] = np.nan
    return np.asarray(found)
