"""Paired differences: intervals, Vuong's z, likelihood ratios at the boundary and inside, F."""

import numpy as np
import pytest
from scipy import stats

from mlefit.comparison.paired import Judged, Nesting, difference

RNG = np.random.default_rng(5)
N = 400
A = RNG.normal(1.2, 0.4, N)
B = A + RNG.normal(0.05, 0.3, N)


def test_the_interval_is_that_of_the_mean_of_the_differences() -> None:
    found = difference(Judged("b", B, 3), Judged("a", A, 2), None, 0.9, None)
    d = B - A
    error = d.std() / np.sqrt(N)
    half = stats.norm.ppf(0.95) * error
    assert found.nats == pytest.approx(d.mean(), rel=1e-14)
    assert (found.low, found.high) == pytest.approx((d.mean() - half, d.mean() + half), rel=1e-12)
    assert found.std_error == pytest.approx(error, rel=1e-13)


def test_vuong_counts_the_parameters_as_aic_does() -> None:
    found = difference(Judged("b", B, 5), Judged("a", A, 2), None, 0.95, None)
    d = B - A
    z = (d.sum() + 5 - 2) / (np.sqrt(N) * d.std())
    assert found.test == "Vuong"
    assert found.statistic == pytest.approx(z, rel=1e-12)
    assert found.p_value == pytest.approx(stats.norm.sf(z), rel=1e-12)


def test_a_row_of_weight_two_is_the_row_twice() -> None:
    weight = np.where(np.arange(N) < 50, 2.0, 1.0)
    twice = np.repeat(np.arange(N), weight.astype(int))
    weighed = difference(Judged("b", B, 3), Judged("a", A, 2), weight, 0.95, None)
    repeated = difference(Judged("b", B[twice], 3), Judged("a", A[twice], 2), None, 0.95, None)
    for figure in ("nats", "std_error", "low", "high", "statistic", "p_value"):
        assert getattr(weighed, figure) == pytest.approx(getattr(repeated, figure), rel=1e-12)


def test_laws_that_coincide_on_the_rows_have_no_z() -> None:
    found = difference(Judged("b", A + 1e-4 * RNG.normal(size=N), 3), Judged("a", A, 2), None, 0.95, None)
    assert found.indistinguishable
    assert found.statistic is None
    assert found.p_value is None


def test_a_law_held_inside_has_a_chi_squared_ratio_and_at_the_boundary_half_of_it() -> None:
    smaller, larger = Judged("small", A + 0.01, 2), Judged("large", A, 3)
    ratio = 2 * N * 0.01
    inside = difference(smaller, larger, None, 0.95, Nesting(1))
    edge = difference(smaller, larger, None, 0.95, Nesting(1, boundary=True))
    assert inside.statistic == pytest.approx(ratio, rel=1e-10)
    assert inside.p_value == pytest.approx(stats.chi2.sf(ratio, 1), rel=1e-9)
    assert edge.p_value == pytest.approx(stats.chi2.sf(ratio, 1) / 2, rel=1e-9)
    none = difference(Judged("small", A, 2), larger, None, 0.95, Nesting(1, boundary=True))
    assert none.p_value == 1.0


def test_designs_of_least_squares_are_judged_by_f() -> None:
    x = RNG.normal(size=(N, 2))
    y = 1 + 0.2 * x[:, 0] + RNG.normal(size=N)
    rss = [float(np.sum((y - d @ np.linalg.lstsq(d, y, rcond=None)[0]) ** 2))
           for d in (np.ones((N, 1)), np.column_stack([np.ones(N), x]))]
    costs = [np.full(N, 0.5 * np.log(2 * np.pi * r / N) + 0.5) for r in rss]
    found = difference(Judged("small", costs[0], 2), Judged("large", costs[1], 4), None, 0.95, Nesting(2, residual=N - 3))
    f = (rss[0] - rss[1]) / 2 / (rss[1] / (N - 3))
    assert found.test == "F"
    assert found.statistic == pytest.approx(f, rel=1e-9)
    assert found.p_value == pytest.approx(stats.f.sf(f, 2, N - 3), rel=1e-8)


def test_a_model_that_contains_the_better_one_is_asked_what_it_gains() -> None:
    found = difference(Judged("large", A - 0.001, 3), Judged("small", A, 2), None, 0.95, None, Nesting(1))
    assert found.within
    assert found.p_value == pytest.approx(stats.chi2.sf(2 * N * 0.001, 1), rel=1e-8)


@pytest.mark.parametrize(("parameters", "nats", "told"), [(49, 400.0, False), (50, 25.0, False), (50, 26.5, True)])
def test_many_parameters_leave_a_difference_of_many_nats_told(parameters: int, nats: float, *, told: bool) -> None:
    """n var(d) is below k_A + k_B, but of laws that are one the sum of d has a variance of half of that."""
    d = np.full(10_000, nats / 10_000) + np.where(np.arange(10_000) % 2, 0.05, -0.05)
    found = difference(Judged("b", d, parameters), Judged("a", np.zeros(10_000), parameters), None, 0.95, None)
    assert found.indistinguishable is not told
    assert (found.p_value is not None and found.p_value < 0.005) is told
