"""Prediction: the cross-entropy that rows which the fit has not seen have, or should have.

    expected   CE + tr(J^-1 K) / n,  J the mean Hessian and K the mean outer product of scores (Takeuchi 1976);
               if the model is true, J = K and the trace is the number of parameters (Akaike)
    held out   the mean negative log-likelihood of rows put aside, with its standard error
"""

from dataclasses import dataclass

import numpy as np

from mlefit.arrays import Array
from mlefit.execution import Execution
from mlefit.inference.scores import scores
from mlefit.objective import Objective
from mlefit.rows.chunk import Chunk
from mlefit.sums.curvature import Curvature

MOST_WORK = 4e9     # multiplications that the trace may take: about a second


@dataclass(frozen=True, slots=True)
class Spread:
    """Sums of w, w d and w d^2 over rows, d the distance of a row's negative log-likelihood from a reference."""

    weight: float
    value: float
    square: float

    def __add__(self, other: "Spread") -> "Spread":
        return Spread(self.weight + other.weight, self.value + other.value, self.square + other.square)


def held_out(objective: Objective, theta: Array, rows: Execution, reference: float) -> tuple[float, float, float]:
    """(n, mean nll, its standard error) of the rows at theta, nats per row; `reference` is a value near the mean."""

    def spread(chunk: Chunk) -> Spread:
        coef, free = objective.split(theta)
        d = objective.criterion(chunk.y, objective.mean.eta(coef, chunk), free, 0).value - reference
        w = np.ones(d.size) if chunk.weight is None else chunk.weight
        return Spread(float(w.sum()), float(w @ d), float(w @ d**2))

    total = rows.sum(spread)
    mean = total.value / total.weight
    variance = max(total.square / total.weight - mean**2, 0.0)
    return total.weight, mean + reference, float(np.sqrt(variance / total.weight))


def takeuchi(objective: Objective, theta: Array, curvature: Curvature, rows: Chunk, n: float) -> float | None:
    """tr(J^-1 K) from `rows`, all rows or a random sample of the n; None where there are too many parameters for it.

    `curvature` is the Hessian H of the total: with F F' = H^-1 and K a mean, tr(J^-1 K) = n tr(F' K F).
    """
    if rows.rows * float(objective.size) ** 2 > MOST_WORK:
        return None
    weight = float(rows.rows if rows.weight is None else rows.weight.sum())
    outer = objective.whitened(scores(objective, theta, rows)).outer
    assert outer is not None
    return n * float(np.trace(curvature.root(curvature.root(outer).T))) / weight
