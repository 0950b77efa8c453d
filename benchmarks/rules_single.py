"""Single tables with a known answer: each gives what was found, in words, and whether it is right."""

from collections.abc import Callable
from typing import Any

import numpy as np

import mlefit
from mlefit.errors import NoEstimateError

Found = tuple[str, bool]
N = 200


def fitted(table: dict[str, Any], **options: Any) -> dict[str, Any]:
    """The JSON of a fit of y."""
    return mlefit.fit(table, target="y", **{"draws": 0, **options}).to_dict()


def parameter(found: dict[str, Any], name: str) -> dict[str, Any]:
    """A parameter by name."""
    return next(p for p in found["parameters"] if p["name"] == name)


def codes(found: dict[str, Any]) -> set[str]:
    """The codes of the warnings."""
    return {warning["code"] for warning in found["warnings"]}


def eight_rows() -> Found:
    """Whole degrees of freedom of few rows."""
    rng = np.random.default_rng(8)
    x = rng.normal(size=(8, 5)).round(2)
    found = fitted({f"x{j}": x[:, j] for j in range(5)} | {"y": x[:, 0] + rng.normal(size=8).round(2)})
    df = parameter(found, "x0")["df"]
    return f"df {df}", df == 2 and isinstance(df, int)


def lone_row() -> Found:
    """A baseline level of one row has no robust error."""
    rng = np.random.default_rng(1)
    table = {"g": np.array(["a", *(["b"] * 30), *(["c"] * 30)]), "y": rng.normal(size=61)}
    found = fitted(table, se="hc0")
    alone = found["parameters"][0]
    right = alone["state"] == "no-robust-error" and alone["std_error"] is None and "leverage" in codes(found)
    return f"{alone['state']}; warnings {sorted(codes(found))}", right


def nearly_separated() -> Found:
    """Where Wald fails the p-value is that of the likelihood ratio."""
    x = np.concatenate([-np.linspace(1, 2, 20), np.linspace(1, 2, 20), [0.02, -0.02]])
    y = np.concatenate([np.zeros(20), np.ones(20), [0, 1]]).astype(int)
    found = parameter(fitted({"x": x, "y": y}, model="bernoulli"), "x")
    return f"p {found['p_value']:.1g} by {found['interval']}", found["interval"] == "profile" and found["p_value"] < 1e-8


def sentinel() -> Found:
    """A missing value typed as 1e17 leaves no digit of the column beside the indicator of its row."""
    rng = np.random.default_rng(2)
    x, lost = rng.normal(size=N), np.arange(N) == 7
    table = {"x": np.where(lost, 1e17, x), "missing": lost.astype(float), "y": 0.5 * x + rng.normal(size=N)}
    try:
        found = fitted(table, model="gaussian")
    except NoEstimateError as error:
        return f"{error.code}: {error}", "x" in str(error)
    state = parameter(found, "x")["state"]
    return f"x is {state}; warnings {sorted(codes(found))}", state == "aliased"


def far_offset() -> Found:
    """1e12 + i has the slope of i."""
    rng = np.random.default_rng(3)
    i = np.arange(N)
    y = 0.01 * i + rng.normal(size=N)
    near, far = (parameter(fitted({"x": x, "y": y}), "x") for x in (i, 1e12 + i))
    gap = abs(near["estimate"] - far["estimate"]) / near["std_error"]
    return f"{gap:.1g} standard errors apart", gap < 1e-11


def cancelling() -> Found:
    """Two huge terms that cancel are no exact fit."""
    rng = np.random.default_rng(4)
    s = np.repeat([1.0, -1.0], N // 2)
    noise = 0.9 * rng.normal(size=N)
    table = {"x": 1e14 * s, "s": s, "y": noise}
    try:
        found = fitted(table, model="gaussian")
    except NoEstimateError as error:
        return f"{error.code}: {error}", False
    sigma = parameter(found, "sigma")["estimate"]
    expected = float(np.sqrt(np.mean((noise - np.where(s > 0, noise[s > 0].mean(), noise[s < 0].mean())) ** 2)))
    return f"sigma {sigma:.3g}", abs(sigma - expected) < 1e-6


def huge_logit() -> Found:
    """One x of 1e12 on the right side of a logistic regression says nothing of the others."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=N)
    y = (0.9 * x + rng.logistic(size=N) > 0).astype(int)
    alone = fitted({"x": x, "y": y}, model="bernoulli")
    found = fitted({"x": np.append(x, 1e12), "y": np.append(y, 1)}, model="bernoulli")
    slope, expected = parameter(found, "x"), parameter(alone, "x")
    gap = abs(slope["estimate"] - expected["estimate"]) / expected["std_error"]
    return f"slope {gap:.1g} standard errors from that of the other rows", gap < 1e-4


def population_weights() -> Found:
    """Weights of a population, taken for counts, are doubted; a table of counts is not."""
    rng = np.random.default_rng(6)
    x = rng.normal(size=N)
    survey = {"x": x, "w": rng.integers(100, 1000, size=N), "y": x + rng.normal(size=N)}
    counts = {"x": [0, 0, 1, 1], "w": [120, 80, 60, 140], "y": [0, 1, 0, 1]}
    doubted = codes(fitted(survey, features=["x"], weights="w", kl=False))
    quiet = codes(fitted(counts, features=["x"], model="bernoulli", weights="w", kl=False))
    return f"survey {sorted(doubted)}, table of counts {sorted(quiet)}", "weights" in " ".join(doubted) and not quiet


def sorted_by_target() -> Found:
    """Rows in the order of y are not dependent."""
    rng = np.random.default_rng(7)
    x = rng.normal(size=N)
    y = 0.3 * x + rng.normal(size=N)
    order = np.argsort(y)
    found = codes(fitted({"x": x[order], "y": y[order]}))
    return f"warnings {sorted(found)}", "dependence" not in found


def uncentred() -> Found:
    """R2 without an intercept is not the usual one."""
    rng = np.random.default_rng(9)
    x = rng.normal(size=N)
    found = fitted({"x": x, "y": 5.0 + x + rng.normal(size=N)}, intercept=False)["criteria"]
    return f"{found['r_squared_kind']}, centred: {found['r_squared_centred']}", found["r_squared_centred"] is False


SINGLE: tuple[tuple[str, Callable[[], Found]], ...] = (
    ("8 rows, 6 coefficients: whole degrees of freedom", eight_rows),
    ("baseline level of one row, hc0", lone_row),
    ("bernoulli, one overlapping pair", nearly_separated),
    ("a predictor with the sentinel 1e17", sentinel),
    ("a predictor 1e12 + i", far_offset),
    ("two huge terms that cancel", cancelling),
    ("bernoulli, one x of 1e12 on the right side", huge_logit),
    ("weights of a population and counts of a table", population_weights),
    ("rows sorted by the target", sorted_by_target),
    ("no intercept", uncentred),
)
