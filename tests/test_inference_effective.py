"""Effective rows and clusters, and the degrees of freedom they leave: their formulas, and the laws they must keep."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mlefit.arrays import Array
from mlefit.inference.clusters import Grouped
from mlefit.inference.effective import (
    Influence,
    cluster_df,
    effective_clusters,
    intraclass,
    residual_df,
    sandwich_df,
)
from mlefit.inference.law import Student
from mlefit.sums.tally import tree_sum


def row_weights(x: Array) -> Array:
    """c = X (X'X)^-1."""
    c: Array = np.linalg.solve(x.T @ x, x.T).T
    return c


def in_errors(c: Array) -> Array:
    """c in units of the standard errors of unit noise."""
    scaled: Array = c / np.linalg.norm(c, axis=0)
    return scaled


def test_three_treated_rows_of_sixty_are_about_three_rows() -> None:
    treated = (np.arange(60) < 3) * 1.0
    found = Influence.of(in_errors(row_weights(np.column_stack([np.ones(60), treated])))).effective_rows
    share = np.concatenate([np.full(3, 1 / 9), np.full(57, 1 / 57**2)])
    assert found[1] == pytest.approx(share.sum() ** 2 / np.square(share).sum(), rel=1e-12)
    assert 3.0 < found[1] < 3.5
    assert found[0] == pytest.approx(57.0, rel=1e-12)      # the constant is the mean of the others


@given(st.integers(1, 500), st.integers(0, 2**32 - 1))
def test_effective_rows_lie_between_one_and_n_and_know_no_unit(n: int, seed: int) -> None:
    c = np.random.default_rng(seed).lognormal(sigma=2.0, size=(n, 2))
    found = Influence.of(in_errors(c)).effective_rows
    assert np.all((found >= 1.0 - 1e-12) & (found <= n * (1.0 + 1e-12)))
    assert Influence.of(1e3 * in_errors(c)).effective_rows == pytest.approx(found, rel=1e-12)
    assert Influence.of(np.ones((n, 1))).effective_rows == pytest.approx([n])
    assert Influence.of(np.eye(n)[:, :1]).effective_rows == pytest.approx([1.0])


def test_influence_adds_up_over_parts_and_a_count_is_that_many_rows() -> None:
    rng = np.random.default_rng(1)
    c, count = rng.normal(size=(100, 3)), rng.integers(0, 4, 100).astype(float)
    whole = Influence.of(c, count)
    parts = tree_sum(Influence.of(c[k : k + 7], count[k : k + 7]) for k in range(0, 100, 7))
    repeated = Influence.of(np.repeat(c, count.astype(int), axis=0))
    for other in (parts, repeated):
        assert other.second == pytest.approx(whole.second, rel=1e-13)
        assert other.fourth == pytest.approx(whole.fourth, rel=1e-13)


def clusters_of(x: Array, group: Array, correlation: float) -> Array:
    c = row_weights(x)
    total = Grouped.of(group, np.column_stack([np.square(c), c])).sums
    p = x.shape[1]
    return effective_clusters(total[:, :p], total[:, p:], correlation)


@pytest.mark.parametrize("treated", [1, 2, 3, 10])
def test_treated_clusters_of_twenty(treated: int) -> None:
    """Clusters of 10 rows: each treated one holds 1/k^2 of the treatment's variance, each other one 1/(20 - k)^2."""
    group = np.repeat(np.arange(20), 10)
    found = clusters_of(np.column_stack([np.ones(200), group < treated]), group, 0.4)
    k, others = float(treated), 20.0 - treated
    assert found[1] == pytest.approx((1 / k + 1 / others) ** 2 / (1 / k**3 + 1 / others**3), rel=1e-12)


def test_equal_clusters_are_as_many_as_there_are() -> None:
    group = np.repeat(np.arange(12), 5)
    x = np.column_stack([np.ones(60), np.tile([-2.0, -1.0, 0.0, 1.0, 2.0], 12)])
    for correlation in (0.0, 0.3, 1.0):
        assert clusters_of(x[:, :1], group, correlation) == pytest.approx([12.0])
    assert clusters_of(x, group, 0.3) == pytest.approx([12.0, 12.0])


def test_clusters_of_one_row_are_effective_rows_at_any_correlation() -> None:
    x = np.random.default_rng(2).lognormal(size=(40, 2))
    rows = Influence.of(row_weights(x)).effective_rows
    for correlation in (0.0, 0.5, 1.0):
        assert clusters_of(x, np.arange(40), correlation) == pytest.approx(rows, rel=1e-10)


def correlation_of(residual: Array, group: Array) -> float:
    total = Grouped.of(group, np.column_stack([np.ones(len(group)), residual, np.square(residual)])).sums
    return intraclass(*total.T)


def test_the_intraclass_correlation_is_found() -> None:
    rng = np.random.default_rng(3)
    size = rng.integers(1, 30, 2000)
    group = np.repeat(np.arange(2000), size)
    for share in (0.0, 0.2, 0.7):
        residual = np.sqrt(share) * rng.normal(size=2000)[group] + np.sqrt(1.0 - share) * rng.normal(size=len(group))
        assert correlation_of(residual, group) == pytest.approx(share, abs=0.03)


def test_the_intraclass_correlation_has_its_ends() -> None:
    group = np.repeat(np.arange(4), 3)
    assert correlation_of(group * 1.0, group) == pytest.approx(1.0)
    assert correlation_of(np.tile([-1.0, 0.0, 1.0], 4), group) == 0.0         # negative, clipped
    assert correlation_of(np.arange(12.0), np.arange(12)) == 0.0
    assert correlation_of(np.arange(12.0), np.zeros(12, dtype=int)) == 0.0
    assert correlation_of(np.zeros(12), group) == 0.0


def test_residual_degrees_of_freedom_are_whole_and_exact() -> None:
    """For every n and p, whether the rows are counted, or weights are added up that were scaled to mean 1 on the way."""
    rng = np.random.default_rng(4)
    for n in range(3, 401):
        weight = rng.integers(1, 9, n).astype(float)
        scaled = float((weight / weight.mean()).sum() * weight.mean())
        for p in range(1, 21):
            assert residual_df(float(n), p) == n - p
            assert residual_df(scaled, p) == int(weight.sum()) - p
            assert type(residual_df(scaled, p)) is int


@pytest.mark.parametrize("n", [10.5, 3.0000001, 0.1])
def test_fractional_rows_are_no_count(n: float) -> None:
    with pytest.raises(ValueError, match=f"^rows are counted in whole numbers, found {n}$"):
        residual_df(n, 2)


def test_degrees_of_freedom_are_at_least_one_and_at_most_those_of_the_rows_or_clusters() -> None:
    assert sandwich_df(57, np.array([60.0, 3.2, 1.0])) == pytest.approx([57.0, 2.2, 1.0])
    assert cluster_df(20, np.array([20.0, 4.5, 1.1])) == pytest.approx([19.0, 3.5, 1.0])


def test_few_treated_rows_are_covered_with_effective_rows_and_not_without() -> None:
    """A difference of means, 3 of 60 rows treated, hc3: e^2/(1 - h)^2 c^2 summed, h = 1/3 and 1/57."""
    rng = np.random.default_rng(5)
    size = np.where(np.arange(60) < 3, 3.0, 57.0)
    c = np.where(np.arange(60) < 3, 1.0, -1.0) / size
    y = rng.standard_normal((4000, 60))
    residual = y - np.where(size == 3.0, y[:, :3].mean(axis=1)[:, None], y[:, 3:].mean(axis=1)[:, None])
    t = np.abs(y @ c) / np.sqrt(np.square(residual * c / (1.0 - 1.0 / size)).sum(axis=1))
    df = float(sandwich_df(58, Influence.of(c[:, None]).effective_rows)[0])
    assert np.mean(t < Student(58).quantile(0.95)) < 0.91
    assert 0.95 < np.mean(t < stats.t(df).ppf(0.975)) < 0.99


@pytest.mark.parametrize(("treated", "naive"), [(1, 0.65), (2, 0.25), (3, 0.14)])
def test_few_treated_clusters_do_not_reject_a_true_null_with_effective_clusters(treated: int, naive: float) -> None:
    """CR1 in 20 clusters of 10 rows, correlation 0.4: t with 19 degrees of freedom rejects 3 to 13 times too often."""
    rng = np.random.default_rng(6)
    groups, m = 20, 10
    y = np.sqrt(0.4) * rng.standard_normal((4000, groups, 1)) + np.sqrt(0.6) * rng.standard_normal((4000, groups, m))
    hit = np.arange(groups) < treated
    means = np.where(hit, y[:, hit].mean(axis=(1, 2))[:, None], y[:, ~hit].mean(axis=(1, 2))[:, None])
    c = np.where(hit, 1.0 / treated, -1.0 / (groups - treated)) / m
    scores = (y.sum(axis=2) - m * means) * c
    factor = groups / (groups - 1.0) * (groups * m - 1.0) / (groups * m - 2.0)
    t = np.abs(y.sum(axis=2) @ c) / np.sqrt(factor * np.square(scores).sum(axis=1))
    df = float(cluster_df(groups, effective_clusters(m * np.square(c)[:, None], m * c[:, None], 0.4))[0])
    assert np.mean(t > Student(groups - 1).quantile(0.95)) == pytest.approx(naive, abs=0.03)
    assert 0.008 < np.mean(t > stats.t(df).ppf(0.975)) < 0.065
