"""A scale with a design of its own: estimates of other programs, unequal designs in every room, and what is refused.

`cars` is the data of Ezekiel (1930), as R has it. The estimates are those of nlme 3.1 (gls with varExp) and glmmTMB 1.1.5.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

import mlefit
from mlefit.arrays import Array

HALF_LOG_2PI = 0.5 * np.log(2.0 * np.pi)
SPEED = [4, 4, 7, 7, 8, 9, 10, 10, 10, 11, 11, 12, 12, 12, 12, 13, 13, 13, 13, 14, 14, 14, 14, 15, 15, 15, 16, 16, 17, 17, 17, 18, 18,
         18, 18, 19, 19, 19, 20, 20, 20, 20, 20, 22, 23, 24, 24, 24, 24, 25]
DIST = [2, 10, 4, 22, 16, 10, 18, 26, 34, 17, 28, 14, 20, 24, 28, 26, 34, 34, 46, 26, 36, 60, 80, 20, 26, 54, 32, 40, 32, 40, 50, 42,
        56, 76, 84, 36, 46, 68, 32, 48, 52, 56, 64, 66, 54, 70, 92, 93, 120, 85]
CARS = {"speed": np.array(SPEED, float), "dist": np.array(DIST, float)}


def spread_table(n: int = 300, seed: int = 5) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    a, b, g = rng.normal(2.0, 1.0, n), rng.uniform(1.0, 4.0, n), rng.choice(list("uvw"), n)
    log_sigma = -0.4 + 0.5 * np.log(b) + 0.6 * (g == "w")
    return {"a": a, "b": b, "g": g, "y": 3.0 - a + 0.5 * (g == "v") + np.exp(log_sigma) * rng.standard_normal(n)}


def fit(columns: dict[str, Any], **options: Any) -> dict[str, Any]:
    return mlefit.fit(columns, **{"target": "y", "model": "gaussian", "se": "model", "draws": 0, **options}).to_dict()


def values(found: dict[str, Any], key: str = "estimate") -> Array:
    return np.array([p[key] for p in found["parameters"]])


def designs(columns: dict[str, Any]) -> tuple[Array, Array]:
    """The designs of `y ~ a + g` and of `log sigma ~ log(b) + g`."""
    v, w, one = columns["g"] == "v", columns["g"] == "w", np.ones(len(columns["y"]))
    return np.column_stack([one, columns["a"], v, w]), np.column_stack([one, np.log(columns["b"]), v, w])


def rows_nll(theta: Array, columns: dict[str, Any], offset: Array | float = 0.0) -> Array:
    x, z = designs(columns)
    log_sigma = z @ theta[4:]
    return 0.5 * ((columns["y"] - x @ theta[:4] - offset) * np.exp(-log_sigma)) ** 2 + log_sigma + HALF_LOG_2PI


def scores(theta: Array, columns: dict[str, Any]) -> Array:
    x, z = designs(columns)
    precision = np.exp(-z @ theta[4:])
    e = (columns["y"] - x @ theta[:4]) * precision
    return np.column_stack([-(e * precision)[:, None] * x, (1.0 - e * e)[:, None] * z])


def hessian(theta: Array, columns: dict[str, Any]) -> Array:
    x, z = designs(columns)
    precision = np.exp(-z @ theta[4:])
    e = (columns["y"] - x @ theta[:4]) * precision
    mixed = x.T @ ((2.0 * e * precision)[:, None] * z)
    return np.block([[x.T @ (np.square(precision)[:, None] * x), mixed], [mixed.T, z.T @ ((2.0 * e * e)[:, None] * z)]])


UNEQUAL: dict[str, Any] = {"features": ["a", "g"], "scale_formula": "~ log(b) + g"}


def test_cars_is_what_gls_and_glmm_tmb_find() -> None:
    found = fit(CARS, target="dist", model="heteroscedastic-gaussian")
    assert values(found) == pytest.approx([-11.91916, 3.522028, 1.695437, 0.0615005], rel=1e-5)
    assert values(found, "std_error") == pytest.approx([4.842806, 0.373771, 0.370253, 0.0231489], rel=1e-5)
    assert found["criteria"]["loglik"] == pytest.approx(-203.07415779, abs=1e-7)
    assert [(p["name"], p["class"], p["kind"]) for p in found["parameters"]] == [
        ("(Intercept)", None, "mean"), ("speed", None, "mean"),
        ("(Intercept)", "log sigma", "scale"), ("speed", "log sigma", "scale")]
    assert found["model"]["noise"] == "heteroscedastic-gaussian"
    assert found["model"]["scale_formula"] == "speed"
    assert found["agreement"]["agree"]


def test_a_scale_of_features_is_that_of_the_formula_and_the_default_is_all_of_them() -> None:
    default = fit(CARS, target="dist", model="heteroscedastic-gaussian")
    for options in ({"scale_features": ["speed"]}, {"scale_formula": "~ speed"}, {"scale_formula": "speed"}):
        assert values(fit(CARS, target="dist", **options)) == pytest.approx(values(default), rel=1e-9)


def test_a_scale_that_is_constant_is_gaussian_noise() -> None:
    columns = spread_table()
    constant, plain = fit(columns, features=["a", "g"], scale_features=[]), fit(columns, features=["a", "g"])
    assert values(constant)[:4] == pytest.approx(values(plain)[:4], rel=1e-9)
    assert np.exp(values(constant)[4]) == pytest.approx(values(plain)[4], rel=1e-9)
    assert constant["criteria"]["loglik"] == pytest.approx(plain["criteria"]["loglik"], abs=1e-9)
    assert constant["model"]["scale_formula"] == "1"


def test_unequal_designs_are_fitted_as_an_independent_search_fits_them() -> None:
    columns = spread_table()
    found = fit(columns, **UNEQUAL)
    best = minimize(lambda theta: rows_nll(theta, columns).sum(), np.zeros(8), method="BFGS", options={"gtol": 1e-5})
    assert found["criteria"]["loglik"] == pytest.approx(-float(best.fun), abs=1e-6)
    theta = values(found)
    assert theta == pytest.approx(best.x, abs=1e-4)
    assert np.abs(scores(theta, columns).sum(axis=0)).max() < 1e-7
    errors = np.sqrt(np.diagonal(np.linalg.inv(hessian(theta, columns))))
    assert values(found, "std_error") == pytest.approx(errors, rel=1e-8)
    assert found["criteria"]["n_params"] == 8
    assert found["agreement"]["max_gap_se"] < 1e-6


@pytest.mark.parametrize("kind", ["hc0", "hc1", "cluster"])
def test_sandwiches_of_unequal_designs_are_those_of_the_scores(kind: str) -> None:
    columns = {**spread_table(), "c": np.repeat([f"c{k}" for k in range(30)], 10)}
    found = fit(columns, **UNEQUAL, se="cluster:c" if kind == "cluster" else kind)
    theta = values(found)
    bread, s, n = np.linalg.inv(hessian(theta, columns)), scores(theta, columns), 300
    factor = n / (n - 8.0) if kind == "hc1" else 1.0
    if kind == "cluster":
        s, factor = s.reshape(30, 10, 8).sum(axis=1), 30.0 / 29.0 * (n - 1.0) / (n - 8.0)
    errors = np.sqrt(factor * np.diagonal(bread @ (s.T @ s) @ bread))
    assert values(found, "std_error") == pytest.approx(errors, rel=1e-8)


def test_hc3_of_unequal_designs_takes_the_leverage_of_both_predictors_off() -> None:
    """Scores X'(I - A X J^-1 X')^-1 g with A the expected curvature of the row, diag(1 / sigma^2, 2)."""
    columns = spread_table(120)
    found = fit(columns, **UNEQUAL, se="hc3")
    theta = values(found)
    (x, z), bread = designs(columns), np.linalg.inv(hessian(theta, columns))
    precision = np.exp(-z @ theta[4:])
    e = (columns["y"] - x @ theta[:4]) * precision
    s = []
    for i in range(120):
        block = np.zeros((2, 8))
        block[0, :4], block[1, 4:] = x[i], z[i]
        a, g = np.diag([precision[i] ** 2, 2.0]), np.array([-e[i] * precision[i], 1.0 - e[i] ** 2])
        s.append(block.T @ np.linalg.solve(np.eye(2) - a @ block @ bread @ block.T, g))
    middle = np.array(s).T @ np.array(s)
    assert values(found, "std_error") == pytest.approx(np.sqrt(np.diagonal(bread @ middle @ bread)), rel=1e-7)


def test_weight_two_is_the_row_twice_and_an_offset_belongs_to_the_mean() -> None:
    columns = spread_table(150)
    weight = np.where(np.arange(150) % 3 == 0, 2.0, 1.0)
    twice = {name: np.repeat(column, weight.astype(int)) for name, column in columns.items()}
    weighted = fit({**columns, "w": weight}, **UNEQUAL, weights="w")
    assert values(weighted) == pytest.approx(values(fit(twice, **UNEQUAL)), rel=1e-8)
    offset = np.linspace(-1.0, 2.0, 150)
    moved = fit({**columns, "y": columns["y"] + offset, "o": offset}, **UNEQUAL, offset="o")
    assert values(moved) == pytest.approx(values(fit(columns, **UNEQUAL)), rel=1e-8)


@pytest.mark.parametrize(("scale", "shift"), [(1000.0, 3.0), (1e-7, -5.0)])
def test_units_of_the_response_move_the_mean_and_the_constant_of_the_log_scale(scale: float, shift: float) -> None:
    columns = spread_table()
    one, other = fit(columns, **UNEQUAL), fit({**columns, "y": scale * columns["y"] + shift}, **UNEQUAL)
    expected = values(one) * np.array([scale] * 4 + [1.0] * 4)
    expected[0] += shift
    expected[4] += np.log(scale)
    assert values(other) == pytest.approx(expected, rel=1e-7, abs=1e-7 * scale)
    assert other["criteria"]["loglik"] == pytest.approx(one["criteria"]["loglik"] - 300 * np.log(scale), rel=1e-9)


def test_columns_are_aliased_in_the_design_that_they_are_collinear_in() -> None:
    columns = spread_table()
    columns["twice"] = 2.0 * columns["a"]
    found = fit(columns, features=["a", "g"], scale_features=["a", "b", "twice"])
    assert [p["state"] for p in found["parameters"]] == ["ok"] * 7 + ["aliased"]
    assert [w["message"] for w in found["warnings"] if w["code"] == "collinear"] == [
        "twice is collinear: a combination of a; it was dropped"]
    assert found["criteria"]["n_params"] == 7


def test_every_term_is_tested_in_the_predictor_that_it_stands_in() -> None:
    columns = spread_table()
    found = fit(columns, **UNEQUAL)
    assert [(t["term"], t["class"], t["df"]) for t in found["terms"]] == [
        ("a", None, 1), ("g", None, 2), ("log(b)", "log sigma", 1), ("g", "log sigma", 2)]
    without = fit(columns, features=["a", "g"], scale_formula="~ log(b)")
    ratio = 2.0 * (found["criteria"]["loglik"] - without["criteria"]["loglik"])
    assert found["terms"][3]["statistic"] == pytest.approx(ratio, rel=1e-6)


def test_a_mean_without_a_constant_leaves_the_scale_its_own() -> None:
    columns = spread_table()
    found = fit(columns, features=["a"], intercept=False, scale_features=["b"])
    assert [(p["name"], p["class"]) for p in found["parameters"]] == [
        ("a", None), ("(Intercept)", "log sigma"), ("b", "log sigma")]
    without = fit(columns, features=["a"], intercept=False, scale_formula="~ b - 1")
    assert [p["name"] for p in without["parameters"]] == ["a", "b"]
    z = columns["y"] - values(without)[0] * columns["a"]
    log_sigma = values(without)[1] * columns["b"]
    at = -float(np.sum(0.5 * (z * np.exp(-log_sigma)) ** 2 + log_sigma + HALF_LOG_2PI))
    assert without["criteria"]["loglik"] == pytest.approx(at, abs=1e-8)


def test_engines_threads_and_a_holdout_work_for_unequal_designs(tmp_path: Path) -> None:
    path, columns = tmp_path / "rows.csv", spread_table(2000)
    lines = zip(columns["a"], columns["b"], columns["g"], columns["y"], strict=True)
    path.write_text("a,b,g,y\n" + "".join(f"{a:.6f},{b:.6f},{g},{y:.6f}\n" for a, b, g, y in lines))
    known = []
    for options in ({"engine": "memory", "threads": 1}, {"engine": "stream", "threads": 2}):
        found = mlefit.fit(str(path), target="y", model="gaussian", **UNEQUAL, **options, draws=0, holdout=0.2).to_dict()
        found["run"].pop("machine")
        known.append(json.dumps(found))
    assert known[0] == known[1]
    assert json.loads(known[0])["information"]["holdout"]["cross_entropy"] == pytest.approx(found["information"]["cross_entropy"], abs=0.15)


def test_every_claim_of_the_proof_holds_for_unequal_designs() -> None:
    from mlefit.proof import prove
    from mlefit.request import Request

    request = Request(data=spread_table(), model="gaussian", target="y", features=("a", "g"), scale_formula="~ log(b) + g", draws=0)
    assert prove(request).holds


@pytest.mark.parametrize(("options", "message", "remedy"), [
    ({"scale_features": ["b"], "model": "poisson"}, "--scale-features: poisson has no scale or dispersion that could depend on "
     "predictors", "leave it out, or use --model gaussian"),
    ({"scale_features": ["b"], "scale_formula": "~ a"}, "--scale-formula says what the scale depends on; --scale-features says it "
     "a second time", "give one of them"),
    ({"scale_formula": "y ~ a"}, '--scale-formula, character 3: expected no target before "~"', 'write "~ x"'),
    ({"scale_formula": "~"}, "--scale-formula, character 2: expected predictors, found the end",
     'write "~ 1" for an intercept alone'),
    ({"scale_features": ["y"]}, 'column "y" is the target and a predictor as well', "give it one role"),
    ({"scale_features": ["c"]}, 'there is no column "c"', "the columns are a, b, g, y"),
    ({"scale_features": ["a"], "weights": "b", "weights_kind": "precision"},
     "--weights-kind precision: the scale of heteroscedastic-gaussian has predictors of its own already",
     "put the logarithm of the weights into --scale-formula, or use --weights-kind frequency or sampling"),
])
def test_what_a_scale_cannot_be_is_refused_before_the_rows_are_read(options: dict[str, Any], message: str, remedy: str) -> None:
    with pytest.raises(mlefit.errors.UsageError) as error:
        fit(spread_table(40), **{"features": ["g"], **options})
    assert error.value.message == message
    assert str(error.value.remedy).startswith(remedy)


def test_the_header_says_what_the_scale_depends_on() -> None:
    text = str(mlefit.fit(spread_table(60), target="y", model="gaussian", draws=0, **UNEQUAL))
    assert "y ~ a + g, log sigma ~ log(b) + g" in text.splitlines()[0]


def test_a_spread_that_the_scale_does_not_follow_is_found_and_named() -> None:
    columns = spread_table(600)
    found = mlefit.fit(columns, target="y", model="gaussian", features=["a", "g"], scale_features=["b"]).to_dict()
    kl = found["information"]["kl"]
    assert kl["verdict_p_value"] < 0.01
    assert kl["part"] == "spread"
    assert kl["advice"][0] == (
        "the spread goes with g too: add it to --scale-features, or let the scale bend in it (--scale-formula)")
    true = mlefit.fit(columns, target="y", model="gaussian", **UNEQUAL).to_dict()
    assert true["information"]["kl"]["verdict_p_value"] > 0.05
