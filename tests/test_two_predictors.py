"""A law with two linear predictors goes through every room by its facts alone: no room counts on one."""

from typing import Any

import numpy as np
import pytest
from model_cases import rows, stencil
from scipy.optimize import minimize
from two_predictors import Spread

import mlefit
from mlefit.arrays import Array
from mlefit.noise import MODELS
from mlefit.pipeline.fitted import fit
from mlefit.problem.stated import stated
from mlefit.proof import prove
from mlefit.request import Request


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODELS, "spread", Spread())


def table(n: int = 400) -> dict[str, Array]:
    rng = np.random.default_rng(7)
    x, u = rng.normal(size=n), rng.uniform(0.0, 3.0, n)
    return {"x": x, "u": u, "y": 1.0 + 2.0 * x - u + np.exp(-0.5 + 0.4 * u) * rng.standard_normal(n)}


def fitted(columns: dict[str, Array], **options: Any) -> dict[str, Any]:
    return mlefit.fit(columns, target="y", features=["x", "u"], model="spread", se="model", draws=0, **options).to_dict()


def independent(columns: dict[str, Array], offset: Array | float = 0.0) -> tuple[Array, float]:
    design = np.stack([np.ones(len(columns["y"])), columns["x"], columns["u"]], axis=1)

    def nll(theta: Array) -> float:
        mean, log_sigma = design @ theta[:3] + offset, design @ theta[3:]
        return float(np.sum(0.5 * ((columns["y"] - mean) * np.exp(-log_sigma)) ** 2 + log_sigma + 0.5 * np.log(2 * np.pi)))

    found = minimize(nll, np.zeros(6), method="BFGS", options={"gtol": 1e-6})
    return found.x, -float(found.fun)


def estimates(fit: dict[str, Any]) -> Array:
    return np.array([p["estimate"] for p in fit["parameters"]])


def test_the_derivatives_are_those_of_the_stencil() -> None:
    y, eta, free = rows(Spread(), 1)
    for criterion in (Spread().nll, Spread().loss):
        found = criterion(y, eta, free, 2)
        near = stencil(lambda points, of=criterion: of(y, points, free, 0).value, eta)
        assert found.d1 == pytest.approx(near, rel=1e-8, abs=1e-8)


def test_both_routes_find_what_an_independent_search_finds() -> None:
    columns = table()
    found = fitted(columns)
    theta, loglik = independent(columns)
    assert estimates(found) == pytest.approx(theta, abs=1e-4)
    assert found["criteria"]["loglik"] == pytest.approx(loglik, abs=1e-6)
    assert found["agreement"]["agree"]
    assert [(p["kind"], p["class"]) for p in found["parameters"]] == [("mean", None)] * 3 + [("scale", "log sigma")] * 3
    assert found["criteria"]["n_params"] == 6
    assert found["routes"]["loss"]["loss"] == pytest.approx(found["routes"]["mle"]["nll"], abs=1e-12)


@pytest.mark.parametrize(("scale", "shift"), [(1024.0, 3.0), (1e-6, -5.0)])
def test_units_move_each_predictor_as_its_facts_say(scale: float, shift: float) -> None:
    columns = table()
    one, other = fitted(columns), fitted({**columns, "y": scale * columns["y"] + shift})
    expected = estimates(one) * np.array([scale] * 3 + [1.0] * 3)
    expected[0] += shift
    expected[3] += np.log(scale)
    assert estimates(other) == pytest.approx(expected, rel=1e-8, abs=1e-8 * scale)
    assert other["criteria"]["loglik"] == pytest.approx(one["criteria"]["loglik"] - 400 * np.log(scale), rel=1e-9)


def test_an_offset_belongs_to_the_mean() -> None:
    columns = {**table(), "o": np.linspace(-2.0, 2.0, 400)}
    theta, loglik = independent(columns, columns["o"])
    found = fitted(columns, offset="o")
    assert estimates(found) == pytest.approx(theta, abs=1e-4)
    assert found["criteria"]["loglik"] == pytest.approx(loglik, abs=1e-6)


def test_without_a_constant_the_response_keeps_its_unit() -> None:
    columns = table()
    design = np.stack([columns["x"], columns["u"]], axis=1)

    def nll(theta: Array) -> float:
        z = (columns["y"] - design @ theta[:2]) * np.exp(-(design @ theta[2:]))
        return float(np.sum(0.5 * z * z + design @ theta[2:] + 0.5 * np.log(2 * np.pi)))

    found = mlefit.fit(columns, target="y", features=["x", "u"], model="heteroscedastic-gaussian", se="model", draws=0,
                       intercept=False, scale_formula="~ x + u - 1").to_dict()
    assert found["agreement"]["agree"]
    assert [p["name"] for p in found["parameters"]] == ["x", "u", "x", "u"]
    assert found["criteria"]["loglik"] == pytest.approx(-float(minimize(nll, np.zeros(4)).fun), abs=1e-6)


def test_every_claim_of_the_proof_holds_and_its_optimum_is_that_of_the_fit() -> None:
    request = Request(data=table(), model="spread", target="y", features=("x", "u"), draws=0)
    assert prove(request).holds
    with stated(request) as problem:
        assert fit(problem).certified


def test_the_kl_without_predictors_is_that_of_the_gaussian() -> None:
    y = np.random.default_rng(3).laplace(size=300)
    found = mlefit.fit({"y": y}, model="spread", target="y", draws=19).report.information
    expected = mlefit.fit({"y": y}, model="gaussian", target="y", draws=19).report.information
    assert found is not None
    assert expected is not None
    assert found.kl.raw == pytest.approx(expected.kl.raw, abs=1e-9)
