"""Working set: the least loss of straight lines over rows in memory, with programmes of a few of them.

Only rows near the plane can be on it. The others are taken to keep the sign that they have, which makes them straight lines and
their sum one vector (Portnoy and Koenker 1997, Statistical Science 12, 279-300, call it globbing). Lines lie nowhere above the
loss, so the least loss of near rows and lines is a lower bound for that of all rows. A row on the other side of the plane than
supposed joins the near ones; where there is none, the bound is met, and the dual vector proves it on every row.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.estimation.lines import Lines
from mlefit.estimation.programme import Method, Vertex, solved
from mlefit.estimation.smoothed import few

AT_ONCE = 1500          # rows that need no neighbourhood: the programme is as fast
FAR = 1e4               # times the median distance from the plane: what is further out would leave no digits to the others
MORE = 4                # times as many near rows where they are too few to hold the rest


class Search(NamedTuple):
    """How a route begins, how it finds the neighbourhood, and how it solves programmes."""

    start: Callable[[Lines], Array]
    smoothed: Callable[[Lines, Array], tuple[Array, int]]
    method: Method


def least(lines: Lines, gamma: Array, search: Search) -> Vertex | None:
    """The least loss of the lines, from `gamma`; None where they fall without end. Of rows that are equal `inside` tells one."""
    distinct, of = lines.merged()
    found = _least(distinct, gamma, search)
    if found is None:
        return None
    share = lines.weight / distinct.weight[of]
    first = np.zeros(distinct.size, np.intp)
    first[of[::-1]] = np.arange(lines.size)[::-1]
    return found._replace(dual=found.dual[of] * share, inside=first[found.inside])


def _least(lines: Lines, gamma: Array, search: Search) -> Vertex | None:
    small, taken = lines.size <= AT_ONCE, 0
    if not small:
        gamma, taken = search.smoothed(lines, gamma)
    r = lines.residual(gamma)
    side, distance = lines.slopes.side(r), np.abs(r)
    count = int((distance <= FAR * np.median(distance)).sum()) if small else few(lines)
    while True:
        near = np.arange(lines.size) if count >= lines.size else np.argpartition(distance, count - 1)[:count]
        found = _closed(lines, gamma, near, side, search.method)
        if found is not None:
            return found._replace(steps=found.steps + taken)
        if count >= lines.size:
            return None
        count *= MORE


def _closed(lines: Lines, gamma: Array, near: Index, side: Array, method: Method) -> Vertex | None:
    """Rounds until no row outside has changed sides; None where those near are too few to hold the rest."""
    steps, weighted = 0, lines.weight * side
    while True:
        near = np.sort(near)
        far = np.ones(lines.size, bool)
        far[near] = False
        found = solved(lines.of(near, lines.pull + np.where(far, weighted, 0.0) @ lines.z), gamma, method)
        if found is None:
            return None
        steps += found.steps
        wrong = np.flatnonzero(far & (lines.slopes.side(lines.residual(found.gamma)) != side))
        if not wrong.size:
            dual = weighted.copy()
            dual[near] = found.dual
            return Vertex(found.gamma, dual, near[found.inside], steps)
        near = np.concatenate([near, wrong])
