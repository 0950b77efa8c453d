"""Several: the best of some searches, and how many ended at another maximum, which is lower.

A maximum of a likelihood that is not log-concave is certified as a local one, and nothing certifies that it is the highest;
so it is said how many searches were made, and what else they found.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from mlefit.arrays import Array
from mlefit.errors import NoEstimateError
from mlefit.estimation.constrained import ShapeHeld
from mlefit.estimation.memo import Memo
from mlefit.estimation.outcome import Outcome
from mlefit.estimation.polish import Optimum
from mlefit.estimation.starts import Start
from mlefit.execution import Execution
from mlefit.noise.model import NoiseModel
from mlefit.sums.tally import Tally

DISTINCT = 1e-6     # nats: maxima whose heights differ by less are one


def weight_of(execution: Execution) -> float:
    """Rows, counted with their weights."""
    return execution.sum(lambda chunk: Tally(float(chunk.rows) if chunk.weight is None else float(chunk.weight.sum()), 0.0)).weight


def best_of(noise: NoiseModel, memo: Memo, begun: Sequence[Start], search: Callable[[Array], Optimum]) -> Optimum:
    """The best end of a `search` from each start, with shapes above their floor. Starts that have met count each.

    Raises NoEstimateError where the criterion is lower at the floor of a shape than at any certified optimum above it.
    """
    ends = [search(start.point) for start in begun]
    size = memo.objective.mean.size
    floor = noise.floor(size, ends[0].weight)
    above = [end for end in ends if not (end.theta[size:] < floor).any()]
    certified = [end for end in above if end.outcome is Outcome.CERTIFIED]
    best = min(certified or above or ends, key=_height)
    fallen = min((end for end in ends if (end.theta[size:] < floor).any()), key=_height, default=None)
    if fallen is not None:
        place = int(np.flatnonzero(fallen.theta[size:] < floor)[0])
        if not certified or _at_floor(memo, fallen.theta, size + place, float(floor[place])) < best.value - DISTINCT:
            raise NoEstimateError(*noise.below_floor(place, size, best.weight), code="unbounded")
    lower = [end for end in certified if end.value > best.value + DISTINCT]
    best = replace(best, starts=sum(start.met for start in begun), evaluations=memo.evaluations)
    if not lower:
        return best
    second = min(lower, key=_height)
    met = sum(start.met for start, end in zip(begun, ends, strict=True) if any(end is one for one in lower))
    return replace(best, lower=met, behind=second.value - best.value, rival=second.theta)


def _height(end: Optimum) -> float:
    return end.value if np.isfinite(end.value) else np.inf


def _at_floor(memo: Memo, theta: Array, place: int, floor: float) -> float:
    """The least total where the shape at `place` is at its floor; minus infinity where none is found near theta."""
    try:
        return ShapeHeld(memo.objective, memo.execution, None, theta, place).least(floor)
    except ArithmeticError:
        return -np.inf
