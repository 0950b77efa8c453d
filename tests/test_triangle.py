"""Triangle: R of parts merges to R of the whole, and stands for A'A without forming it."""

import numpy as np
import pytest

from mlefit.arrays import Array
from mlefit.sums.tally import tree_sum
from mlefit.sums.triangle import COLLECTED, SLAB, WIDE, WIDE_SLAB, Triangle

ROUNDING = 1e-13    # relative to the largest entry: a QR factorisation is backward stable


def table(n: int, k: int = 4, seed: int = 1) -> Array:
    return np.random.default_rng(seed).normal(0.0, 1.0, (n, k)) * np.array([1.0, 10.0, 0.1, 1.0])[:k]


def close(a: Array, b: Array) -> bool:
    return bool(np.abs(a - b).max() <= ROUNDING * np.abs(b).max())


@pytest.mark.parametrize("n", [1, 3, 4, 100, SLAB, 2 * SLAB, 3 * SLAB + 7])
def test_its_square_is_the_square_of_the_rows(n: int) -> None:
    rows = table(n)
    r = Triangle.of(rows).r
    assert r.shape == (4, 4)
    assert close(r.T @ r, rows.T @ rows)
    assert np.array_equal(r, np.triu(r))
    assert (np.diagonal(r) >= 0.0).all()


@pytest.mark.parametrize("cuts", [[10], [1, 2, 3], [500, 501, 1999], [1000]])
def test_parts_merge_to_the_whole(cuts: list[int]) -> None:
    rows = table(2_000)
    merged = tree_sum(Triangle.of(part) for part in np.split(rows, cuts))
    assert close(merged.r, Triangle.of(rows).r)


def test_merging_is_associative_and_commutative_up_to_rounding() -> None:
    a, b, c = (Triangle.of(table(50, seed=seed)) for seed in (1, 2, 3))
    assert close(((a + b) + c).r, (a + (b + c)).r)
    assert close((a + b).r, (b + a).r)


@pytest.mark.parametrize("n", [5, 3 * SLAB])
def test_weight_two_is_the_row_twice_and_weight_zero_no_row(n: int) -> None:
    rows = table(n)
    weight = np.random.default_rng(4).integers(0, 4, n)
    repeated = np.repeat(rows, weight, axis=0)
    assert close(Triangle.of(rows, weight.astype(float)).r, Triangle.of(repeated).r)


def test_no_rows_are_the_neutral_element() -> None:
    nothing = Triangle.of(np.empty((0, 3)))
    assert np.array_equal(nothing.r, np.zeros((3, 3)))
    some = Triangle.of(table(20, 3))
    assert close((nothing + some).r, some.r)
    assert close((some + nothing).r, some.r)


def test_a_direction_that_the_square_would_lose_is_kept() -> None:
    """Two columns that differ by 1e-9: in A'A, formed, the difference is rounding."""
    rng = np.random.default_rng(5)
    x, e = rng.normal(0.0, 1.0, (2, 5_000))
    r = Triangle.of(np.stack([x, x + 1e-9 * e]).T).r
    left = np.linalg.norm(1e-9 * (e - x * (x @ e) / (x @ x)))
    assert r[1, 1] == pytest.approx(left, rel=1e-6)


def test_the_triangle_does_not_depend_on_the_memory_order() -> None:
    rows = table(3 * SLAB)
    assert np.array_equal(Triangle.of(rows).r, Triangle.of(np.asfortranarray(rows)).r)


@pytest.mark.parametrize("n", [WIDE, COLLECTED * WIDE, COLLECTED * WIDE + 1, 2 * WIDE_SLAB + 7])
def test_rows_of_many_columns_wait_for_their_factor(n: int) -> None:
    rows = np.random.default_rng(2).normal(size=(n, WIDE))
    whole, merged = Triangle.of(rows), tree_sum(Triangle.of(part) for part in np.array_split(rows, 9))
    assert whole.r.shape == merged.r.shape == (WIDE, WIDE)
    assert close(whole.r.T @ whole.r, rows.T @ rows)
    assert close(merged.r, whole.r)
    assert max(whole.rows.shape[0], merged.rows.shape[0]) <= COLLECTED * WIDE
    assert np.array_equal(whole.r, np.triu(whole.r))
    assert (np.diagonal(whole.r) >= 0.0).all()
