"""Triangle: R of parts merges to R of the whole, and stands for A'A without forming it."""

import numpy as np
import pytest

from mlefit.arrays import Array
from mlefit.sums import triangle
from mlefit.sums.tally import tree_sum
from mlefit.sums.triangle import COLLECTED, SLAB, TALL, WIDE, WIDE_SLAB, Triangle

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


@pytest.mark.parametrize("alike", [0.0, 0.5, 0.95, 0.98])
def test_of_many_rows_the_square_has_the_digits_of_the_rows(alike: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside R in extended precision; columns that are too alike are factorised as few rows are."""
    rng = np.random.default_rng(6)
    rows = np.sqrt(1.0 - alike) * rng.normal(size=(TALL, 4)) + np.sqrt(alike) * rng.normal(size=(TALL, 1))
    rows *= np.array([1.0, 1e3, 1e-3, 1e100])
    found = Triangle.of(rows)
    square = (rows / np.linalg.norm(rows, axis=0)).astype(np.longdouble)
    square = square.T @ square
    exact = np.zeros((4, 4), np.longdouble)
    for j in range(4):
        exact[j, j:] = (square[j, j:] - exact[:j, j] @ exact[:j, j:]) / np.sqrt(square[j, j] - exact[:j, j] @ exact[:j, j])
    assert np.abs(found.r / np.linalg.norm(rows, axis=0) - exact).max() < 3e-15
    monkeypatch.setattr(triangle, "TALL", TALL + 1)
    assert np.array_equal(found.r, Triangle.of(rows).r) == (alike == 0.98)


@pytest.mark.parametrize("rows", [np.zeros((TALL, 2)), np.full((TALL, 2), 1e200), np.ones((TALL, 2))])
def test_of_what_has_no_square_or_no_rank_the_rows_are_factorised(rows: Array) -> None:
    r = Triangle.of(rows).r
    assert r[0, 0] == pytest.approx(np.sqrt(TALL) * rows[0, 0])
    assert r[0, 1] == pytest.approx(r[0, 0])
    assert abs(r[1, 1]) <= 1e-12 * r[0, 0]


@pytest.mark.parametrize("n", [5_000, TALL])
def test_a_direction_that_the_square_would_lose_is_kept(n: int) -> None:
    """Two columns that differ by 1e-9: in A'A, formed, the difference is rounding."""
    rng = np.random.default_rng(5)
    x, e = rng.normal(0.0, 1.0, (2, n))
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
