"""Face: all points of least loss, where there are more than one.

A dual vector u proves every point of least loss at once: a row whose u is strictly between its bounds has residual 0 in all of
them, a row with u at its upper bound r >= 0, at its lower r <= 0 (complementary slackness). So the least and the largest value of
a coefficient are linear programmes of a few dimensions. Where they differ, the estimate is the middle of the points that attain
them, which is the middle of the interval where there is one coefficient.
"""

from typing import Any, NamedTuple

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.estimation.band import Bottom, bottom
from mlefit.estimation.lines import Slopes
from mlefit.estimation.piecewise import SIMPLEX, at
from mlefit.estimation.polish import Optimum
from mlefit.estimation.programme import INSIDE, TIED, vertex
from mlefit.execution import Execution
from mlefit.mean import LinearMean
from mlefit.noise.model import NoiseModel
from mlefit.objective import Objective

SPAN = 1e-9         # of a row: directions in which the rows that are fixed say less are free
WIDE = 1e-8         # standard errors of the model: a narrower range is a point
FIRST = 40          # rows per coefficient that a programme begins with, the nearest; rows that are violated join
BEYOND = 1e-9       # of the largest residual: what a row may be on the wrong side by, for the rounding of a programme
BOX = 1e6           # of the largest residual: far outside any face, where a programme of few rows may have no end


class Face(NamedTuple):
    """The least and the largest value (p,) of each coefficient, in natural units, over all points of least loss."""

    low: Array
    high: Array


def middle(
    noise: NoiseModel, mean: LinearMean, execution: Execution, sample: Execution | None
) -> tuple[Optimum, Face | None]:
    """The maximum of the likelihood, and the face that it is in the middle of, None where it is a point."""
    found = bottom(mean, Slopes(*noise.slopes), execution, sample, SIMPLEX)
    best = at(found, found.vertex.gamma, noise, execution)
    points = _attained(noise, mean, execution, best, extremes(found))
    directions = mean.natural(found.vertex.gamma)[0].directions
    values = points @ directions.T
    width = values.max(axis=0) - values.min(axis=0)
    wide = width > WIDE * np.linalg.norm(best.curvature.root(directions), axis=1)
    if not wide.any():
        return best, None
    natural, centre = np.stack([mean.natural(point)[0].value for point in points]), points.mean(axis=0)
    value = mean.natural(centre)[0].value
    face = Face(np.where(wide, natural.min(axis=0), value), np.where(wide, natural.max(axis=0), value))
    return at(found, centre, noise, execution), face


def _attained(noise: NoiseModel, mean: LinearMean, execution: Execution, best: Optimum, points: Array) -> Array:
    """Those of some points (k, p) at which all rows have the least loss: rows in memory alone may have let them go too far."""
    if len(points) == 1:
        return points
    of = Objective.likelihood(noise, mean)
    theta = [np.append(point, best.theta[mean.size :]) for point in points]
    loss = execution.sum(lambda chunk: np.array([of.tally(each, chunk, 0).value for each in theta]))
    attained = points[loss <= best.value + best.certificate.bound]
    return attained if len(attained) else best.theta[None, : mean.size]


def extremes(found: Bottom) -> Array:
    """Points (2 p, p) at which a coefficient is least or largest; one where the rows that are fixed leave no direction free."""
    lines, of = found.lines.merged()
    dual, weight, gamma = np.bincount(of, found.vertex.dual), lines.weight, found.vertex.gamma
    inside = np.minimum(dual + lines.slopes.below * weight, lines.slopes.above * weight - dual) > INSIDE * weight
    free = _null_space(lines.z[inside])
    sign = np.where(dual > 0.0, 1.0, -1.0)[:, None]
    r = np.maximum(sign[:, 0] * lines.residual(gamma), 0.0)
    bounds, unit = sign * (lines.z @ free), float(r.max())
    if not free.shape[1] or unit == 0.0:
        return gamma[None]
    bounds[inside] = 0.0
    directions = lines.mean.natural(gamma)[0].directions @ free
    room = r / unit
    apart = parts(bounds, free.shape[1])
    if apart is None:
        steps = [_end(way, bounds, room) for direction in directions for way in (direction, -direction)]
        return np.stack([vertex(lines, inside, gamma + unit * (free @ step), TIED * unit) for step in steps])
    turn, own = apart
    ends = by_parts(directions @ turn, bounds @ turn, room, own)
    return np.asarray(gamma + unit * (ends @ (free @ turn).T))


def parts(bounds: Array, count: int) -> tuple[Array, list[Index]] | None:
    """T (q, q) and sets of the coordinates e = T w such that each row bounds those of one set alone; None where there is but one.

    Where a factor has a coefficient for each level there are hundreds of sets of one."""
    if count == 1:
        return None
    from scipy.linalg import qr
    from scipy.sparse.csgraph import connected_components

    chosen = qr(bounds.T, mode="r", pivoting=True)[1][:count]
    turn: Array = np.asarray(np.linalg.inv(bounds[chosen]), dtype=np.float64)
    there = np.abs(bounds @ turn) > SPAN
    number, of = connected_components(there.T.astype(np.float64) @ there, directed=False)
    return None if number == 1 else (turn, [np.flatnonzero(of == part) for part in range(number)])


def by_parts(directions: Array, bounds: Array, room: Array, apart: list[Index]) -> Array:
    """The ends (2 p, q) of least and of largest value in each direction (p, q): of each part of the coordinates its own, and the
    middle of these where a part has no say."""
    ends = np.zeros((2 * len(directions), directions.shape[1]))
    for part in apart:
        rows = np.flatnonzero((np.abs(bounds[:, part]) > SPAN).any(axis=1))
        own, limits, ways = bounds[np.ix_(rows, part)], room[rows], directions[:, part]
        has = np.abs(ways).max(axis=1) > SPAN * max(float(np.abs(ways).max()), 1e-300)
        if part.size == 1:
            with np.errstate(divide="ignore"):
                at = limits / own[:, 0]
            low, high = at[own[:, 0] < 0.0].max(initial=-BOX), at[own[:, 0] > 0.0].min(initial=BOX)
            first = np.where(ways[:, :1] > 0.0, low, high)
            found = np.stack([first, low + high - first], axis=1)
        else:
            found = np.stack([[_end(way, own, limits) if said else way for way in (each, -each)]
                              for each, said in zip(ways, has, strict=True)])
        found[~has] = found[has].mean(axis=(0, 1)) if has.any() else 0.0
        ends[:, part] = found.reshape(-1, part.size)
    return ends


def _end(way: Array, bounds: Array, room: Array) -> Array:
    """The e (q,) of least way'e with `bounds` e <= `room` (k,)."""
    from scipy.optimize import linprog

    solve: Any = linprog
    near: Index = np.argsort(room, kind="stable")[: FIRST * bounds.shape[1]]
    while True:
        found = solve(way, A_ub=bounds[near], b_ub=room[near], bounds=(-BOX, BOX), method="highs")
        if found.x is None:
            return np.zeros(way.size)
        violated = np.setdiff1d(np.flatnonzero(bounds @ found.x > room + BEYOND), near)
        if not violated.size:
            return np.asarray(found.x)
        near = np.concatenate([near, violated])


def _null_space(rows: Array) -> Array:
    """A basis (p, q) of the directions in which `rows` (k, p) say nothing."""
    _, sizes, right = np.linalg.svd(rows)
    rank = int((sizes > SPAN * sizes.max(initial=0.0)).sum())
    return np.asarray(right[rank:].T)
