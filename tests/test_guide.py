"""Designs of many columns: the Hessian at the end of the search on a subsample serves the whole way on all rows."""

import numpy as np
import pytest

from mlefit.estimation import guide, routes
from mlefit.estimation.outcome import Outcome
from mlefit.execution import Engine
from mlefit.inference.carried import Directions
from mlefit.inference.curved import third
from mlefit.mean import Coordinates, LinearMean, jacobian
from mlefit.noise.bernoulli import Bernoulli
from mlefit.objective import Objective
from mlefit.rows.chunk import Chunk
from mlefit.sums.triangle import Triangle

ROWS, SAMPLED, COLUMNS = 6000, 2500, jacobian.WIDE + 6
SAME = 1e-9         # standard errors


def rows() -> tuple[LinearMean, Engine, Engine]:
    rng = np.random.default_rng(5)
    x = np.concatenate([np.ones((1, ROWS)), rng.normal(size=(COLUMNS - 1, ROWS))]).T
    y = (x @ rng.normal(0.0, COLUMNS**-0.5, COLUMNS) + rng.logistic(size=ROWS) > 0.0).astype(float)
    mean = LinearMean(Coordinates(Triangle.of(x).r / np.sqrt(ROWS), tuple(range(COLUMNS))), 1)
    return mean, Engine.of(Chunk(y, x)), Engine.of(Chunk(y[:SAMPLED], x[:SAMPLED].copy()))


def test_both_routes_find_the_optimum_of_all_rows_by_the_hessian_of_a_part() -> None:
    mean, everything, sample = rows()
    for route in (routes.maximum_likelihood, routes.least_loss):
        alone, begun = route(Bernoulli(), mean, everything), route(Bernoulli(), mean, everything, sample)
        assert begun.outcome is Outcome.CERTIFIED
        assert float(np.sqrt(alone.curvature.square(alone.theta - begun.theta))) <= SAME


def test_the_hessian_of_the_part_is_that_where_its_search_ended() -> None:
    mean, _, sample = rows()
    rough = routes.maximum_likelihood(Bernoulli(), mean, sample)
    held = guide.Guide(Objective.likelihood(Bernoulli(), mean), sample, rough)
    there = held.curvature(np.zeros(COLUMNS)).times(rough.theta)
    assert np.array_equal(held.curvature(rough.theta).times(rough.theta), there)
    assert held.evaluations == 0
    exact = held.at(rough.theta, 2)
    assert exact.curvature is not None
    assert np.allclose(there * exact.weight, exact.curvature.times(rough.theta), rtol=1e-9)


def test_third_derivatives_of_many_columns_are_those_of_twice_the_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    mean, everything, _ = rows()
    objective = Objective.likelihood(Bernoulli(), mean)
    best = routes.maximum_likelihood(Bernoulli(), mean, everything)
    directions = Directions.of(best.curvature, mean.natural(best.theta))
    single = third(objective, best.theta, directions, everything)
    monkeypatch.setattr("mlefit.inference.curved.WIDE", COLUMNS + 1)
    double = third(objective, best.theta, directions, everything)
    assert not np.array_equal(single, double)
    assert np.abs(single - double).max() <= 1e-5
    assert np.abs(double).max() > 1e-3
