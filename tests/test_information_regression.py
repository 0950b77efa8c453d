"""KL of a gaussian with predictors: the chain structure + shape + spread, from below."""

import numpy as np
import pytest
from information_cases import evidence, gaussian, sample_of

from mlefit.information.reference import complement, natural_spline, varying, widen
from mlefit.information.spread import spread_basis, spread_gain
from mlefit.noise.gaussian import Gaussian

N = 10_000


def noise_and_x(seed: int, n: int = N) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=n), rng.normal(size=n)


def test_uneven_spread_is_bounded_from_below() -> None:
    e, x = noise_and_x(1)
    found = gaussian(x + e * np.exp(0.3 * x), x[:, None])
    assert found.kl.bound == "lower"
    assert found.kl.misfit == pytest.approx(0.0795, abs=4 * 0.005)
    assert found.kl.ci_low < 0.09                   # the whole KL is 0.09; the bound must not exceed it
    assert found.kl.parts["spread"] > 0.05
    assert found.kl.verdict == "misfit, moderate"


def test_missing_curve_is_structure() -> None:
    e, x = noise_and_x(2)
    found = gaussian(x + 0.3 * (x**2 - 1) + e, x[:, None])
    known = 0.5 * np.log1p(2 * 0.3**2)           # sigma^2 grows by var(0.3 (x^2 - 1))
    assert found.kl.ci_low < known < found.kl.ci_high
    assert found.kl.parts["structure"] == pytest.approx(known, abs=0.015)
    assert abs(found.kl.parts["shape"]) < 0.005


def test_heavy_errors_are_shape() -> None:
    _, x = noise_and_x(3)
    errors = np.random.default_rng(33).standard_t(5, size=N)
    found = gaussian(x + errors, x[:, None])
    assert found.kl.parts["shape"] == pytest.approx(0.0469, abs=0.02)
    assert abs(found.kl.parts["structure"]) < 0.003
    assert found.kl.verdict_p_value == 0.01


def test_parts_add_up_to_the_misfit_and_the_identity_holds() -> None:
    e, x = noise_and_x(4, 500)
    sample = sample_of(Gaussian(), 3 * x + e, x[:, None])
    found = evidence(sample)
    assert sum(found.kl.parts.values()) == pytest.approx(found.kl.misfit, abs=1e-12)
    assert abs(found.entropy + found.kl.raw - sample.cross_entropy_total) < 1e-12


@pytest.mark.slow
@pytest.mark.parametrize("factor", [1e-100, -0.0254, 1e100])
def test_units_do_not_matter(factor: float) -> None:
    e, x = noise_and_x(5, 300)
    y = 2 * x + e
    one, other = gaussian(y, x[:, None]), gaussian(factor * y - 5 * factor, (100 * x + 3)[:, None])
    if factor > 0:
        assert other.kl.raw == pytest.approx(one.kl.raw, abs=1e-9)
        assert other.kl.verdict_p_value == one.kl.verdict_p_value
    assert other.entropy - other.cross_entropy == pytest.approx(-other.kl.raw, abs=1e-9)
    assert other.kl.raw == pytest.approx(one.kl.raw, abs=1e-7)


@pytest.mark.slow
def test_true_models_are_rejected_as_often_as_said() -> None:
    p = []
    for seed in range(120):
        rng = np.random.default_rng([6, seed])
        x = rng.normal(size=(100, 2))
        p.append(gaussian(x.sum(axis=1) + rng.normal(size=100), x, draws=99).kl.verdict_p_value)
    assert sum(value <= 0.05 for value in p) <= 15      # binomial(120, 0.05): 6 + 3.7 sd
    assert 0.4 < np.mean(p) < 0.6


def test_rounded_responses_are_no_misfit() -> None:
    p = []
    for seed in range(12):
        rng = np.random.default_rng([7, seed])
        x = rng.normal(size=(500, 1))
        found = gaussian(np.round(x[:, 0] + rng.normal(size=500), 1), x, draws=39)
        assert found.kl.resolution == pytest.approx(0.1)
        p.append(found.kl.verdict_p_value)
    assert sorted(p)[1] > 0.05
    assert max(p) > 0.5


def test_weight_is_the_row_repeated() -> None:
    rng = np.random.default_rng(8)
    x, y = rng.integers(0, 9, 400) / 2.0, rng.normal(size=400)
    y = np.round(x + y, 1)
    cells, counts = np.unique(np.column_stack([x, y]), axis=0, return_counts=True)
    weighted = gaussian(cells[:, 1], cells[:, :1], weight=counts.astype(float), draws=39)
    repeated = gaussian(np.repeat(cells[:, 1], counts), np.repeat(cells[:, :1], counts, axis=0), draws=39)
    assert weighted.kl.raw == pytest.approx(repeated.kl.raw, abs=1e-9)
    assert weighted.kl.n_used == 400


def test_at_most_twenty_thousand_rows() -> None:
    rng = np.random.default_rng(9)
    x = rng.normal(size=(100_000, 5))
    sample = sample_of(Gaussian(), x.sum(axis=1) + rng.normal(size=100_000), x)
    found = evidence(sample, draws=19)
    assert found.kl.n_used == 20_000
    assert found.entropy + found.kl.raw == pytest.approx(sample.cross_entropy_total, abs=1e-12)
    assert found.kl.ci_low < 0 < found.kl.ci_high


def test_offset_and_dummies() -> None:
    rng = np.random.default_rng(10)
    offset, g = rng.normal(size=400), rng.integers(0, 2, 400).astype(float)
    found = gaussian(offset + g + rng.normal(size=400), g[:, None], offset=offset)
    assert found.kl.bound == "lower"
    assert found.kl.verdict == "no misfit detected"


def test_too_few_rows_are_said() -> None:
    rng = np.random.default_rng(11)
    assert gaussian(rng.normal(size=15), rng.normal(size=(15, 1))).kl.reason == "15 rows are too few (at least 20)"
    assert gaussian(rng.normal(size=40), rng.normal(size=(40, 24))).kl.reason == "40 rows are too few (at least 50)"


def test_natural_spline_is_linear_outside_its_knots_and_has_three_columns() -> None:
    x = np.linspace(-3, 3, 601)
    columns = natural_spline(x)
    assert len(columns) == 3
    for column in columns:
        assert np.allclose(np.diff(column[x > 2.8], 2), 0.0, atol=1e-9)
        assert np.allclose(column[x < -2.8], 0.0)
    assert len(natural_spline(np.repeat([0.0, 1.0], 50))) == 1


def test_reference_shrinks_until_it_is_affordable() -> None:
    rng = np.random.default_rng(12)
    x = np.column_stack([np.ones(500), rng.normal(size=(500, 2))])
    predictors = varying(x, None)
    labels = [(widen(x, predictors, most).label, widen(x, predictors, most).columns.shape[1]) for most in (7, 6, 5, 1)]
    assert labels == [("splines and products", 7), ("splines", 6), ("squares", 2), ("none", 0)]
    added = widen(x, predictors, 7).columns
    assert np.allclose(x.T @ added, 0.0, atol=1e-9)
    assert np.allclose(added.T @ added / 500, np.eye(7), atol=1e-12)


def test_complement_drops_what_is_already_there() -> None:
    rng = np.random.default_rng(13)
    x = np.column_stack([np.ones(100), rng.normal(size=100)])
    new = rng.normal(size=100)
    assert complement(x, np.column_stack([x[:, 1], new, 2 * new - x[:, 1]])).shape == (100, 1)


def test_spread_gain_is_a_log_ratio_that_finds_the_optimum() -> None:
    from scipy.optimize import minimize

    rng = np.random.default_rng(14)
    x = rng.normal(size=(2000, 1))
    basis = spread_basis(x)
    assert basis is not None
    w = rng.normal(size=2000) * np.exp(0.4 * x[:, 0])
    best = minimize(lambda g: np.mean(basis @ g + w**2 * np.exp(-2 * basis @ g) / 2), np.zeros(basis.shape[1]))
    assert spread_gain(basis, w).mean() == pytest.approx(np.mean(w**2) / 2 - best.fun, abs=2e-6)
    assert spread_basis(x[:30]) is None


@pytest.mark.slow
def test_threads_do_not_matter() -> None:
    import os
    import subprocess
    import sys
    from pathlib import Path

    program = (
        "import sys, numpy as np; sys.path.insert(0, 'tests'); from information_cases import *\n"
        "x = np.random.default_rng(0).normal(size=(20_000, 5))\n"
        "eta = np.zeros((20_000, 1))\n"
        "d = np.column_stack([np.ones(20_000), x])\ns = Sample(Gaussian(), x[:, 0] ** 3, d, d, eta, np.zeros(1), None, None, 7,"
        " False, 20_000, 2.0)\n"
        "print(repr(evidence(s, draws=3)))"
    )
    root = Path(__file__).parents[1]
    said = [
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=root,
            env={**os.environ, "OPENBLAS_NUM_THREADS": threads},
        ).stdout
        for threads in ("1", "2")
    ]
    assert said[0] == said[1]
