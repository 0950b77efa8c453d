"""The fixed-b law of t statistics with Newey-West errors: closed form at b = 1, published values, and a simulation."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlefit.arrays import Array
from mlefit.inference import fixed_b
from mlefit.inference.fixed_b import FixedB
from mlefit.inference.law import NORMAL


@cache
def law_at(b: float) -> FixedB:
    return FixedB.of(b)


def test_at_b_1_the_tail_is_that_of_the_brownian_bridge() -> None:
    """Q = 2 int bridge^2 has E exp(-s Q) = (sinh r / r)^(-1/2), r = 2 sqrt(s)."""
    angles = (np.arange(4000) + 0.5) * (np.pi / 8000)
    law = FixedB.of(1.0)
    for x in (0.5, 1.5, 4.771, 10.0, 20.0):
        r = np.sqrt(2.0) * x / np.sin(angles)
        exact = np.exp(-0.5 * (r + np.log(-np.expm1(-2.0 * r) / (2.0 * r)))).mean()
        assert law.p_value(x) == pytest.approx(exact, rel=3e-3)       # the grid of 500 points: 5e-5 at 4.771


@pytest.mark.parametrize(("level", "value"), [(0.9, 3.764), (0.95, 4.771), (0.98, 6.090)])
def test_quantiles_at_b_1_are_those_published(level: float, value: float) -> None:
    """Kiefer and Vogelsang (2002), Econometric Theory 18, the kernel without truncation."""
    assert FixedB.of(1.0).quantile(level) == pytest.approx(value, abs=1e-3)


def test_the_cubic_of_kiefer_and_vogelsang_is_near() -> None:
    """Their fit to simulated quantiles (2005, table 1) lies up to 1.2 % above the law, as it does at b = 1, where that is known."""
    for b in (0.02, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0):
        cubic = 1.96 + 2.9694 * b + 0.416 * b**2 - 0.5324 * b**3
        assert 1.0 < cubic / FixedB.of(b).quantile(0.95) < 1.013


def newey_west_t(y: Array, lags: int) -> Array:
    """t (samples,) of the means of `y` (samples, n): the Bartlett sum is that of squared windows of lags + 1 residuals."""
    width = lags + 1
    centred = y - y.mean(axis=1, keepdims=True)
    sums = np.pad(np.cumsum(centred, axis=1), ((0, 0), (width, 0)))
    sums = np.pad(sums, ((0, 0), (0, width - 1)), mode="edge")
    long_run = np.square(sums[:, width:] - sums[:, :-width]).sum(axis=1) / width
    total: Array = y.sum(axis=1) / np.sqrt(long_run)
    return total


def test_the_simulation_counts_lagged_products_as_newey_and_west_do() -> None:
    y = np.random.default_rng(5).normal(size=30)
    e = y - y.mean()
    long_run = e @ e + 2.0 * sum((1.0 - j / 8.0) * (e[j:] @ e[:-j]) for j in range(1, 8))
    assert newey_west_t(y[None], 7)[0] == pytest.approx(y.sum() / np.sqrt(long_run))


@pytest.mark.slow
@pytest.mark.parametrize("lags", [9, 39, 149])
def test_simulated_statistics_exceed_the_quantiles_as_often_as_they_should(lags: int) -> None:
    rng = np.random.default_rng(lags)
    samples, n = 20_000, 400
    t = np.abs(newey_west_t(rng.standard_normal((samples, n)), lags))
    law = FixedB.of((lags + 1) / n)
    for level in (0.8, 0.95, 0.99):
        chance = 4.0 * np.sqrt(level * (1.0 - level) / samples)
        discrete = 0.05 * (1.0 - level)         # of 400 rows for a continuum
        assert np.mean(t > law.quantile(level)) == pytest.approx(1.0 - level, abs=chance + discrete)


@given(st.sampled_from([1e-6, 0.0199, 0.02, 0.15, 0.6, 1.0]), st.floats(1e-3, 1.0 - 1e-9))
def test_the_quantile_is_the_inverse_of_the_p_value(b: float, level: float) -> None:
    law = law_at(b)
    assert law.p_value(law.quantile(level)) == pytest.approx(1.0 - level, rel=1e-6)


@pytest.mark.slow
def test_without_lags_the_law_is_normal_and_it_widens_with_b() -> None:
    assert FixedB.of(1e-7).quantile(0.95) == pytest.approx(NORMAL.quantile(0.95), abs=1e-6)
    quantiles = [FixedB.of(b).quantile(0.95) for b in np.linspace(0.002, 1.0, 12)]
    assert np.all(np.diff(quantiles) > 0.0)


@pytest.mark.parametrize(("level", "apart"), [(0.5, 1e-4), (0.95, 5e-4), (0.999, 4e-3)])
def test_matched_moments_join_the_eigenvalues(level: float, apart: float) -> None:
    matched, listed = fixed_b._matched(fixed_b.SMALL), FixedB.of(fixed_b.SMALL)
    assert matched.quantile(level) == pytest.approx(listed.quantile(level), abs=apart)


def test_the_matched_moments_are_those_of_the_eigenvalues() -> None:
    for b in (0.05, 0.3, 0.5):
        matched, sizes = fixed_b._matched(b), FixedB.of(b).sizes
        assert matched.times * matched.sizes[0] == pytest.approx(sizes.sum(), rel=1e-4)
        assert matched.times * matched.sizes[0] ** 2 == pytest.approx(np.square(sizes).sum(), rel=2e-3)


def test_p_is_one_at_zero_and_zero_only_by_underflow() -> None:
    law = FixedB.of(0.1)
    assert law.p_value(0.0) == pytest.approx(1.0, rel=1e-14)
    assert law.p_value(-3.0) == law.p_value(3.0)
    assert 0.0 < law.p_value(60.0) < 1e-40
    assert law.p_value(np.inf) == 0.0


@pytest.mark.parametrize("b", [0.0, -0.1, 1.0000001, float("nan")])
def test_b_is_a_share_of_the_rows(b: float) -> None:
    with pytest.raises(ValueError, match=r"^b is \(lags \+ 1\)/rows, expected in \(0, 1\], found "):
        FixedB.of(b)
