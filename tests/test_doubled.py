"""Doubled: sums of two doubles against exact arithmetic."""

from fractions import Fraction

import numpy as np
import pytest

from mlefit.sums.doubled import Doubled, substituted, two_product, two_sum

RNG = np.random.default_rng(3)


def wild(n: int) -> np.ndarray:
    return RNG.normal(size=n) * 10.0 ** RNG.integers(-12, 13, n)


def exact(values: np.ndarray) -> list[Fraction]:
    return [Fraction(value) for value in values.tolist()]


def test_sums_and_products_are_exact() -> None:
    a, b = wild(500), wild(500)
    for made, op in ((two_sum(a, b), Fraction.__add__), (two_product(a, b), Fraction.__mul__)):
        for s, e, x, y in zip(*map(exact, (*made, a, b)), strict=True):
            assert s + e == op(x, y)


def test_a_total_keeps_what_cancels() -> None:
    a = wild(1001)
    values = np.concatenate([a, [1e-9], -a[::-1]])
    assert float(Doubled.of(values).total().rounded()) == pytest.approx(1e-9, rel=1e-9)
    assert values.sum() != 1e-9      # which doubles lose


def test_substitution_in_twice_the_precision() -> None:
    r = np.triu(RNG.normal(size=(6, 6)))
    r[np.diag_indices(6)] = np.array([1.0, -2.0, 1e-8, 3.0, 1e-9, 1.0])
    x = RNG.normal(size=(6, 2))
    for transposed in (False, True):
        matrix = exact((r.T if transposed else r).ravel())
        b = [sum(matrix[6 * i + j] * Fraction(x[j, k]) for j in range(6)) for i in range(6) for k in range(2)]
        high = np.array([float(value) for value in b]).reshape(6, 2)
        low = np.array([float(value - Fraction(float(value))) for value in b]).reshape(6, 2)
        assert substituted(r, Doubled(high, low), transposed=transposed).rounded() == pytest.approx(x, rel=4e-16)
