"""Inverted: where in its panel a distribution function has a value, by Newton steps with the density for their slope.

A step that would leave the bracket, as where the density changes much within a panel, halves it instead.
"""

from collections.abc import Callable

import numpy as np

from mlefit.arrays import Array, Index

STEPS = 60              # at most: far out the density changes much within a panel
CLOSE = 1e-14           # of a mass


def inverted(
    wanted: Array, mass: Array, low: Array, high: Array, up_to: Callable[[Array, Index], Array],
    log_density: Callable[[Array, Index], Array],
) -> Array:
    """The points (n,) between `low` and `high` (n,) up to which panels of `mass` (n,) have the mass `wanted` (n,).

    `up_to(t, rows)`, `log_density(t, rows)`: of points t (k,) in the panels of these rows (k,).
    """
    low, high, wanted = low.copy(), high.copy(), np.clip(wanted, 0.0, mass)
    with np.errstate(all="ignore"):
        t = low + (high - low) * np.where(mass > 0.0, wanted / mass, 0.5)
        left = np.arange(t.size)        # rows not there yet
        for _ in range(STEPS):
            short = wanted[left] - up_to(t[left], left)
            far = np.abs(short) > CLOSE * wanted[left]
            left, short = left[far], short[far]
            if not left.size:
                break
            under, at = short > 0.0, t[left]
            low[left], high[left] = np.where(under, at, low[left]), np.where(under, high[left], at)
            following = at + short * np.exp(-log_density(at, left))
            inside = (following >= low[left]) & (following <= high[left])
            t[left] = np.where(inside, following, 0.5 * (low[left] + high[left]))
    return np.asarray(t)
