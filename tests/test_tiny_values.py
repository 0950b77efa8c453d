"""Values whose spread is near the smallest double are fitted in a unit of their own, or refused as constant."""

from typing import Any

import numpy as np
import pytest

import mlefit
from mlefit.errors import NoEstimateError

N = 30
RNG = np.random.default_rng(11)
X = RNG.integers(-50, 50, N).astype(float)      # whole, so that the smallest powers of two lose no bit of them
Y = np.rint(2.0 * X + 20.0 * RNG.normal(size=N))
COIN = (60.0 * RNG.normal(size=N) < X).astype(float)


def fitted(x: Any, y: Any, **options: Any) -> dict[str, Any]:
    return mlefit.fit({"x": x, "y": y}, target="y", draws=0, **options).to_dict()


def estimates(report: dict[str, Any]) -> dict[str, float]:
    return {p["name"]: p["estimate"] for p in report["parameters"]}


@pytest.mark.parametrize("power", [-1000, -1022, -1040, -1060, -1070, -1074])
def test_a_tiny_response_is_fitted(power: int) -> None:
    unit = 2.0**power
    one, other = fitted(X, Y), fitted(X, Y * unit)
    for name, estimate in estimates(one).items():
        assert estimates(other)[name] == pytest.approx(estimate * unit, rel=1e-9, abs=2.0**-1074)
    assert other["routes"]["mle"]["loglik"] == pytest.approx(one["routes"]["mle"]["loglik"] - N * power * np.log(2), rel=1e-12)
    assert other["criteria"]["r_squared"] == pytest.approx(one["criteria"]["r_squared"], rel=1e-9)


@pytest.mark.parametrize("power", [-1000, -1022, -1040, -1060, -1074])
@pytest.mark.parametrize("model", ["gaussian", "bernoulli"])
def test_a_tiny_predictor_is_fitted_and_a_coefficient_beyond_the_doubles_is_said(model: str, power: int) -> None:
    y = Y if model == "gaussian" else COIN
    one, other = (fitted(x, y, model=model) for x in (X, X * 2.0**power))
    assert other["routes"]["mle"]["loglik"] == pytest.approx(one["routes"]["mle"]["loglik"], rel=1e-9)
    assert estimates(other)["(Intercept)"] == pytest.approx(estimates(one)["(Intercept)"], rel=1e-7)
    with np.errstate(over="ignore"):
        slope = float(np.ldexp(estimates(one)["x"], -power))
    if np.isfinite(slope):
        assert estimates(other)["x"] == pytest.approx(slope, rel=1e-7)
        assert "too-large" not in [w["code"] for w in other["warnings"]]
    else:
        assert estimates(other)["x"] is None
        assert [w["message"] for w in other["warnings"] if w["code"] == "too-large"] == [
            "x: the coefficient is beyond the largest double, 1.8e308, as the column varies so little; "
            "multiply it by a power of ten"
        ]


@pytest.mark.parametrize("spread", [1e-302, 1e-310, 1e-323])
def test_a_spread_that_rounds_away_is_constant(spread: float) -> None:
    with pytest.raises(NoEstimateError) as caught:
        fitted(X, 1.0 + Y * spread)
    assert caught.value.code == "constant-target"
