"""The null distribution, the verdict, counts against scipy's G, and the divergence between two routes."""

from typing import ClassVar

import numpy as np
import pytest
from scipy import stats
from scipy.special import gammaln, xlogy

from mlefit.arrays import Array
from mlefit.errors import NoEstimateError
from mlefit.information.agreement import route_divergence
from mlefit.information.measure import measure
from mlefit.information.null import Draw, Null, draws_for, simulate
from mlefit.information.sample import Sample
from mlefit.information.verdict import NO_NULL, conclude, size_word, verdict_words
from mlefit.noise.bernoulli import Bernoulli
from mlefit.noise.gaussian import Gaussian
from mlefit.noise.model import Derivatives, Measure, NoiseModel
from mlefit.noise.responses import COUNTS


class Counts(NoiseModel):
    """Poisson counts, as little of them as the KL part needs."""

    name = "counts"
    loss_name: ClassVar[str] = "deviance"
    support = "whole numbers"
    example = ""
    measure = Measure.MASS
    response = COUNTS

    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        return Derivatives(np.exp(eta[:, 0]) - y * eta[:, 0] + gammaln(y + 1))

    def draw(self, rng: np.random.Generator, eta: Array, free: Array) -> Array:
        return rng.poisson(np.exp(eta[:, 0])).astype(np.float64)

    def loss(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        return self.nll(y, eta, np.empty(0), order)

    def affine(self, free: Array) -> tuple[float, float]:
        return 1.0, 0.0

    def score_moments(self, direction: Array, eta: Array, free: Array) -> tuple[Array, Array]:
        mean, square = np.exp(eta[:, 0]), np.square(direction[..., 0])
        return square * mean, square * square * (mean + 3.0 * mean * mean)

    def log_cdf(self, y: Array, eta: Array, free: Array) -> Array:
        return np.zeros(y.size)

    def log_sf(self, y: Array, eta: Array, free: Array) -> Array:
        return np.zeros(y.size)

    def quantile(self, u: Array, eta: Array, free: Array) -> Array:
        return np.zeros(u.size)

    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        return np.zeros(eta.shape[0])

    @classmethod
    def derivation(cls) -> str:
        return ""


def poisson_fit(y: Array, x: Array, weight: Array | None, offset: Array | None) -> tuple[Array, Array, float]:
    eta = np.full((y.size, 1), np.log(np.average(y, weights=weight)))
    rows = Counts().nll(y, eta, np.empty(0), 0).value
    return eta, np.empty(0), float(np.sum(rows if weight is None else weight * rows))


def counts_sample(y: Array) -> Sample:
    y = y.astype(np.float64)
    x = np.ones((y.size, 1))
    eta, free, total = poisson_fit(y, x, None, None)
    return Sample(Counts(), y, x, x, eta, free, None, None, 1, True, y.size, total / y.size)


def test_raw_kl_of_counts_is_g_over_two_n() -> None:
    y = np.random.default_rng(1).poisson(3, 1000)
    found = measure(counts_sample(y), fit=poisson_fit, seed=0, draws=19)
    values, observed = np.unique(y, return_counts=True)
    expected = 1000 * stats.poisson.pmf(values, y.mean())
    g = stats.power_divergence(
        np.append(observed, 0), np.append(expected, 1000 - expected.sum()), lambda_="log-likelihood"
    ).statistic
    assert 2 * 1000 * found.kl.raw == pytest.approx(float(g), abs=1e-8)
    assert abs(found.entropy + found.kl.raw - found.cross_entropy) < 1e-12


def test_overdispersed_counts_are_measured() -> None:
    y = np.random.default_rng(2).negative_binomial(6, 6 / 9, 10_000)       # mean 3, variance 4.5
    found = measure(counts_sample(y), fit=poisson_fit, seed=0, draws=99)
    assert found.kl.misfit == pytest.approx(0.04508, abs=4 * (found.kl.ci_high - found.kl.ci_low) / 3.92)
    assert found.kl.verdict == "misfit, moderate"
    true = measure(counts_sample(np.random.default_rng(3).poisson(3, 1000)), fit=poisson_fit, seed=0, draws=99)
    assert true.kl.verdict == "no misfit detected"


def test_counts_with_predictors_say_that_there_is_no_estimate() -> None:
    from dataclasses import replace

    sample = replace(counts_sample(np.arange(30)), intercept_only=False)
    found = measure(sample, fit=poisson_fit, seed=0, draws=None)
    assert found.kl.verdict == "not identifiable: counts with predictors have no estimate yet"


def test_combined_p_is_uniform_under_the_null() -> None:
    rng = np.random.default_rng(4)
    p = []
    for _ in range(2000):
        shared = rng.normal(size=40)
        kl, anderson = shared + rng.normal(size=40), shared + rng.normal(size=40)
        p.append(Null(kl[1:], anderson[1:], {}, normal=False).p_values(kl[0], anderson[0])[2])
    assert np.mean(np.array(p) <= 0.05) == pytest.approx(0.05, abs=0.015)
    assert np.mean(np.array(p) <= 0.5) == pytest.approx(0.5, abs=0.034)
    assert min(p) == 1 / 40


def test_normal_null_uses_mean_and_sd() -> None:
    draws = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    null = Null(draws, None, {}, normal=True)
    sd = draws.std(ddof=1)
    assert null.range(0.9) == pytest.approx((2 - 1.6448536 * sd, 2 + 1.6448536 * sd))
    assert null.detection_limit == pytest.approx(2 * 1.6448536 * sd)
    assert null.p_values(5.0, None)[0] == pytest.approx(stats.t.sf(3 / sd / np.sqrt(1.2), 4))


def test_draws_depend_on_seed_and_index_alone_and_failures_are_left_out() -> None:
    def statistic(rng: np.random.Generator) -> Draw:
        value = float(rng.random())
        if value < 0.2:
            raise NoEstimateError("no maximum", code="separation")
        return Draw(value, None, {})

    ten, twenty = (simulate(statistic, b, 5, normal=False) for b in (10, 20))
    assert ten is not None
    assert twenty is not None
    assert np.array_equal(twenty.kl[: ten.kl.size], ten.kl)
    assert twenty.kl.size < 20
    assert ten.kl.min() >= 0.2

    def never(rng: np.random.Generator) -> Draw:
        raise NoEstimateError("no maximum", code="separation")

    assert simulate(never, 10, 5, normal=False) is None
    assert draws_for(2000, closed=True) == 999
    assert [draws_for(n) for n in (2000, 2001, 20_000, 20_001)] == [199, 99, 99, 40]
    assert conclude(1.0, np.zeros(5), null=None, method="", level=0.95, draws=10).kl.flags == (NO_NULL,)


def test_words() -> None:
    assert [size_word(kl) for kl in (0.001, 0.005, 0.02, 0.125)] == ["negligible", "small", "moderate", "large"]
    assert verdict_words(0.2, 0.3, 0.4) == "no misfit detected"
    assert verdict_words(0.03, 0.01, 0.02) == "borderline"
    assert verdict_words(0.01, 0.05, 0.07) == "misfit, moderate"
    assert verdict_words(0.001, 0.002, 0.004) == "detectable but negligible"


def test_vanishing_spacings_are_never_infinite_numbers() -> None:
    found = conclude(1.0, np.array([np.inf, 0.0]), null=None, method="", level=0.95)
    assert found.kl.verdict == "not identifiable: the spacings of the data vanish"
    assert found.kl.raw is None


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
    import subprocess
    import sys

    program = (
        "import sys, numpy as np; sys.path.insert(0, 'tests'); from information_cases import gaussian;"
        "x = np.random.default_rng(0).normal(size=(200, 1)); gaussian(x[:, 0]); gaussian(x[:, 0]**3, x);"
        "print('scipy.stats' in sys.modules, 'scipy.optimize' in sys.modules, 'pandas' in sys.modules)"
    )
    from pathlib import Path

    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1]
    )
    assert run.stdout.split() == ["False", "False", "False"]
