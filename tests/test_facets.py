"""The least loss with corners: against linear programmes where there are any, on lattices, with ties, weights and few rows."""

import numpy as np
import pytest
from scipy.optimize import linprog, minimize

from mlefit.arrays import Array
from mlefit.estimation.facets import Facets
from mlefit.expression.written import LOSSES, parse_written
from mlefit.losses.loss import Loss


def loss(text: str) -> Loss:
    return Loss(parse_written("--loss", text, ("r",), LOSSES))


def facets(text: str, x: Array, y: Array, weight: Array | None = None) -> Facets:
    one = loss(text)
    return Facets(x, y, np.ones(y.size) if weight is None else weight, one.curve, one.corners)


def programme(x: Array, y: Array, weight: Array, below: float, above: float, flat: float) -> float:
    """The least sum of w max(above (r - flat), below (-r - flat), 0), by HiGHS."""
    n, p = x.shape
    cost = np.concatenate([np.zeros(2 * p), weight])
    rows = np.vstack([np.hstack([-above * x, above * x, -np.eye(n)]), np.hstack([below * x, -below * x, -np.eye(n)])])
    ends = np.concatenate([above * (flat - y), below * (flat + y)])
    found = linprog(cost, A_ub=rows, b_ub=ends, bounds=(0, None), method="highs")
    return float(found.fun)


PIECEWISE = {"abs(r)": (1.0, 1.0, 0.0), "max(0.3*r,-0.7*r)": (0.7, 0.3, 0.0), "max(abs(r)-0.5,0)": (1.0, 1.0, 0.5),
             "max(abs(r)-2,0)": (1.0, 1.0, 2.0)}


@pytest.mark.parametrize("text", PIECEWISE)
@pytest.mark.parametrize("kind", ["smooth", "lattice", "ties", "few"])
def test_the_least_loss_is_that_of_the_linear_programme(text: str, kind: str) -> None:
    for seed in range(6):
        rng = np.random.default_rng(seed)
        n = 9 if kind == "few" else 120
        x = np.column_stack([np.ones(n), rng.normal(size=(n, 2))])
        y = x @ np.array([1.0, 2.0, -1.0]) + rng.standard_t(3, size=n)
        if kind != "smooth":
            x, y = np.round(x), np.round(y)
        if kind == "ties":
            x[:, 2] = x[:, 1] % 2
            y = np.round(y / 3)
        weight = rng.integers(1, 4, size=n).astype(float)
        found = facets(text, x, y, weight).settled(np.linalg.lstsq(x, y)[0])
        assert found.value == pytest.approx(programme(x, y, weight, *PIECEWISE[text]), rel=1e-9, abs=1e-9)
        assert np.abs(found.slope).max() <= 1e-9 * weight.sum()


@pytest.mark.parametrize("text", ["abs(r)+0.5*r**2", "max(abs(r)-0.5,0)+0.1*r**2", "where(r<0,2*abs(r),r+r**2)",
                                  "abs(r)+abs(r-1)+0.1*cosh(r/3)"])
def test_the_least_loss_is_lower_than_a_search_without_slopes_finds(text: str) -> None:
    one = loss(text)
    assert one.convex
    for seed in range(5):
        rng = np.random.default_rng(seed)
        x = np.column_stack([np.ones(80), rng.normal(size=80)])
        y = np.round(x @ np.array([1.0, 2.0]) + rng.standard_t(3, size=80), seed % 3)
        found = facets(text, x, y).settled(np.zeros(2))
        other = minimize(lambda b, x=x, y=y: float(one.value(y - x @ b).sum()), found.gamma + 0.1, method="Nelder-Mead",
                         options={"xatol": 1e-9, "fatol": 1e-9, "maxiter": 2000})
        assert found.value <= other.fun + 1e-9 * abs(other.fun)
        assert np.abs(found.slope).max() <= 1e-8 * 80


def test_a_direction_in_which_nothing_holds_the_minimum_is_known() -> None:
    x, y = np.ones((4, 1)), np.array([1.0, 2.0, 4.0, 9.0])
    assert facets("abs(r)", x, y).settled(np.array([3.0])).free
    assert not facets("abs(r)", x[:3], y[:3]).settled(np.array([3.0])).free
    assert not facets("abs(r)+0.5*r**2", x, y).settled(np.array([3.0])).free
