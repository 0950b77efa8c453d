"""Drifting: a scale whose predictor runs off without end while the likelihood stays below a bound, so that it has no maximum.

A search ends there, as the slope vanishes; but as the curvature vanishes as fast, the next Newton step would be as long as the last
one. Where that may be so, an optimum counts if a step changes no row's predictors by what proves a maximum elsewhere. By then the
predictor that runs off is the largest of all: the slope is in proportion to its exponential.
"""

from typing import NamedTuple

import numpy as np

from mlefit.errors import NoEstimateError
from mlefit.estimation.fit import Optima
from mlefit.execution import Execution
from mlefit.problem.problem import Problem
from mlefit.problem.refusals import unknown_parameters
from mlefit.rows.chunk import Chunk


class Farthest(NamedTuple):
    """The value of a predictor that is the largest in size, which predictor that is, and its row, counted over those used."""

    value: float
    predictor: int
    row: int

    def __add__(self, other: "Farthest") -> "Farthest":  # type: ignore[override]
        return self if abs(self.value) >= abs(other.value) else other


def drifting(problem: Problem, fit: Optima, rows: Execution) -> NoEstimateError | None:
    """The refusal of an end of both searches that is on its way; None where it is a maximum."""
    noise, mean, mle = fit.noise, fit.mean, fit.mle
    if noise.drifts is None or mle.certificate.reach < noise.proof:
        return None

    def farthest(chunk: Chunk) -> Farthest:
        eta = mean.eta(mle.theta[: mean.size], chunk)
        row, k = divmod(int(np.argmax(np.abs(eta))), eta.shape[1])
        return Farthest(float(eta[row, k]), k, chunk.first_row + row)

    found = rows.sum(farthest)
    name, scale = noise.predictors[found.predictor].name, noise.predictors[found.predictor].kind == "scale"
    which = "falls" if found.value < 0.0 else "grows"
    remedy = ("use fewer predictors of the scale, or none" if scale else
              "leave the scale out: without one the answer says which predictors keep all counts at 0")
    return NoEstimateError(
        f"{name if scale else f'the predictor of the {name}'} {which} without end, most of all at row {found.row + 1} of those "
        f"used: {noise.drifts}",
        remedy, code="zero-width", rows=(found.row + 1,),
        partial=problem.report(unknown_parameters(problem)))
