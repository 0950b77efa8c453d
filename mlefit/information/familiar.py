"""The figures a fit is known by: root mean square error and R2 of numbers, accuracy and AUC of classes.

    R2    1 - sum w (y - E y)^2 / sum w (y - mean)^2, the mean being that of the rows judged
    AUC   that of the ranking by the predictor

They are sums over rows: squares, hits, and for AUC the ranking. AUC is for two classes; with more there are several
figures of that name (one against the rest, every pair), and none of them is given.
"""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.execution import Execution
from mlefit.information.ranking import Ranking
from mlefit.noise.model import NoiseModel
from mlefit.objective import Objective
from mlefit.records import record
from mlefit.rows.chunk import Chunk


class Familiar(NamedTuple):
    """None where a figure does not exist: for the other kind of response, of a constant response, of one class."""

    rmse: float | None = None
    r_squared: float | None = None
    accuracy: float | None = None
    auc: float | None = None


@record(frozen=True)
class Errors:
    """Weight and mean of numbers, the sums of their squares about that mean and of the squared errors of their prediction, and
    how many rows they are."""

    weight: float
    mean: float
    about_mean: float
    error: float
    count: float

    @classmethod
    def of(cls, y: Array, predicted: Array, weight: Array, count: float | None = None) -> "Errors":
        """Those of rows (n,); `count`: how many they are, where that is not their weight."""
        total = float(weight.sum())
        with np.errstate(over="ignore"):        # squares beyond the doubles have no figure
            mean = float(weight @ y) / total if total else 0.0
            error = float(weight @ np.square(y - predicted))
            about_mean = float(weight @ np.square(y - mean))
        return cls(total, mean, about_mean, error, total if count is None else count)

    def __add__(self, other: "Errors") -> "Errors":
        weight, apart = self.weight + other.weight, other.mean - self.mean
        share = other.weight / weight if weight else 0.0
        about_mean = self.about_mean + other.about_mean + self.weight * share * apart**2
        return Errors(weight, self.mean + share * apart, about_mean, self.error + other.error, self.count + other.count)

    def figures(self, unit: float) -> Familiar:
        """In natural units, of which the encoded response has `unit` in one."""
        squared = 1.0 - self.error / self.about_mean if 0.0 < self.about_mean < np.inf else None
        return Familiar(rmse=unit * float(np.sqrt(self.error / self.count)), r_squared=squared)


@record(frozen=True)
class Hits:
    """Weight of rows, of those whose likeliest class is theirs, and their ranking where there are two classes."""

    weight: float
    right: float
    ranking: Ranking | None

    @classmethod
    def of(cls, y: Array, probabilities: Array, eta: Array, weight: Array | None) -> "Hits":
        """Those of rows with these probabilities (K, n) of their classes and predictors (n, m)."""
        two, hit = len(probabilities) == 2, probabilities.argmax(axis=0) == y
        ranking = Ranking.of(eta[:, 0], y, weight) if two else None
        if weight is None:
            return cls(float(y.size), float(np.count_nonzero(hit)), ranking)
        return cls(float(weight.sum()), float(weight[hit].sum()), ranking)

    def __add__(self, other: "Hits") -> "Hits":
        ranking = None
        if self.ranking is not None and other.ranking is not None:
            ranking = self.ranking + other.ranking
        return Hits(self.weight + other.weight, self.right + other.right, ranking)

    @property
    def figures(self) -> Familiar:
        """Accuracy and AUC."""
        return Familiar(accuracy=self.right / self.weight, auc=None if self.ranking is None else self.ranking.auc)


def familiar(
    noise: NoiseModel, objective: Objective, theta: Array, rows: Execution, unit: float, *, precision: bool = False,
) -> Familiar:
    """The figures of the model at `theta` on these rows; `unit` is that of the encoded response.

    With weights that are precisions R2 is that of weighted squares, and the root mean square error that of a row of weight 1.
    """

    coef, free = objective.split(theta)

    def errors(chunk: Chunk) -> Errors:
        weight = np.ones(chunk.rows) if chunk.weight is None else chunk.weight
        expected = noise.among(chunk.trials).expected(objective.mean.eta(coef, chunk), free)
        return Errors.of(chunk.y, expected, weight, chunk.rows if precision else None)

    def hits(chunk: Chunk) -> Hits:
        eta = objective.mean.eta(coef, chunk)
        return Hits.of(chunk.y, noise.probabilities(eta, free), eta, chunk.weight)

    return rows.sum(hits).figures if noise.response.reads_levels else rows.sum(errors).figures(unit)
