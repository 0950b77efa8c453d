"""LAPACK without wrappers: the bits of scipy's solvers, and their refusals."""

import numpy as np
import pytest
from scipy.linalg import cho_factor, cho_solve, cholesky, solve_triangular

from mlefit.sums.lapack import factor, solved, triangular

RNG = np.random.default_rng(5)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("columns", [None, 1, 7])
@pytest.mark.parametrize("size", [1, 2, 9])
def test_substitution_is_that_of_scipy_to_the_last_bit(size: int, columns: int | None, order: str) -> None:
    upper = np.array(np.triu(RNG.normal(size=(size, size))) + 3.0 * np.eye(size), order=order)
    right = RNG.normal(size=size) if columns is None else np.array(RNG.normal(size=(size, columns)), order=order)
    for lower, triangle in ((False, upper), (True, np.array(upper.T, order=order))):
        for transposed in (False, True):
            expected = solve_triangular(triangle, right, lower=lower, trans="T" if transposed else "N")
            found = triangular(triangle, right, lower=lower, transposed=transposed)
            assert found.shape == right.shape
            assert np.array_equal(found, expected)


def test_cholesky_and_what_is_solved_with_it_are_those_of_scipy() -> None:
    root = RNG.normal(size=(6, 4))
    matrix, right = root.T @ root, RNG.normal(size=4)
    assert np.array_equal(factor(matrix), cholesky(matrix, lower=True))
    assert np.array_equal(solved(matrix, right), cho_solve(cho_factor(matrix), right))


def test_nothing_is_solved_by_nothing() -> None:
    none = np.empty((0, 0))
    assert triangular(none, np.empty((0, 3))).shape == (0, 3)
    assert factor(none).shape == (0, 0)
    assert solved(none, np.empty(0)).shape == (0,)


def test_singular_and_indefinite_matrices_are_refused() -> None:
    with pytest.raises(np.linalg.LinAlgError, match="resolution failed at diagonal 1"):
        triangular(np.array([[1.0, 2.0], [0.0, 0.0]]), np.ones(2))
    for ask in (factor, lambda matrix: solved(matrix, np.ones(2))):
        with pytest.raises(np.linalg.LinAlgError, match="2-th leading minor"):
            ask(np.array([[1.0, 2.0], [2.0, 1.0]]))
