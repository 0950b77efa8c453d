"""Scales and dispersions that depend on predictors, of laws that are not gaussian."""

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import gammaln
from test_scale import UNEQUAL, fit, spread_table, values

import mlefit
from mlefit.arrays import Array


def shapes_table(n: int = 400) -> dict[str, Any]:
    rng = np.random.default_rng(2)
    x, u = rng.normal(size=n), rng.uniform(0.0, 2.0, n)
    k, mu = np.exp(0.5 + 0.7 * u), np.exp(1.0 + 0.5 * x)
    return {"x": x, "u": u, "y": rng.gamma(k) * mu / k}


def test_the_shape_of_gamma_noise_may_depend_on_predictors() -> None:
    columns = shapes_table()

    def nll(theta: Array) -> float:
        eta, t = theta[0] + theta[1] * columns["x"], theta[2] + theta[3] * columns["u"]
        k, y = np.exp(t), columns["y"]
        return float(np.sum(k * (eta - t) - (k - 1.0) * np.log(y) + k * y * np.exp(-eta) + gammaln(k)))

    found = fit(columns, model="gamma", features=["x"], scale_features=["u"])
    best = minimize(nll, np.zeros(4), method="BFGS")
    assert found["criteria"]["loglik"] == pytest.approx(-float(best.fun), abs=1e-6)
    assert values(found) == pytest.approx(best.x, abs=1e-4)
    assert [(p["name"], p["class"], p["kind"]) for p in found["parameters"]][2:] == [
        ("(Intercept)", "log k", "scale"), ("u", "log k", "scale")]
    assert (found["model"]["noise"], found["model"]["scale_formula"]) == ("gamma", "u")
    constant, plain = (fit(columns, model="gamma", features=["x"], **options) for options in ({"scale_features": []}, {}))
    assert np.exp(values(constant)[2]) == pytest.approx(values(plain)[2], rel=1e-9)
    larger = fit({**columns, "y": 1e6 * columns["y"]}, model="gamma", features=["x"], scale_features=["u"])
    assert values(larger) == pytest.approx(values(found) + np.array([np.log(1e6), 0.0, 0.0, 0.0]), rel=1e-8)


def test_moments_of_scores_are_interpolated_to_six_digits() -> None:
    from mlefit.noise import MODELS

    law, rng = MODELS["gamma"].with_scale, np.random.default_rng(3)
    assert law is not None
    eta, direction = rng.uniform(-1.0, 4.0, (300, 2)), rng.normal(size=(2, 300, 2))
    many = law.score_moments(direction, eta, np.empty(0))
    few = [law.score_moments(direction[:, i : i + 30], eta[i : i + 30], np.empty(0)) for i in range(0, 300, 30)]
    for place in range(2):
        assert many[place] == pytest.approx(np.concatenate([part[place] for part in few], axis=1), rel=1e-6)


@pytest.mark.parametrize(("model", "df"), [("student-t", None), ("student-t:df=4", 4.0)])
def test_the_scale_of_students_t_may_depend_on_predictors(model: str, df: float | None) -> None:
    rng = np.random.default_rng(2)
    x, u = rng.normal(size=300), rng.uniform(0.0, 2.0, 300)
    columns = {"x": x, "u": u, "y": 1.0 + 2.0 * x + np.exp(0.3 + 0.5 * u) * rng.standard_t(4, 300)}

    def nll(theta: Array) -> float:
        k, log_s = np.exp(theta[4]) if df is None else df, theta[2] + theta[3] * u
        z = (columns["y"] - theta[0] - theta[1] * x) * np.exp(-log_s)
        constant = gammaln((k + 1.0) / 2.0) - gammaln(k / 2.0) - 0.5 * np.log(k * np.pi)
        return float(np.sum(0.5 * (k + 1.0) * np.log1p(z * z / k) + log_s) - 300 * constant)

    found = fit(columns, model=model, features=["x"], scale_features=["u"])
    best = minimize(nll, np.array([1.0, 2.0, 0.3, 0.5, 1.5][: 4 if df else 5]), method="BFGS")
    assert found["criteria"]["loglik"] == pytest.approx(-float(best.fun), abs=1e-6)
    assert values(found)[:4] == pytest.approx(best.x[:4], abs=1e-3)
    assert [p["class"] for p in found["parameters"]][:4] == [None, None, "log scale", "log scale"]
    assert found["agreement"]["agree"]
    assert found["routes"]["mle"]["certificate"]["starts"] > 1


def test_lognormal_noise_with_a_scale_is_heteroscedastic_gaussian_noise_of_the_logarithm() -> None:
    columns = spread_table()
    logs = fit(columns, **UNEQUAL)
    found = fit({**columns, "y": np.exp(columns["y"])}, **UNEQUAL, model="lognormal")
    assert values(found) == pytest.approx(values(logs), rel=1e-7)
    assert found["criteria"]["loglik"] == pytest.approx(logs["criteria"]["loglik"] - columns["y"].sum(), abs=1e-6)
    assert logs["routes"]["mle"]["certificate"]["starts"] == 6


def test_the_lambda_of_inverse_gaussian_noise_may_vary() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=600)
    y = rng.wald(np.exp(0.5 + 0.3 * x), np.exp(1.0 + 0.8 * x))
    one, large = (mlefit.fit({"x": x, "y": y * size}, target="y", model="inverse-gaussian", scale_features=["x"], draws=0).report
                  for size in (1.0, 1000.0))
    values = np.array([[p.estimate for p in report.parameters] for report in (one, large)], dtype=float)
    errors = np.array([p.std_error for p in one.parameters], dtype=float)
    assert (np.abs(values[0] - [0.5, 0.3, 1.0, 0.8]) < 4.0 * errors).all()
    assert values[1] == pytest.approx(values[0] + np.log(1000.0) * np.array([1.0, 0.0, 1.0, 0.0]), rel=1e-9)
    assert one.mle is not None
    assert large.mle is not None
    assert one.mle.loss is not None
    assert large.mle.loss == pytest.approx(one.mle.loss - 0.5 * np.log(1000.0), rel=1e-9)
    plain = mlefit.fit({"x": x, "y": y}, target="y", model="inverse-gaussian", draws=0).report
    same = mlefit.fit({"x": x, "y": y}, target="y", model="inverse-gaussian", scale_features=(), draws=0).report
    assert same.parameters[2].estimate == pytest.approx(np.log(plain.parameters[2].estimate), rel=1e-9)      # type: ignore[arg-type]
    assert one.mle.certificate.starts == 4
    assert not one.mle.certificate.unique


@pytest.mark.parametrize("model", ["gaussian", "gamma", "student-t:df=4"])
def test_the_order_of_the_terms_of_a_scale_changes_no_coefficient(model: str) -> None:
    """Both designs have the same columns, which stand once in the table of the rows, in the order of the mean."""
    rng = np.random.default_rng(4)
    x, u, v = rng.normal(size=(3, 200))
    columns = {"x": x, "u": u, "v": v, "y": np.exp(1.0 + 0.2 * x + 0.3 * u + 0.4 * np.exp(0.4 * v - 0.3 * u) * rng.normal(size=200))}
    one, other, last = ({(p["class"], p["name"]): p["estimate"] for p in fit(
        columns, model=model, features=["x", "u", "v"], scale_features=list(order), kl=False)["parameters"]}
        for order in ("xuv", "vux", "uvx"))
    assert other == pytest.approx(one, rel=1e-6)
    assert last == pytest.approx(one, rel=1e-6)
    scale = next(name for name, _ in one if name)
    assert one[scale, "v"] != pytest.approx(one[scale, "x"], abs=0.05)
