"""Keys: a random number for every row, which depends on the seed and on where the row stands, and on nothing else.

Whoever reads a block, and whatever was read before it, its rows have the same keys. What is chosen by the smallest keys
is therefore the same for any number of threads and machines.
"""

from enum import IntEnum

import numpy as np

from mlefit.arrays import Array


class Stream(IntEnum):
    """What keys are for; those of one purpose say nothing about those of another.

    None is 0: zeros at the end of a seed do not count, and a column simulated by numpy's default_rng(0) would choose its own
    sample.
    """

    HOLDOUT = 1
    QUANTILES = 2
    FOLDS = 3
    SAMPLE = 4


def keys(seed: int, stream: Stream, place: tuple[int, int], start: int, stop: int) -> Array:
    """Uniform on [0, 1), for rows start..stop-1 of the block at `place` (file, block)."""
    file, block = place
    bits = np.random.PCG64([seed, block, stream, file])
    bits.advance(start)     # a double is one step
    return np.random.Generator(bits).random(stop - start)
