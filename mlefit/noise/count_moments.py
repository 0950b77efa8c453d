"""Count moments: expectations under negative binomial laws of many means and alphas, by sums over counts.

Laws beyond MANY are not summed one by one: the sums are a smooth function of log mu and log alpha, and a spline through those of
a grid of them, or through their logarithms where all are positive, is near them to five digits.
"""

import math
from collections.abc import Callable

import numpy as np

from mlefit.arrays import Array

COUNTED = 512.0     # counts up to which each is a term of its own
REACH = 45.0        # e-folds of the tail that are taken
WIDE = 0.5          # of a panel of log y, at most
NODES, WEIGHTS = np.polynomial.legendre.leggauss(16)
LARGEST = 1e300     # count that is looked at
GRID = 33           # points of a grid along each of log mu and log alpha
MANY = GRID * GRID


def counts_of(log_mu: float, alpha: float, counted: float = COUNTED) -> tuple[Array, Array]:
    """Counts y (k,) and what each stands for, (k,): sum of weight q(y) f(y) is E f(Y).

    Beyond `counted` the sum is the integral from `counted` - 1/2 (midpoint rule, whose error is about 1 / (24 counted^2) of it),
    over log y by Gauss and Legendre's rule in panels of at most a standard deviation of the law.
    """
    mu = math.exp(log_mu)
    v = mu * alpha
    sd = math.sqrt(mu * (1.0 + v))
    most = min(mu + REACH * (1.0 + v) + 12.0 * sd + 40.0, LARGEST)
    few = np.arange(min(most, counted))
    if most <= counted:
        return few, np.ones(few.size)
    low, relative = math.log(counted - 0.5), min(WIDE, sd / mu)
    low = max(low, log_mu - REACH * relative) if relative < WIDE else low
    ends = np.linspace(low, math.log(most), 2 + int((math.log(most) - low) / relative))
    half = 0.5 * np.diff(ends)[:, None]
    y = np.exp((ends[:-1, None] + half * (1.0 + NODES)).ravel())
    return np.concatenate([few, y]), np.concatenate([np.ones(few.size), (half * WEIGHTS).ravel() * y])


def by_pair(function: Callable[[float, float], Array], pairs: Array) -> Array:
    """A function (k,) of log mu and log alpha at each of `pairs` (n, 2): (n, k)."""
    distinct, which = np.unique(pairs, axis=0, return_inverse=True)
    if len(distinct) <= MANY:
        return np.array([function(*pair) for pair in distinct.tolist()])[which.ravel()]
    from scipy.interpolate import RectBivariateSpline

    x, t = (np.linspace(low, high, GRID) for low, high in zip(pairs.min(axis=0), pairs.max(axis=0), strict=True))
    table = np.array([[function(a, b) for b in t.tolist()] for a in x.tolist()])
    degree = [3 if at[-1] > at[0] else 1 for at in (x, t)]

    def between(values: Array) -> Array:
        return np.asarray(RectBivariateSpline(x, t, values, kx=degree[0], ky=degree[1]).ev(*pairs.T))

    return np.stack([np.exp(between(np.log(values))) if (values > 0.0).all() else between(values)
                     for values in np.moveaxis(table, 2, 0)], axis=1)
