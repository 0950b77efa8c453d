"""Standard errors, degrees of freedom and intervals of whole fits against R: reference/make_claims.R made the numbers."""

import json
import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import mlefit
from mlefit.arrays import Array
from mlefit.inference.fixed_b import FixedB
from mlefit.inference.fourth_moment import anderson_darling
from mlefit.inference.moving import Moving
from mlefit.sums.tally import tree_sum

TARGETS = {"gaussian": "y", "bernoulli": "b", "poisson": "k"}
ORDER = ("(Intercept)", "x", "z", "a=m", "a=h")
KINDS = {"hc0": "hc0", "hc1": "hc1", "hc2": "hc2", "hc3": "robust", "cluster": "cluster:g", "hac0": "hac:0", "hac4": "hac:4",
         "hac14": "hac"}


@cache
def claims() -> dict[str, Any]:
    return dict(json.loads((Path(__file__).parent / "reference" / "claims.json").read_text()))


def fitted(model: str, formula: str, **options: Any) -> dict[str, Any]:
    columns = {name: np.array(column) for name, column in claims()["data"].items()}
    if "C(a)" in formula:
        options["reference"] = {"a": "l"}
    return mlefit.fit(columns, formula=formula, model=model, draws=0, **options).to_dict()


def in_order(fit: dict[str, Any]) -> list[dict[str, Any]]:
    by_name = {p["name"]: p for p in fit["parameters"]}
    return [by_name[name] for name in ORDER]


@pytest.mark.parametrize("model", TARGETS)
@pytest.mark.parametrize("kind", KINDS)
def test_robust_errors_are_those_of_sandwich(model: str, kind: str) -> None:
    fit = fitted(model, f"{TARGETS[model]} ~ x + z + C(a)", se=KINDS[kind])
    assert [p["std_error"] for p in in_order(fit)] == pytest.approx(claims()[model][kind]["std_error"], rel=1e-10)
    assert fit["model"]["se"] == KINDS[kind]
    assert fit["model"]["se_used"] == {"cluster": "cluster:g", "hac0": "hac:0", "hac4": "hac:4", "hac14": "hac:14"}.get(kind, kind)


@pytest.mark.parametrize("kind", ["hc0", "hc1", "hc3"])
def test_categorical_errors_are_those_of_k_minus_1_blocks(kind: str) -> None:
    fit = fitted("categorical", "c ~ x + z", se=kind)
    expected = np.sqrt(np.diagonal(np.array(claims()["categorical"][kind]["covariance"])))
    assert [p["std_error"] for p in fit["parameters"]] == pytest.approx(expected, rel=1e-10)


def test_categorical_hc3_is_near_the_exact_jackknife_and_hc0_below() -> None:
    """120 rows: one Newton step for each instead of a search."""
    exact = np.sqrt(np.diagonal(np.array(claims()["categorical"]["jackknife"]["covariance"])))
    found = {kind: np.array([p["std_error"] for p in fitted("categorical", "c ~ x + z", se=kind)["parameters"]])
             for kind in ("hc0", "hc2", "hc3")}
    assert np.abs(found["hc3"] / exact - 1.0).max() < 0.05
    assert np.all(found["hc0"] < found["hc2"])
    assert np.all(found["hc2"] < found["hc3"])


def test_gaussian_errors_are_those_of_lm_by_default_and_sigma_that_of_maximum_likelihood() -> None:
    fit, expected = fitted("gaussian", "y ~ x + z + C(a)"), claims()["gaussian"]
    for key in ("estimate", "std_error", "ci_low", "ci_high", "statistic", "p_value"):
        assert [p[key] for p in in_order(fit)] == pytest.approx(expected["t"][key], rel=1e-9), key
    assert all(p["df"] == 115 and isinstance(p["df"], int) for p in fit["parameters"])
    sigma = fit["parameters"][-1]
    assert (sigma["estimate"], sigma["ci_low"], sigma["ci_high"]) == pytest.approx(
        (expected["sigma"]["ml"], expected["sigma"]["ci_low"], expected["sigma"]["ci_high"]), rel=1e-11)
    assert (fit["model"]["se"], fit["model"]["se_used"]) == ("auto", "exact")
    assert fit["criteria"]["loglik"] == pytest.approx(expected["loglik"], rel=1e-12)


@pytest.mark.parametrize("model", ["bernoulli", "poisson"])
def test_other_models_have_the_model_errors_and_z_by_default(model: str) -> None:
    fit = fitted(model, f"{TARGETS[model]} ~ x + z + C(a)")
    expected = claims()[model]["z"]
    assert [p["std_error"] for p in in_order(fit)] == pytest.approx(expected["std_error"], rel=1e-9)
    assert any(p["interval"] == "wald" for p in fit["parameters"])
    for place, p in enumerate(in_order(fit)):
        if p["interval"] == "wald":
            for key in ("ci_low", "ci_high", "statistic", "p_value"):
                assert p[key] == pytest.approx(expected[key][place], rel=1e-9), key
    assert [p["df"] for p in fit["parameters"]] == [None] * 5
    assert fit["model"]["se_used"] == "model"


@pytest.mark.slow
@given(st.integers(3, 400), st.integers(1, 20), st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_degrees_of_freedom_are_n_minus_p_exactly(n: int, p: int, seed: int) -> None:
    p = min(p, n - 1)
    rng = np.random.default_rng(seed)
    columns = {f"x{j}": rng.normal(size=n) for j in range(1, p)} | {"y": rng.normal(size=n)}
    fit = mlefit.fit(columns, target="y", model="gaussian", draws=0).to_dict()
    assert {q["df"] for q in fit["parameters"]} == {n - p}


def test_a_few_treated_rows_leave_few_degrees_of_freedom() -> None:
    """r of a dummy is that of its three rows, beside which the other 57 are as good as one."""
    rng = np.random.default_rng(1)
    treated = (np.arange(60) < 3) * 1
    fit = mlefit.fit({"d": treated, "y": rng.normal(size=60)}, target="y", model="gaussian", se="hc3", draws=0).to_dict()
    share = np.concatenate([np.full(3, 1 / 9), np.full(57, 1 / 57**2)])
    assert fit["parameters"][1]["df"] == pytest.approx(share.sum() ** 2 / np.square(share).sum() - 1.0, rel=1e-12)
    even = mlefit.fit({"d": np.arange(60) % 2, "y": rng.normal(size=60)}, target="y", model="gaussian", se="hc3", draws=0).to_dict()
    assert even["parameters"][1]["df"] == 58


def test_one_binary_row_far_out_is_no_effective_row_where_its_outcome_is_certain() -> None:
    """Shares are those of the variance: a row with p(1 - p) near 0 has none, however far its predictor."""
    rng = np.random.default_rng(5)
    x = np.append(rng.normal(size=400), 60.0)
    y = np.append(rng.random(400) < 1.0 / (1.0 + np.exp(-1.5 * x[:400])), True).astype(int)
    fit = mlefit.fit({"x": x, "y": y}, target="y", model="bernoulli", se="robust", draws=0).to_dict()
    assert fit["parameters"][1]["df"] > 50.0


@pytest.mark.parametrize("kind", ["hc2", "hc3"])
def test_the_score_of_sigma_has_residuals_without_their_leverage(kind: str) -> None:
    sigma = fitted("gaussian", "y ~ x + z + C(a)", se=kind)["parameters"][-1]
    data, h = claims()["data"], np.array(claims()["gaussian"]["leverage"])
    a = np.array(data["a"])
    x = np.column_stack([np.ones(len(a)), data["x"], data["z"], a == "m", a == "h"]).astype(float)
    y = np.array(data["y"])
    e = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    log_error = np.sqrt(np.square(1.0 - e**2 / (1.0 - h) / np.mean(e**2)).sum()) / (2.0 * len(y))
    assert sigma["std_error"] == pytest.approx(sigma["estimate"] * log_error, rel=1e-10)
    width = stats.t(115).ppf(0.975) * log_error
    assert (sigma["ci_low"], sigma["ci_high"]) == pytest.approx(
        (sigma["estimate"] * math.exp(-width), sigma["estimate"] * math.exp(width)), rel=1e-10)


def test_hac_intervals_are_those_of_the_fixed_b_law() -> None:
    fit, law = fitted("gaussian", "y ~ x + z + C(a)", se="hac"), FixedB.of(15 / 120)
    for p in in_order(fit):
        assert p["df"] is None
        assert (p["ci_high"] - p["estimate"]) / p["std_error"] == pytest.approx(law.quantile(0.95), rel=1e-9)
        assert p["p_value"] == pytest.approx(law.p_value(p["statistic"]), rel=1e-9)


@pytest.mark.parametrize("lags", [0, 1, 3, 9, 40])
@pytest.mark.parametrize("step", [1, 2, 7, 100])
def test_moving_sums_of_parts_are_the_weighted_products_of_neighbours(lags: int, step: int) -> None:
    s = np.random.default_rng(lags).normal(size=(50, 3))
    expected = sum((max(0.0, 1.0 - abs(k) / (lags + 1.0)) * product(s, k) for k in range(-49, 50)), np.zeros((3, 3)))
    parts = (Moving.of(s[start : start + step], lags) for start in range(0, 50, step))
    assert tree_sum(parts).total == pytest.approx(expected, rel=1e-12, abs=1e-12)


def product(s: Array, k: int) -> Array:
    """sum_t s_t s_(t-k)'."""
    found: Array = s[k:].T @ s[: len(s) - k] if k >= 0 else s[:k].T @ s[-k:]
    return found


def noisy(draw: Callable[[np.random.Generator, int], Array], n: int = 400, seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    return {"x": x, "y": 1.0 + x + draw(rng, n)}


def test_the_interval_of_sigma_is_that_of_the_fourth_moment_where_the_errors_are_not_normal() -> None:
    data = noisy(lambda rng, n: rng.standard_t(5, n), n=2000)
    fit = mlefit.fit(data, target="y", model="gaussian", draws=0)
    sigma = fit.to_dict()["parameters"][-1]
    assert sigma["interval"] == "fourth-moment"
    x = np.column_stack([np.ones(2000), data["x"]])
    e = data["y"] - x @ np.linalg.lstsq(x, data["y"], rcond=None)[0]
    h = np.square(np.linalg.qr(x).Q).sum(axis=1)
    log_error = np.sqrt(np.square(1.0 - e**2 / (1.0 - h) / np.mean(e**2)).sum()) / 4000.0
    assert sigma["std_error"] == pytest.approx(sigma["estimate"] * log_error, rel=1e-9)
    assert sigma["ci_high"] == pytest.approx(sigma["estimate"] * np.exp(stats.t(1998).ppf(0.975) * log_error), rel=1e-9)
    assert fit.report.notes[-1] == ("sigma: its interval is that of the fourth moment of the residuals, on the log scale, as their "
                                    "shape is not normal (p < 0.01).")


@pytest.mark.slow
@pytest.mark.slow
def test_normal_errors_have_the_chi_squared_interval_of_sigma_but_for_one_sample_in_a_hundred() -> None:
    fits = [mlefit.fit(noisy(lambda rng, n: rng.normal(size=n), 200, seed), target="y", model="gaussian", draws=0).to_dict()
            for seed in range(200)]
    assert sum(fit["parameters"][-1]["interval"] == "fourth-moment" for fit in fits) <= 6


def test_the_statistic_of_anderson_and_darling_counts_a_weight_as_so_many_rows() -> None:
    rng = np.random.default_rng(3)
    z, weight = rng.normal(size=60), rng.integers(1, 5, 60).astype(float)
    many = np.repeat(z, weight.astype(int))
    assert anderson_darling(z, weight) == pytest.approx(anderson_darling(many, np.ones(many.size)), rel=1e-12)
    n = many.size
    ranked = np.sort(many)
    log_cdf, log_sf = stats.norm.logcdf(ranked), stats.norm.logsf(ranked)[::-1]
    square = -n - ((2.0 * np.arange(1, n + 1) - 1.0) * (log_cdf + log_sf)).sum() / n
    assert anderson_darling(many, np.ones(n)) == pytest.approx(square * (1.0 + 0.75 / n + 2.25 / n**2), rel=1e-12)


@pytest.mark.parametrize("se", ["auto", "model", "hc3", "hac"])
def test_a_p_value_is_zero_by_underflow_alone(se: str) -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=2000)
    fit = mlefit.fit({"x": x, "y": x + 1.3 * rng.normal(size=2000)}, target="y", model="gaussian", se=se, draws=0).to_dict()
    assert 0.0 < fit["parameters"][1]["p_value"] < 1e-50
    assert 0.0 < fit["terms"][0]["p_value"] < 1e-50
