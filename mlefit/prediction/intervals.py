"""Intervals of predictions: of the mean, by the error of the linear predictor; of a new response, by the law beside that.

    mean   g(eta -/+ q se(eta)), made on the scale of the predictor, so that it stays in the support
    new    sums of squares: eta -/+ t sqrt(s^2 + se^2), s^2 = RSS / (n - p), exact; other laws: equal-tailed quantiles of
           the law averaged over the normal error of eta (15 Gauss-Hermite nodes), of counts the smallest that reach the level
"""

from collections.abc import Callable

import numpy as np

from mlefit.arrays import Array
from mlefit.noise.model import Measure, NoiseModel

NODES = 15
STEPS = 60              # of the search for a quantile: false position halves at the least
CLOSE = 1e-12           # of the probability


def shifted(eta: Array, by: Array) -> Array:
    """Predictors (n, m) with the first moved."""
    moved = eta.copy()
    moved[:, 0] += by
    return moved


def of_mean(
    centre: Callable[[Array], Array], eta: Array, se: Array, critical: float
) -> tuple[Array, Array]:
    """Ends (n,) of the interval of what `centre` makes of the predictors (n, m), `critical` standard errors away."""
    half = critical * se
    ends = [centre(shifted(eta, sign * half)) for sign in (-1.0, 1.0)]
    return np.minimum(*ends), np.maximum(*ends)


def exact(eta: Array, se: Array, scale: float, critical: float) -> tuple[Array, Array]:
    """Ends (n,) of the interval of a new response with normal errors, `scale` sqrt(RSS / (n - p))."""
    half = critical * np.hypot(se, scale)
    return eta[:, 0] - half, eta[:, 0] + half


def of_new(noise: NoiseModel, eta: Array, se: Array, free: Array, level: float) -> tuple[Array, Array]:
    """Ends (n,) of the interval of a new response."""
    most = noise.together
    if most is not None and len(eta) > most:
        parts = [slice(start, start + most) for start in range(0, len(eta), most)]
        low, high = zip(*(of_new(noise, eta[part], se[part], free, level) for part in parts), strict=True)
        return np.concatenate(low), np.concatenate(high)
    tail = 0.5 * (1.0 - level)
    node, weight = np.polynomial.hermite_e.hermegauss(NODES)
    weight = weight / weight.sum()
    etas = [shifted(eta, se * x) for x in node]

    def below(y: Array) -> Array:
        return np.asarray(sum(w * np.exp(noise.log_cdf(y, one, free)) for w, one in zip(weight, etas, strict=True)))

    ends = []
    for share in (tail, 1.0 - tail):
        each = np.stack([noise.quantile(np.full(len(eta), share), one, free) for one in etas])
        low, high = each.min(axis=0), each.max(axis=0)
        ends.append(_whole(below, share, low, high) if noise.measure is Measure.MASS else _root(below, share, low, high))
    return ends[0], ends[1]


def _root(below: Callable[[Array], Array], share: float, low: Array, high: Array) -> Array:
    """y (n,) with P(Y <= y) = share, between `low` and `high`: false position that halves what does not move (Illinois)."""
    f_low, f_high = below(low) - share, below(high) - share
    middle = 0.5 * (low + high)
    going = high > low
    for _ in range(STEPS):
        span = f_high - f_low
        with np.errstate(divide="ignore", invalid="ignore"):
            aim = np.where(span > 0.0, low - f_low * (high - low) / span, 0.5 * (low + high))
        middle = np.where(going, np.clip(aim, low, high), middle)       # a row stands once it has arrived, whatever the others do
        f = below(middle) - share
        going &= np.abs(f) > CLOSE
        if not going.any():
            break
        left = f < 0.0
        f_high = np.where(left, 0.5 * f_high, f)
        f_low = np.where(left, f, 0.5 * f_low)
        low, high = np.where(left, middle, low), np.where(left, high, middle)
    return np.asarray(middle)


def _whole(below: Callable[[Array], Array], share: float, low: Array, high: Array) -> Array:
    """The least whole y (n,) with P(Y <= y) >= share."""
    low, high = low - 1.0, high.copy()
    while True:
        middle = np.floor(0.5 * (low + high))
        between = (low < middle) & (middle < high)      # beyond 2^53 neighbours among the doubles are more than 1 apart
        if not between.any():
            return high
        enough = below(middle) >= share
        high, low = np.where(between & enough, middle, high), np.where(between & ~enough, middle, low)
