"""Moves of a row's predictors, the step without a row, and the bound on third derivatives."""

import numpy as np
import pytest

from mlefit.arrays import Array
from mlefit.estimation.fit import fit_both
from mlefit.execution import Engine
from mlefit.inference.carried import Directions
from mlefit.inference.curved import SMALL, third, unbent
from mlefit.inference.moves import Moves, newton
from mlefit.mean import Coordinates, LinearMean
from mlefit.noise.categorical import Categorical
from mlefit.objective import Objective
from mlefit.rows.chunk import Chunk
from mlefit.sums.triangle import Triangle

TINY = 1e-8


def rows(n: int, columns: int, seed: int = 3) -> Chunk:
    rng = np.random.default_rng(seed)
    x = np.asfortranarray(np.column_stack([np.ones(n), rng.normal(size=(n, columns))]))
    return Chunk((np.arange(n) % 4).astype(float), x)


def fitted(chunk: Chunk) -> tuple[Objective, Array, Moves, Engine, Directions]:
    law, n, width = Categorical().of(("a", "b", "c", "d")), chunk.rows, chunk.x.shape[1]
    mean = LinearMean(Coordinates(Triangle.of(chunk.x).r / np.sqrt(n), tuple(range(width))), 3)
    fit = fit_both(law, mean, Engine.of(chunk))
    objective, theta = Objective.likelihood(law, fit.mean), fit.mle.theta
    directions = Directions.of(fit.mle.curvature, fit.mean.natural(theta))
    return objective, theta, Moves.of(objective, fit.mle.curvature), Engine.of(chunk), directions


def test_the_covariance_of_predictors_is_that_of_the_coefficients_times_the_rows() -> None:
    chunk = rows(60, 2)
    objective, theta, moves, _, _ = fitted(chunk)
    found = moves.together(theta, chunk)
    covariance = (moves.columns @ moves.columns.T).reshape(3, 3, 3, 3)      # predictor, column, predictor, column
    assert found == pytest.approx(np.einsum("ni,aibj,nj->nab", chunk.x, covariance, chunk.x), rel=1e-10, abs=1e-14)
    assert moves.largest(theta, chunk) == pytest.approx(np.sqrt(np.einsum("naa->na", found).max()), rel=1e-12)
    assert objective.mean.shared


def steps(leverage: float, n: int = 40, q: int = 3) -> tuple[Array, Array, Array]:
    """M, A and d, with the largest eigenvalue of A M `leverage` in every row."""
    rng = np.random.default_rng(1)
    half, other = rng.normal(size=(2, n, q, q))
    moves, bent = half @ half.transpose(0, 2, 1), other @ other.transpose(0, 2, 1)
    largest = np.linalg.eigvals(bent @ moves).real.max(axis=1)
    return moves * (leverage / largest)[:, None, None], bent, rng.normal(size=(n, q))


@pytest.mark.parametrize("leverage", [0.01, 0.4, 0.9, 0.999])
def test_the_step_without_a_row_solves_its_equation_whatever_the_leverage(leverage: float) -> None:
    moves, bent, d1 = steps(leverage)
    step = newton(moves, bent, d1, TINY)
    assert step is not None
    wanted = np.linalg.solve(np.linalg.inv(moves) - bent, d1[:, :, None])[:, :, 0]
    assert step == pytest.approx(wanted, rel=1e-8, abs=1e-10)


def test_a_row_of_leverage_one_has_no_step_without_it() -> None:
    assert newton(*steps(1.0), TINY) is None
    assert newton(np.ones((1, 1, 1)), np.ones((1, 1, 1)), np.ones((1, 1)), TINY) is None


@pytest.mark.parametrize(("n", "small"), [(60, False), (100_000, True)])
def test_third_derivatives_are_not_asked_for_where_none_can_be_large(n: int, *, small: bool) -> None:
    chunk = rows(n, 2)
    objective, theta, moves, engine, directions = fitted(chunk)
    largest = np.abs(third(objective, theta, directions, engine)).max()
    assert largest <= 2.0 * moves.largest(theta, chunk)
    assert unbent(moves, theta, engine) is small
    assert not small or largest < SMALL
