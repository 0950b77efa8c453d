"""Drawn: data of a fitted law on its rows, refitted, and what the smooth test is made of there."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.comparison.celled import Celled
from mlefit.comparison.smooth import Directions, Sums, sums
from mlefit.estimation.certificate import distance
from mlefit.estimation.memo import Memo
from mlefit.estimation.outcome import Outcome
from mlefit.estimation.routes import maximum_likelihood
from mlefit.execution import Engine
from mlefit.existence.by_level import outcomes_by_level
from mlefit.noise.model import NoiseModel
from mlefit.pipeline.fitted import Fitted
from mlefit.rows.chunk import Chunk

NEWTON_STEPS = 12
NEAR = 1e-5         # nats in total, from which a last step leads to the optimum as closely as a statistic can tell
FAR = 2.0           # in the log of a shape: a Newton step on a flat that knows no bounds
AGAIN = 50          # times that levels are drawn until they have a maximum


def drawn(
    found: Fitted, chunk: Chunk, directions: Directions, seed: int, draws: int, celled: Celled | None
) -> Iterator[Sums]:
    """The sums of draws from the law that have a maximum, as the data have: a level without one is drawn again."""
    noise, objective = found.fit.noise, found.objective
    coef, free = objective.split(found.fit.mle.theta if celled is None else celled.theta)
    law = noise.among(chunk.trials)
    eta: Array = objective.mean.eta(coef, chunk)
    for index in range(draws):
        rng = np.random.default_rng([seed, index])
        rows = replace(chunk, y=law.draw(rng, eta, free))
        if celled is not None:
            rows = replace(rows, y=celled.lattice.rounded(rows.y))
        for _ in range(AGAIN):
            lacking = _lacking(noise, rows)
            if lacking is None:
                break
            rows = replace(rows, y=np.where(lacking, law.draw(rng, eta, free), rows.y))
        there = refitted(found, rows)
        if there is not None:
            yield sums(noise, objective, there, rows, directions)


def _lacking(noise: NoiseModel, rows: Chunk) -> Mask | None:
    """The rows (n,) whose level has no maximum; None where there are none."""
    if rows.level is None or not noise.separable:
        return None
    counts = outcomes_by_level(noise, Engine.of(rows), int(rows.level.max()) + 1)
    lacking = np.asarray(counts.min(axis=1)[rows.level] == 0.0)
    return lacking if lacking.any() else None


def refitted(found: Fitted, drawn: Chunk) -> Array | None:
    """The optimum (P,) of rows like those of the fit, a few Newton steps away, else searched for; None where there is none."""
    noise, rows, theta = found.fit.noise, Engine.of(drawn), found.fit.mle.theta
    if noise.smooth and not noise.corners:
        memo, start = Memo(found.objective, rows, 2), theta
        for _ in range(NEWTON_STEPS):
            value = memo.value(theta)
            try:
                edm, step = distance(memo.gradient(theta), memo.curvature(theta))
            except np.linalg.LinAlgError:
                break
            if drawn.rows * edm <= NEAR:
                return theta + step
            if (np.abs(step[found.mean.size :]) > FAR).any() or not memo.value(theta + step) < value:
                break
            theta = theta + step
        theta = start
    optimum = maximum_likelihood(noise, found.mean, rows, start=theta)
    return optimum.theta if optimum.outcome is Outcome.CERTIFIED else None
