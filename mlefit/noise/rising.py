"""Rising: S(y) = sum over j < y of log(1 + j alpha), which is log Gamma(y + theta) - log Gamma(theta) + y log alpha, theta = 1 /
alpha, without the cancellation of the two, and its derivatives by t = log alpha.

From a table over j, as counts are few; above it by what Stirling's formula leaves, from theta = 10 on: below, the first ten
terms are added up by themselves, and alpha / (1 + 10 alpha) takes the place of alpha for the rest, as where each row has an
alpha of its own. Source: DLMF 5.11.1.
"""

from functools import lru_cache

import numpy as np

from mlefit.arrays import Array
from mlefit.noise.stable import exponential, log1p_less, remainder

TABLE = 1 << 16     # counts up to which there is a table: of three times 512 kB
KEPT = 8            # tables, of so many values of alpha
HEAD = 10           # terms added up by themselves where theta is below this


def rising(y: Array, t: Array) -> tuple[Array, Array, Array]:
    """S, dS/dt and d2S/dt2 (n,) of counts y (n,) at t () or (n,)."""
    if t.ndim:
        return _each(y, t)
    return _shared(y, float(t))


def _shared(y: Array, t: float) -> tuple[Array, Array, Array]:
    largest = float(y.max(initial=0.0))
    if largest < TABLE:
        s, s1, s2 = _table(t, 1 << max(6, int(largest).bit_length()))
        place = y.astype(np.intp)
        return s[place], s1[place], s2[place]
    near = y < TABLE
    found = [np.empty(y.size) for _ in range(3)]
    for out, low, high in zip(found, _shared(y[near], t), _far(y[~near], t), strict=True):
        out[near], out[~near] = low, high
    return found[0], found[1], found[2]


def log_factorial(y: Array) -> Array:
    """log y! (n,), from a table where counts are few."""
    from scipy.special import gammaln

    largest = float(y.max(initial=0.0))
    return _factorials(1 << max(6, int(largest).bit_length()))[y.astype(np.intp)] if largest < TABLE else gammaln(y + 1.0)


@lru_cache(maxsize=KEPT)
def _factorials(size: int) -> Array:
    from scipy.special import gammaln

    return np.asarray(gammaln(np.arange(size) + 1.0))


def _each(y: Array, t: Array) -> tuple[Array, Array, Array]:
    alpha, found = np.exp(t), np.zeros((3, y.size))
    for j in range(1, HEAD):
        found += _terms(np.where(y > j, float(j), 0.0), alpha)
    far = np.flatnonzero(y > HEAD)
    found[:, far] += _beyond(y[far] - HEAD, alpha[far], float(HEAD))
    return found[0], found[1], found[2]


@lru_cache(maxsize=KEPT)
def _table(t: float, size: int) -> tuple[Array, Array, Array]:
    """For y = 0 to `size`."""
    terms = _terms(np.arange(float(size)), exponential(t))
    s, s1, s2 = (np.concatenate([[0.0], np.cumsum(term)]) for term in terms)
    return s, s1, s2


def _terms(j: Array, alpha: Array | float) -> tuple[Array, Array, Array]:
    """log(1 + j alpha) and its derivatives."""
    u = j * alpha
    rest = 1.0 / (1.0 + u)
    return np.log1p(u), u * rest, u * rest * rest


def _far(y: Array, t: float) -> tuple[Array, Array, Array]:
    alpha = np.asarray(exponential(t))
    head = float(HEAD) if alpha * HEAD > 1.0 else 0.0
    s, s1, s2 = (float(term.sum()) for term in _terms(np.arange(head), alpha))
    value, slope, bend = _beyond(y - head, alpha, head)
    return s + value, s1 + slope, s2 + bend


def _beyond(y: Array, alpha: Array, head: float) -> tuple[Array, Array, Array]:
    """What the terms from `head` on add up to, y (n,) of them, and its derivatives; alpha () or (n,)."""
    rest = 1.0 / (1.0 + head * alpha)       # dt'/dt of the new t'
    share = head * alpha * rest
    theta = 1.0 / (alpha * rest)
    u = y / theta
    kept = 1.0 / (1.0 + u)
    (d, d1, d2), (e, e1, e2) = remainder(theta + y), remainder(theta)
    less = theta * log1p_less(u)
    value = (y - 0.5) * np.log1p(u) + less + d - e
    slope = -less - 0.5 * u * kept - (kept * d1 - e1)
    bend = -slope + y * u * kept - 0.5 * u * (2.0 + u) * kept * kept + (kept * kept * d2 - e2)
    return (y * np.log1p(head * alpha) + value, y * share + rest * slope,
            y * share * rest + rest * rest * bend - share * rest * slope)
