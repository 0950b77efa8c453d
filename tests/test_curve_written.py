"""Curves with losses and densities that are written, with trials, and with weights that divide a variance."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from mlefit.cli import main

RNG = np.random.default_rng(23)
N = 80
X, GROUP = RNG.uniform(0.2, 3.0, N), np.arange(N) % 3
MEAN = 2.0 + 3.0 * np.exp(-0.7 * X)
TRIALS = RNG.integers(4, 20, N)
COLUMNS = {
    "x": X, "g": GROUP, "w": RNG.uniform(0.5, 2.0, N), "y": MEAN + 0.3 * RNG.standard_t(4, N), "pos": MEAN * RNG.gamma(6.0, 1.0 / 6.0, N),
    "lab": np.where(RNG.random(N) < 1.0 / (1.0 + np.exp(1.2 - X)), 1, -1), "m": TRIALS,
    "s": RNG.binomial(TRIALS, 0.9 / (1.0 + 2.0 * np.exp(-1.2 * X))),
}
CURVE = ("--mean", "low+drop*exp(-rate*x)", "--start", "rate=1")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    place = tmp_path_factory.mktemp("curves") / "d.csv"
    np.savetxt(place, np.column_stack([*COLUMNS.values()]), delimiter=",", header=",".join(COLUMNS), comments="", fmt="%.17g")
    return str(place)


def fitted(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    code = main(["fit", *arguments, "-o", "json", "-q", "--no-kl"])
    found = json.loads(capsys.readouterr().out)
    assert code == 0, found
    return found


@pytest.mark.parametrize(("target", "law"), [
    ("y", ("--loss", "log(cosh(r/0.2))")), ("y", ("--loss", "log(1+r**2)")), ("y", ("--loss", "exp(0.5*r)-0.5*r-1")),
    ("y", ("--density", "1/(pi*(1+r**2))")), ("pos", ("--loss", "y/f-log(y/f)-1")), ("pos", ("--loss", "(log1p(y)-log1p(f))**2")),
    ("pos", ("--loss", "(y-f)**2/(y*f**2)")), ("pos", ("--density", "exp(-(y-f)**2/(0.4*f**2*y))/sqrt(0.4*pi*y**3)")),
    ("lab", ("--loss", "log(1+exp(-y*f))")), ("y", ("--weights", "w", "--weights-kind", "precision")),
    ("y", ("--weights", "w", "--weights-kind", "precision", "--holdout", "0.2")),
])
def test_a_line_that_is_written_is_the_linear_model(
    target: str, law: tuple[str, ...], data: str, capsys: pytest.CaptureFixture[str]
) -> None:
    linear = fitted(capsys, data, "-t", target, "-x", "x", *law)
    curved = fitted(capsys, data, "-t", target, "--mean", "b0+b1*x", *law)
    assert curved["agreement"]["agree"]
    for mine, theirs in zip(curved["parameters"], linear["parameters"], strict=True):
        assert mine["estimate"] == pytest.approx(theirs["estimate"], rel=1e-7)
        assert mine["std_error"] == pytest.approx(theirs["std_error"], rel=1e-6)
    for figure in ("loglik", "aic", "rmse", "on_new_rows"):
        assert curved["criteria"][figure] == pytest.approx(linear["criteria"][figure], rel=1e-7), figure
    held, other = curved["information"]["holdout"], linear["information"]["holdout"]
    for figure in ("cross_entropy", "rmse", "r_squared") if "--holdout" in law else ():
        assert held[figure] == pytest.approx(other[figure], rel=1e-7), figure


def test_weights_that_divide_a_variance_give_the_least_weighted_squares(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = fitted(capsys, data, "-t", "y", *CURVE, "--weights", "w", "--weights-kind", "precision", "--se", "ols")
    low, drop, rate, _ = (one["estimate"] for one in found["parameters"])
    w, e = COLUMNS["w"], np.exp(-rate * X)
    residual = COLUMNS["y"] - low - drop * e
    j = np.column_stack([np.ones(N), e, -drop * X * e])
    assert np.abs(j.T @ (w * residual)).max() < 1e-9
    square = float(w @ residual**2)
    error = np.sqrt(np.diagonal(np.linalg.inv(j.T @ (w[:, None] * j))) * square / (N - 3))
    assert [one["std_error"] for one in found["parameters"][:3]] == pytest.approx(error, rel=1e-7)
    loglik = -0.5 * N * (np.log(2.0 * np.pi * square / N) + 1.0) + 0.5 * np.log(w).sum()
    assert found["criteria"]["loglik"] == pytest.approx(loglik, rel=1e-10)


def test_a_start_that_does_not_exist_is_told_in_the_cells_of_the_file(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    weighted = ("--weights", "w", "--weights-kind", "precision")
    for more in ((), weighted):
        assert main(["fit", data, "-t", "y", "--mean", "low+b*log(x-c)", "--start", "c=5", "-q", *more]) == 3
        told = capsys.readouterr().err.splitlines()[0]
        assert told.startswith("mlefit: --mean, row 1 of those used: log(x-c) is nan at the start (x = ")
        assert told.endswith(", low = 1, b = 1, c = 5)")
        assert float(told.partition("x = ")[2].partition(",")[0]) == pytest.approx(X[0], rel=1e-14)


SAVED = (
    (("-t", "y", *CURVE, "--loss", "log(cosh(r/0.2))"), "location"), (("-t", "y", *CURVE, "--density", "1/(pi*(1+r**2))"), "location"),
    (("-t", "pos", *CURVE, "--loss", "y/f-log(y/f)-1"), "location"),
    (("-t", "y", *CURVE, "--weights", "w", "--weights-kind", "precision"), "mean"),
    (("-t", "s", "--trials", "m", "--mean", "top/(1+exp(-(x-mid)/wide))", "--start", "mid=1,wide=1"), "mean"),
)


@pytest.mark.parametrize(("request_", "column"), SAVED, ids=[case[0][-1] for case in SAVED])
def test_such_curves_are_saved_predict_and_are_checked(
    request_: tuple[str, ...], column: str, data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = str(tmp_path / "m.json")
    found = fitted(capsys, data, *request_, "--save", model)
    a, b, c = (one["estimate"] for one in found["parameters"][:3])
    f = TRIALS * a / (1.0 + np.exp(-(X - b) / c)) if "--trials" in request_ else a + b * np.exp(-c * X)
    assert main(["predict", model, data, "-q"]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert [float(row[column]) for row in rows] == pytest.approx(f, rel=1e-10)
    assert {row["flag"] for row in rows} == {""}
    assert all(float(row["new_low"]) < float(row["new_high"]) for row in rows)
    assert main(["show", model]) == 0
    capsys.readouterr()
    if "precision" not in request_:
        assert main(["check", model, data, "-q"]) == 0
        assert "80 of 80 new rows scored" in capsys.readouterr().out


@pytest.mark.parametrize("law", [
    ("-t", "y", *CURVE, "--loss", "log(cosh(r/0.2))"), ("-t", "pos", *CURVE, "--loss", "(log(y)-log(f))**2"),
    ("-t", "s", "--trials", "m", "--mean", "top/(1+exp(-(x-mid)/wide))", "--start", "mid=1,wide=1"),
])
def test_such_curves_are_proved(law: tuple[str, ...], data: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", data, *law, "-q"]) == 0
    assert "claims hold" in capsys.readouterr().out


def test_a_loss_that_is_no_number_everywhere_is_proved_where_it_is_one(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", data, "-t", "pos", "-x", "x", "--loss", "(log(y)-log(f))**2", "-q"]) == 0
    assert "4 of 4 claims hold" in capsys.readouterr().out


def test_a_shape_that_is_called_as_a_parameter_is_told_apart(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    curve = ("-t", "y", "--mean", "a+b*x", "--loss", "log(cosh(r/0.2))")
    assert main(["fit", data, *curve, "--by", "g", "--no-kl"]) == 0
    said = capsys.readouterr()
    assert "note: a is a parameter of the mean, and the name of a shape of the noise, which stands after the mean's." in said.err
    head, first = (line.split() for line in said.out.splitlines()[4:6])
    assert head[:5] == ["g", "n", "status", "a", "b"]
    assert first[3] != first[7]
    assert main(["compare", data, *curve, "--parameters", "-q"]) == 0
    told = capsys.readouterr().out
    assert [line.split()[0] for line in told.splitlines() if line.startswith(("a ", "b "))] == ["a", "b", "a"]
    assert "a summary" not in told      # a law with a corner, which a curve does not take


def test_models_of_a_curve_are_compared_with_losses_and_densities(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", data, "-t", "y", *CURVE, "-q", "-o", "json"]) == 0
    unasked = json.loads(capsys.readouterr().out)
    assert {one["compared"]["model"] for one in unasked["models"]} >= {"gaussian", "student-t", "huber"}
    assert not {one["compared"]["model"] for one in unasked["models"]} & {"laplace", "quantile", "heteroscedastic-gaussian"}
    command = ["compare", data, "-t", "y", *CURVE, "--loss", "log(cosh(r/0.2))", "--density", "exp(-r**2/2)/sqrt(2*pi)", "-m", "gaussian"]
    assert main([*command, "-q", "-o", "json"]) == 0
    entropy = {one["compared"]["model"]: one["information"]["cross_entropy"] for one in json.loads(capsys.readouterr().out)["models"]}
    found = fitted(capsys, data, "-t", "y", *CURVE, "--density", "exp(-r**2/2)/sqrt(2*pi)")
    assert entropy["density:exp(-r**2/2)/sqrt(2*pi)"] == pytest.approx(found["information"]["cross_entropy"], rel=1e-12)
    assert max(entropy["loss:log(cosh(r/0.2))"], entropy["gaussian"]) < entropy["density:exp(-r**2/2)/sqrt(2*pi)"]
