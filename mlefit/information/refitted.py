"""Refitted: a fit to all rows but one, and what that row costs and how it is judged under it."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from mlefit.arrays import Array
from mlefit.estimation.fit import Optima
from mlefit.estimation.memo import Memo
from mlefit.estimation.outcome import Outcome
from mlefit.estimation.polish import EXACT, polish
from mlefit.estimation.routes import maximum_likelihood
from mlefit.execution import Execution
from mlefit.execution.engine import M
from mlefit.information.left_out import judged_by
from mlefit.objective import Objective
from mlefit.records import record
from mlefit.rows.chunk import Chunk, choose

NEAR = 2.0      # standard errors: a likelihood that has no maximum falls off over many


@record(frozen=True)
class Without(Execution):
    """All rows but one, or, if that stands for several, but one of these."""

    rows: Execution
    left_out: Chunk

    def sum(self, task: Callable[[Chunk], M]) -> M:
        """The total over the rows left."""
        return self.rows.sum(lambda chunk: task(self._less(chunk)))

    def _less(self, chunk: Chunk) -> Chunk:
        place = self.left_out.first_row - chunk.first_row
        if not 0 <= place < chunk.rows:
            return chunk
        if chunk.weight is None or chunk.weight[place] <= 1.0:
            others = choose(chunk, np.flatnonzero(np.arange(chunk.rows) != place))
            return replace(others, first_row=chunk.first_row)
        weight = chunk.weight.copy()
        weight[place] -= 1.0
        return replace(chunk, weight=weight)


def refitted(fit: Optima, objective: Objective, rows: Execution, row: Chunk, *, few: bool = False) -> tuple[float, float] | None:
    """How much dearer a row is, and what is judged of it, times its weight, in a refit without it.

    None where that has no maximum, NaN if it did not end.
    """
    noise, mean, others = fit.noise, fit.mean, Without(rows, row)
    near = _near(fit, others) if few else None
    if near is not None:
        return _dearer(fit, objective, row, near)
    found = maximum_likelihood(noise, mean, others, start=fit.mle.theta)
    if noise.separable and found.certificate.reach >= noise.proof:
        from mlefit.existence.separation import Undecided, separate
        from mlefit.existence.splits import stated

        try:
            separated = (stated(noise, mean, others, found.theta).separation() if noise.cuts
                         else separate(noise, mean, others, found.theta[: mean.size]))
            if separated is not None:
                return None
        except Undecided:
            return float("nan"), float("nan")
    if found.outcome is not Outcome.CERTIFIED:
        return float("nan"), float("nan")

    return _dearer(fit, objective, row, found.theta)


def _dearer(fit: Optima, objective: Objective, row: Chunk, theta: Array) -> tuple[float, float]:
    """How much dearer a row is at theta than in the fit, and what is judged of it, times its weight."""

    def told(theta: Array) -> Array:
        coef, free = objective.split(theta)
        eta = fit.mean.eta(coef, row)
        judged = judged_by(fit.noise.among(row.trials), row.y, eta, free)
        return np.array([objective.criterion(row, eta, free, 0).value[0], judged[0]])

    weight = 1.0 if row.weight is None else float(row.weight[0])
    dearer, judged = (weight * (told(theta) - told(fit.mle.theta))).tolist()
    return dearer, judged


def _near(fit: Optima, others: Execution) -> Array | None:
    """The maximum without a row, where Newton steps from that with it prove one within NEAR standard errors."""
    if fit.noise.corners:
        return None
    end = polish(Memo(Objective.likelihood(fit.noise, fit.mean), others, 2), fit.mle.theta, steady=EXACT)
    moved = end.theta - fit.mle.theta
    return end.theta if end.outcome is Outcome.CERTIFIED and float(moved @ fit.mle.curvature.times(moved)) <= NEAR**2 else None
