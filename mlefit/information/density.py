"""KL of a density that is the same for all rows: its negative log-likelihood less an entropy of the same rows, row by row.

The entropy is that of spacings; of values known to a step, that of spacings after a seeded jitter within their cells, or where
values repeat often that of the frequencies of the cells. The law is then that of the cells, spread evenly in each.
"""

import numpy as np

from mlefit.arrays import Array
from mlefit.information.cells import log_mass
from mlefit.information.entropy import Spacings
from mlefit.information.resolution import Resolution
from mlefit.information.shape import shares
from mlefit.information.working import Working

CELLS_FROM = 20     # rows per distinct value from which frequencies beat a jitter
METHODS = {
    "smooth": "spacings", "jitter": "spacings, jittered within the resolution", "cells": "cells of the resolution",
}


def entropy_terms(
    rows: Working, ends: tuple[Array, Array] | None, resolution: Resolution, seed: int
) -> tuple[Array, str]:
    """log(p^ / q) (n,) of each row and the name of the method; `rows` has the model fitted to the cells `ends`, if any."""
    if ends is None:
        return rows.noise.nll(rows.y, rows.eta, rows.free, 0).value - _spacings(rows.y), "smooth"
    low, high = ends
    law = -log_mass(rows.noise, low, high, rows.eta, rows.free)
    known, cell, counts = np.unique(low, return_inverse=True, return_counts=True)
    if rows.n >= CELLS_FROM * known.size:
        return law + np.log(counts / rows.n)[cell], "cells"
    return law + np.log(resolution.step) - _spacings(low + shares(rows, seed) * (high - low)), "jitter"


def _spacings(y: Array) -> Array:
    order = np.argsort(y)
    found = np.empty(y.size)
    found[order] = Spacings.of(y.size).terms(y[order])
    return found
