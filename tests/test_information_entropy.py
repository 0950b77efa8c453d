"""Spacing entropy: the digamma constant, known entropies, invariance; both tails; Anderson-Darling."""

import warnings

import numpy as np
import pytest
from information_cases import spacing_entropy
from scipy import stats
from scipy.special import digamma, log_ndtr

from mlefit.arrays import Array
from mlefit.information.anderson import anderson_darling, fitted_law, stephens, upper_tail
from mlefit.information.cells import log_mass
from mlefit.information.entropy import Spacings
from mlefit.information.working import Working
from mlefit.noise.gaussian import Gaussian
from mlefit.noise.model import Derivatives, Shape


class KnownSpread(Gaussian):
    """A normal law of standard deviation one."""

    @property
    def shapes(self) -> tuple[Shape, ...]:
        return ()

    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        found = super().nll(y, eta, np.zeros(1), order)
        return found if found.d1 is None else found._replace(d1=found.d1[:, :1])

    def quantile(self, u: Array, eta: Array, free: Array) -> Array:
        return super().quantile(u, eta, np.zeros(1))


NORMAL_OF_KNOWN_SPREAD = KnownSpread()


def test_constant_is_that_of_van_es() -> None:
    x = np.sort(np.random.default_rng(0).normal(size=500))
    m, n = 6, 500
    interior = np.mean(np.log(x[m:] - x[:-m])) - digamma(m) + digamma(n + 1)
    peer = stats.differential_entropy(x, window_length=m, method="van es")
    # scipy's constant is the large-n form of the same digamma terms: log(n + 1) for psi(n + 1), a sum for psi(m)
    assert interior == pytest.approx(float(peer), abs=1 / n)
    windows = Spacings.of(n)
    assert np.allclose(windows.constant, digamma(n + 1) - digamma(windows.high - windows.low), atol=1e-12)


def test_windows_shrink_towards_both_tails_alike() -> None:
    windows = Spacings.of(1000)
    width = windows.high - windows.low
    assert width.max() == 2 * round(1000 ** (1 / 3))
    assert list(width[:5]) == [1, 2, 2, 2, 2]
    assert np.array_equal(width, width[::-1])


@pytest.mark.parametrize(("law", "known"), [
    (stats.norm(), 0.5 * np.log(2 * np.pi * np.e)), (stats.uniform(), 0.0), (stats.expon(), 1.0),
    (stats.laplace(), 1 + np.log(2)),
])
def test_known_entropies(law: stats.rv_continuous, known: float) -> None:
    x = law.rvs(size=20_000, random_state=np.random.default_rng(3))
    se = np.std(law.logpdf(x)) / np.sqrt(x.size)
    assert spacing_entropy(x) == pytest.approx(known, abs=4 * se + 0.002)      # 0.002: bias at this n (KL.md table 3)


def test_row_order_does_not_matter_and_scale_shifts_by_its_log() -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_t(4, size=3000)
    h = spacing_entropy(x)
    assert spacing_entropy(rng.permutation(x)) == h
    assert spacing_entropy(-x) == pytest.approx(h, abs=1e-12)
    assert spacing_entropy(7.5 * x + 3) == pytest.approx(h + np.log(7.5), abs=1e-9)


def test_anderson_darling_is_that_of_scipy() -> None:
    x = np.random.default_rng(2).gamma(3, size=400)
    z = ((x - x.mean()) / x.std(ddof=1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)      # scipy 1.17 announces new keywords
        expected = stats.anderson(x, "norm").statistic
    assert anderson_darling(log_ndtr(z), log_ndtr(-z)) == pytest.approx(float(expected), rel=1e-10)


def test_anderson_darling_survives_far_tails() -> None:
    z = np.array([-60.0, 0.0, 50.0])
    assert np.isfinite(anderson_darling(log_ndtr(z), log_ndtr(-z)))


def test_the_law_of_anderson_and_darling_is_found_for_any_fit() -> None:
    """Without a fit the weights are 1 / (j (j + 1)); with mean and variance fitted the law is that of Stephens (1986)."""
    y = np.random.default_rng(4).normal(size=4000)
    none, ones = np.empty((4000, 0)), np.ones((4000, 1))
    eta = np.full((4000, 1), y.mean())
    known = fitted_law(Working(NORMAL_OF_KNOWN_SPREAD, y, (none,), eta * 0, np.empty(0), 0, 0))
    assert known[:4] == pytest.approx([1 / 2, 1 / 6, 1 / 12, 1 / 20], rel=0.02)
    fitted = fitted_law(Working(Gaussian(), y, (ones,), eta, np.array([np.log(y.std())]), 2, 0))
    assert fitted.sum() == pytest.approx(0.3845, abs=0.004)         # mean of A^2 (Stephens 1976)
    for squared, p in ((0.631, 0.10), (0.752, 0.05), (1.035, 0.01)):
        assert upper_tail(fitted, squared) == pytest.approx(p, rel=0.08)
        assert stephens(squared, 10**9) == pytest.approx(p, rel=0.02)
    far = [stephens(squared, 100) for squared in (0.1, 0.25, 0.5, 1.0, 5.0, 10.0, 50.0, 300.0)]
    assert far == sorted(far, reverse=True)
    assert far[-1] >= 0.0


def test_cell_masses_keep_their_digits_in_both_tails() -> None:
    low = np.array([-9.0, -0.5, 0.0, 8.0, 30.0])
    expected = [stats.norm.logsf(9.0 - 0.5), stats.norm.logsf(30.0)]
    mass = log_mass(Gaussian(), low, low + 0.5, np.zeros((5, 1)), np.zeros(1))
    assert mass[1] == mass[2] == pytest.approx(np.log(stats.norm.cdf(0.5) - 0.5), abs=1e-14)
    assert mass[0] == pytest.approx(np.log(stats.norm.cdf(-8.5) - stats.norm.cdf(-9.0)), abs=1e-10)
    assert expected[1] - 1e-6 < mass[4] <= expected[1]
    wide = np.arange(-12, 12, 0.5)
    assert np.exp(log_mass(Gaussian(), wide, wide + 0.5, np.zeros((wide.size, 1)), np.zeros(1))).sum() == pytest.approx(1.0, abs=1e-14)
