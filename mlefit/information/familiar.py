"""The figures a fit is known by: root mean square error and R2 of numbers, accuracy and AUC of classes.

    R2    1 - sum w (y - E y)^2 / sum w (y - mean)^2, the mean being that of the rows judged
    AUC   P(score of a row of the second class > that of one of the first), equal scores counting one half

They are sums over rows: squares, hits, and for AUC the scores themselves. AUC is for two classes; with more there are several
figures of that name (one against the rest, every pair), and none of them is given.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.execution import Execution
from mlefit.noise.model import NoiseModel
from mlefit.objective import Objective
from mlefit.rows.chunk import Chunk

MOST_SCORES = 1 << 20   # kept as they are; beyond, to MANTISSA bits, so that memory ends, and AUC is right to 1e-6
MANTISSA = 14


class Familiar(NamedTuple):
    """None where a figure does not exist: for the other kind of response, of a constant response, of one class."""

    rmse: float | None = None
    r_squared: float | None = None
    accuracy: float | None = None
    auc: float | None = None


@dataclass(frozen=True, slots=True)
class Errors:
    """Weight and mean of numbers, the sum of their squares about that mean, and of the squared errors of their prediction."""

    weight: float
    mean: float
    about_mean: float
    error: float

    @classmethod
    def of(cls, y: Array, predicted: Array, weight: Array) -> "Errors":
        """Those of rows (n,)."""
        total = float(weight.sum())
        mean = float(weight @ y) / total
        return cls(total, mean, float(weight @ np.square(y - mean)), float(weight @ np.square(y - predicted)))

    def __add__(self, other: "Errors") -> "Errors":
        weight, apart = self.weight + other.weight, other.mean - self.mean
        share = other.weight / weight
        about_mean = self.about_mean + other.about_mean + self.weight * share * apart**2
        return Errors(weight, self.mean + share * apart, about_mean, self.error + other.error)

    def figures(self, unit: float) -> Familiar:
        """In natural units, of which the encoded response has `unit` in one."""
        squared = 1.0 - self.error / self.about_mean if self.about_mean > 0.0 else None
        return Familiar(rmse=unit * float(np.sqrt(self.error / self.weight)), r_squared=squared)


@dataclass(frozen=True, slots=True)
class Ranking:
    """Weights of rows of the first and of the second class by `score` (k,), in any order, a score once or several times."""

    score: Array
    first: Array
    second: Array
    coarse: bool = False

    def __add__(self, other: "Ranking") -> "Ranking":
        both = Ranking(
            np.concatenate([self.score, other.score]), np.concatenate([self.first, other.first]),
            np.concatenate([self.second, other.second]),
        )
        return both._coarsened() if self.coarse or other.coarse or both.score.size > MOST_SCORES else both

    def _coarsened(self) -> "Ranking":
        fraction, power = np.frexp(self.score)
        score = np.ldexp(np.rint(np.ldexp(fraction, MANTISSA)), power - MANTISSA)
        return Ranking(*Ranking(score, self.first, self.second)._by_score(), coarse=True)

    def _by_score(self) -> tuple[Array, Array, Array]:
        """Each score once, in ascending order, with its weights."""
        order = np.argsort(self.score)
        score = self.score[order]
        new = np.flatnonzero(np.concatenate([[True], score[1:] != score[:-1]]))
        return score[new], np.add.reduceat(self.first[order], new), np.add.reduceat(self.second[order], new)

    @property
    def auc(self) -> float | None:
        """The area under the curve; None where a class has no row."""
        _, first, second = self._by_score()
        pairs = float(first.sum()) * float(second.sum())
        below = np.cumsum(first) - 0.5 * first
        return float(second @ below) / pairs if pairs > 0.0 else None


@dataclass(frozen=True, slots=True)
class Hits:
    """Weight of rows, of those whose likeliest class is theirs, and their ranking where there are two classes."""

    weight: float
    right: float
    ranking: Ranking | None

    @classmethod
    def of(cls, y: Array, probabilities: Array, eta: Array, weight: Array) -> "Hits":
        """Those of rows with these probabilities (K, n) of their classes and predictors (n, m)."""
        right = float(weight[probabilities.argmax(axis=0) == y].sum())
        two = len(probabilities) == 2
        ranking = Ranking(eta[:, 0], weight * (y == 0.0), weight * (y == 1.0)) if two else None
        return cls(float(weight.sum()), right, ranking)

    def __add__(self, other: "Hits") -> "Hits":
        ranking = None
        if self.ranking is not None and other.ranking is not None:
            ranking = self.ranking + other.ranking
        return Hits(self.weight + other.weight, self.right + other.right, ranking)

    @property
    def figures(self) -> Familiar:
        """Accuracy and AUC."""
        return Familiar(accuracy=self.right / self.weight, auc=None if self.ranking is None else self.ranking.auc)


def familiar(noise: NoiseModel, objective: Objective, theta: Array, rows: Execution, unit: float) -> Familiar:
    """The figures of the model at `theta` on these rows; `unit` is that of the encoded response."""

    def predicted(chunk: Chunk) -> tuple[Array, Array, Array]:
        coef, free = objective.split(theta)
        return objective.mean.eta(coef, chunk), free, np.ones(chunk.rows) if chunk.weight is None else chunk.weight

    def errors(chunk: Chunk) -> Errors:
        eta, free, weight = predicted(chunk)
        return Errors.of(chunk.y, noise.expected(eta, free), weight)

    def hits(chunk: Chunk) -> Hits:
        eta, free, weight = predicted(chunk)
        return Hits.of(chunk.y, noise.probabilities(eta, free), eta, weight)

    return rows.sum(hits).figures if noise.response.reads_levels else rows.sum(errors).figures(unit)
