"""Features that meet: what one of them makes the other one takes, or says truly why not."""

import json
from pathlib import Path

import numpy as np
import pytest

import mlefit
from mlefit.cli import main

SAMPLES = Path(__file__).parents[1] / "sample_data"
SPECIES = str(SAMPLES / "species.csv")


@pytest.fixture
def ordered(tmp_path: Path) -> str:
    rng = np.random.default_rng(3)
    x = rng.normal(size=200)
    level = np.array(["low", "mid", "high"])[np.digitize(x + rng.logistic(size=200), [-1.0, 1.0])]
    path = tmp_path / "ordered.csv"
    path.write_text("x,o\n" + "".join(f"{one!r},{name}\n" for one, name in zip(x.tolist(), level, strict=True)))
    return str(path)


def test_cuts_of_ordered_levels_are_audited(ordered: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["-t", "o", "-m", "ordinal", "--order", "low,mid,high", "-q"]
    found = mlefit.fit(ordered, target="o", model="ordinal", order=["low", "mid", "high"], kl=False).to_dict()
    given = {one["name"]: one["estimate"] for one in found["parameters"]}
    assert list(given) == ["x", "low|mid", "mid|high"]
    path = tmp_path / "c.json"

    def audited(coefficients: dict[str, float]) -> int:
        path.write_text(json.dumps(coefficients))
        return main(["audit", ordered, *options, "--coef", str(path), "-o", "json"])

    assert audited(given) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["finding"] == "maximum"
    assert {one["name"]: one["given"] for one in told["parameters"]} == pytest.approx(given, rel=1e-12)
    assert audited({**given, "low|mid": given["low|mid"] - 0.5}) == 5
    capsys.readouterr()
    assert audited({"x": 1.0, "low|mid": -1.0}) == 3
    assert capsys.readouterr().err == 'mlefit: there is no value for "mid|high"\ngive all cuts, or none and the constant\n'
    assert audited({"x": 1.0, "low|mid": 1.0, "mid|high": -1.0}) == 3
    assert capsys.readouterr().err == (
        'mlefit: "mid|high" is not above "low|mid"\ncuts rise from the lowest level to the highest\n')


def test_levels_have_no_conformal_intervals_whatever_was_held_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved = str(tmp_path / "m.json")
    assert main(["fit", SPECIES, "--holdout", "0.2", "--save", saved, "-q"]) == 0
    capsys.readouterr()
    assert main(["predict", saved, SPECIES, "--interval", "conformal"]) == 2
    assert capsys.readouterr().err == (
        "mlefit: --interval conformal is for numbers, the model is categorical\nleave it out: each level has its probability\n")
    with pytest.raises(mlefit.UsageError) as refused:
        mlefit.load(saved).predict(SPECIES, interval="conformal")
    assert (refused.value.message, refused.value.remedy) == (
        "interval='conformal' is for numbers, the model is categorical", "leave it out: each level has its probability")


def test_a_density_is_proved_in_the_unit_of_the_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(3)
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "".join(f"{x},{1.0 + 20.0 * x + e}\n" for x, e in rng.normal(size=(100, 2))))
    assert main(["prove", str(path), "--density", "exp(-r**2/2)/sqrt(2*pi)", "-q"]) == 0
    assert "density has no shape parameter, its loss is the cross-entropy itself\n" in capsys.readouterr().out


@pytest.mark.parametrize(("command", "said"), [
    (["compare", "d.csv", "--densitx", "x"], "mlefit: --densitx: there is no such option\n"
     "did you mean --density? `mlefit compare --help` lists the options\n"),
    (["predict", "m.json", "--prefix"], "mlefit: --prefix: its value is missing\n`mlefit predict --help` says what it takes\n"),
])
def test_the_help_named_is_that_of_the_command(command: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command) == 2
    assert capsys.readouterr().err == said


@pytest.mark.parametrize(("options", "said"), [
    (["--loss", "abs(r)", "--intervals", "profile"], "mlefit: --intervals profile is for losses without corners, the loss has some\n"
     "leave it out: intervals are then those of the standard errors\n"),
    (["--density", "exp(-abs(r))/2", "--intervals", "profile"], "mlefit: --intervals profile is for losses without corners, the density "
     "has some\nleave it out: intervals are then those of the standard errors\n"),
    (["--density", "exp(-abs(r))/2", "--mean", "a*x1"],
     "mlefit: --mean: -log density has a corner at a residual of 0: what certifies a curve are derivatives, everywhere\n"
     "use a loss without corners, such as log(cosh(r/S)), or a linear mean with -x\n"),
])
def test_what_losses_do_not_go_with_is_refused(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", str(SAMPLES / "measurements.csv"), *options, "-q"]) == 2
    assert capsys.readouterr().err == said


def test_a_level_of_one_row_is_told_which_errors_a_law_with_a_corner_has() -> None:
    rng = np.random.default_rng(1)
    table = {"x": rng.normal(size=61), "g": ["a"] * 30 + ["b"] * 30 + ["c"], "y": rng.normal(size=61)}
    found = mlefit.fit(table, target="y", model="laplace", kl=False).to_dict()
    told = {one["code"]: one["message"] for one in found["warnings"]}
    assert told["leverage"].endswith(
        ": no robust standard error exists, as a single row of leverage 1 determines the coefficient and nothing is left of it to "
        "judge its error by; --se iid gives one that takes the errors of all rows for alike")
    again = mlefit.fit(table, target="y", model="laplace", kl=False, se="iid").to_dict()
    assert {one["state"] for one in again["parameters"]} == {"ok"}
    assert all(one["std_error"] > 0.0 for one in again["parameters"] if one["kind"] == "mean")


@pytest.mark.parametrize("features", [["f"], ["x", "f"]])
def test_many_levels_without_a_constant_are_tested_against_none_of_them(features: list[str]) -> None:
    """F = ((RSS0 - RSS) / q) / (RSS / (n - p)), RSS0 of the other predictors alone."""
    rng = np.random.default_rng(3)
    level = np.arange(900) % 300
    x, y = rng.normal(size=900), 7.0 + 0.5 * rng.normal(size=300)[level] + rng.normal(size=900)
    table = {"x": x, "f": [f"f{k}" for k in level], "y": y}
    found = mlefit.fit(table, target="y", features=features, intercept=False, kl=False).to_dict()
    indicators = np.eye(300)[level]
    beside = x[:, None][:, : len(features) - 1]
    whole = np.hstack([beside, indicators])
    none, rss = (float(np.square(y - d @ np.linalg.lstsq(d, y, rcond=None)[0]).sum()) if d.size else float(y @ y) for d in (beside, whole))
    (term,) = [one for one in found["terms"] if one["term"] == "f"]
    assert (term["kind"], term["df"], term["df2"]) == ("F", 300, 900 - whole.shape[1])
    assert term["statistic"] == pytest.approx((none - rss) / 300 / (rss / (900 - whole.shape[1])), rel=1e-9)
