"""Both routes to a curve, each with starts of its own, and what else the searches have met.

A search that ends at a certified minimum may have ended at the wrong one, with a good conscience. So many points are screened as
well, and the best of them searched from; where one leads lower than the user's start did, that is said.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.estimation.certificate import CERTIFIED
from mlefit.estimation.curve_descent import STEPS, Descent, Low, by_likelihood, by_loss
from mlefit.estimation.curve_routes import likelihood_end, loss_end, loss_route
from mlefit.estimation.curve_rows import SECOND_ORDER, Ended, Rows
from mlefit.estimation.curve_start import Given
from mlefit.mean.bent import Bent
from mlefit.mean.nonlinear import NonlinearMean
from mlefit.noise.model import Limit
from mlefit.objective import Objective
from mlefit.rows.chunk import Chunk, choose
from mlefit.sums.tally import Tally

SCREENED = 2000         # rows by which points are screened
WORK = 1_000_000        # rows times parameters up to which they are
CLOSE = 1e-4            # relative: values that are one
FIRST_SEED, SECOND_SEED = 0, 1      # of the points: neither route knows those of the other

QUICK_STEPS = 60        # of a search from a screened point, before it is worth more
Sharpen = Callable[[Rows, NonlinearMean, Low], Ended]


class Law(NamedTuple):
    """The law that fits best, with `rows` under it, what its search has found, and where it is the limit of the one asked for;
    else by how many nats that is better than its limit, if it has one."""

    rows: Rows
    best: "Best"
    limit: Limit | None = None
    gain: float | None = None


class Best(NamedTuple):
    """The `end` that counts, how many searches were made, and of all other certified ends the lowest and the next above it.

    `from_start`: where the start that was given has led to; `lower`: ends that are above `end`.
    """

    end: Ended
    from_start: Ended
    starts: int
    above: tuple[Ended, ...]
    below: Ended | None


def best_law(rows: Rows, mean: NonlinearMean, given: Given, n: float, *, only: bool) -> Law:
    """The maximum of the likelihood under a law or its limit, as `limits.best` decides between them."""
    found = best_likelihood(rows, mean, given, n, only)
    if not rows.noise.nested:
        return Law(rows, found)
    (name, limit), = rows.noise.nested.items()
    simpler = Rows.of(limit.law, rows.all)
    at = best_likelihood(simpler, mean, given, n, only)
    again = likelihood_end(rows, mean, by_likelihood(rows, mean, at.end.theta))
    if again.certified and not (found.end.certified and found.end.optimum.value <= again.optimum.value):
        found = found._replace(end=again, from_start=again)
    gain = at.end.optimum.value - found.end.optimum.value
    if found.end.certified and gain > CERTIFIED:
        return Law(rows, found, None, gain)

    def slope(chunk: Chunk) -> Tally:
        each = rows.noise.limit_slope(name, chunk.y, at.end.mean.eta(at.end.optimum.theta[: mean.size], chunk), at.end.free)
        return Tally(float(chunk.rows), float(each.sum() if chunk.weight is None else chunk.weight @ each))

    if at.end.certified and (rows.all.sum(slope).value <= 0.0 or abs(gain) <= CERTIFIED):
        return Law(simpler, at, limit)
    return Law(rows, found)


def best_likelihood(rows: Rows, mean: NonlinearMean, given: Given, n: float, only: bool) -> Best:
    """The maximum of the likelihood."""
    return _best(by_likelihood, likelihood_end, rows, mean, given, n, only, FIRST_SEED)


def best_loss(rows: Rows, mean: NonlinearMean, given: Given, n: float, only: bool) -> Best:
    """The least loss."""
    return _best(by_loss, loss_end, rows, mean, given, n, only, SECOND_SEED)


def carried(best: Best, end: Ended) -> Best:
    """What was found on a sample, with the end on all rows in the place of that."""
    return best._replace(end=end, from_start=end if best.from_start is best.end else best.from_start)


def _best(
    descend: Descent, sharpen: Sharpen, rows: Rows, mean: NonlinearMean, given: Given, n: float, only: bool, seed: int
) -> Best:
    start = given.start()
    ends = [sharpen(rows, mean, descend(rows, mean, start, STEPS))]
    if not ends[0].certified and given.linear:
        ends.append(sharpen(rows, mean, descend(rows, mean, given.projected(start), STEPS)))
    own = starts = len(ends)
    for turned in (False, True):        # signs are turned where nothing else has led anywhere
        lost = not any(end.certified for end in ends)
        if lost or (n * mean.size < WORK and not turned):
            points = given.screened(_value(rows, mean, given), seed, turned=turned)
            starts += len(points)
            ends += _elsewhere(descend, sharpen, rows, mean, points, ends)
    certified = [end for end in ends if end.certified]
    certified = [end for end in certified if given.inside(end.theta)] or certified
    allowed = [end for end in ends[:own] if end in certified] if only else certified
    unit = _unit(rows, min(allowed or ends[:1], key=_height))
    best = _nearest(allowed, ends[0], start, unit) if allowed else ends[0]
    above = tuple(end for end in certified if end.optimum.value > best.optimum.value + unit)
    lowest = min(certified, key=_height, default=best)
    below = lowest if lowest.optimum.value < best.optimum.value - unit else None
    return Best(best, ends[0], starts, above, below)


def _elsewhere(
    descend: Descent, sharpen: Sharpen, rows: Rows, mean: NonlinearMean, points: Sequence[Array], ends: Sequence[Ended]
) -> list[Ended]:
    """The ends of searches from other points that are lower than those known: a few steps from each tell which are worth more."""
    known = min((rows.height(end) for end in ends if end.certified), default=np.inf)
    found: list[Ended] = []
    quick = sorted((descend(rows, mean, point, QUICK_STEPS) for point in points), key=lambda low: low.nats)
    for low in quick:
        if np.isfinite(low.nats) and (np.isinf(known) or low.nats < known - rows.same(ends[0])):
            found.append(sharpen(rows, mean, descend(rows, mean, low.theta, STEPS)))
            if found[-1].certified:
                known = min(known, rows.height(found[-1]))
    return found


def _height(end: Ended) -> float:
    return end.optimum.value if np.isfinite(end.optimum.value) else np.inf


def _nearest(ends: list[Ended], first: Ended, start: Array, unit: float) -> Ended:
    """Of the lowest ends, which differ by the names of their parameters alone, that of the first search, else the nearest to the
    start in relative terms."""
    least = min(map(_height, ends))
    if any(end is first for end in ends) and _height(first) <= least + unit:
        return first

    def away(end: Ended) -> float:
        size = np.abs(end.theta) + np.abs(start)
        return float(np.sum(np.abs(end.theta - start) / np.where(size > 0.0, size, 1.0)))

    return min((end for end in ends if _height(end) <= least + unit), key=away)


def renamed(rows: Rows, mean: NonlinearMean, likely: Ended, least: Ended) -> Ended:
    """The end of the second route, with parameters that may change places, or have many values for one curve, named as at that of
    the first.

    A sum of two exponentials is the same with their amplitudes and rates exchanged, so that each minimum is there twice; a wave
    is the same with its phase moved by 2 pi. The route searches again from there.
    """
    order = _exchanged(least.theta, likely.theta)
    if order is not None:
        begin = least.theta[list(order)]
    elif np.abs(least.theta - likely.theta).max() > CLOSE * np.abs(likely.theta).max() and rows.one_curve(mean, least, likely):
        begin = likely.theta
    else:
        return least
    again = loss_route(rows, mean, begin)
    same = abs(again.optimum.value - least.optimum.value) <= _unit(rows, least)
    return again if again.certified and same else least


def _exchanged(theta: Array, wanted: Array) -> tuple[int, ...] | None:
    """The places in theta of the values `wanted`, each taken once; None where they are not those, or stand there already."""
    order: list[int] = []
    for value in wanted:
        apart = np.abs(theta - value)
        apart[order] = np.inf
        place = int(np.argmin(apart))
        if apart[place] > CLOSE * abs(value):
            return None
        order.append(place)
    return None if order == list(range(theta.size)) else tuple(order)


def _unit(rows: Rows, best: Ended) -> float:
    """By how much the criterion may differ where two ends are one."""
    return rows.same(best) / (1.0 if best.optimum.method == SECOND_ORDER else rows.noise.affine(best.free)[0])


def _value(rows: Rows, mean: NonlinearMean, given: Given) -> Callable[[Array], float]:
    """The loss at theta on some rows, by which points are ranked."""
    some = choose(given.rows, np.arange(0, given.rows.rows, -(-given.rows.rows // SCREENED)))
    natural = mean.at(Bent(np.eye(mean.size), np.zeros(mean.size), 0))
    free = rows.noise.starting_shapes(some.y, natural.eta(given.start(), some))[0] if rows.noise.loss_has_shapes else np.empty(0)
    objective = Objective.loss(rows.noise, natural, free)

    def value(theta: Array) -> float:
        with np.errstate(all="ignore"):
            found = objective.tally(theta, some, 0).value
        return found if np.isfinite(found) else np.inf

    return value
