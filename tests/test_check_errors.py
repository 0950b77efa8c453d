"""Figures of `mlefit check` that have no standard error to be measured by."""

import json
from pathlib import Path

import numpy as np
import pytest

from mlefit.checking.judge import reasons
from mlefit.checking.record import CrossEntropy, Unfamiliar
from mlefit.cli import main


def test_a_score_that_no_row_varies_has_no_error_to_be_measured_by(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = tmp_path / "same.csv"
    rows.write_text("y\n" + "3\n" * 40)
    assert main(["fit", str(rows), "-t", "y", "-m", "poisson", "-x", "none", "-q", "--save", str(tmp_path / "m.json")]) == 0
    capsys.readouterr()
    assert main(["check", str(tmp_path / "m.json"), str(rows)]) == 0
    assert "cross-entropy, nats per row" in capsys.readouterr().out


def test_an_excess_without_an_error_is_told_without_one() -> None:
    entropy = CrossEntropy(2.0, 0.0, 1.0, "rows fitted", 1.0, 0.0, 0.01)
    assert entropy.in_errors is None
    assert reasons(entropy, Unfamiliar(0, 0.0, 0.05, {})) == (
        "the cross-entropy is 1.0 nats per row above that expected on new rows",)


def test_a_covariance_beyond_the_doubles_leaves_no_refit_to_compare(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Nor a word of LAPACK on stderr."""
    rows, saved = tmp_path / "d.csv", tmp_path / "m.json"
    rows.write_text("x,y\n" + "".join(f"{k * 7 % 13},{k * k % 17 + k}\n" for k in range(60)))
    assert main(["fit", str(rows), "-t", "y", "-x", "x", "--save", str(saved), "-q", "--no-kl"]) == 0
    model = json.loads(saved.read_text())
    model["covariance"]["root"] = [[1e200 for _ in row] for row in model["covariance"]["root"]]
    saved.write_text(json.dumps(model))
    rows.write_text("x,y\n" + "".join(f"{k * 5 % 13},{k * k % 19 + k}\n" for k in range(60)))
    capfd.readouterr()
    assert main(["check", str(saved), str(rows), "-q"]) in (0, 5)
    out, err = capfd.readouterr()
    assert "refit     none: the numbers of the model leave nothing of the new rows\n" in out
    assert "DLASCL" not in err


def test_a_weight_that_is_none_is_told_as_what_the_fit_had(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And not with an option that a check has not."""
    rows, saved = tmp_path / "d.csv", tmp_path / "m.json"
    rows.write_text("x,y,w\n" + "".join(f"{k * 7 % 13},{k * k % 17},{1 + k % 3}\n" for k in range(60)))
    assert main(["fit", str(rows), "-t", "y", "-x", "x", "--weights", "w", "--save", str(saved), "-q", "--no-kl"]) == 0
    rows.write_text("x,y,w\n1,2,1\n2,3,0.5\n")
    capsys.readouterr()
    assert main(["check", str(saved), str(rows)]) == 3
    assert capsys.readouterr().err.endswith(
        'mlefit: column "w", row 2: a frequency weight must be a whole number >= 0, found 0.5\n'
        "the fit had frequency weights: drop or correct the row, or fit the model to others\n")


def test_new_rows_of_one_class_are_no_small_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a refit the size of a change is what the residuals say: to be easier to predict is not to be the same."""
    rng, rows, saved = np.random.default_rng(4), tmp_path / "d.csv", tmp_path / "m.json"
    numbers = rng.normal(size=600)
    table = list(zip(numbers.tolist(), (rng.random(600) < 1.0 / (1.0 + np.exp(0.5 - numbers))).astype(int).tolist(), strict=True))
    rows.write_text("x,y\n" + "".join(f"{x:.4f},{y}\n" for x, y in table))
    assert main(["fit", str(rows), "-q", "--no-kl", "--save", str(saved)]) == 0
    rows.write_text("x,y\n" + "".join(f"{x:.4f},0\n" for x, y in table if not y))
    capsys.readouterr()
    assert main(["check", str(saved), str(rows), "-q", "-o", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["refit"]["reason"] == 'the new rows have one class only, "0"'
    (share,) = found["calibration"]
    assert share["observed"] == 0.0
    size = 0.5 * (share["in_se"] ** 2 - 1.0) * (1.0 / found["rows_used"] + 1.0 / 600)
    assert found["verdict"] == "drifted"
    assert found["sentence"].startswith(f"drifted: a change of {size:.2g} nats per row (p < 1e-10)")
