"""Large counts of negative binomial noise: forms without the terms of size y log y, which cancel.

With theta = 1 / alpha, v = alpha mu, e = y / mu - 1 and h(z) = (1 + z) log(1 + z) - z,

    deviance / 2   = mu h(e) - (theta + mu) h(e v / (1 + v)),   or where v is large
                   = -theta log(y / mu) - (y + theta) [log(1 + 1 / (alpha y)) - log(1 + 1 / v)]
    -log q at mu=y = [log y + log(theta + y)] / 2 + d(y) - d(theta + y) + C(theta)

d what Stirling's formula leaves of log Gamma, C(theta) = theta - theta log theta + log Gamma(theta). Source: Loader, Fast and
Accurate Computation of Binomial Probabilities (2000).
"""

import math

import numpy as np

from mlefit.arrays import Array
from mlefit.noise.rising import TABLE, rising
from mlefit.noise.stable import LARGE, QUIET, at, log1p_less, of_rows, remainder

HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)


@QUIET
def deviance(y: Array, eta: Array, t: Array) -> Array:
    """Half the deviance (n,) of counts y > 0 at log means eta (n,) and t = log alpha, () or (n,)."""
    theta, mu = of_rows(-t), np.exp(eta)
    v, u = mu / theta, y / theta
    e = (y - mu) / mu
    near = mu * _entropy(e) - (theta + mu) * _entropy(e * v / (1.0 + v))
    far = -theta * (np.log(y) - eta) - (y + theta) * (np.log1p(1.0 / u) - np.log1p(1.0 / v))
    return np.where(v > 1.0, far, near)


def _entropy(z: Array) -> Array:
    """h(z), 1 at -1."""
    inside = np.maximum(z, -1.0 + 1e-16)
    return (1.0 + z) * log1p_less(inside) + z * z


def saturated(y: Array, t: Array) -> Array:
    """-log q (n,) of counts y >= LARGE at mu = y."""
    from scipy.special import gammaln

    theta = of_rows(-t)
    log_theta, few = np.log(theta), np.minimum(theta, LARGE)
    constant = np.where(theta >= LARGE, HALF_LOG_2PI - 0.5 * log_theta + remainder(np.maximum(theta, LARGE))[0],
                        few - few * log_theta + gammaln(few))
    return 0.5 * (np.log(y) + np.log(theta + y)) + remainder(y)[0] - remainder(theta + y)[0] + constant


def remaining(y: Array, t: Array) -> Array:
    """y - dS/dt (n,) of `rising`: the sum over j < y of 1 / (1 + j alpha)."""
    from scipy.special import digamma

    near = y < TABLE
    found = np.empty(y.size)
    found[near] = y[near] - rising(y[near], at(t, near))[1]
    theta = of_rows(-at(t, ~near))
    found[~near] = theta * (digamma(theta + y[~near]) - digamma(theta))
    return found
