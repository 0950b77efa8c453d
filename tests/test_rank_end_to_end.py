"""Rank, end to end: what is not determined is named, dropped and shown `aliased`; what is, is as if the rest were not there."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mlefit

N = 80


def rng() -> np.random.Generator:
    return np.random.default_rng(11)


def fitted(columns: dict[str, Any], model: str = "gaussian", **options: Any) -> dict[str, Any]:
    return mlefit.fit(columns, target="y", model=model, draws=0, **options).to_dict()


def aliased(fit: dict[str, Any]) -> list[str]:
    names = []
    for p in fit["parameters"]:
        if p["state"] == "aliased":
            names.append(p["name"])
            assert all(p[key] is None for key in (
                "estimate", "std_error", "ci_low", "ci_high", "statistic", "p_value", "loss_estimate", "gap_se"))
        else:
            assert p["estimate"] is not None
            assert p["kind"] == "shape" or p["p_value"] is not None
    return names


def warned(fit: dict[str, Any], code: str = "collinear") -> list[str]:
    return [w["message"] for w in fit["warnings"] if w["code"] == code]


def a_and_b() -> dict[str, Any]:
    a, b = rng().normal(size=(2, N))
    return {"a": a, "b": b, "y": a - b + np.random.default_rng(12).normal(size=N)}


CASES: list[tuple[str, Any, str]] = [
    ("twice another", lambda a, b: 2.0 * a, "x is collinear: a combination of a; it was dropped"),
    ("a copy", lambda a, b: a.copy(), "x is collinear: a combination of a; it was dropped"),
    ("a sum", lambda a, b: a + b, "x is collinear: a combination of a, b; it was dropped"),
    ("an affine map", lambda a, b: 3.0 - 0.1 * b, "x is collinear: a combination of b; it was dropped"),
    ("a constant", lambda a, b: np.full(N, 7.0), "x is constant, which the intercept already is (collinear); it was dropped"),
    ("zeros", lambda a, b: np.zeros(N), "x is zero in every row; it was dropped"),
    ("a spread in the last digit", lambda a, b: np.where(a > 0.0, 1.0, np.nextafter(1.0, 2.0)),
     "x varies by no more than the rounding of its values, from 1 to 1.0000000000000002; it was dropped"),
]


@pytest.mark.slow
@pytest.mark.parametrize("model", ["gaussian", "bernoulli", "categorical"])
@pytest.mark.parametrize(("what", "column", "message"), CASES, ids=[case[0] for case in CASES])
def test_a_determined_column_is_named_dropped_and_aliased(model: str, what: str, column: Any, message: str) -> None:
    columns = a_and_b()
    if model == "bernoulli":
        columns["y"] = (columns["y"] > 0).astype(int)
    if model == "categorical":
        columns["y"] = np.digitize(columns["y"], [-0.7, 0.7]).astype(str)
    y = columns.pop("y")
    clean = fitted({**columns, "y": y}, model)
    fit = fitted({**columns, "x": column(columns["a"], columns["b"]), "y": y}, model)
    assert set(aliased(fit)) == {"x"}
    # Whether the constant takes part in a sum depends on where the encoder put the origin: medians do not add up.
    either = {message, message.replace("a combination of ", "a combination of (Intercept), ")}
    assert len(set(warned(fit))) == 1
    assert warned(fit)[0] in either
    assert fit["criteria"]["n_params"] == clean["criteria"]["n_params"]
    assert fit["criteria"]["loglik"] == pytest.approx(clean["criteria"]["loglik"], rel=1e-13)


@pytest.mark.parametrize("shift", [0.0, 1e6, 1e9])
def test_collinearity_is_seen_through_a_shift(shift: float) -> None:
    columns = a_and_b()
    a, b, y = columns["a"] + shift, columns["b"] + shift, columns["y"]
    fit = fitted({"a": a, "b": b, "x": a + b, "y": y})
    assert aliased(fit) == ["x"]


def test_two_columns_that_merely_resemble_each_other_are_both_kept_and_said() -> None:
    columns = a_and_b()
    fit = fitted({"a": columns["a"], "x": columns["a"] + 1e-5 * columns["b"], "y": columns["y"]})
    assert aliased(fit) == []
    told = warned(fit, "near-collinear")
    assert len(told) == 1
    assert told[0].startswith("a, x are nearly collinear (condition number ")
    assert told[0].endswith(" times those of unrelated predictors")


def test_a_near_dependency_names_its_own_columns_only() -> None:
    columns = a_and_b()
    a, b = columns["a"], columns["b"]
    other = np.random.default_rng(5).normal(size=(3, N))
    fit = fitted({"u": other[0], "a": a, "v": other[1], "b": b, "x": a + b + 1e-4 * other[2], "y": columns["y"]})
    assert [w["columns"] for w in fit["warnings"] if w["code"] == "near-collinear"] == [["a", "b", "x"]]


@pytest.mark.parametrize("shift", [0.0, 1e7])
def test_neither_shift_nor_scale_nor_an_ordinary_square_is_near_collinearity(shift: float) -> None:
    x = np.arange(1.0, 11.0).repeat(8)
    fit = mlefit.fit({"x": x, "s": x * x * 1e-9 + shift, "y": np.random.default_rng(12).normal(size=N)}, target="y", model="gaussian",
                     draws=0).to_dict()
    assert warned(fit, "near-collinear") == []


def test_longley_is_nearly_collinear_and_filip_too() -> None:
    data = Path(__file__).parents[1] / "sample_data" / "longley.csv"
    fit = mlefit.fit(str(data), model="gaussian", draws=0).to_dict()
    assert len(warned(fit, "near-collinear")) == 1
    filip = Path(__file__).parent / "nist" / "filip.csv"
    powers = " + ".join(f"I(x**{k})" for k in range(2, 11))
    fit = mlefit.fit(str(filip), formula=f"y ~ x + {powers}", model="gaussian", draws=0).to_dict()
    assert aliased(fit) == []
    assert len(warned(fit, "near-collinear")) == 1


def test_the_dummy_trap() -> None:
    g = np.array(list("ABC"))[np.arange(N) % 3]
    columns: dict[str, Any] = {"g": g, **{f"is_{level}": (g == level) * 1.0 for level in "ABC"}, "y": np.random.default_rng(12).normal(size=N)}
    fit = fitted(columns)
    assert aliased(fit) == ["is_A", "is_B", "is_C"]
    assert warned(fit) == [
        "is_A is collinear: a combination of (Intercept), g=B, g=C; it was dropped",
        "is_B is collinear: a combination of g=B; it was dropped",
        "is_C is collinear: a combination of g=C; it was dropped",
    ]


def test_indicators_of_all_levels_beside_the_intercept() -> None:
    g = np.arange(N) % 3
    fit = fitted({**{f"is_{k}": (g == k) * 1.0 for k in range(3)}, "y": np.random.default_rng(12).normal(size=N)})
    assert aliased(fit) == ["is_2"]


def test_an_empty_interaction_cell() -> None:
    g = np.array(list("ABC"))[np.arange(N) % 3]
    h = np.array(list("uv"))[rng().integers(0, 2, N)]
    h[g == "B"] = "u"
    fit = mlefit.fit({"g": g, "h": h, "y": np.random.default_rng(12).normal(size=N)}, formula="y ~ g * h", model="gaussian", draws=0).to_dict()
    assert aliased(fit) == ["g=B:h=v"]
    assert warned(fit) == ["g=B:h=v is zero in every row; it was dropped"]
    same = mlefit.fit({"c": np.char.add(g, h), "y": np.random.default_rng(12).normal(size=N)}, target="y", model="gaussian", draws=0).to_dict()
    assert fit["criteria"]["loglik"] == pytest.approx(same["criteria"]["loglik"], rel=1e-13)


def test_more_columns_than_weighted_rows_support() -> None:
    """Rows of weight 0 determine nothing."""
    columns = a_and_b()
    x = np.where(np.arange(N) < 5, 1.0, 0.0)
    weight = np.where(np.arange(N) < 5, 0, 1)
    fit = fitted({**columns, "x": x, "w": weight}, weights="w")
    assert aliased(fit) == ["x"]


@pytest.mark.slow
def test_the_command_exits_0_and_says_so(tmp_path: Path) -> None:
    a, b = rng().normal(size=(2, N))
    path = tmp_path / "twice.csv"
    lines = [f"{p!r},{2.0 * p!r},{q!r}" for p, q in zip(a.tolist(), b.tolist(), strict=True)]
    path.write_text("x1,x2,y\n" + "\n".join(lines) + "\n")
    run = [sys.executable, "-m", "mlefit", "fit", str(path), "--model", "gaussian", "--draws", "0"]
    table = subprocess.run(run, capture_output=True, text=True, check=False)
    assert table.returncode == 0, table.stderr
    assert "aliased" in table.stdout
    assert "x2 is collinear: a combination of x1; it was dropped" in table.stdout + table.stderr
    answer = json.loads(subprocess.run([*run, "-o", "json"], capture_output=True, text=True, check=True).stdout)
    assert [p["state"] for p in answer["parameters"]] == ["ok", "ok", "aliased", "ok"]
