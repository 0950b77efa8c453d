"""Sentences about one row, one parameter, one model: in the singular."""

import json
from pathlib import Path

import numpy as np
import pytest

import mlefit
from mlefit.cli import main


@pytest.mark.parametrize(("y", "arguments", "sentence"), [
    ("2", ["-m", "poisson"], "too few rows: one row cannot determine 1 parameter (one coefficient)"),
    ("0", ["-m", "poisson"], 'column "y": every count is 0 in the one row used, so the rate has no finite logarithm; one zero excludes '
     "rates above 3 per row at 95 %"),
    ("0", ["-m", "exponential"], 'column "y": every number is 0 in the one row used, so the mean is 0, its logarithm is not finite and '
     "the likelihood is unbounded"),
    ("0", ["-m", "hurdle:poisson"], 'column "y": every number is 0 in the one row used, so nothing is known of those above 0'),
    ("2", ["-m", "hurdle:poisson"], 'column "y": hurdle gives zeros a chance of their own, found none in the one row used'),
    ("0", ["-m", "binomial", "--trials", "x"], 'column "y": no trial of the one row used succeeded, so the probability is 0 and its '
     "predictor infinite"),
    ("2", ["-m", "bernoulli"], 'column "y": bernoulli needs at least two classes, found only one class, "2", in the one row used'),
])
def test_of_one_row(y: str, arguments: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "d.csv"
    data.write_text(f"x,y\n3,{y}\n")
    assert main(["fit", str(data), "-t", "y", "-x", "none", "-q", *arguments]) == 4
    assert f"mlefit: {sentence}\n" in capsys.readouterr().err


@pytest.fixture
def model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """A line through rows of two groups."""
    rng = np.random.default_rng(1)
    table = "".join(f"{x:.3f},{'ab'[k % 2]},{x + e:.3f}\n" for k, (x, e) in enumerate(rng.normal(size=(40, 2))))
    (tmp_path / "d.csv").write_text("x,g,y\n" + table)
    assert main(["fit", str(tmp_path / "d.csv"), "-q", "--no-kl", "--save", str(tmp_path / "m.json")]) == 0
    capsys.readouterr()
    return str(tmp_path / "m.json")


def test_a_new_row_alone(model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = tmp_path / "n.csv"
    new.write_text("x,g,y\n1,c,2\n")
    assert main(["predict", model, str(new)]) == 0
    assert "note: 1 of 1 rows has no prediction: new-level:g 1.\n" in capsys.readouterr().err
    assert main(["simulate", model, str(new), "--name", "drawn"]) == 0
    assert "note: 1 of 1 rows is not drawn: new-level:g 1.\n" in capsys.readouterr().err
    assert main(["check", model, str(new)]) == 3
    assert capsys.readouterr().err.startswith("mlefit: the only row cannot be scored: new-level:g=c 1\n")
    new.write_text("x,g,y\n1,a,2\n")
    assert main(["predict", model, str(new), "--score"]) == 0
    said = capsys.readouterr().err
    assert "nats per row of 1 row; " in said
    assert "+-" not in said         # one row tells nothing of the error of its mean


def test_a_model_alone_and_a_coefficient_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "d.csv"
    data.write_text("g,y\n" + "a,0\na,1\nb,1\n" * 5)
    assert main(["compare", str(data), "-q", "-o", "json"]) == 4
    assert json.loads(capsys.readouterr().out)["message"].startswith("the only model has no answer; bernoulli: quasi-complete separation of ")
    with pytest.raises(mlefit.MlefitError, match="5 of 15 rows are predicted perfectly, this coefficient is infinite and no"):
        mlefit.fit(str(data))


def test_a_class_of_one_row() -> None:
    table = {"x": [*range(30), 12.5], "y": [*(["a", "b"] * 15), "c"]}
    assert mlefit.fit(table, target="y").to_dict()["information"]["kl"]["reason"] == (
        "the rarest class has 1 row, too few for 2 coefficients (at least 3 each)")


def test_equal_values_of_a_response_without_noise_are_no_copies() -> None:
    """Fine steps of x agree now and then; where they do, so does a function of them, until whole rows are copied."""
    rng = np.random.default_rng(77)
    x = np.round(rng.normal(size=300), 3)
    y = np.round(100.0 / (1.0 + np.exp(-2.0 * x)), 1)

    def warned(x: np.ndarray, y: np.ndarray) -> list[str]:
        return [w["message"] for w in mlefit.fit({"x": x, "y": y}, target="y", kl=False).to_dict()["warnings"] if w["code"] == "repeated-rows"]

    assert warned(x, y) == []
    (said,) = warned(np.append(x, x[:60]), np.append(y, y[:60]))
    assert "of 360 rows repeat an earlier row in every column used, which values of x do not by chance" in said
