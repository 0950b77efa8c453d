"""Joint tests of terms of whole fits against R (reference/make_claims.R), and the laws they must keep."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

import mlefit
from mlefit.pipeline import fitted as fits
from mlefit.pipeline import terms


@cache
def claims() -> dict[str, Any]:
    return dict(json.loads((Path(__file__).parent / "reference" / "claims.json").read_text()))


def terms_of(model: str, formula: str, **options: Any) -> dict[str, dict[str, Any]]:
    columns = {name: np.array(column) for name, column in claims()["data"].items()}
    if "C(a)" in formula:
        options["reference"] = {"a": "l"}
    fit = mlefit.fit(columns, formula=formula, model=model, draws=0, **options).to_dict()
    return {test["term"]: test for test in fit["terms"]}


@pytest.mark.parametrize("se", ["auto", "model", "ols"])
def test_gaussian_terms_have_the_f_of_drop1(se: str) -> None:
    found, expected = terms_of("gaussian", "y ~ x + z + C(a)", se=se), claims()["gaussian"]["drop1"]
    assert list(found) == expected["term"]
    for place, test in enumerate(found.values()):
        assert test == {"term": expected["term"][place], "kind": "F", "statistic": pytest.approx(expected["f"][place], rel=1e-10),
                        "df": expected["df"][place], "df2": 115, "p_value": pytest.approx(expected["p_value"][place], rel=1e-8),
                        "reason": None, "class": None}


@pytest.mark.parametrize("guided", [False, True])
def test_terms_of_other_models_have_the_likelihood_ratio_of_drop1(guided: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """With many rows steps are made with the Hessian of a sample, which here is all of them."""
    if guided:
        monkeypatch.setattr(fits, "START_ROWS", 100)
    found, expected = terms_of("bernoulli", "b ~ x + z + C(a)"), claims()["bernoulli"]["drop1"]
    for place, test in enumerate(found.values()):
        assert (test["kind"], test["df"], test["df2"], test["reason"]) == ("chi2", expected["df"][place], None, None)
        assert test["statistic"] == pytest.approx(expected["lr"][place], abs=2e-6 if guided else 1e-10)
        assert test["p_value"] == pytest.approx(expected["p_value"][place], rel=1e-5 if guided else 1e-9)


def test_a_term_of_a_categorical_model_is_tested_in_all_classes_at_once() -> None:
    found = terms_of("categorical", "c ~ x + z")
    for term, ratio in claims()["categorical"]["lr"].items():
        assert found[term]["statistic"] == pytest.approx(ratio, rel=1e-9)
        assert found[term]["df"] == 2


def test_where_refits_would_take_too_long_the_test_is_walds_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = terms_of("bernoulli", "b ~ x + z + C(a)")
    monkeypatch.setattr(terms, "WORK", 0.0)
    for term, test in terms_of("bernoulli", "b ~ x + z + C(a)").items():
        assert test["reason"] == "Wald's: refits without each of so many terms would take longer than the fit"
        assert test["kind"] == "chi2"
        assert test["statistic"] == pytest.approx(exact[term]["statistic"], rel=0.3)
        assert test["statistic"] != exact[term]["statistic"]


@pytest.mark.parametrize("model", ["gaussian", "bernoulli"])
@pytest.mark.parametrize("kind", ["hc0", "hc1", "hc2", "hc3"])
def test_robust_terms_are_walds_f_with_the_least_degrees_of_freedom(model: str, kind: str) -> None:
    target = "y" if model == "gaussian" else "b"
    columns = {name: np.array(column) for name, column in claims()["data"].items()}
    fit = mlefit.fit(columns, formula=f"{target} ~ x + z + C(a)", reference={"a": "l"}, model=model, se=kind, draws=0).to_dict()
    df = {p["name"]: p["df"] for p in fit["parameters"]}
    least = {"x": df["x"], "z": df["z"], "a": min(df["a=m"], df["a=h"])}
    for test in fit["terms"]:
        q = 2 if test["term"] == "a" else 1
        assert (test["kind"], test["df"], test["df2"]) == ("F", q, least[test["term"]])
        assert test["statistic"] * q == pytest.approx(claims()[model][kind]["wald"][test["term"]], rel=1e-9)
        assert test["p_value"] == pytest.approx(stats.f(q, test["df2"]).sf(test["statistic"]), rel=1e-9)


def test_clustered_terms_are_hotellings() -> None:
    found, wald = terms_of("gaussian", "y ~ x + z + C(a)", se="cluster:g"), claims()["gaussian"]["cluster"]["wald"]
    df = found["a"]["df2"] + 1.0
    assert found["a"]["statistic"] == pytest.approx(wald["a"] * (df - 1.0) / (2.0 * df), rel=1e-9)
    assert found["x"]["statistic"] == pytest.approx(wald["x"], rel=1e-9)


def test_too_few_clusters_for_so_many_coefficients_are_no_test() -> None:
    rng = np.random.default_rng(1)
    group = np.repeat(np.arange(4), 30)
    data = {"k": rng.choice(list("pqrstu"), 120).tolist(), "g": group.astype(str).tolist(), "y": rng.normal(size=120)}
    fit = mlefit.fit(data, target="y", features=["k"], model="gaussian", se="cluster:g", draws=0).to_dict()
    assert fit["terms"] == [{
        "term": "k", "kind": "F", "statistic": None, "df": 5, "df2": None, "p_value": None,
        "reason": "the covariance of its coefficients has no inverse", "class": None}]
    few = mlefit.fit({**data, "k": rng.choice(list("pqrs"), 120).tolist()}, target="y", features=["k"], model="gaussian",
                     se="cluster:g", draws=0).to_dict()
    assert few["terms"][0]["reason"] == "fewer effective clusters than the test of so many coefficients needs"


def test_several_coefficients_under_hac_have_no_test_and_one_has_its_own() -> None:
    found = terms_of("gaussian", "y ~ x + z + C(a)", se="hac:4")
    assert found["a"] == {"term": "a", "kind": "F", "statistic": None, "df": 2, "df2": None, "p_value": None,
                          "reason": "the law of a test of several coefficients under hac is not known", "class": None}
    columns = {name: np.array(column) for name, column in claims()["data"].items()}
    fit = mlefit.fit(columns, formula="y ~ x + z", model="gaussian", se="hac:4", draws=0).to_dict()
    for test, p in zip(fit["terms"], fit["parameters"][1:3], strict=True):
        assert test["statistic"] == pytest.approx(p["statistic"] ** 2, rel=1e-12)
        assert test["p_value"] == pytest.approx(p["p_value"], rel=1e-9)


def test_a_term_with_a_coefficient_that_has_no_robust_error_is_not_tested_and_aliased_columns_do_not_count() -> None:
    rng = np.random.default_rng(0)
    g = ["a", "b"] * 14 + ["c", "a"]
    x = rng.normal(size=30)
    data = {"x": x, "twice": 2.0 * x, "g": g, "y": rng.normal(size=30)}
    fit = mlefit.fit(data, target="y", model="gaussian", se="hc3", draws=0).to_dict()
    assert [test["term"] for test in fit["terms"]] == ["x", "g"]
    assert fit["terms"][1]["reason"] == "a coefficient has no robust standard error"
    assert fit["terms"][1]["p_value"] is None


def test_an_interaction_is_a_term_of_its_own() -> None:
    found = terms_of("gaussian", "y ~ x + z + x:z + I(x**2)")
    assert {term: test["df"] for term, test in found.items()} == {"x": 1, "z": 1, "I(x**2)": 1, "x:z": 1}


@pytest.mark.parametrize("seed", [4, 19, 39, 54])
def test_without_a_term_the_shape_may_run_to_the_limit_of_the_law(seed: int) -> None:
    """Tails about a line in x, whose values make those of y light: without it the best Student's t is gaussian."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1.0, 1.0, 100)
    data = {"x": x, "y": 3.0 * x + 0.3 * rng.standard_t(20, 100)}
    whole, alone = (mlefit.fit(data, formula=f"y ~ {right}", model="student-t", kl=False).report for right in ("x", "1"))
    assert alone.parameters[-1].estimate is None        # df is infinite
    assert whole.parameters[-1].estimate is not None
    (test,) = whole.terms
    assert test.reason is None
    assert test.statistic == pytest.approx(2.0 * (whole.mle.loglik - alone.mle.loglik), rel=1e-10)
