"""Standard errors, intervals and p-values against statsmodels: reference/make_inference.py made the numbers."""

import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mlefit

CLOSE = 1e-9        # statsmodels stops its Newton steps near 1e-10


@cache
def reference() -> dict[str, Any]:
    return dict(json.loads((Path(__file__).parent / "reference" / "inference.json").read_text()))


def fitted(model: str, target: str, **options: Any) -> dict[str, Any]:
    columns = {name: np.array(column) for name, column in reference()["data"].items()}
    return mlefit.fit(columns, target=target, features=["x", "z"], model=model, draws=0, **options).to_dict()


TARGETS = {"gaussian": "y", "bernoulli": "b", "categorical": "c"}
KINDS = [("gaussian", "model"), ("gaussian", "ols"), ("bernoulli", "model"), ("categorical", "model")]
SANDWICHES = [("gaussian", "hc0"), ("gaussian", "hc3"), ("bernoulli", "hc0"), ("bernoulli", "hc3"), ("categorical", "hc0")]


@pytest.mark.parametrize(("model", "kind"), KINDS)
def test_errors_intervals_and_p_values_are_those_of_statsmodels(model: str, kind: str) -> None:
    fit = fitted(model, TARGETS[model], se=kind)
    expected = reference()[model][kind]
    means = [p for p in fit["parameters"] if p["kind"] == "mean"]
    for key, column in expected.items():
        if key not in means[0]:
            continue
        for mine, theirs in zip(means, column, strict=True):
            assert mine[key] == pytest.approx(theirs, rel=CLOSE * 100 if key == "p_value" else CLOSE, abs=1e-300), (key, mine["name"])
        assert all(p["df"] == (117 if kind == "ols" else None) for p in means)
    assert fit["criteria"]["loglik"] == pytest.approx(reference()[model]["loglik"], rel=1e-12)


@pytest.mark.parametrize(("model", "kind"), SANDWICHES)
def test_robust_errors_are_those_of_statsmodels(model: str, kind: str) -> None:
    means = [p for p in fitted(model, TARGETS[model], se=kind)["parameters"] if p["kind"] == "mean"]
    expected = reference()[model]["robust" if kind == "hc0" else kind]["std_error"]
    assert [p["std_error"] for p in means] == pytest.approx(expected, rel=CLOSE)


@pytest.mark.parametrize(("kind", "name", "width"), [("model", "model", 1.959963984540054), ("hc0", "robust", 1.980447599)])
def test_the_joint_covariance_holds_sigma(kind: str, name: str, width: float) -> None:
    """z, and under a sandwich t with n - p = 117; its error is that of the fourth moment."""
    sigma = fitted("gaussian", "y", se=kind)["parameters"][-1]
    log_error = reference()["gaussian"][name]["log_sigma_error"]
    estimate = reference()["gaussian"]["sigma"]
    assert sigma["estimate"] == pytest.approx(estimate, rel=1e-12)
    assert sigma["std_error"] == pytest.approx(estimate * log_error, rel=CLOSE)
    assert sigma["ci_low"] == pytest.approx(estimate * math.exp(-width * log_error), rel=CLOSE)
    assert sigma["ci_high"] == pytest.approx(estimate * math.exp(width * log_error), rel=CLOSE)
    assert sigma["statistic"] is None
    assert sigma["p_value"] is None


def test_ols_gives_the_sigma_of_lm() -> None:
    sigma = fitted("gaussian", "y", se="ols")["parameters"][-1]
    assert sigma["estimate"] == pytest.approx(reference()["gaussian"]["ols"]["sigma"], rel=1e-12)


def test_the_level_sets_the_width() -> None:
    narrow, wide = (fitted("gaussian", "y", se="model", level=level)["parameters"][1] for level in (0.5, 0.999))
    assert (narrow["ci_high"] - narrow["estimate"]) / narrow["std_error"] == pytest.approx(0.6744897501960817, rel=1e-12)
    assert (wide["ci_high"] - wide["estimate"]) / wide["std_error"] == pytest.approx(3.2905267314919255, rel=1e-12)


def test_one_degree_of_freedom_at_an_extreme_level_is_a_missing_bound_and_no_warning() -> None:
    columns = {"x": np.array([0.0, 1.0, 2.0]), "y": np.array([1.0, 5.0, 2.0])}
    fits = {se: mlefit.fit(columns, target="y", model="gaussian", se=se, level=0.9999, draws=0).to_dict() for se in ("ols", "hc3")}
    assert fits["hc3"]["parameters"][-1]["ci_high"] is None
    sigma, rss = fits["ols"]["parameters"][-1], fits["ols"]["routes"]["mle"]["loss"] * 3.0
    assert sigma["estimate"] == pytest.approx(math.sqrt(rss))
    assert sigma["ci_high"] == pytest.approx(math.sqrt(rss) / 6.266570687e-5, rel=1e-6)     # the chi of one normal deviate


@pytest.mark.parametrize(
    ("model", "target", "kind"),
    [(model, target, kind) for model, target in TARGETS.items() for kind in ("model", "hc0", "hc3")],
)
def test_a_weight_is_that_many_rows_in_every_error(model: str, target: str, kind: str) -> None:
    columns = {name: np.array(column) for name, column in reference()["data"].items()}
    weight = np.random.default_rng(3).integers(1, 4, len(columns["x"]))
    options: dict[str, Any] = {"target": target, "features": ["x", "z"], "model": model, "se": kind, "draws": 0}
    one = mlefit.fit({**columns, "w": weight}, weights="w", **options).to_dict()
    other = mlefit.fit({name: np.repeat(column, weight) for name, column in columns.items()}, **options).to_dict()
    for mine, theirs in zip(one["parameters"], other["parameters"], strict=True):
        assert mine["estimate"] == pytest.approx(theirs["estimate"], rel=1e-11)
        assert mine["std_error"] == pytest.approx(theirs["std_error"], rel=1e-11)
    assert one["criteria"]["bic"] == pytest.approx(other["criteria"]["bic"], rel=1e-12)


@pytest.mark.parametrize("shift", [0.0, 200.0, 10_000.0, 1e5])
def test_a_shifted_logistic_regression_keeps_nine_digits_of_its_slope(shift: float) -> None:
    """gretl, scikit-learn and statsmodels lose this one, with success reported."""
    torture = reference()["torture"]
    columns = {"x": np.array(torture["x"]) + shift, "y": np.array(torture["y"])}
    intercept, slope = mlefit.fit(columns, target="y", model="bernoulli", draws=0).to_dict()["parameters"]
    b0, b1 = torture["logistic"]["estimate"]
    assert slope["estimate"] == pytest.approx(b1, rel=1e-9)
    assert slope["std_error"] == pytest.approx(torture["logistic"]["std_error"][1], rel=1e-8)
    assert intercept["estimate"] == pytest.approx(b0 - shift * b1, rel=1e-9)


@pytest.mark.parametrize("shift", [0.0, 200.0, 1e5])
def test_a_shifted_multinomial_regression_keeps_slope_error_and_log_likelihood(shift: float) -> None:
    torture = reference()["torture"]
    columns = {"x": np.array(torture["x"][:400]) + shift, "c": np.array(torture["c"])}
    fit = mlefit.fit(columns, target="c", model="categorical", draws=0).to_dict()
    slopes = [p for p in fit["parameters"] if p["name"] == "x"]
    for place, slope in zip((1, 3), slopes, strict=True):
        assert slope["estimate"] == pytest.approx(torture["multinomial"]["estimate"][place], rel=1e-9)
        assert slope["std_error"] == pytest.approx(torture["multinomial"]["std_error"][place], rel=1e-8)
    assert fit["criteria"]["loglik"] == pytest.approx(torture["multinomial"]["loglik"], rel=1e-11)


def columns_of(p: int, n: int = 60) -> dict[str, Any]:
    rng = np.random.default_rng(3)
    return {**{f"x{k}": rng.normal(size=n) for k in range(p - 1)}, "y": rng.normal(size=n)}


@pytest.mark.parametrize("se", ["auto", "hc3"])
def test_beside_many_coefficients_the_table_has_the_sigma_of_n_minus_p(se: str) -> None:
    data = columns_of(12)       # 12 > sqrt(120)
    fit = mlefit.fit(data, "y", draws=0, se=se)
    design = np.column_stack([np.ones(60), *(data[f"x{k}"] for k in range(11))])
    rss = float(np.linalg.lstsq(design, data["y"])[1][0])
    sigma = fit.report.parameters[-1]
    assert sigma.estimate == pytest.approx(math.sqrt(rss / 60.0), rel=1e-12)
    assert sigma.n_minus_p == pytest.approx(math.sqrt(rss / 48.0), rel=1e-12)
    line, beside = (line.split() for line in str(fit).splitlines() if line.startswith("sigma"))
    assert beside[:4] == ["sigma", "(n", "-", "p)"]
    assert line[3:6] == beside[5:8]      # one interval, and an error for the first alone
    assert float(beside[4]) == pytest.approx(sigma.n_minus_p, abs=0.01)
    assert not any("n - p" in note for note in fit.report.notes)


@pytest.mark.parametrize(("p", "options"), [(10, {}), (12, {"se": "ols"})])
def test_beside_few_coefficients_or_where_it_is_shown_already_the_table_has_one_sigma(p: int, options: dict[str, str]) -> None:
    fit = mlefit.fit(columns_of(p), "y", draws=0, **options)
    assert fit.report.parameters[-1].n_minus_p is None
    assert sum(line.startswith("sigma") for line in str(fit).splitlines()) == 1
