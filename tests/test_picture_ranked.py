"""Errors that are reshuffled are those of a rank estimate: as sharp as the errors themselves."""

import numpy as np
import pytest
from scipy.optimize import minimize

from mlefit.arrays import Array
from mlefit.picture.designed import Columns
from mlefit.picture.ranked import errors_of
from mlefit.picture.residuals import expected


def fitted(errors: Array, seed: int) -> tuple[Array, Array]:
    """A design of a constant, a number and three levels, and what least squares leaves of the errors."""
    rng = np.random.default_rng(seed)
    level = rng.integers(0, 3, errors.size)
    design = np.column_stack([np.ones(errors.size), rng.standard_normal(errors.size), level == 1, level == 2]).astype(float)
    return design, errors - design @ np.linalg.lstsq(design, errors, rcond=None)[0]


def dispersion(errors: Array) -> float:
    return float(expected(errors.size) @ np.sort(errors))


def test_a_few_steps_are_near_the_least_dispersion() -> None:
    design, residuals = fitted(np.random.default_rng(1).exponential(size=80), seed=2)
    found = errors_of(residuals, Columns((design,)).project, expected(80))
    best = min(minimize(lambda b: dispersion(residuals - design @ b), np.zeros(4), method="Nelder-Mead",
                        options={"maxiter": 4000, "xatol": 1e-8, "fatol": 1e-8}).fun, dispersion(found))
    gain = dispersion(residuals) - best
    assert gain > 0.0
    assert dispersion(found) - best < 0.1 * gain
    moved = residuals - found
    assert np.allclose(design @ np.linalg.lstsq(design, moved, rcond=None)[0], moved)


@pytest.mark.parametrize(("draw", "least", "most"), [("exponential", 0.0, 0.75), ("standard_normal", 0.97, 1.03)])
def test_edges_are_sharp_again_and_normal_errors_as_sharp_as_they_were(draw: str, least: float, most: float) -> None:
    def off(errors: Array) -> float:
        return float(np.sum(np.square(errors - errors.mean() - (true - true.mean()))))

    before = after = 0.0
    for seed in range(40):
        true = getattr(np.random.default_rng([3, seed]), draw)(size=100)
        design, residuals = fitted(true, seed)
        before, after = before + off(residuals), after + off(errors_of(residuals, Columns((design,)).project, expected(100)))
    assert least <= after / before <= most


def test_what_has_nothing_to_gain_stays_as_it_is() -> None:
    residuals = np.random.default_rng(4).standard_normal(50)
    residuals -= residuals.mean()
    assert np.allclose(errors_of(residuals, Columns((np.ones((50, 1)),)).project, expected(50)), residuals)
    assert (errors_of(np.zeros(50), Columns((np.ones((50, 1)),)).project, expected(50)) == 0.0).all()
