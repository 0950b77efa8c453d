"""Likelihood-ratio intervals of whole fits against R (reference/make_claims.R), and when they stand in Wald's place."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mlefit
from mlefit.criterion import likelihood
from mlefit.errors import UsageError
from mlefit.estimation.fit import fit_both
from mlefit.execution import Engine
from mlefit.inference.carried import Directions
from mlefit.inference.curved import third
from mlefit.mean import Coordinates, LinearMean
from mlefit.noise.bernoulli import Bernoulli
from mlefit.noise.categorical import Categorical
from mlefit.noise.model import NoiseModel
from mlefit.objective import Objective
from mlefit.pipeline import fitted as fits
from mlefit.pipeline import ratios
from mlefit.rows.chunk import Chunk
from mlefit.sums.triangle import Triangle


@cache
def claims() -> dict[str, Any]:
    return dict(json.loads((Path(__file__).parent / "reference" / "claims.json").read_text()))


def rows() -> dict[str, Any]:
    return {name: np.array(column) for name, column in claims()["data"].items()}


@pytest.mark.parametrize(("model", "target"), [("bernoulli", "b"), ("poisson", "k")])
@pytest.mark.parametrize("guided", [False, True])
def test_profile_intervals_are_those_of_r(model: str, target: str, guided: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if guided:
        monkeypatch.setattr(fits, "START_ROWS", 100)
    fit = mlefit.fit(rows(), formula=f"{target} ~ x + z + C(a)", reference={"a": "l"}, model=model, intervals="profile",
                     draws=0).to_dict()
    by_name = {p["name"]: p for p in fit["parameters"]}
    for name, expected in claims()[model]["profile"].items():
        p = by_name[name]
        assert (p["ci_low"], p["ci_high"]) == pytest.approx((expected["ci_low"], expected["ci_high"]), rel=1e-5 if guided else 1e-7)
        assert p["p_value"] == pytest.approx(expected["lr_p"], rel=1e-5 if guided else 1e-9)
        assert p["statistic"] == pytest.approx(np.copysign(np.sqrt(expected["lr"]), expected["estimate"]), rel=1e-5)
        assert p["std_error"] == pytest.approx(expected["std_error"], rel=1e-9)
    assert {p["interval"] for p in fit["parameters"]} == {"profile"}


def nearly_separated() -> dict[str, Any]:
    found = claims()["wald_fails"]
    return {"x": found["x"], "b": found["b"]}


def test_where_wald_fails_the_profile_stands_and_is_said() -> None:
    """Wald's p is .054 where the likelihood ratio's is 1e-18 (Hauck and Donner 1977)."""
    fit = mlefit.fit(nearly_separated(), target="b", model="bernoulli", draws=0)
    slope, expected = fit.to_dict()["parameters"][1], claims()["wald_fails"]["profile"]
    assert slope["interval"] == "profile"
    assert slope["p_value"] == pytest.approx(expected["lr_p"], rel=1e-8)
    assert (slope["ci_low"], slope["ci_high"]) == pytest.approx((expected["ci_low"], expected["ci_high"]), rel=1e-6)
    assert "   likelihood-ratio intervals for x\n" in str(fit)


def test_the_unit_and_the_centre_of_a_column_move_a_profile_along() -> None:
    data = nearly_separated()
    plain = mlefit.fit(data, target="b", model="bernoulli", intervals="profile", draws=0).to_dict()["parameters"]
    moved = {**data, "x": 1000.0 + 0.01 * np.array(data["x"])}
    other = mlefit.fit(moved, target="b", model="bernoulli", intervals="profile", draws=0).to_dict()["parameters"]
    for key in ("ci_low", "ci_high"):
        assert 0.01 * other[1][key] == pytest.approx(plain[1][key], rel=1e-6)
    assert other[1]["p_value"] == pytest.approx(plain[1]["p_value"], rel=1e-6)
    assert other[0]["ci_low"] < other[0]["estimate"] < other[0]["ci_high"]


def test_a_sandwich_keeps_wald_and_the_coefficient_is_marked() -> None:
    fit = mlefit.fit(nearly_separated(), target="b", model="bernoulli", se="hc1", draws=0).to_dict()
    assert [p["interval"] for p in fit["parameters"]] == ["wald", "wald"]
    told = [w for w in fit["warnings"] if w["code"] == "wald-doubtful"]
    assert told == [{"code": "wald-doubtful", "columns": ["x"], "message": (
        "x: the likelihood is no parabola there, and an estimate with its standard error says too little: --se auto "
        "--intervals profile makes intervals and p-values of likelihood ratios")}]


def test_more_profiles_than_there_is_time_for_are_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ratios, "WORK", 0.0)
    fit = mlefit.fit(nearly_separated(), target="b", model="bernoulli", draws=0).to_dict()
    assert [p["interval"] for p in fit["parameters"]] == ["wald", "wald"]
    assert [w["columns"] for w in fit["warnings"] if w["code"] == "wald-doubtful"] == [["x"]]


def test_a_quadratic_likelihood_is_left_to_wald() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=2000)
    y = (rng.random(2000) < 1.0 / (1.0 + np.exp(-0.4 * x))).astype(int)
    fit = mlefit.fit({"x": x, "y": y}, target="y", model="bernoulli", draws=0).to_dict()
    assert [p["interval"] for p in fit["parameters"]] == ["wald", "wald"]
    assert "wald-doubtful" not in {w["code"] for w in fit["warnings"]}


@pytest.mark.parametrize("se", ["auto", "model", "ols"])
def test_gaussian_profiles_are_t(se: str) -> None:
    exact, other = (mlefit.fit(rows(), formula="y ~ x + z", model="gaussian", draws=0, **options).to_dict()
                    for options in ({}, {"se": se, "intervals": "profile"}))
    for mine, theirs in zip(other["parameters"][:3], exact["parameters"][:3], strict=True):
        assert mine == theirs
    assert other["model"]["se_used"] == ("ols" if se == "ols" else "exact")


@pytest.mark.parametrize("se", ["robust", "hc0", "cluster:g", "hac"])
def test_profiles_and_sandwiches_contradict_each_other(se: str) -> None:
    with pytest.raises(UsageError) as refused:
        mlefit.fit(rows(), formula="b ~ x", model="bernoulli", se=se, intervals="profile")
    assert str(refused.value) == f"--intervals profile takes the likelihood at its word, --se {se} does not\nleave out one of them"


@pytest.mark.parametrize("noise", [Bernoulli(), Categorical().of("abc")], ids=["bernoulli", "categorical"])
@pytest.mark.parametrize("steep", [False, True])
def test_third_derivatives_are_those_of_the_likelihood_along_each_coefficient(noise: NoiseModel, steep: bool) -> None:
    rng = np.random.default_rng(6)
    a = rng.normal(size=300)
    x = np.asfortranarray(np.column_stack([np.ones(300), a + (1e3 if steep else 0.0), rng.exponential(size=300)]))
    y = rng.integers(0, len(noise.predictors) + 1, 300).astype(float)
    weight = rng.integers(1, 4, 300).astype(float)
    n = weight.sum()
    mean = LinearMean(Coordinates(Triangle.of(x, weight).r / np.sqrt(n), (0, 1, 2)), len(noise.predictors))
    assert mean.coordinates.steep == steep
    rows_ = Engine.of(Chunk(y, x, weight))
    fit, objective = fit_both(noise, mean, rows_), Objective(likelihood(noise), mean, 0)
    directions = Directions.of(fit.mle.curvature, mean.natural(fit.mle.theta))
    found, step = third(objective, fit.mle.theta, directions, rows_), 0.02

    def value(theta: Any) -> float:
        return rows_.sum(lambda chunk: objective.tally(theta, chunk, 0)).value

    for j, along in enumerate(directions.weights):
        far = [value(fit.mle.theta + k * step * along) for k in (-2, -1, 1, 2)]
        assert found[j] == pytest.approx((far[3] - 2.0 * far[2] + 2.0 * far[1] - far[0]) / (2.0 * step**3), abs=2e-4)
    assert np.abs(found).max() > 0.02
