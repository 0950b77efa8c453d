"""KL of classes: saturated is 0, patterns give the deviance, unique rows a bound from a richer design."""

from dataclasses import replace

import numpy as np
import pytest
from information_cases import bernoulli, categorical, evidence, fitted, sample_of
from scipy.special import expit, log_expit

import mlefit
from mlefit.arrays import Array
from mlefit.information.patterns import group, tabulate
from mlefit.noise.bernoulli import Bernoulli
from mlefit.noise.categorical import Categorical


def coin(rng: np.random.Generator, eta: Array) -> Array:
    return (rng.random(eta.size) < 1 / (1 + np.exp(-eta))).astype(np.float64)


def best_logit_divergence(truth: Array, x: Array, mass: Array) -> float:
    """KL* of the linear logit nearest to the truth, on nodes of a quadrature with weights `mass`."""
    design = np.column_stack([np.ones(truth.size), x])
    p, not_p = expit(truth), expit(-truth)
    y, weight = np.repeat([0.0, 1.0], truth.size), np.concatenate([mass * not_p, mass * p])
    _, _, cross_entropy = fitted(Bernoulli(), y, np.vstack([design, design]), weight)
    return cross_entropy + float(mass @ (p * log_expit(truth) + not_p * log_expit(-truth)))


@pytest.mark.parametrize("classes", [2, 3, 20])
def test_a_saturated_model_cannot_misfit(classes: int) -> None:
    rng = np.random.default_rng(classes)
    y = rng.integers(0, classes, 300).astype(float)
    found = bernoulli(y) if classes == 2 else categorical(y)
    assert found.kl.raw == 0.0
    assert found.kl.misfit == 0.0
    assert found.entropy == found.cross_entropy
    assert found.kl.bound == "saturated"
    assert found.kl.verdict == "saturated: cannot misfit"
    assert found.kl.p_value is None
    assert found.kl.detection_limit is None


def test_one_parameter_per_group_is_saturated_too() -> None:
    rng = np.random.default_rng(1)
    group_of = rng.integers(0, 3, 200)
    dummies = (group_of[:, None] == np.array([1, 2])).astype(float)
    assert bernoulli(coin(rng, group_of - 1.0), dummies).kl.bound == "saturated"


def test_patterns_give_the_deviance() -> None:
    rng = np.random.default_rng(2)
    x = rng.integers(0, 8, 400) / 4.0
    y = coin(rng, x - 1 + 0.8 * (x - 1) ** 2)
    found = bernoulli(y, x[:, None])
    eta = sample_of(Bernoulli(), y, x[:, None]).eta[:, 0]
    deviance = 0.0
    for value in np.unique(x):
        here = x == value
        n, ones, p = here.sum(), y[here].sum(), 1 / (1 + np.exp(-eta[here][0]))
        for count, expected in ((ones, n * p), (n - ones, n * (1 - p))):
            deviance += 2 * count * np.log(count / expected) if count else 0.0
    assert 2 * 400 * found.kl.raw == pytest.approx(deviance, abs=1e-9)
    assert abs(found.entropy + found.kl.raw - found.cross_entropy) < 1e-12
    assert found.entropy_method == "frequencies in 8 predictor patterns"
    assert found.kl.bound == "estimate"
    assert 0 <= found.kl.raw <= found.kl.upper == found.cross_entropy


def test_pattern_misfit_is_seen_and_truth_is_not() -> None:
    rng = np.random.default_rng(3)
    x = rng.integers(0, 10, 3000) / 5.0 - 1
    true, bent = bernoulli(coin(rng, x), x[:, None]), bernoulli(coin(rng, x + 2 * x**2), x[:, None])
    assert true.kl.verdict == "no misfit detected"
    assert bent.kl.null is not None
    assert bent.kl.null.exceeded
    assert bent.kl.verdict_p_value == 1 / (bent.kl.null.draws + 1)
    assert bent.kl.verdict.startswith("misfit, ")


def test_weighted_patterns_are_the_rows_repeated() -> None:
    rng = np.random.default_rng(4)
    x = rng.integers(0, 6, 500) / 3.0
    y = coin(rng, x - 1)
    cells, counts = np.unique(np.column_stack([x, y]), axis=0, return_counts=True)
    weighted = bernoulli(cells[:, 1], cells[:, :1], weight=counts.astype(float), draws=49)
    repeated = bernoulli(np.repeat(cells[:, 1], counts), np.repeat(cells[:, :1], counts, axis=0), draws=49)
    assert weighted.kl.raw == pytest.approx(repeated.kl.raw, abs=1e-10)
    assert weighted.kl.verdict_p_value == repeated.kl.verdict_p_value
    assert weighted.kl.n_used == 500


def test_missing_square_and_missing_interaction_are_bounded_from_below() -> None:
    nodes, mass = np.polynomial.hermite_e.hermegauss(60)
    mass = mass / mass.sum()
    square = nodes + 0.35 * (nodes**2 - 1)
    known = best_logit_divergence(square, nodes[:, None], mass)
    assert known == pytest.approx(0.014869, abs=1e-6)          # also by a grid of 20,001 nodes
    rng = np.random.default_rng(5)
    x = rng.normal(size=10_000)
    found = bernoulli(coin(rng, x + 0.35 * (x**2 - 1)), x[:, None])
    assert found.kl.bound == "lower"
    assert found.kl.ci_low < known
    assert found.kl.misfit == pytest.approx(known, abs=0.005)
    assert found.kl.ci_high is None
    assert found.kl.verdict == "misfit"                 # a bound has no small size
    assert found.entropy_method == "design with splines"
    assert found.kl.parts == {"structure": found.kl.misfit}

    a, b = (grid.ravel() for grid in np.meshgrid(nodes, nodes))
    both = np.outer(mass, mass).ravel()
    known = best_logit_divergence(a + b + 0.8 * a * b, np.column_stack([a, b]), both)
    x = rng.normal(size=(10_000, 2))
    found = bernoulli(coin(rng, x.sum(axis=1) + 0.8 * x[:, 0] * x[:, 1]), x)
    assert found.kl.ci_low < known
    assert found.kl.misfit == pytest.approx(known, abs=0.008)
    assert found.entropy_method == "design with splines and products"
    assert (found.kl.part, found.kl.advice) == ("structure", ('add the product: -f "y ~ x1 + x2 + x1:x2"',))


@pytest.mark.slow
def test_reference_rejects_true_models_as_often_as_it_says() -> None:
    p = []
    for seed in range(120):
        rng = np.random.default_rng([6, seed])
        x = rng.normal(size=(400, 2))
        p.append(bernoulli(coin(rng, x[:, 0]), x).kl.verdict_p_value)
    assert sum(value <= 0.05 for value in p) <= 15      # binomial(120, 0.05): 6 + 3.7 sd
    assert np.mean(p) > 0.4                             # several looks are paid for, whether or not they agree


def test_classes_against_a_reference_keep_their_level() -> None:
    p = []
    for seed in range(60):
        rng = np.random.default_rng([7, seed])
        x = rng.normal(size=(600, 1))
        y = Categorical().of("abc").draw(rng, np.column_stack([x[:, 0], -0.5 * x[:, 0]]), np.empty(0))
        p.append(categorical(y, x).kl.verdict_p_value)
    assert sum(value <= 0.05 for value in p) <= 9       # binomial(60, 0.05): 3 + 3.5 sd
    assert np.mean(p) > 0.4


def test_no_draws_keep_what_is_not_simulated() -> None:
    rng = np.random.default_rng(8)
    x = rng.integers(0, 5, 300) / 2.0
    found = bernoulli(coin(rng, x - 1), x[:, None], draws=0)
    assert found.kl.raw is not None
    assert found.kl.verdict is None
    assert found.kl.misfit is None
    unique = rng.normal(size=300)
    assert bernoulli(coin(rng, unique), unique[:, None], draws=0).kl.verdict_p_value is not None      # chi-squared


def test_too_few_rows_for_a_reference_are_said() -> None:
    rng = np.random.default_rng(9)
    x = rng.normal(size=(15, 1))
    found = bernoulli(np.arange(15.0) % 2, x)
    assert found.kl.reason == "15 rows are too few (at least 20)"
    assert found.kl.raw is None
    assert found.kl.upper == found.cross_entropy


def test_a_model_that_is_not_finite_is_said() -> None:
    sample = sample_of(Bernoulli(), np.arange(40.0) % 2)
    found = evidence(replace(sample, eta=np.full((40, 1), np.inf)))
    assert found.kl.reason == "the fitted model is not finite"


def test_a_part_of_the_rows_is_refitted() -> None:
    rng = np.random.default_rng(10)
    x = rng.integers(0, 6, 1000) / 3.0
    y = coin(rng, x - 1)
    sample = replace(sample_of(Bernoulli(), y, x[:, None]), rows_total=5000, cross_entropy_total=0.7)
    shifted = replace(sample, eta=sample.eta + 0.05)
    found, again = evidence(sample, draws=0), evidence(shifted, draws=0)
    assert again.kl.raw == pytest.approx(found.kl.raw, abs=1e-6)
    assert found.entropy + found.kl.raw == pytest.approx(0.7, abs=1e-12)


def test_offset_alone_makes_patterns() -> None:
    rng = np.random.default_rng(11)
    offset = rng.integers(0, 5, 1500) / 2.0
    found = bernoulli(coin(rng, offset - 1), offset=offset, draws=99)
    assert found.entropy_method == "frequencies in 5 predictor patterns"
    assert found.kl.verdict == "no misfit detected"


def test_group_numbers_equal_rows_and_stops_early() -> None:
    a, b = np.array([0.0, 1, 0, 1, 0]), np.array([2.0, 2, 3, 2, 2])
    pattern = group([a, b], 10)
    assert pattern is not None
    assert len(set(pattern)) == 3
    assert pattern[1] == pattern[3]
    assert pattern[0] == pattern[4] != pattern[2]
    assert group([np.arange(10.0)], 5) is None
    table = tabulate(pattern, np.array([0.0, 1, 1, 0, 0]), np.array([1.0, 2, 0, 1, 4]), 2)
    assert table.number == 2
    assert sorted(table.totals) == [3.0, 5.0]


@pytest.mark.slow
def test_rows_of_a_steep_design_fall_into_the_patterns_that_the_user_sees() -> None:
    """A rare baseline makes the design steep, and the fit work on whitened columns, whose rounding depends on the row."""
    rng = np.random.default_rng(0)
    n = 9_999
    g = rng.integers(1, 20, n)
    rare = rng.choice(n, 3, replace=False)
    g[rare] = 0
    h = rng.integers(0, 4, n)
    y = (rng.random(n) < 0.4 + 0.05 * h).astype(int)
    y[rare[:2]] = 0, 1
    data = {"g": [f"level{level:02d}" for level in g], "h": h, "y": y}
    found = mlefit.fit(data, target="y", model="bernoulli", draws=0).to_dict()["information"]
    assert found["entropy_method"] == f"frequencies in {np.unique(4 * g + h).size} predictor patterns"
