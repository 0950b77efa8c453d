"""A saved model of a function of the target predicts the target itself."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from saved_models import Fitted, predicted
from scipy import stats

from mlefit.cli import main

SAMPLES = Path(__file__).parents[1] / "sample_data"


def test_a_model_of_log_y_predicts_y(fitted: Fitted, capsys: pytest.CaptureFixture[str]) -> None:
    """Its median, and a cross-entropy in the unit of y: those of the lognormal model, whose likelihood it is."""
    table = str(SAMPLES / "repairs.csv")
    rows, said = predicted(capsys, fitted(table, "-t", "log(cost)", "-x", "age,shop"), table, "--score")
    other, told = predicted(capsys, fitted(table, "-t", "cost", "-x", "age,shop", "-m", "lognormal"), table, "--score")
    assert [name for name in rows[0] if name.startswith(("me", "new"))] == [
        "mean", "median", "median_low", "median_high", "new_low", "new_high"]
    for name in ("mean", "median", "nll", "residual"):
        mine, theirs = (np.array([float(row[name]) for row in found]) for found in (rows, other))
        assert mine == pytest.approx(theirs, rel=1e-9)
    lines = [line.partition(";")[0] for text in (said, told) for line in text.splitlines() if "cross-entropy" in line]
    assert lines == ["note: cross-entropy 5.3938 +- 0.037 nats per row of 700 rows"] * 2


@pytest.mark.parametrize(("function", "back"), [
    ("log10", lambda t: 10.0**t), ("log1p", np.expm1), ("sqrt", np.square), ("log", np.exp)])
def test_every_function_of_the_target_is_taken_back(
    function: str, back: Callable[..., np.ndarray], tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "rows.csv"
    rng = np.random.default_rng(1)
    x = rng.uniform(0, 1, 200)
    y = back(2.0 + x + 0.1 * rng.standard_normal(200))
    table.write_text("x,y\n" + "".join(f"{a!r},{b!r}\n" for a, b in zip(x.tolist(), y.tolist(), strict=True)) + "0.5,-1\n")
    rows = "".join(table.read_text().splitlines(keepends=True)[:-1])
    fit = tmp_path / "fit.csv"
    fit.write_text(rows)
    found, said = predicted(capsys, fitted(str(fit), "-t", f"{function}(y)"), str(table), "--score")
    assert f"{200:,} rows; " in said
    assert found[-1]["nll"] == ""
    inside = [float(row["new_low"]) <= float(row["y"]) <= float(row["new_high"]) for row in found[:-1]]
    assert 0.9 <= np.mean(inside) <= 0.99
    assert np.array([float(row["median"]) for row in found[:-1]]) == pytest.approx(back(2.0 + x), rel=0.2)


@pytest.mark.parametrize(("sample", "value", "message"), [
    ("repairs.csv", "exp", "mlefit: model file, key design.target.transform: expected a function of the target, found exp"),
    ("conversions.csv", "log", "mlefit: model file, key design.target.transform: expected none for levels, found log"),
])
def test_a_file_with_another_function_is_refused(
    sample: str, value: str, message: str, fitted: Fitted, capsys: pytest.CaptureFixture[str]
) -> None:
    model = Path(fitted(SAMPLES / sample, *(("-t", "cost") if sample == "repairs.csv" else ())))
    content = json.loads(model.read_text())
    content["design"]["target"]["transform"] = value
    model.write_text(json.dumps(content))
    capsys.readouterr()
    assert main(["predict", str(model), str(SAMPLES / sample)]) == 3
    assert capsys.readouterr().err.splitlines()[0] == message


@pytest.mark.parametrize(("function", "back"), [
    ("log10", lambda t: 10.0**t), ("log1p", np.expm1), ("sqrt", lambda t: np.maximum(t, 0.0) ** 2), ("log", np.exp)])
@pytest.mark.parametrize("model", ["gaussian", "laplace", "student-t"])
def test_the_mean_of_the_target_stands_beside_its_median_where_it_exists(
    function: str, back: Callable[..., np.ndarray], model: str, tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]
) -> None:
    """By quadrature over the quantiles of the law; the exponential of student-t has no mean."""
    rng = np.random.default_rng(2)
    x = rng.uniform(0, 1, 300)
    y = back(1.0 + 0.3 * x + 0.15 * rng.laplace(size=300))
    table = tmp_path / "rows.csv"
    table.write_text("x,y\n" + "".join(f"{a!r},{b!r}\n" for a, b in zip(x.tolist(), np.abs(y).tolist(), strict=True)))
    model_file = fitted(str(table), "-t", f"{function}(y)", "-m", model, "--no-kl")
    found, _ = predicted(capsys, model_file, str(table))
    if model == "student-t" or (model == "laplace" and function == "sqrt"):
        assert "mean" not in found[0]
        return
    shape = {p["name"]: p["estimate"] for p in json.loads(Path(model_file).read_text())["fit"]["parameters"]}
    nodes = (np.arange(400_000) + 0.5) / 400_000
    law = stats.norm(0.0, shape["sigma"]) if model == "gaussian" else stats.laplace(0.0, shape["b"])
    row = found[7]
    eta = shape["(Intercept)"] + shape["x"] * float(row["x"])
    assert float(row["mean"]) == pytest.approx(float(back(eta + law.ppf(nodes)).mean()), rel=1e-3)
    assert float(row["median"]) == pytest.approx(float(back(eta)), rel=1e-9)


def test_a_mean_that_is_infinite_is_not_shown(tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(2)
    table = tmp_path / "rows.csv"
    table.write_text("y\n" + "".join(f"{float(y)!r}\n" for y in np.exp(2.0 * rng.laplace(size=300))))
    found, _ = predicted(capsys, fitted(str(table), "-t", "log(y)", "-m", "laplace", "--no-kl"), str(table))
    assert {row["mean"] for row in found} == {""}
    assert float(found[0]["median"]) > 0.0
