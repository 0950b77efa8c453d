"""The contract of a noise model, checked for every model of the registry.

Expectations are sums over the model's own law: all classes of a discrete response; for a density a trapezium rule.
"""

import numpy as np
import pytest
from corner_cases import between_corners
from model_cases import NOISES as PLAIN
from model_cases import SCALED, law, name_of, rows, second, stencil
from scipy.stats import chisquare, kstest

from mlefit.noise.model import Measure, NoiseModel

ROUNDING = 1e-13
NOISES = [*PLAIN, *SCALED]
every_model = pytest.mark.parametrize("noise", NOISES, ids=name_of)
densities = pytest.mark.parametrize("noise", [noise for noise in NOISES if noise.measure is Measure.DENSITY], ids=name_of)
with_shapes = pytest.mark.parametrize("noise", [noise for noise in NOISES if noise.loss_has_shapes], ids=name_of)
separate = pytest.mark.parametrize("noise", [noise for noise in NOISES if not noise.loss_has_shapes], ids=name_of)
masses = pytest.mark.parametrize("noise", [noise for noise in NOISES if noise.measure is Measure.MASS], ids=name_of)


@with_shapes
def test_the_likelihood_is_the_loss_and_what_the_shapes_cost(noise: NoiseModel) -> None:
    y, eta, free = rows(noise, 5, n=200)
    cost = noise.cost(y, free, 2)
    assert cost.d1 is not None
    assert cost.d1.shape == (y.size, free.size)
    assert noise.nll(y, eta, free, 0).value == pytest.approx(noise.loss(y, eta, free, 0).value + cost.value, rel=ROUNDING)
    point = np.tile(free, (y.size, 1))
    slope = stencil(lambda points: noise.cost(y, points[0], 0).value, point)
    bent = stencil(lambda points: noise.cost(y, points[0], 1).d1, point)
    scale = 1.0 + np.abs(cost.value).max()
    assert np.abs(cost.d1 - slope).max() <= 5e-11 * scale
    assert np.abs(second(cost, free.size) - bent).max() <= 5e-11 * scale
    assert noise.affine(free)[0] == 1.0


@every_model
def test_a_curvature_takes_one_direction_for_all_rows_or_one_per_row(noise: NoiseModel) -> None:
    y, eta, free = rows(noise, 3)
    m = len(noise.predictors)
    all_ = m + free.size
    for found, q in ((noise.nll(y, eta, free, 2), all_), (noise.loss(y, eta, free, 2), all_ if noise.loss_has_shapes else m)):
        assert found.curvature is not None
        v = np.random.default_rng(4).normal(0.0, 1.0, q)
        each = found.curvature(np.tile(v, (y.size, 1)))
        assert each.shape == (y.size, q)
        assert np.array_equal(found.curvature(v), each)


@every_model
@pytest.mark.parametrize("order", [0, 1])
def test_the_order_decides_what_is_computed_and_changes_no_value(noise: NoiseModel, order: int) -> None:
    y, eta, free = rows(noise, 5)
    for most, less in (
        (noise.nll(y, eta, free, 2), noise.nll(y, eta, free, order)), (noise.loss(y, eta, free, 2), noise.loss(y, eta, free, order))
    ):
        assert np.array_equal(most.value, less.value)
        assert (less.d1 is None) == (order == 0)


@every_model
def test_probabilities_add_up_to_one(noise: NoiseModel) -> None:
    _, eta, free = rows(noise, 6, n=20)
    for row in eta:
        assert law(noise, row, free)[2].sum() == pytest.approx(1.0, abs=10 * ROUNDING)


@every_model
def test_the_score_has_mean_zero_and_the_information_as_variance(noise: NoiseModel) -> None:
    _, eta, free = rows(noise, 7, n=20)
    for row in eta:
        y, predictors, p = law(noise, row, free)
        found = noise.nll(y, predictors, free, 2)
        assert found.d1 is not None
        outer = np.einsum("s,si,sj->ij", p, found.d1, found.d1)
        information = np.einsum("s,sij->ij", p, second(found, found.d1.shape[1]))
        assert np.abs(p @ found.d1).max() <= 100 * ROUNDING
        assert np.abs(outer - information).max() <= 100 * ROUNDING * max(1.0, float(np.abs(outer).max()))


@every_model
def test_the_moments_of_the_score_are_those_of_the_law(noise: NoiseModel) -> None:
    _, eta, free = rows(noise, 14, n=20)
    m = eta.shape[1]
    directions = np.random.default_rng(15).normal(size=(3, 20, m))
    second_moment, fourth_moment = noise.score_moments(directions, eta, free)
    assert second_moment.shape == fourth_moment.shape == (3, 20)
    for i, row in enumerate(eta):
        y, predictors, p = law(noise, row, free)
        d1 = noise.nll(y, predictors, free, 1).d1
        assert d1 is not None
        along = d1[:, :m] @ directions[:, i].T
        assert second_moment[:, i] == pytest.approx(p @ along**2, rel=1e-10)
        assert fourth_moment[:, i] == pytest.approx(p @ along**4, rel=1e-10)


@separate
@pytest.mark.parametrize("seed", [8, 9])
def test_cross_entropy_is_an_affine_function_of_the_mean_loss(noise: NoiseModel, seed: int) -> None:
    y, eta, free = rows(noise, seed, n=200)
    a, c = noise.affine(free)
    assert a > 0.0
    nll, loss = noise.nll(y, eta, free, 0).value.mean(), noise.loss(y, eta, free, 0).value.mean()
    assert nll == pytest.approx(a * loss + c + noise.base(y).mean(), rel=ROUNDING, abs=ROUNDING)


@separate
def test_implied_shapes_minimise_the_likelihood_criterion(noise: NoiseModel) -> None:
    y, eta, free = rows(noise, 10, n=200)
    shapes = noise.implied_shapes(float(noise.loss(y, eta, free, 0).value.mean()), float(noise.base(y).mean()))
    assert shapes.shape == (len(noise.shapes),)
    found = noise.nll(y, eta, shapes, 2)
    assert found.d1 is not None
    m = len(noise.predictors)
    assert np.abs(found.d1[:, m:].mean(axis=0)).max(initial=0.0) <= ROUNDING
    curved = second(found, m + shapes.size).mean(axis=0)[m:, m:]
    assert (np.linalg.eigvalsh(curved) > 0.0).all()


@densities
def test_the_distribution_function_has_the_density_as_slope(noise: NoiseModel) -> None:
    y, eta, free = rows(noise, 11, n=60)
    for function, sign in ((noise.log_cdf, 1.0), (noise.log_sf, -1.0)):
        slope = stencil(lambda points, f=function: f(y * np.exp(points[:, 0]), eta, free), np.zeros((y.size, 1)))[:, 0]
        expected = sign * y * np.exp(-noise.nll(y, eta, free, 0).value - function(y, eta, free))
        assert slope == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert np.exp(noise.log_cdf(y, eta, free)) + np.exp(noise.log_sf(y, eta, free)) == pytest.approx(1.0, abs=ROUNDING)


@masses
def test_the_distribution_function_adds_up_the_masses(noise: NoiseModel) -> None:
    _, eta, free = rows(noise, 11, n=10)
    for row in eta:
        y, predictors, p = law(noise, row, free)
        assert np.exp(noise.log_cdf(y, predictors, free)) == pytest.approx(np.cumsum(p), abs=10 * ROUNDING)
        assert np.exp(noise.log_sf(y, predictors, free)) == pytest.approx(1.0 - np.cumsum(p), abs=10 * ROUNDING)
        assert np.array_equal(noise.log_cdf(noise.below(y)[:1], predictors[:1], free), [-np.inf])
        assert np.array_equal(noise.log_sf(noise.below(y)[:1], predictors[:1], free), [0.0])


@every_model
def test_quantiles_are_the_least_outcome_that_reaches_the_probability(noise: NoiseModel) -> None:
    _, eta, free = rows(noise, 11, n=200)
    u = np.random.default_rng(20).uniform(0.001, 0.999, 200)
    y = noise.quantile(u, eta, free)
    reached, missed = (np.exp(noise.log_cdf(at, eta, free)) for at in (y, noise.below(y)))
    if noise.measure is Measure.DENSITY:
        assert reached == pytest.approx(u, abs=1e-12)
    else:
        exact = ROUNDING if noise.measure is Measure.MASS else 1e-12
        assert (reached >= u - exact).all()
        assert (missed < u + exact).all()


@every_model
def test_tails_keep_their_relative_precision(noise: NoiseModel) -> None:
    """log F and log(1 - F) far out are no difference from 1: they stay finite where F itself is 0 or 1 in float64."""
    for size in (30.0, 300.0):
        y, eta, free = rows(noise, 12, size=size)
        both = np.stack([noise.log_cdf(y, eta, free), noise.log_sf(y, eta, free)])
        assert not np.isnan(both).any()
        assert (both <= 0.0).all()
        assert (both.max(axis=0) > -1.0).all()


@pytest.mark.parametrize("noise", [noise for noise in NOISES if noise.separable and type(noise).rivals is NoiseModel.rivals
                                   and not noise.cuts], ids=name_of)
def test_a_row_keeps_the_outcomes_that_its_likelihood_lets_grow(noise: NoiseModel) -> None:
    """Along every predictor far enough the likelihood of what is not kept vanishes, of what is kept it does not."""
    y, _, free = rows(noise, 13, n=60)
    kept = noise.outcomes(y)
    assert kept.shape == (len(noise.outcome_names), y.size)
    assert kept.any(axis=0).all()
    for k in range(kept.shape[0]):
        eta = np.zeros((y.size, len(noise.predictors)))
        eta[:, k - 1 if k else slice(None)] = 50.0 if k else -50.0
        alone = kept[k] & (kept.sum(axis=0) == 1)
        assert (noise.nll(y, eta, free, 0).value[alone] < 1e-15).all()
        assert (noise.nll(y, eta, free, 0).value[~alone] > 1.0).all()


@every_model
def test_divergence_is_the_expected_log_ratio(noise: NoiseModel) -> None:
    _, eta, free = rows(noise, 12, n=20)
    _, other, other_free = rows(noise, 13, n=20)
    found = noise.divergence(eta, free, other, other_free)
    assert (found >= 0.0).all()
    for i in range(eta.shape[0]):
        y, predictors, p = law(noise, eta[i], free)
        theirs = noise.nll(y, np.tile(other[i], (y.size, 1)), other_free, 0).value
        expected = p @ (theirs - noise.nll(y, predictors, free, 0).value)
        if not noise.smooth:
            expected = between_corners(noise, eta[i], free, other[i], other_free)
        near = 1e-5 if noise.name == "huber" else 100 * ROUNDING     # the corners of the other law are tested with its own
        assert found[i] == pytest.approx(expected, rel=near, abs=near)


@every_model
def test_the_divergence_of_a_model_from_itself_is_exactly_zero(noise: NoiseModel) -> None:
    for size in (2.0, 700.0):
        _, eta, free = rows(noise, 14, size=size)
        assert np.array_equal(noise.divergence(eta, free, eta.copy(), free.copy()), np.zeros(eta.shape[0]))


@every_model
def test_draws_follow_the_law(noise: NoiseModel) -> None:
    _, eta, free = rows(noise, 16, n=3)
    for row in eta:
        y, _, p = law(noise, row, free)
        drawn = noise.draw(np.random.default_rng(17), np.tile(row, (20_000, 1)), free)
        if noise.measure is Measure.MASS:
            seen, expected = np.bincount(drawn.astype(int), minlength=y.size), drawn.size * p / p.sum()
            rare = expected < 5.0       # together, as the chi-squared law asks for
            together = [np.append(cells[~rare], cells[rare].sum()) for cells in (seen, expected)]
            p_value = chisquare(*(cells[together[1] > 0.0] for cells in together)).pvalue
        else:
            if noise.measure is Measure.MIXED:      # the share of zeros, and what is above
                assert abs((drawn == 0.0).mean() - p[0]) < 4.5 * np.sqrt(p[0] * (1.0 - p[0]) / drawn.size)
                drawn, y, p = drawn[drawn > 0.0], y[1:], p[1:] / p[1:].sum()
            below = np.cumsum(p) - 0.5 * p
            p_value = kstest(drawn, lambda values, at=y, cdf=below: np.interp(values, at, cdf)).pvalue
        assert p_value > 1e-3


@every_model
def test_draws_depend_on_the_generator_alone(noise: NoiseModel) -> None:
    _, eta, free = rows(noise, 18)
    first, second_time = (noise.draw(np.random.default_rng(19), eta, free) for _ in range(2))
    assert np.array_equal(first, second_time)
