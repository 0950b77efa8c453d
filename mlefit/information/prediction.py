"""Prediction: the cross-entropy that rows which the fit has not seen have, or should have.

    expected   CE + tr(J^-1 K) / n,  J the mean Hessian and K the mean outer product of scores (Takeuchi 1976);
               if the model is true, J = K and the trace is the number of parameters (Akaike)
    held out   the mean negative log-likelihood of rows put aside, with its standard error
"""


import numpy as np

from mlefit.arrays import Array
from mlefit.execution import Execution
from mlefit.inference.scores import scores
from mlefit.objective import Objective
from mlefit.options.weights_kind import WeightsKind
from mlefit.records import record
from mlefit.rows.chunk import Chunk, whitened
from mlefit.sums.curvature import Curvature

MOST_WORK = 4e9     # multiplications that the trace may take: about a second


@record(frozen=True)
class Spread:
    """Sums of w and w d over rows, and of v, v d and v d^2, d the distance of a row's negative log-likelihood from a reference.

    v is what the variance of the sum of w d counts a row by: w where that many rows are meant, w^2 where it is one.
    """

    weight: float
    value: float
    moments: Array

    @classmethod
    def of(cls, d: Array, w: Array, v: Array) -> "Spread":
        """Those of rows (n,)."""
        return cls(float(w.sum()), float(w @ d), np.array([v.sum(), v @ d, v @ np.square(d)]))

    def __add__(self, other: "Spread") -> "Spread":
        return Spread(self.weight + other.weight, self.value + other.value, self.moments + other.moments)

    @property
    def mean(self) -> float:
        """sum w d / sum w."""
        return self.value / self.weight

    @property
    def error(self) -> float:
        """sqrt(sum v (d - mean)^2) / sum w."""
        about = self.moments @ np.array([self.mean**2, -2.0 * self.mean, 1.0])
        return float(np.sqrt(max(about, 0.0))) / self.weight


def held_out(
    objective: Objective, theta: Array, rows: Execution, reference: float, kind: WeightsKind = "frequency",
) -> tuple[float, float, float]:
    """(n, mean nll, its standard error) of the rows at theta, nats per row; `reference` is a value near the mean.

    Rows of weights that are precisions come with these, not whitened: their nll has - log(w)/2 in it, and each counts once.
    """
    coef, free = objective.split(theta)

    def spread(chunk: Chunk) -> Spread:
        w = np.ones(chunk.rows) if chunk.weight is None else chunk.weight
        of = whitened(chunk) if kind == "precision" else chunk
        d = objective.criterion(of, objective.mean.eta(coef, of), free, 0).value - reference
        if kind == "precision":
            ones = np.ones(chunk.rows)
            return Spread.of(d - 0.5 * np.log(w), ones, ones)
        return Spread.of(d, w, np.square(w) if kind == "sampling" else w)

    total = rows.sum(spread)
    return total.weight, total.mean + reference, total.error


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
