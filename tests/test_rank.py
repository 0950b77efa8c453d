"""Rank: regular designs keep every column, dependent columns are named with those that determine them."""

from pathlib import Path

import numpy as np
import pytest

from mlefit.arrays import Array
from mlefit.design.scaling import centre_of, scale_of
from mlefit.existence import rank
from mlefit.existence.rank import Geometry, geometry
from mlefit.sums.triangle import Triangle

FILIP = Path(__file__).parent / "nist" / "filip.csv"


def design(*columns: Array, intercept: bool = True) -> tuple[Array, Array]:
    """Encoded columns (n, p) and max|x|/s (p,), as the encoder makes them."""
    encoded, magnitude = [np.ones(columns[0].size)] if intercept else [], [1.0] if intercept else []
    for column in columns:
        centre = centre_of(column) if intercept else 0.0
        scale = scale_of(column, centre)
        encoded.append((column - centre) / scale)
        magnitude.append(float(np.abs(column).max()) / scale)
    return np.stack(encoded).T, np.array(magnitude)


def found(*columns: Array, intercept: bool = True) -> Geometry:
    x, magnitude = design(*columns, intercept=intercept)
    return geometry(Triangle.of(x).r, x.shape[0], magnitude, response=False)


def normal(count: int, n: int = 500, seed: int = 1) -> Array:
    return np.random.default_rng(seed).normal(0.0, 1.0, (count, n))


def test_nist_filip_is_regular() -> None:
    x = np.loadtxt(FILIP, delimiter=",", skiprows=1)[:, 1]
    result = found(*(x**power for power in range(1, 11)))
    assert result.kept == tuple(range(11))
    assert result.aliased == {}


@pytest.mark.parametrize("shift", [0.0, 1e3, 1e6, 1e9, -1e12])
def test_the_sum_of_two_columns_is_aliased_wherever_it_lies(shift: float) -> None:
    a, b = normal(2)
    result = found(a, b, a + b + shift)
    assert result.kept == (0, 1, 2)
    assert set(result.aliased) == {3}
    assert {1, 2} <= set(result.aliased[3])


def test_columns_that_are_all_shifted_are_aliased() -> None:
    a, b = normal(2)
    assert set(found(a + 1e9, b + 1e9, a + b + 1e9).aliased) == {3}


@pytest.mark.parametrize("scale", [1e-300, 1e-9, 1.0, 1e9, 1e300])
def test_units_do_not_matter(scale: float) -> None:
    a, b = normal(2)
    assert found(a * scale, b).aliased == {}
    assert found(a, b, 3.0 * a * scale).aliased == {3: (1,)}


@pytest.mark.parametrize("relative", [1e-3, 1e-7, 1e-11])
def test_a_small_difference_is_information(relative: float) -> None:
    a, e = normal(2)
    assert found(a, a + relative * e).aliased == {}


def test_a_shift_costs_the_digits_it_cost_the_column() -> None:
    """At 1e9 a float has seven decimals: a difference of 1e-4 is data, one of 1e-9 cannot be."""
    a, e = normal(2)
    assert found(a + 1e9, a + 1e-4 * e + 1e9).aliased == {}
    assert found(a + 1e9, a + 1e-9 * e + 1e9).aliased == {2: (1,)}


def test_a_repeated_column_is_aliased_by_the_first() -> None:
    a, b = normal(2)
    assert found(a, b, a).aliased == {3: (1,)}


def test_a_multiple_is_aliased() -> None:
    a, b = normal(2)
    assert found(a, 2.0 * a, b).aliased == {2: (1,)}


@pytest.mark.parametrize("value", [0.0, 1.0, 0.1, 1e9])
def test_a_constant_column_is_aliased_by_the_intercept(value: float) -> None:
    a = normal(1)[0]
    result = found(a, np.full(a.size, value))
    assert result.kept == (0, 1)
    assert set(result.aliased) == {2}


def test_without_an_intercept_one_constant_is_kept_and_a_zero_is_not() -> None:
    a = normal(1)[0]
    result = found(a, np.full(a.size, 3.0), np.zeros(a.size), intercept=False)
    assert result.kept == (0, 1)
    assert result.aliased == {2: ()}


def test_all_dummies_under_an_intercept_alias_the_last() -> None:
    level = np.random.default_rng(2).integers(0, 3, 500)
    result = found(*(np.where(level == k, 1.0, 0.0) for k in range(3)))
    assert result.kept == (0, 1, 2)
    assert result.aliased == {3: (0, 1, 2)}


def test_all_dummies_without_an_intercept_are_regular() -> None:
    level = np.random.default_rng(2).integers(0, 3, 500)
    assert found(*(np.where(level == k, 1.0, 0.0) for k in range(3)), intercept=False).aliased == {}


def test_more_columns_than_rows_keep_as_many_as_there_are_rows() -> None:
    result = found(*normal(6, n=4))
    assert result.kept == (0, 1, 2, 3)
    assert set(result.aliased) == {4, 5, 6}


def test_the_triangle_of_the_kept_columns_has_their_geometry() -> None:
    a, b = normal(2)
    x, magnitude = design(a, 2.0 * a, b)
    result = geometry(Triangle.of(x).r, x.shape[0], magnitude, response=False)
    kept = x[:, result.kept]
    assert result.r.T @ result.r == pytest.approx(kept.T @ kept, rel=1e-12, abs=1e-10)
    assert result.triangle(1.0) == pytest.approx(result.r / np.sqrt(x.shape[0]))


def test_compressed_rows_have_the_residuals_of_all_rows() -> None:
    a, b = normal(2)
    x, magnitude = design(a, b)
    y = x @ np.array([0.3, -1.0, 2.0]) + normal(1, seed=3)[0]
    with_y = np.concatenate([x, y[:, None]], axis=1)
    result = geometry(Triangle.of(with_y).r, 500.0, magnitude, response=True)
    beta, rss, *_ = np.linalg.lstsq(x, y, rcond=None)
    assert result.rss == pytest.approx(float(rss[0]), rel=1e-12)
    rows = result.compressed()
    assert rows.weight is not None
    assert rows.weight.sum() == pytest.approx(500.0)
    gamma = np.linalg.lstsq(rows.x, rows.y, rcond=None)[0]
    assert np.linalg.solve(result.triangle(float(rows.rows)), gamma) == pytest.approx(beta, rel=1e-12)
    assert rows.weight @ np.square(rows.y - rows.x @ gamma) == pytest.approx(result.rss, rel=1e-12)


def test_leading_columns_are_judged_as_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(11)
    for _ in range(60):
        columns = [*normal(int(rng.integers(2, 9)), seed=int(rng.integers(1 << 30)))]
        for _ in range(int(rng.integers(0, 3))):
            mixed = rng.normal(size=len(columns)) @ np.array(columns) + rng.choice([0.0, 1e-14, 1e-9]) * rng.normal(size=500)
            columns.insert(int(rng.integers(len(columns) + 1)), mixed)
        fast = found(*columns)
        with monkeypatch.context() as patched:
            patched.setattr(rank, "SURELY", np.inf)
            slow = found(*columns)
        assert (fast.kept, fast.aliased) == (slow.kept, slow.aliased)
        assert np.abs(fast.r - slow.r).max() <= 1e-13 * np.abs(slow.r).max()
