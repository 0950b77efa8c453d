"""Labels: whether a loss of y and f is minus the logarithm of the chances of two labels, for some a and weights h of the labels.

    h_0 exp(-a l(y_0, f)) + h_1 exp(-a l(y_1, f)) = 1   at every f,   h > 0

Three f decide it: they are two unknowns. What is left of the best h at seven f is a proof that there are none.
"""

import math
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.expression.tree import Node
from mlefit.losses.structure import value

PAIRS = ((-1.0, 1.0), (0.0, 1.0))
LINE = np.array([-2.1, -1.3, -0.4, 0.3, 0.9, 1.6, 2.7])
UNIT = np.array([0.07, 0.18, 0.33, 0.5, 0.62, 0.81, 0.94])
OF_A = np.logspace(-2.0, 2.0, 161)
SECTIONS = 80
GOLDEN = 0.6180339887498949
SUMS = 1e-11        # what is left of a sum that is 1
CHANCE = 0.8        # of the second label, at which a minimiser is told
FINE = 4001
FINER, NEAR = 2, 201
WIDE, FARTHEST = 4.0, 1e6       # of f: where a minimiser is looked for first, and at last


class Labels(NamedTuple):
    """At the best `a` and weights `h` (2,) of the `labels`, what is `left`: the root mean square of the sum less 1.

    `at_one`: that at a = 1. `unit`: f is a chance, in (0, 1)."""

    labels: tuple[float, float]
    a: float
    h: Array
    left: float
    at_one: float
    unit: bool

    @property
    def holds(self) -> bool:
        """Whether it is a noise model."""
        return self.left <= SUMS and bool((self.h > 1e-9).all())


def labels(node: Node, *, unit: bool = False) -> list[Labels]:
    """The best for each pair of labels at which the loss is a number. `unit`: f is known to be a chance."""
    found = []
    for pair in PAIRS:
        for points in (UNIT,) if unit else (LINE, UNIT):
            each = heights(node, pair, points)
            if np.isfinite(each).all():
                found.append(_best(each, pair, unit=points is UNIT))
                break
    return found


def heights(node: Node, pair: tuple[float, float], f: Array) -> Array:
    """l (2, n) of both labels."""
    return np.stack([value(node, np.full(f.shape, y), f) for y in pair])


def _best(each: Array, pair: tuple[float, float], *, unit: bool) -> Labels:
    def left(log_a: float) -> float:
        return _weights(each, math.exp(log_a))[1]

    grid = np.log(OF_A)
    at = int(np.argmin([left(log_a) for log_a in grid.tolist()]))
    low, high = float(grid[max(at - 1, 0)]), float(grid[min(at + 1, grid.size - 1)])
    for _ in range(SECTIONS):
        one, other = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        low, high = (low, other) if left(one) <= left(other) else (one, high)
    a = math.exp(0.5 * (low + high))
    a = min((a, round(a, 6)), key=lambda at: _weights(each, at)[1])
    h, rest = _weights(each, a)
    return Labels(pair, a, h, rest, left(0.0), unit)


def _weights(each: Array, a: float) -> tuple[Array, float]:
    """The weights h >= 0 (2,) with the sums nearest to 1, and what is left."""
    with np.errstate(over="ignore"):
        columns = np.exp(-a * each).T
    if not np.isfinite(columns).all():
        return np.zeros(2), math.inf
    tried = [np.asarray(np.linalg.lstsq(columns, np.ones(len(columns)))[0])]
    if (tried[0] < 0.0).any():
        tried = []
        for k in (0, 1):
            column = columns[:, k]
            alone = np.zeros(2)
            alone[k] = float(column.sum()) / max(float(column @ column), np.finfo(float).tiny)
            tried.append(alone)
    left = [float(np.sqrt(np.mean((columns @ h - 1.0) ** 2))) for h in tried]
    best = int(np.argmin(left))
    return tried[best], left[best]


def minimiser(node: Node, found: Labels, chance: float = CHANCE) -> float | None:
    """The f of least mean loss where the second label has this chance; None where the mean does not rise again up to FARTHEST."""
    if found.unit:
        f = np.linspace(0.0, 1.0, FINE)[1:-1]
        return _finer(node, found, chance, f, int(np.argmin(_mean(node, found, chance, f))))
    f = np.linspace(-WIDE, WIDE, FINE)
    best = int(np.argmin(_mean(node, found, chance, f)))
    if best not in (0, f.size - 1):
        return _finer(node, found, chance, f, best)
    f = math.copysign(1.0, f[best]) * np.logspace(math.log10(WIDE), math.log10(FARTHEST), FINE)
    mean = _mean(node, found, chance, f)
    best = int(np.argmin(mean))
    if best in (0, f.size - 1) or not mean[-1] > mean[best]:
        return None
    return _finer(node, found, chance, np.sort(f), best if f[0] < f[-1] else f.size - 1 - best)


def _finer(node: Node, found: Labels, chance: float, f: Array, place: int) -> float:
    """The least about a place of a grid."""
    best = f[place]
    for _ in range(FINER):
        step = max(f[min(place + 1, f.size - 1)] - f[place], f[place] - f[max(place - 1, 0)])
        f = np.linspace(max(best - step, f[0]), min(best + step, f[-1]), NEAR)
        place = int(np.argmin(_mean(node, found, chance, f)))
        best = f[place]
    return float(best)


def _mean(node: Node, found: Labels, chance: float, f: Array) -> Array:
    low, high = heights(node, found.labels, f)
    return np.asarray((1.0 - chance) * low + chance * high)
