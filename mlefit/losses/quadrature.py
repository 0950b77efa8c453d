"""Quadrature: log Z(a) = log of the integral of exp(-a l(r)) dr, with E l and Var l under that density, and a bound on their error.

Pieces between bends and minima, each half by the tanh-sinh rule, which a sharp end does not disturb; outside of the last of them
in x = |r - b| up to where x exp(-a l) is largest, and in u = log x beyond, to where nothing is left. A loss that grows as kappa
log |r| has its power tail added in closed form. The step is halved until all three stand still.
Source: Takahasi and Mori, Publ. RIMS 9 (1974), 721-741.
"""

import math
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Mask

LOGARITHMS = np.arange(-60.0, 345.1, 0.2)      # u = log |r - b| where the tails are looked at
NOTHING = 60.0      # e-folds below the largest: what is left out
LEVELS = range(2, 9)
SETTLED = 1e-13
TOLERANCE = 1e-10   # of log Z, for use
PANEL = 6.0         # of u
BACK = 5.0          # e-folds before the end, for the slope of a power tail


class Normaliser(NamedTuple):
    """log Z, E l and Var l at one a, and the estimated error of log Z."""

    log_z: float
    mean: float
    variance: float
    error: float


class _Side(NamedTuple):
    """One tail: from `base` in the direction `side`, in x up to exp(`split`), in u up to `end`; `power`: it goes on as a power."""

    base: float
    side: int
    split: float
    end: float
    power: bool


@cache
def rule(level: int) -> tuple[Mask, Array, Array]:
    """Nodes of [0, 1] by tanh-sinh with step 2^-level: whether it is nearer to 1, its distance from the nearer end, its weight."""
    h = 2.0**-level
    t = np.arange(-round(3.4 / h), round(3.4 / h) + 1) * h
    s = 0.5 * math.pi * np.sinh(t)
    return t > 0, 1.0 / (np.exp(2.0 * np.abs(s)) + 1.0), h * 0.25 * math.pi * np.cosh(t) / np.cosh(s) ** 2


def spread(low: float, high: float, level: int) -> tuple[Array, Array]:
    """Nodes and weights of an interval."""
    right, distance, weight = rule(level)
    length = high - low
    return np.where(right, high - length * distance, low + length * distance), length * weight


def normaliser(
    values: Callable[[Array], Array], a: float, least: float, breaks: Sequence[float],
    tilt: Callable[[Array], Array] | None = None,
) -> Normaliser:
    """log Z(a) and the moments of l under the density. `least`: the smallest l, `breaks`: bends and minima, one at least.

    `tilt`: the logarithm of a base exp(tilt(r)) dr, in the place of dr."""
    sides = [_side(values, a, least, base, side, tilt) for base, side in ((breaks[0], -1), (breaks[-1], 1))]
    before: Array | None = None
    error = math.inf
    for level in LEVELS:
        now = _moments(values, a, least, breaks, sides, level, tilt)
        if before is not None:
            with np.errstate(invalid="ignore"):
                moved = np.abs(now - before)
            error = float(moved[0])
            if moved[0] < SETTLED and moved[1] <= SETTLED * abs(now[1]) and moved[2] <= SETTLED * now[2]:
                break
        before = now
    return Normaliser(float(now[0]) - a * least, float(now[1]) + least, float(now[2]), error)


def _side(
    values: Callable[[Array], Array], a: float, least: float, base: float, side: int, tilt: Callable[[Array], Array] | None
) -> _Side:
    with np.errstate(all="ignore"):
        far = base + side * np.exp(LOGARITHMS)
        exponent = LOGARITHMS - a * (values(far) - least)
        if tilt is not None:
            exponent = exponent + tilt(far)
    exponent = np.where(np.isnan(exponent), -np.inf, exponent)
    top = int(np.argmax(exponent))
    kept = int(np.flatnonzero(exponent >= exponent[top] - NOTHING)[-1])
    power = kept == LOGARITHMS.size - 1
    return _Side(base, side, float(LOGARITHMS[top]), float(LOGARITHMS[min(kept + 1, LOGARITHMS.size - 1)]), power)


def nodes(breaks: Sequence[float], sides: Sequence[_Side], level: int) -> tuple[Array, Array]:
    """All nodes r and their weights."""
    places, weights = [], []
    for low, high in pairwise(breaks):
        middle = 0.5 * (low + high)
        for ends in ((low, middle), (middle, high)):
            x, w = spread(*ends, level)
            places.append(x)
            weights.append(w)
    for one in sides:
        x, w = spread(0.0, math.exp(one.split), level)
        places.append(one.base + one.side * x)
        weights.append(w)
        length = one.end - one.split
        if length <= 0.0:
            continue
        panels = math.ceil(length / PANEL) if length < NOTHING else 0
        cuts = np.linspace(one.split, one.end, panels + 1) if panels else np.array(
            [one.split, one.split + 0.1 * length, one.end])
        for low, high in pairwise(cuts):
            u, w = spread(float(low), float(high), level)
            x = np.exp(u)
            places.append(one.base + one.side * x)
            weights.append(w * x)
    return np.concatenate(places), np.concatenate(weights)


def _moments(
    values: Callable[[Array], Array], a: float, least: float, breaks: Sequence[float], sides: Sequence[_Side], level: int,
    tilt: Callable[[Array], Array] | None,
) -> Array:
    """log Z, E l and Var l of l less its minimum."""
    r, w = nodes(breaks, sides, level)
    with np.errstate(all="ignore"):
        height = values(r) - least
        kept = np.isfinite(height)
        height, top = height[kept], 0.0
        exponent = -a * height
        if tilt is not None:
            exponent = exponent + tilt(r[kept])
            top = float(exponent.max(initial=-np.inf))
        mass = w[kept] * np.exp(exponent - top)
        total, first = float(mass.sum()), float(mass @ height)
        shift = first / total if total else 0.0
        second = float(mass @ (height - shift) ** 2)
        for one in sides:
            if one.power:
                beyond = _power_tail(values, a, least, one)
                total, first = total + beyond[0], first + beyond[1]
                second += beyond[2] - 2.0 * shift * beyond[1] + shift * shift * beyond[0]
        if not total > 0.0 or math.isnan(top):
            return np.array([-np.inf, np.nan, np.nan])
        mean = first / total
        return np.array([math.log(total) + top, mean, second / total - (mean - shift) * (mean - shift)])


def _power_tail(values: Callable[[Array], Array], a: float, least: float, one: _Side) -> tuple[float, float, float]:
    """Integrals of 1, l and l^2 times exp(-a l) beyond the end, where l = kappa log r + const."""
    far = one.base + one.side * np.exp(np.array([one.end, one.end - BACK]))
    height, back = values(far) - least
    kappa = (height - back) / BACK
    d = a * kappa - 1.0
    mass = np.exp(one.end - a * height)
    each = (mass / d, mass * (height / d + kappa / d**2),
            mass * (height**2 / d + 2.0 * height * kappa / d**2 + 2.0 * kappa**2 / d**3))
    return float(each[0]), float(each[1]), float(each[2])
