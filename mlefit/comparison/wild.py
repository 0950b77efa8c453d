"""Wild: one row, or a few, that make every model fail, named with what fits the others.

Where no model fits, the rows are looked for that lie where hardly any of so many would under one of them, the best first: of n
rows at most n p are as far out on that side, p the probability of one. At most MOST are; more are a law, not mistakes. Every
model is then fitted to the others. If the smooth test does not reject the best of them there, and these rows are APART times as
far from what it predicts as any of the others, they alone speak against all: of heavy tails one is not so far from the next.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.comparison.adequacy import one_by_one, smooth_test
from mlefit.comparison.admitted import moved
from mlefit.comparison.contest import Fit
from mlefit.comparison.costs import rows_of
from mlefit.comparison.drawn import refitted
from mlefit.comparison.levels import judged_rows, of_levels
from mlefit.comparison.rule import REJECTED
from mlefit.execution import Engine
from mlefit.objective import Objective
from mlefit.pipeline.fitted import Fitted
from mlefit.problem.problem import Problem
from mlefit.report.comparison import Adequacy, Wild
from mlefit.rows.chunk import Chunk, choose

EXPECTED = 0.01     # rows as far out, of so many, below which one that lies there is looked at
MOST = 3
APART = 5.0


class Far(NamedTuple):
    """The rows that are far out, in the order of the file, counted from 0, and their responses."""

    rows: tuple[int, ...]
    values: tuple[float, ...]

    def __add__(self, other: "Far") -> "Far":  # type: ignore[override]
        return Far(self.rows + other.rows, self.values + other.values)


def wild(ranked: list[Fit], seed: int, draws: int) -> Wild | None:
    """The rows without which a model is not rejected; None where there are none, or not so few."""
    usual = [fit for fit in ranked if fit.found is not None and fit.celled is None]
    if not usual or usual[0].noise.response.reads_levels or any(fit.found and fit.found.curved for fit in usual):
        return None
    tried = set[tuple[int, ...]]()
    for fit in usual:
        assert fit.found is not None
        look = _Look.of(fit.found)
        far = rows_of(fit.found.problem).sum(look.far)
        if 0 < len(far.rows) <= MOST and far.rows not in tried:
            tried.add(far.rows)
            held = _holding(usual, look, far, seed, draws)
            if held is not None:
                return _told(fit.found.problem, far, held)
    return None


def _holding(usual: list[Fit], look: "_Look", far: Far, seed: int, draws: int) -> Adequacy | None:
    """The smooth test of the best model of the other rows, if it does not reject it and those far out are apart from them.

    Beside a factor without columns these are all rows of some levels, with those of the rows that are far out among them.
    """
    beyond, fitted = look.beyond(judged_rows(look.found.problem, far.rows)), []
    kept = np.flatnonzero(~beyond)
    for fit in usual:
        assert fit.found is not None
        if fit.found.problem.prepared.predictors.uncolumned == look.found.problem.prepared.predictors.uncolumned:
            own, rows = of_levels(fit.found, judged_rows(fit.found.problem, far.rows))      # the same, with its columns
            known = _fitted(own, choose(rows, kept))
            fitted += [] if known is None else [(*known, rows, fit.entry.label)]
    if not fitted:
        return None
    _, found, rows, label = min(fitted, key=lambda one: one[0])
    if rows.level is not None:
        apart = Distances.of(_away(found, rows), beyond).apart
    else:
        apart = rows_of(found.problem).sum(lambda chunk: _distances(found, far, chunk)).apart
    test = smooth_test(found, one_by_one(choose(rows, kept)), label, seed, draws) if apart else None
    return test if test is not None and test.p_value > REJECTED else None


class Distances(NamedTuple):
    """From the predicted middle: the least of the rows that are far out, and the largest of all others."""

    far: float
    others: float

    def __add__(self, other: "Distances") -> "Distances":  # type: ignore[override]
        return Distances(min(self.far, other.far), max(self.others, other.others))

    @classmethod
    def of(cls, away: Array, there: Mask) -> "Distances":
        """Of rows so far away (n,), of which some are those."""
        return cls(float(away[there].min(initial=np.inf)), float(away[~there].max(initial=0.0)))

    @property
    def apart(self) -> bool:
        """Whether nothing lies between."""
        return self.far > APART * self.others


def _distances(found: Fitted, far: Far, chunk: Chunk) -> Distances:
    return Distances.of(_away(found, chunk), np.isin(chunk.first_row + np.arange(chunk.rows), far.rows))


def _away(found: Fitted, chunk: Chunk) -> Array:
    """How far (n,) rows are from what is predicted."""
    coef, free = found.objective.split(found.fit.mle.theta)
    law, eta = found.fit.noise.among(chunk.trials), found.objective.mean.eta(coef, chunk)
    return np.abs(chunk.y - law.quantile(np.full(chunk.rows, 0.5), eta, free))


def _told(problem: Problem, far: Far, held: Adequacy) -> Wild:
    units, ledger = problem.units, problem.prepared.ledger
    whole = ledger.read == ledger.used and problem.request.holdout is None
    values = None if moved(problem) else tuple(y * units.y_scale + units.y_centre for y in far.values)
    return Wild(tuple(row + 1 for row in far.rows), whole, problem.prepared.observed.label, values, held.model, held.p_value)


class _Look(NamedTuple):
    """A fitted law on rows, and the log probability below which a row is far out on its side."""

    found: Fitted
    objective: Objective
    least: float

    @classmethod
    def of(cls, found: Fitted) -> "_Look":
        """Of so many rows."""
        return cls(found, found.objective, float(np.log(EXPECTED / (2.0 * found.problem.n))))

    def far(self, chunk: Chunk) -> Far:
        """The rows of a chunk that are."""
        places = np.flatnonzero(self.beyond(chunk))
        return Far(tuple((chunk.first_row + places).tolist()), tuple(chunk.y[places].tolist()))

    def beyond(self, chunk: Chunk) -> Mask:
        """Whether rows lie where one at least as far out is too rare (n,)."""
        coef, free = self.objective.split(self.found.fit.mle.theta)
        law, eta = self.found.fit.noise.among(chunk.trials), self.objective.mean.eta(coef, chunk)
        tail = np.minimum(law.log_cdf(chunk.y, eta, free), law.log_sf(law.below(chunk.y), eta, free))
        return np.asarray(tail < self.least)


def _fitted(found: Fitted, others: Chunk) -> tuple[float, Fitted] | None:
    """AIC on the other rows, and the fit to them; None where there is none."""
    theta = refitted(found, others)
    if theta is None:
        return None
    weight = others.rows if others.weight is None else float(others.weight.sum())
    value = float(Engine.of(others).sum(lambda chunk: found.objective.tally(theta, chunk, 0)).value)
    aic = 2.0 * (value + weight * found.problem.log_density + found.problem.n_params)
    return aic, found._replace(fit=found.fit._replace(mle=replace(found.fit.mle, theta=theta)))
