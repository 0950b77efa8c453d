"""Nodes on (0, 1) for expectations under a law through its quantiles: E f(y) = integral of f(Q(u)) du.

The double exponential rule u = 1 / (1 + exp(-pi sinh x)), x = -4(.125)4, gets rid of what f does at both ends (Takahasi and
Mori 1974). Nodes so near 1 that a double does not tell them from it are left out: they carry less than 1e-16.
"""

import numpy as np

from mlefit.arrays import Array

STEP = 0.125
REACH = 4.0


def nodes() -> tuple[Array, Array]:
    """u and their weights (k,), which add up to 1."""
    x = np.arange(-REACH, REACH + 0.5 * STEP, STEP)
    t = np.pi * np.sinh(x)
    u = 1.0 / (1.0 + np.exp(-t))
    weight = STEP * np.pi * np.cosh(x) * np.exp(-np.abs(t)) / np.square(1.0 + np.exp(-np.abs(t)))
    there = u < 1.0
    return u[there], weight[there] / weight[there].sum()
