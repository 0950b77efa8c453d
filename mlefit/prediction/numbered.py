"""Numbered: random numbers by the row that they belong to, whatever the blocks and threads in which rows are met.

A Philox stream is entered at any place (Salmon et al. 2011).
"""

from collections.abc import Sequence

import numpy as np

from mlefit.arrays import Array

WORDS = 4               # numbers of 64 bits that one count of Philox gives


def uniform(stream: Sequence[int], first: int, rows: int) -> Array:
    """Numbers `first` and on (rows,) of a stream, inside (0, 1): (k + 1/2) / 2^53."""
    skipped = first % WORDS
    key = np.random.SeedSequence(list(stream)).generate_state(2, np.uint64)
    words = np.random.Philox(counter=first // WORDS, key=key).random_raw(skipped + rows)[skipped:]
    found: Array = np.minimum(((words >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53, 1.0 - 2.0**-53)
    return found
