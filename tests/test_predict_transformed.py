"""A saved model of a function of the target predicts the target itself."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from saved_models import Fitted, predicted

from mlefit.cli import main

SAMPLES = Path(__file__).parents[1] / "sample_data"


def test_a_model_of_log_y_predicts_y(fitted: Fitted, capsys: pytest.CaptureFixture[str]) -> None:
    """Its median, and a cross-entropy in the unit of y: those of the lognormal model, whose likelihood it is."""
    table = str(SAMPLES / "repairs.csv")
    rows, said = predicted(capsys, fitted(table, "-t", "log(cost)", "-x", "age,shop"), table, "--score")
    other, told = predicted(capsys, fitted(table, "-t", "cost", "-x", "age,shop", "-m", "lognormal"), table, "--score")
    assert [name for name in rows[0] if name.startswith(("me", "new"))] == ["median", "median_low", "median_high", "new_low", "new_high"]
    for name in ("median", "nll", "residual"):
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
