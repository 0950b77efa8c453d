"""Names: coefficients that would share one are refused, and the column to rename is named; a shape may be called like a column."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mlefit
from mlefit.cli import main
from mlefit.errors import UsageError

RNG = np.random.default_rng(1)
X = RNG.normal(size=(3, 30))
G = ["a", "b", "c"] * 10


@pytest.mark.parametrize(("data", "options", "message", "column"), [
    ({"g": G, "g=b": X[0]}, {}, 'two parameters would be called "g=b": those of "g" and "g=b"', "g=b"),
    ({"(Intercept)": X[0]}, {}, 'two parameters would be called "(Intercept)": those of the intercept and "(Intercept)"',
     "(Intercept)"),
    ({"a": X[0], "b": X[1], "a:b": X[2]}, {"formula": "y ~ a:b + `a:b`"},
     'two parameters would be called "a:b": those of "a:b" and "a:b"', "a:b"),
])
def test_two_parameters_of_one_name_are_refused(data: Any, options: Any, message: str, column: str) -> None:
    target = {} if "formula" in options else {"target": "y"}
    with pytest.raises(UsageError) as refused:
        mlefit.fit({**data, "y": X.sum(axis=0)}, draws=0, **target, **options)
    assert refused.value.message == message
    assert refused.value.remedy == f"rename the column {column}, or name other predictors with -x"
    assert (refused.value.code, refused.value.columns) == ("same-name", (column,))


def test_a_column_called_like_the_shape_of_another_law_is_a_column() -> None:
    y = (X[0] + RNG.logistic(size=30) > 0.0).astype(int)
    fit = mlefit.fit({"sigma": X[0], "y": y}, "y", model="bernoulli", draws=0).to_dict()
    assert [p["name"] for p in fit["parameters"]] == ["(Intercept)", "sigma"]


@pytest.mark.parametrize(("column", "model"), [
    ("sigma", "gaussian"), ("b", "laplace"), ("s", "quantile"), ("k", "gamma"), ("scale", "huber"), ("df", "student-t")])
def test_a_column_may_be_called_like_the_shape_of_the_law(column: str, model: str) -> None:
    """The fit is that of any other name; kinds tell the two apart, and a note says so."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=200)
    y = np.exp(0.3 * x) * rng.gamma(2.0, 1.0, 200) if model == "gamma" else x + rng.standard_t(4, 200)
    mine, plain = (mlefit.fit({name: x, "y": y}, "y", model=model, draws=0).to_dict() for name in (column, "x"))
    assert [(p["name"], p["kind"]) for p in mine["parameters"][:3]] == [
        ("(Intercept)", "mean"), (column, "mean"), *[(p["name"], "shape") for p in mine["parameters"][2:3]]]
    assert column in [p["name"] for p in mine["parameters"][2:]]
    assert [p["estimate"] for p in mine["parameters"]] == [p["estimate"] for p in plain["parameters"]]
    said = f"{column} is a parameter of the mean, and the name of a shape of the noise, which stands after the mean's."
    assert said in mine["notes"]
    table = str(mlefit.fit({column: x, "y": y}, "y", model=model, draws=0)).splitlines()
    assert [line.split()[0] for line in table if line.startswith(f"{column} ")] == [column, column]
    assert sum(line.startswith(f"{column} (shape) ") for line in table) == 1
    assert said not in plain["notes"]


def test_columns_of_a_curve_are_none_of_its_parameters() -> None:
    rng = np.random.default_rng(4)
    sigma = rng.normal(size=50)
    fit = mlefit.fit({"sigma": sigma, "y": 1 + sigma + rng.normal(size=50)}, "y", mean="a + b * sigma", draws=0).to_dict()
    assert [p["name"] for p in fit["parameters"]] == ["a", "b", "sigma"]
    assert not any("name of a shape" in note for note in fit["notes"])


def test_coefficients_and_a_shape_of_one_name_are_audited(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By the kind that tables of `fit` have."""
    rng = np.random.default_rng(5)
    k = rng.normal(size=300)
    data, coefficients = str(tmp_path / "d.csv"), tmp_path / "c"
    np.savetxt(data, np.column_stack([k, np.exp(0.3 * k) * rng.gamma(2.0, 1.0, 300)]), delimiter=",", header="k,y", comments="")
    for given in ("csv", "json"):
        assert main(["fit", data, "-t", "y", "-m", "gamma", "-o", given, "--draws", "0", "-q"]) == 0
        text = capsys.readouterr().out
        coefficients.write_text(text if given == "csv" else json.dumps(json.loads(text)["parameters"]))
        assert main(["audit", data, "-t", "y", "-m", "gamma", "--coef", str(coefficients)]) == 0
        lines = [line.split() for line in capsys.readouterr().out.splitlines()]
        assert [line[0] for line in lines[3:6]] == ["(Intercept)", "k", "log"]
        assert lines[-1][1] == "certified:"


def test_a_row_whose_offset_is_no_number_is_named() -> None:
    with pytest.raises(mlefit.MlefitError) as refused:
        mlefit.fit({"x": X[0], "e": [1.0, 0.0, *[2.0] * 28], "y": [0, 1] * 15}, "y", ["x"], "bernoulli", offset="log(e)")
    assert refused.value.message == 'term "log(e)", row 2: expected a finite number, found -inf (e = 0)'
