"""Searches that a subsample begins: the same optimum, proven the same way, in few passes over the rows."""

from typing import NamedTuple

import numpy as np
import pytest
from curvature_cases import elements
from model_cases import law_of, name_of

from mlefit.arrays import Array
from mlefit.criterion import implied_loss
from mlefit.estimation import routes
from mlefit.estimation.fit import fit_both
from mlefit.estimation.memo import Memo
from mlefit.estimation.optimize import first_order_guided
from mlefit.estimation.outcome import Outcome
from mlefit.estimation.polish import EXACT, STEADY, Optimum
from mlefit.execution import Engine
from mlefit.mean import Coordinates, LinearMean
from mlefit.noise import MODELS
from mlefit.noise.bernoulli import Bernoulli
from mlefit.noise.model import NoiseModel
from mlefit.objective import Objective
from mlefit.rows.chunk import Chunk
from mlefit.sums.curvature import Curvature
from mlefit.sums.tally import Tally
from mlefit.sums.triangle import Triangle

pytestmark = pytest.mark.slow     # searches over 20,000 rows, again and again

ROWS, SAMPLED = 20_000, 5_000
FEW = 9             # passes: a start, three or four steps, one or two Hessians, and the polish to rounding, which may take one more
SAME = 1e-9         # standard errors
DISCRETE = [law for law in map(law_of, MODELS.values()) if law.response.reads_levels and not law.shapes]
every_discrete_model = pytest.mark.parametrize("noise", DISCRETE, ids=name_of)


class Rows(NamedTuple):
    mean: LinearMean
    everything: Engine
    sample: Engine


def rows(noise: NoiseModel, seed: int, lie: float = 1.0) -> Rows:
    """Rows of a true model, and the first of them as a sample, whose predictors are multiplied by `lie`."""
    rng = np.random.default_rng(seed)
    x = np.stack([np.ones(ROWS), *rng.normal(size=(3, ROWS))]).T
    eta = x @ rng.normal(0.0, 0.6, (4, len(noise.predictors)))
    y = noise.draw(rng, eta, np.empty(0))
    mean = LinearMean(Coordinates(Triangle.of(x).r / np.sqrt(ROWS), (0, 1, 2, 3)), len(noise.predictors))
    sample = x[:SAMPLED].copy()
    sample[:, 1:] *= lie
    return Rows(mean, Engine.of(Chunk(y, x)), Engine.of(Chunk(y[:SAMPLED], sample)))


def in_standard_errors(one: Optimum, other: Array) -> float:
    return float(np.sqrt(one.curvature.square(one.theta - other)))


@every_discrete_model
@pytest.mark.parametrize("seed", range(3))
def test_both_routes_find_the_optimum_of_all_rows_in_few_passes(noise: NoiseModel, seed: int) -> None:
    data = rows(noise, seed)
    for route, same_hessian in ((routes.maximum_likelihood, EXACT), (routes.least_loss, STEADY)):
        alone = route(noise, data.mean, data.everything)
        begun = route(noise, data.mean, data.everything, data.sample)
        assert begun.outcome is Outcome.CERTIFIED
        assert in_standard_errors(alone, begun.theta) <= SAME
        mine, theirs = elements(begun.curvature), elements(alone.curvature)
        assert np.abs(mine - theirs).max() <= same_hessian * np.abs(theirs).max()
        assert begun.evaluations <= FEW
        assert 1 <= begun.iterations < begun.evaluations


@every_discrete_model
def test_the_hessian_of_all_rows_is_taken_once_and_for_standard_errors_twice(noise: NoiseModel, monkeypatch: pytest.MonkeyPatch) -> None:
    data, original, bent = rows(noise, 4), Objective.tally, 0
    sampled = data.sample.store.parts[0].load().x

    def counted(self: Objective, theta: Array, chunk: Chunk, order: int) -> Tally:
        nonlocal bent
        if order == 2 and not np.shares_memory(chunk.x, sampled):
            bent += chunk.rows
        return original(self, theta, chunk, order)

    monkeypatch.setattr(Objective, "tally", counted)
    for route, times in ((routes.maximum_likelihood, 2), (routes.least_loss, 1)):
        bent = 0
        route(noise, data.mean, data.everything, data.sample)
        assert bent == times * ROWS


@every_discrete_model
@pytest.mark.parametrize("rate", [0.0, -5.0])
def test_standard_errors_are_those_of_the_optimum_where_single_rows_weigh_much(noise: NoiseModel, rate: float) -> None:
    """Heavy tails: a step of a small part of a standard error moves the predictors of some rows, and so the Hessian."""
    rng = np.random.default_rng(6)
    x = np.stack([np.ones(ROWS), np.clip(rng.standard_cauchy(ROWS), -1e3, 1e3)]).T
    y = noise.draw(rng, np.repeat(rate + 0.01 * x[:, 1:], len(noise.predictors), axis=1), np.empty(0))
    mean = LinearMean(Coordinates(Triangle.of(x).r / np.sqrt(ROWS), (0, 1)), len(noise.predictors))
    everything, sample = Engine.of(Chunk(y, x)), Engine.of(Chunk(y[:SAMPLED], x[:SAMPLED]))
    alone = routes.maximum_likelihood(noise, mean, everything)
    begun = routes.maximum_likelihood(noise, mean, everything, sample)
    errors = [np.linalg.norm(found.curvature.root(np.eye(mean.size)), axis=1) for found in (alone, begun)]
    assert np.abs(errors[1] / errors[0] - 1.0).max() <= EXACT


@every_discrete_model
@pytest.mark.parametrize("lie", [0.2, -1.0, 5.0, 1e3])
def test_a_sample_that_misleads_costs_passes_and_nothing_else(noise: NoiseModel, lie: float) -> None:
    data = rows(noise, 1, lie)
    honest = fit_both(noise, data.mean, data.everything)
    misled = fit_both(noise, data.mean, data.everything, data.sample)
    for one, other in ((honest.mle, misled.mle), (honest.loss, misled.loss)):
        assert other.outcome is Outcome.CERTIFIED
        assert in_standard_errors(one, other.theta) <= SAME


def test_a_sample_without_the_rows_that_weigh_most_soon_gives_way() -> None:
    """Five rows 3e4 standard deviations out, in each of twenty columns: nearly all of the curvature is theirs."""
    noise, rng = Bernoulli(), np.random.default_rng(8)
    x = np.concatenate([np.ones((1, ROWS)), rng.normal(size=(20, ROWS))]).T
    for column in x.T[1:]:
        column[rng.integers(SAMPLED, ROWS, 5)] *= 3e4
    y = noise.draw(rng, np.clip(0.3 * x.sum(axis=1, keepdims=True), -3.0, 3.0), np.empty(0))
    mean = LinearMean(Coordinates(Triangle.of(x).r / np.sqrt(ROWS), tuple(range(21))), 1)
    everything, sample = Engine.of(Chunk(y, x)), Engine.of(Chunk(y[:SAMPLED], x[:SAMPLED]))
    alone, begun = (routes.least_loss(noise, mean, everything, guide) for guide in (None, sample))
    assert begun.outcome is Outcome.CERTIFIED
    assert in_standard_errors(alone, begun.theta) <= SAME
    assert begun.evaluations <= alone.evaluations / 3


@every_discrete_model
def test_where_the_curvature_is_no_metric_the_search_stays_where_it_is(noise: NoiseModel) -> None:
    """Far out every probability is 0 or 1, and the Hessian is zero."""
    data = rows(noise, 6)
    memo = Memo(Objective(implied_loss(noise), data.mean, 0), data.everything, order=1)
    start = np.full(data.mean.size, 1e6)
    reached, steps = first_order_guided(memo, start, memo, 1.0)
    assert (reached is start, steps) == (True, 0)


@every_discrete_model
def test_a_curvature_that_hides_the_distance_to_the_optimum_is_found_out(
    noise: NoiseModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A million times too large, it makes every EDM a million times too small, and the search stops where it began."""
    data, original = rows(noise, 5), Memo.curvature

    def inflated(self: Memo, theta: Array) -> Curvature:
        return original(self, theta) * (1e6 if self.execution is data.sample and self.order == 2 else 1.0)

    alone = routes.least_loss(noise, data.mean, data.everything)
    guided = routes.least_loss(noise, data.mean, data.everything, data.sample)
    monkeypatch.setattr(Memo, "curvature", inflated)
    found = routes.least_loss(noise, data.mean, data.everything, data.sample)
    assert found.outcome is Outcome.CERTIFIED
    assert in_standard_errors(alone, found.theta) <= SAME
    assert found.evaluations > guided.evaluations


@every_discrete_model
@pytest.mark.parametrize("rare", [1, 3, 20])
def test_a_sample_that_holds_all_of_a_rare_class_misleads_as_little(noise: NoiseModel, rare: int) -> None:
    """Its curvature is as many times too large as the class is too frequent, and an EDM in its metric as much too small."""
    y = np.arange(200.0 * ROWS) % len(noise.predictors)
    y[:rare] = len(noise.predictors)
    everything, sample = (Chunk(part, np.ones((part.size, 1))) for part in (y, y[:SAMPLED]))
    mean = LinearMean(Coordinates.orthonormal(1), len(noise.predictors))
    found = fit_both(noise, mean, Engine.of(everything, threads=2), Engine.of(sample))
    counts = np.bincount(y.astype(int))
    expected = np.log(counts[1:] / counts[0])
    for optimum in (found.mle, found.loss):
        assert optimum.outcome is Outcome.CERTIFIED
        assert np.abs(optimum.theta - expected).max() <= SAME / np.sqrt(rare)


@every_discrete_model
def test_a_sample_that_is_everything_leaves_nothing_to_search(noise: NoiseModel) -> None:
    data = rows(noise, 2)
    for route in (routes.maximum_likelihood, routes.least_loss):
        found = route(noise, data.mean, data.everything, data.everything)
        assert found.outcome is Outcome.CERTIFIED
        assert found.evaluations <= FEW


@every_discrete_model
def test_a_separated_sample_is_left_aside(noise: NoiseModel) -> None:
    data = rows(noise, 3)
    sample = data.sample.store.parts[0].load()
    lone = Engine.of(Chunk(np.where(sample.x[:, 1] > 0.0, 1.0, 0.0), sample.x))
    for route in (routes.maximum_likelihood, routes.least_loss):
        assert np.array_equal(
            route(noise, data.mean, data.everything, lone).theta, route(noise, data.mean, data.everything).theta)
