"""Curvature: what every form of it promises, and that whoever holds one asks for no more than that."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from curvature_cases import Blocks
from scipy.linalg import block_diag

import mlefit
from mlefit.arrays import Array
from mlefit.criterion import likelihood
from mlefit.estimation.fit import Optima, fit_both
from mlefit.estimation.outcome import Outcome
from mlefit.execution import Engine
from mlefit.inference.estimates import Estimates, estimates, scaled_gradient
from mlefit.inference.kinds import kind_of
from mlefit.inference.standard_errors import standard_errors
from mlefit.information.prediction import takeuchi
from mlefit.mean import Coordinates, LinearMean
from mlefit.mean import jacobian as jacobians
from mlefit.mean.jacobian import WIDE, weighted_square
from mlefit.noise.bernoulli import Bernoulli
from mlefit.objective import Objective
from mlefit.rows.chunk import Chunk
from mlefit.sums import curvature as curvatures
from mlefit.sums.curvature import Curvature, Dense
from mlefit.sums.triangle import Triangle

ROUNDING = 1e-12
SIZES = (2, 3)


def matrix(seed: int = 1) -> Array:
    """Positive definite, with two blocks."""
    rng = np.random.default_rng(seed)
    return np.asarray(block_diag(*(a @ a.T for a in (rng.normal(size=(size, size + 2)) for size in SIZES))))


def form(kind: str, of: Array) -> Curvature:
    return Dense(of) if kind == "dense" else Blocks.of(of, SIZES)


every_form = pytest.mark.parametrize("kind", ["dense", "blocks"])
rng = np.random.default_rng(2)
VECTOR, ROWS = rng.normal(size=5), rng.normal(size=(4, 5))


def times_axes(found: Curvature) -> Array:
    return np.array([found.times(axis) for axis in np.eye(found.size)])


@every_form
def test_curvatures_add_up_and_have_units_as_matrices_do(kind: str) -> None:
    one, other = form(kind, matrix()), form(kind, matrix(2))
    assert one.size == 5
    assert np.allclose(times_axes(one + other), matrix() + matrix(2), rtol=ROUNDING)
    assert np.allclose(times_axes(one * 3.0), 3.0 * matrix(), rtol=ROUNDING)
    assert np.allclose(times_axes(one / 3.0), matrix() / 3.0, rtol=ROUNDING)
    assert np.allclose(one.times(VECTOR), matrix() @ VECTOR, rtol=ROUNDING)
    assert one.square(VECTOR) == pytest.approx(VECTOR @ matrix() @ VECTOR, rel=ROUNDING)


@every_form
def test_a_solution_is_that_of_numpy(kind: str) -> None:
    assert np.allclose(form(kind, matrix()).solve(VECTOR), np.linalg.solve(matrix(), VECTOR), rtol=1e3 * ROUNDING)


@every_form
def test_the_norm_of_a_root_is_a_standard_error(kind: str) -> None:
    inverse = np.linalg.inv(matrix())
    found = form(kind, matrix())
    assert np.square(found.root(ROWS)).sum(axis=1) == pytest.approx(np.diagonal(ROWS @ inverse @ ROWS.T), rel=1e3 * ROUNDING)
    assert np.sum(found.root(VECTOR) ** 2) == pytest.approx(VECTOR @ inverse @ VECTOR, rel=1e3 * ROUNDING)
    part = np.hstack([np.zeros((4, 1)), ROWS[:, :3], np.zeros((4, 1))])
    assert np.allclose(found.root(ROWS[:, :3], 1), found.root(part), rtol=ROUNDING, atol=ROUNDING)
    assert found.root(np.empty((0, 0)), 5).shape == (0, 5)


@every_form
def test_in_sphered_coordinates_the_matrix_is_the_identity(kind: str) -> None:
    found = form(kind, matrix())
    assert np.allclose(found.unsphered(found.sphered(VECTOR)), VECTOR, rtol=1e3 * ROUNDING)
    assert found.square(found.unsphered(VECTOR)) == pytest.approx(VECTOR @ VECTOR, rel=1e3 * ROUNDING)
    both_sides = found.unsphered(found.root(ROWS).T)            # F F'
    assert np.allclose(both_sides, np.linalg.solve(matrix(), ROWS.T), rtol=1e3 * ROUNDING)
    assert np.allclose(found.root(VECTOR), found.root(VECTOR[None, :])[0], rtol=1e3 * ROUNDING)


@every_form
def test_parameters_that_are_held_and_spaces_are_left_by_congruence(kind: str) -> None:
    found, h, space = form(kind, matrix()), matrix(), np.linalg.qr(ROWS.T)[0]
    assert np.allclose(times_axes(found.leading(3)), h[:3, :3], rtol=ROUNDING)
    assert np.allclose(times_axes(found.within(space)), space.T @ h @ space, rtol=ROUNDING, atol=ROUNDING)
    w = block_diag(*(np.triu(a) for a in (rng.normal(size=(size, size)) for size in SIZES)))
    assert np.allclose(times_axes(found.whitened(lambda columns: w @ columns)), w @ h @ w.T, rtol=ROUNDING, atol=ROUNDING)


@every_form
def test_eigenvalues_lie_within_their_bounds(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = np.linalg.eigvalsh(matrix())
    found = form(kind, matrix())
    assert found.smallest == pytest.approx(sizes[0], rel=1e3 * ROUNDING)
    assert sizes[-1] <= found.norm <= np.sqrt(5.0) * sizes[-1]
    assert found.norm == pytest.approx(np.linalg.norm(matrix()), rel=ROUNDING)
    monkeypatch.setattr(curvatures, "EIGENVALUES", 2)
    assert sizes[0] / 5.0 <= found.smallest <= sizes[0] * (1.0 + 1e3 * ROUNDING)
    assert form(kind, -matrix()).smallest <= 0.0


@every_form
def test_what_needs_a_positive_definite_matrix_says_so(kind: str) -> None:
    found = form(kind, matrix() - 100.0 * np.eye(5))
    for ask in (found.solve, found.root, found.sphered, found.unsphered):
        with pytest.raises(np.linalg.LinAlgError):
            ask(VECTOR)


@every_form
@pytest.mark.parametrize("spoiled", [np.nan, np.inf, -np.inf])
def test_one_element_that_is_not_finite_is_found(kind: str, spoiled: float) -> None:
    h = matrix()
    assert form(kind, h).finite()
    h[4, 3] = spoiled
    assert not form(kind, h).finite()


def test_the_form_of_a_curvature_is_known_where_it_is_made_and_nowhere_else() -> None:
    package = Path(mlefit.__file__).parent
    known = {path.relative_to(package).as_posix() for path in package.rglob("*.py") if "Dense" in path.read_text(encoding="utf-8")}
    lines = {"estimation/piecewise.py", "estimation/cornered.py", "inference/quantile_errors.py"}   # corners: no sum over rows
    plane = {"pipeline/curved.py", "estimation/careful.py"}     # of curves: their search, and the plane that touches them
    assert known == {"sums/curvature.py", "sums/arrow.py", "mean/jacobian.py", *lines, *plane}


def fit_of(design: LinearMean, data: Engine, sample: Engine | None) -> dict[str, Any]:
    """Everything that is made from the curvature of a fit."""
    fit: Optima = fit_both(Bernoulli(), design, data, sample)
    objective = Objective(likelihood(Bernoulli()), design, 0)
    numbers: dict[str, Estimates] = {
        kind: estimates(fit, design, standard_errors(kind_of(kind), fit, design, data, objective).covariance)
        for kind in ("model", "hc0", "hc1", "hc2", "hc3", "hac")}
    rows = data.store.parts[0].load()
    return {
        "fit": fit, "numbers": numbers, "gradient": scaled_gradient(fit.mle, design, numbers["model"]),
        "trace": takeuchi(objective, fit.mle.theta, fit.mle.curvature, rows, fit.n), "excess": fit.excess(),
        "reach": fit.mle.certificate.reach,
    }


@pytest.mark.parametrize("guided", [False, True])
def test_no_caller_needs_more_of_a_curvature_than_its_verbs(guided: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of two kinds, each with columns of its own: the Hessian has two blocks, and a form that holds just these will do."""
    n = 2_000
    x = np.zeros((n, 5), order="F")
    x[: n // 2, :2], x[n // 2 :, 2:] = rng.normal(size=(n // 2, 2)), rng.normal(size=(n // 2, 3))
    x = np.asfortranarray(x[rng.permutation(n)])
    y = Bernoulli().draw(rng, (x @ np.linspace(-0.5, 1.0, 5))[:, None], np.empty(0))
    design = LinearMean(Coordinates(Triangle.of(x).r / np.sqrt(n), tuple(range(5))), 1)
    data = Engine.of(Chunk(y, x))
    sample = Engine.of(Chunk(y[:500], x[:500])) if guided else None
    dense = fit_of(design, data, sample)
    monkeypatch.setattr(jacobians, "Dense", lambda found: Blocks.of(found, SIZES))
    blocks = fit_of(design, data, sample)
    for route in ("mle", "loss"):
        mine, theirs = (getattr(found["fit"], route) for found in (blocks, dense))
        assert isinstance(mine.curvature, Blocks)
        assert mine.outcome is theirs.outcome is Outcome.CERTIFIED
        assert np.abs(mine.theta - theirs.theta).max() <= 1e-10
    assert (dense["fit"].mle.method, blocks["fit"].mle.method) == ("trust-exact", "trust-ncg")
    for kind, numbers in dense["numbers"].items():
        assert blocks["numbers"][kind].std_error == pytest.approx(numbers.std_error, rel=1e-8)
        assert blocks["numbers"][kind].max_gap <= 1e-9
    assert blocks["trace"] == pytest.approx(dense["trace"], rel=1e-8)
    assert blocks["reach"] < 1.0
    assert 0.0 <= blocks["excess"] <= 1e-10
    assert 0.0 <= blocks["gradient"] <= 1e-5


@pytest.mark.parametrize("columns", [WIDE - 1, WIDE])
@pytest.mark.parametrize("low", [0.0, -1.0, np.nan])
def test_a_weighted_square_is_one_whatever_the_weights(columns: int, low: float) -> None:
    x, weight = np.asfortranarray(rng.normal(size=(500, columns))), rng.random(500)
    weight[7] = low
    found, expected = weighted_square(x, weight), np.einsum("ij,i,ik->jk", x, weight, x)
    assert np.array_equal(np.isnan(found), np.isnan(expected))
    if np.isfinite(low):
        assert np.abs(found - expected).max() <= 1e-13 * 500
