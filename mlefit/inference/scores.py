"""Scores: what a row says about the parameters, and their outer products over rows."""

import numpy as np

from mlefit.arrays import Array, product
from mlefit.objective import Objective
from mlefit.rows.chunk import Chunk
from mlefit.sums.tally import Tally

SLAB = 4096     # rows whose score vectors exist at one time


def scores(objective: Objective, theta: Array, chunk: Chunk) -> Tally:
    """`outer`: sum of w g g' by (B, shapes)."""
    outer = np.zeros((objective.size, objective.size))
    for start in range(0, chunk.rows, SLAB):
        part = chunk.part(start, min(start + SLAB, chunk.rows))
        g = objective.row_gradients(theta, part)
        outer += product(g.T, g if part.weight is None else g * part.weight[:, None])
    return Tally(float(chunk.rows), 0.0, None, None, outer)
