"""Simulated p-values, the verdict and its words, counts against scipy's G, and the divergence between two routes."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from information_cases import evidence, sample_of
from scipy import stats
from scipy.special import xlogy

from mlefit.information.agreement import route_divergence
from mlefit.information.simulated import LEAST, simulated
from mlefit.information.verdict import ChiSquared, Judged, Terms, code, conclude, simulations, words
from mlefit.noise import MODELS
from mlefit.noise.bernoulli import Bernoulli
from mlefit.noise.gaussian import Gaussian

POISSON = MODELS["poisson"]


def test_raw_kl_of_counts_is_g_over_two_n() -> None:
    y = np.random.default_rng(1).poisson(3, 1000)
    found = evidence(sample_of(POISSON, y))
    values, observed = np.unique(y, return_counts=True)
    expected = 1000 * stats.poisson.pmf(values, y.mean())
    g = stats.power_divergence(
        np.append(observed, 0), np.append(expected, 1000 - expected.sum()), lambda_="log-likelihood"
    ).statistic
    assert 2 * 1000 * found.kl.raw == pytest.approx(float(g), abs=1e-7)
    assert abs(found.entropy + found.kl.raw - found.cross_entropy) < 1e-12
    assert found.kl.verdict == "no misfit detected"


def test_overdispersed_counts_are_measured() -> None:
    y = np.random.default_rng(2).negative_binomial(6, 6 / 9, 10_000)       # mean 3, variance 4.5
    found = evidence(sample_of(POISSON, y))
    assert found.kl.misfit == pytest.approx(0.04508, abs=4 * (found.kl.ci_high - found.kl.ci_low) / 3.92)
    assert found.kl.verdict == "misfit, moderate"
    assert found.kl.null is not None
    assert (found.kl.null.kind, found.kl.null.exceeded) == ("simulated", True)
    assert found.kl.verdict_p_value == 1 / (found.kl.null.draws + 1) == 1 / 400


def test_draws_depend_on_seed_and_index_alone_and_stop_when_ten_have_reached_the_data() -> None:
    met: list[float] = []

    def statistic(rng: np.random.Generator) -> float:
        met.append(float(rng.random()))
        return met[-1] if met[-1] > 0.1 else np.nan

    whole = simulated(statistic, 2.0, 60, 5)
    assert whole is not None
    assert whole.exceeded
    assert whole.values.size < 60               # what does not exist is left out
    assert whole.p == 1 / (whole.values.size + 1)
    first = list(met)
    met.clear()
    soon = simulated(statistic, 0.5, 399, 5)
    assert soon is not None
    assert met == first[: len(met)]
    assert LEAST <= len(met) < 60               # p is settled long before, the mean and the range need the least
    reaching = np.cumsum(soon.values >= 0.5)
    assert soon.p == 10 / (1 + int(np.argmax(reaching == 10)))
    assert simulated(statistic, 0.5, 1, 5) is None
    assert simulated(lambda rng: np.nan, 0.5, 50, 5) is None


def test_sequential_p_values_keep_their_level() -> None:
    rng = np.random.default_rng(3)
    p = np.array([simulated(lambda draw: float(draw.random()), float(rng.random()), 99, seed).p for seed in range(1500)])  # type: ignore[union-attr]
    assert np.mean(p <= 0.05) == pytest.approx(0.05, abs=0.017)
    assert np.mean(p <= 0.5) == pytest.approx(0.5, abs=0.04)


def test_how_many_draws_is_a_fixed_function_of_the_work() -> None:
    assert [simulations(*work, None) for work in ((30, 2), (10_000, 4), (100_000, 30))] == [399, 125, 99]
    assert simulations(30, 2, 7) == 7


def test_chi_squared_is_that_of_scipy() -> None:
    law, n, df = ChiSquared(7, 250), 250, 7
    assert law.mean == df / (2 * n)
    assert law.range(0.95) == pytest.approx(tuple(stats.chi2.ppf([0.025, 0.975], df) / (2 * n)))
    assert law.detection_limit == pytest.approx((stats.chi2.ppf(0.95, df) - df + 1.645 * np.sqrt(2 * df)) / (2 * n))


def test_words() -> None:
    assert [code(p, "estimate", 0.1) for p in (0.2, 0.03, 0.01)] == ["none", "borderline", "misfit"]
    assert code(0.001, "estimate", 0.004) == "negligible"
    assert code(0.001, "lower", None) == "misfit"           # of a bound nothing is negligible
    assert words("none", "lower", 0.5) == "no misfit detected"
    assert words("borderline", "estimate", 0.5) == "borderline"
    assert words("negligible", "estimate", 0.002) == "detectable but negligible"
    sizes = (0.001, 0.005, 0.02, 0.125)
    assert [words("misfit", "estimate", kl) for kl in sizes] == [
        "misfit, negligible", "misfit, small", "misfit, moderate", "misfit, large"]
    assert [words("misfit", "lower", kl) for kl in sizes] == ["misfit", "misfit", "misfit, moderate", "misfit, large"]


def test_the_verdict_is_that_of_the_least_of_its_parts() -> None:
    assert Judged({"structure": 0.5, "spread": 0.02, "shape": 0.9}, "spread", None).verdict_p == pytest.approx(1 - 0.98**3)
    assert Judged({"shape": 1e-30}, "shape", None).verdict_p == pytest.approx(1e-30)
    assert Judged({"shape": 1.0}, "shape", None).verdict_p == pytest.approx(1.0)


def test_vanishing_spacings_are_never_infinite_numbers() -> None:
    found = conclude(1.0, Terms.of(np.array([np.inf, 0.0])), Judged({}, None, None), chance=None, method="", level=0.95)
    assert found.kl.verdict == "not identifiable: residuals coincide, or lie beyond what doubles hold"
    assert found.kl.raw is None


def test_sums_beyond_the_doubles_are_said() -> None:
    from dataclasses import replace

    sample = sample_of(Gaussian(), np.random.default_rng(7).normal(size=60), np.random.default_rng(8).normal(size=(60, 1)))
    found = evidence(replace(sample, designs=(sample.designs[0] * np.inf,)))
    assert found.kl.reason == "its sums are beyond the doubles"


def test_divergence_between_routes() -> None:
    rng = np.random.default_rng(6)
    eta = rng.normal(size=(50, 1))
    free = np.array([0.3])
    assert route_divergence(Gaussian(), eta, free, eta, free) == 0.0
    s1, s2 = np.exp(0.3), np.exp(0.5)
    expected = np.log(s2 / s1) + (s1**2 + 0.01) / (2 * s2**2) - 0.5
    assert route_divergence(Gaussian(), eta, free, eta + 0.1, np.array([0.5])) == pytest.approx(expected, abs=1e-14)
    weight = rng.integers(0, 4, 50).astype(float)
    none = np.empty(0)
    other = eta + rng.normal(size=(50, 1))
    p, q = 1 / (1 + np.exp(-eta[:, 0])), 1 / (1 + np.exp(-other[:, 0]))
    each = xlogy(p, p / q) + xlogy(1 - p, (1 - p) / (1 - q))
    assert route_divergence(Bernoulli(), eta, none, other, none, weight) == pytest.approx(
        float(np.average(each, weights=weight)), rel=1e-12
    )


def test_runtime_path_does_not_load_scipy_stats() -> None:
    program = (
        "import sys, numpy as np; sys.path.insert(0, 'tests'); from information_cases import gaussian;"
        "x = np.random.default_rng(0).normal(size=(200, 1)); gaussian(x[:, 0]); gaussian(x[:, 0]**3, x);"
        "print('scipy.stats' in sys.modules, 'scipy.optimize' in sys.modules, 'pandas' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1]
    )
    assert run.stdout.split() == ["False", "False", "False"]
