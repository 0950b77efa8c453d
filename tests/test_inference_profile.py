"""Profile-likelihood intervals against R (reference/make_claims.R), and the check of Wald's."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import chdtrc

from mlefit.arrays import Array
from mlefit.inference.law import NORMAL
from mlefit.inference.profile import MOST, Profile, doubtful, interval, skewness

WIDTH = NORMAL.quantile(0.95)


@cache
def claims() -> dict[str, Any]:
    return dict(json.loads((Path(__file__).parent / "reference" / "claims.json").read_text()))


def bernoulli(eta: Array, y: Array) -> tuple[float, Array, Array, Array]:
    """Log-likelihood, dl/d eta, the curvature w, and dw/d eta."""
    p = 1.0 / (1.0 + np.exp(-eta))
    return float((y * eta - np.logaddexp(0.0, eta)).sum()), y - p, p * (1.0 - p), p * (1.0 - p) * (1.0 - 2.0 * p)


def poisson(eta: Array, y: Array) -> tuple[float, Array, Array, Array]:
    mu = np.exp(eta)
    factorials = np.cumsum(np.log(np.maximum(np.arange(y.max() + 1.0), 1.0)))[y.astype(int)]
    return float((y * eta - mu - factorials).sum()), y - mu, mu, mu


Law = Callable[[Array, Array], tuple[float, Array, Array, Array]]


def maximum(law: Law, x: Array, y: Array, offset: Array | float = 0.0) -> tuple[float, Array, Array]:
    """Log-likelihood at its maximum, the coefficients (p,), and J^-1 (p, p), by damped Newton steps."""
    b = np.zeros(x.shape[1])
    for _ in range(200):
        value, score, w, _ = law(x @ b + offset, y)
        step = np.linalg.solve(x.T @ (x * w[:, None]), x.T @ score)
        while law(x @ (b + step) + offset, y)[0] < value - 1e-9:
            step = 0.5 * step
        b = b + step
        if np.abs(step).max(initial=0.0) < 1e-12:
            break
    value, _, w, _ = law(x @ b + offset, y)
    return value, b, np.linalg.inv(x.T @ (x * w[:, None]))


def profiled(law: Law, x: Array, y: Array, j: int) -> tuple[Profile, float, float, float]:
    """The profile of coefficient j, the maximum, the estimate and its standard error."""
    top, b, inverse = maximum(law, x, y)
    others = np.delete(x, j, axis=1)
    return lambda v: maximum(law, others, y, v * x[:, j])[0], top, b[j], np.sqrt(inverse[j, j])


def rows(target: str) -> tuple[Array, Array]:
    data = claims()["data"]
    a = np.array(data["a"])
    return np.column_stack([np.ones(len(a)), data["x"], data["z"], a == "m", a == "h"]).astype(float), np.array(data[target], float)


def wald_fails() -> tuple[Array, Array]:
    found = claims()["wald_fails"]
    return np.column_stack([np.ones(60), found["x"]]), np.array(found["b"], float)


@pytest.mark.parametrize(("law", "target", "model"), [(bernoulli, "b", "bernoulli"), (poisson, "k", "poisson")])
@pytest.mark.parametrize(("term", "j"), [("x", 1), ("z", 2)])
def test_profile_ends_are_those_of_r(law: Law, target: str, model: str, term: str, j: int) -> None:
    expected = claims()[model]["profile"][term]
    profile, top, estimate, error = profiled(law, *rows(target), j)
    assert top == pytest.approx(claims()[model]["loglik"], rel=1e-12)
    assert interval(profile, top, estimate, error, WIDTH) == pytest.approx((expected["ci_low"], expected["ci_high"]), rel=1e-6)
    assert chdtrc(1, 2.0 * (top - profile(0.0))) == pytest.approx(expected["lr_p"], rel=1e-8)


def test_where_wald_fails_the_profile_is_that_of_r() -> None:
    expected = claims()["wald_fails"]["profile"]
    profile, top, estimate, error = profiled(bernoulli, *wald_fails(), 1)
    assert interval(profile, top, estimate, error, WIDTH) == pytest.approx((expected["ci_low"], expected["ci_high"]), rel=1e-6)
    assert chdtrc(1, 2.0 * (top - profile(0.0))) == pytest.approx(expected["lr_p"], rel=1e-6)
    assert expected["wald_p"] > 0.05
    assert expected["lr_p"] < 1e-17


def test_each_value_costs_a_fit_and_few_are_asked() -> None:
    asked: list[float] = []
    profile, top, estimate, error = profiled(bernoulli, *wald_fails(), 1)

    def counted(value: float) -> float:
        asked.append(value)
        return profile(value)

    interval(counted, top, estimate, error, WIDTH)
    assert len(asked) <= 24


def test_a_parabola_is_wald() -> None:
    asked: list[float] = []

    def parabola(v: float) -> float:
        asked.append(v)
        return -3.0 - 0.5 * ((v - 4.0) / 2.0) ** 2

    assert interval(parabola, -3.0, 4.0, 2.0, WIDTH) == pytest.approx((4.0 - 2.0 * WIDTH, 4.0 + 2.0 * WIDTH))
    assert len(asked) == 2


def test_a_likelihood_that_stays_up_has_an_end_at_infinity() -> None:
    flat = interval(lambda v: -0.5 * min(v, 1.0) ** 2, 0.0, 0.0, 1.0, WIDTH)
    assert flat == (pytest.approx(-WIDTH), np.inf)
    assert interval(lambda v: -0.5 * max(v, -1.0) ** 2, 0.0, 0.0, 1.0, WIDTH) == (-np.inf, pytest.approx(WIDTH))


@pytest.mark.parametrize("power", [0.25, 1.0, 4.0])
def test_ends_are_found_for_any_curvature_of_the_root(power: float) -> None:
    low, high = interval(lambda v: -0.5 * abs(v) ** (2.0 * power), 0.0, 0.0, 1.0, WIDTH)
    assert (low, high) == pytest.approx((-(WIDTH ** (1.0 / power)), WIDTH ** (1.0 / power)), rel=1e-6)


def test_a_likelihood_of_zero_beyond_the_end_is_met() -> None:
    low, high = interval(lambda v: -0.5 * v * v if v < 2.5 else -np.inf, 0.0, 0.0, 1.0, 2.4)
    assert (low, high) == pytest.approx((-2.4, 2.4))
    _, jump = interval(lambda v: -0.5 * v * v if v < 2.0 else -np.inf, 0.0, 0.0, 1.0, 2.4)
    assert jump == pytest.approx(2.0)


def third_of(law: Law, x: Array, y: Array) -> tuple[Array, Array, Array]:
    """sum w' c^3, the coefficients and their standard errors."""
    _, b, inverse = maximum(law, x, y)
    return law(x @ b, y)[3] @ (x @ inverse) ** 3, b, np.sqrt(np.diagonal(inverse))


@pytest.mark.parametrize(("law", "target"), [(bernoulli, "b"), (poisson, "k")])
def test_d_is_the_change_of_the_error_along_the_profile(law: Law, target: str) -> None:
    """(log se_j(v + h) - log se_j(v - h)) / 2h se_j, se_j(v) from the curvature where b_j = v and the others follow."""
    x, y = rows(target)
    third, b, errors = third_of(law, x, y)

    def log_error(j: int, value: float) -> float:
        _, others, _ = maximum(law, np.delete(x, j, axis=1), y, value * x[:, j])
        w = law(x @ np.insert(others, j, value), y)[2]
        return 0.5 * float(np.log(np.linalg.inv(x.T @ (x * w[:, None]))[j, j]))

    d = skewness(third, errors)
    for j in range(5):
        h = 1e-4 * errors[j]
        slope = (log_error(j, b[j] + h) - log_error(j, b[j] - h)) / (2.0 * h)
        assert d[j] == pytest.approx(slope * errors[j], rel=1e-4, abs=1e-7)


def test_a_shift_of_the_predictor_changes_no_d_of_a_slope() -> None:
    x, y = rows("k")
    third, _, errors = third_of(poisson, x, y)
    moved = x.copy()
    moved[:, 1] += 10.0
    shifted, _, same = third_of(poisson, moved, y)
    assert skewness(shifted, same)[1:] == pytest.approx(skewness(third, errors)[1:], rel=1e-6, abs=1e-9)


def test_the_sign_of_d_says_which_arm_is_longer() -> None:
    """Errors that grow with b (d > 0) make the upper arm the longer one."""
    for law, target in ((bernoulli, "b"), (poisson, "k")):
        third, _, errors = third_of(law, *rows(target))
        d = skewness(third, errors)
        for j in range(5):
            profile, top, estimate, error = profiled(law, *rows(target), j)
            low, high = interval(profile, top, estimate, error, WIDTH)
            assert np.log((high - estimate) / (estimate - low)) == pytest.approx(2.0 / 3.0 * WIDTH * d[j], abs=0.02)


def test_wald_is_doubted_where_it_fails() -> None:
    third, b, errors = third_of(bernoulli, *wald_fails())
    chosen, marked = doubtful(skewness(third, errors), b, errors)
    assert (list(chosen), list(marked)) == ([1], [])
    third, b, errors = third_of(poisson, *rows("k"))
    assert [list(part) for part in doubtful(skewness(third, errors), b, errors)] == [[], []]


def test_the_rules_of_doubt() -> None:
    one = np.ones(5)
    d = np.array([0.11, -0.11, 0.09, 0.09, 0.09])
    statistic = np.array([-3.0, 1.0, 5.0, 6.0, 7.0])      # .45 of the slope, .54, and .63 but beyond doubt (p = 3e-12)
    assert list(doubtful(d, statistic, one)[0]) == [1, 0, 3]
    assert list(doubtful(-d[2:], -statistic[2:], one[2:])[0]) == [1]         # the same on the other side
    many, rest = doubtful(np.full(MOST + 3, 0.2), np.arange(MOST + 3.0)[::-1], np.ones(MOST + 3))
    assert list(many) == list(range(MOST + 2, 2, -1))
    assert list(rest) == [2, 1, 0]
