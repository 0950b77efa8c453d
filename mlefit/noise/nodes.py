"""Nodes for expectations under a law: on (0, 1) through its quantiles, E f(y) = integral of f(Q(u)) du, or on the whole line.

On (0, 1) the double exponential rule u = 1 / (1 + exp(-pi sinh x)), x = -4(.125)4, gets rid of what f does at both ends
(Takahasi and Mori 1974). Nodes so near 1 that a double does not tell them from it are left out: they carry less than 1e-16.
"""

from collections.abc import Callable

import numpy as np

from mlefit.arrays import Array

STEP = 0.125
REACH = 4.0
FINE, FAR = 0.025, 5.0      # of the line, where z reaches e^116


def nodes() -> tuple[Array, Array]:
    """u and their weights (k,), which add up to 1."""
    x = np.arange(-REACH, REACH + 0.5 * STEP, STEP)
    t = np.pi * np.sinh(x)
    u = 1.0 / (1.0 + np.exp(-t))
    weight = STEP * np.pi * np.cosh(x) * np.exp(-np.abs(t)) / np.square(1.0 + np.exp(-np.abs(t)))
    there = u < 1.0
    return u[there], weight[there] / weight[there].sum()


def line(most: float) -> tuple[Array, Array]:
    """z = sinh((pi/2) sinh x) below `most` in size, by equal steps of x, and what each stands for, (k,)."""
    x = np.arange(-FAR, FAR + 0.5 * FINE, FINE)
    z = np.sinh(0.5 * np.pi * np.sinh(x))
    near = np.abs(z) < most
    return z[near], (FINE * 0.5 * np.pi * np.cosh(x) * np.cosh(0.5 * np.pi * np.sinh(x)))[near]


def of_sum(a: Array, b: Array, moment: Callable[[int, int], Array | float]) -> tuple[Array, Array]:
    """E (a g + b h)^2 and E (a g + b h)^4 from the moments E g^i h^j."""
    aa, ab, bb = a * a, a * b, b * b
    second = moment(2, 0) * aa + 2.0 * moment(1, 1) * ab + moment(0, 2) * bb
    fourth = (moment(4, 0) * aa * aa + 4.0 * moment(3, 1) * aa * ab + 6.0 * moment(2, 2) * ab * ab
              + 4.0 * moment(1, 3) * ab * bb + moment(0, 4) * bb * bb)
    return second, fourth
