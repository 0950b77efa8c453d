"""Flat: all points of least loss of a loss with corners, where there are more than one.

At one of them each row is on a corner, or on a piece of the loss that is straight or curved. Rows that are held on corners and
curved rows leave some directions free; along these every row stays on its piece, up to the corners at its ends, and the loss as it
is. So the least and the largest value of a coefficient are linear programmes in these few directions.
"""

from typing import Any

import numpy as np

from mlefit.arrays import Array
from mlefit.estimation.face import by_parts, parts
from mlefit.estimation.facets import Ended, Facets

STILL = 1e-9        # of a row: one that no free direction moves
SLACK = 1e-12       # of what residuals are made of


def extremes(facets: Facets, ended: Ended, directions: Array) -> Array:
    """Points (k, p) of least loss at which one of the `directions` (d, p) of gamma is least or largest."""
    free = ended.kept
    r, moved = facets.residual(ended.gamma), facets.z @ free
    near = SLACK * (np.abs(facets.y) + np.abs(facets.y - r) + float(np.abs(facets.y).mean()))
    places = np.array(sorted(one.place for one in facets.corners))
    low = np.append(-np.inf, places)[np.searchsorted(places, r - near, side="right")]
    high = np.append(places, np.inf)[np.searchsorted(places, r + near, side="left")]
    high[ended.below], low[ended.above] = r[ended.below], r[ended.above]
    rows = np.linalg.norm(moved, axis=1) > STILL * np.linalg.norm(facets.z, axis=1)
    r, moved, low, high = r[rows], moved[rows], low[rows], high[rows]
    below, above = np.isfinite(low), np.isfinite(high)
    matrix = np.vstack([moved[below], -moved[above]])
    bound = np.maximum(np.concatenate([(r - low)[below], (high - r)[above]]), 0.0)
    lowest = ended.value * (1.0 + STILL)
    found = ended.gamma + _ends(directions @ free, matrix, bound) @ free.T
    return np.stack([point for point in found if facets.value(facets.residual(point)) <= lowest] or [ended.gamma])


def _ends(directions: Array, matrix: Array, bound: Array) -> Array:
    """Steps (k, q) to where a direction (d, q) is least and largest, those that have an end: part by part where each row bounds
    some coordinates alone, as those of a level do."""
    from scipy.optimize import linprog

    search: Any = linprog
    unit = float(bound.max(initial=0.0))
    apart = parts(matrix, matrix.shape[1]) if unit > 0.0 and len(matrix) >= matrix.shape[1] else None
    if apart is not None:
        turn, own = apart
        return np.asarray(unit * by_parts(directions @ turn, matrix @ turn, bound / unit, own) @ turn.T)
    ways = [search(sign * direction, A_ub=matrix, b_ub=bound, bounds=(None, None), method="highs")
            for direction in directions for sign in (1.0, -1.0)]
    return np.array([way.x for way in ways if way.status == 0]).reshape(-1, directions.shape[1])
