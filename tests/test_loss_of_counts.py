"""Losses of counts: the weights h with which exp(-a loss) adds up to 1 over them, and the fit that goes on."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from scipy.special import gammaln

from mlefit.cli import main
from mlefit.expression.written import LOSSES, parse_written
from mlefit.losses.counts import counted
from mlefit.noise import MODELS

RNG = np.random.default_rng(31)
X = RNG.uniform(0.0, 2.0, 300)
Y = RNG.poisson(1.0 + 2.0 * X).astype(float)
POISSON = {     # a, and the mean at f
    "f-y*log(f)": (1.0, lambda f: f), "2*(f-y*log(f))+3": (0.5, lambda f: f), "y*log(y/f)-(y-f)": (1.0, lambda f: f),
    "exp(f)-y*f": (1.0, np.exp), "0.7*(exp(2*f)-2*y*f)": (1.0 / 0.7, lambda f: np.exp(2.0 * f)),
    "log(1+exp(f))-y*log(log(1+exp(f)))": (1.0, lambda f: np.log1p(np.exp(f))), "f**2-2*y*log(f)": (1.0, lambda f: f**2),
}
SIZES = {       # k, and the mean at f
    "(y+2)*log(2+f)-y*log(f)": (2.0, lambda f: f), "(y+1)*log(1+exp(f))-y*f": (1.0, np.exp),
    "(y+0.4)*log(1+f/0.4)-y*log(f)": (0.4, lambda f: f),
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    place = tmp_path_factory.mktemp("counts") / "d.csv"
    np.savetxt(place, np.column_stack([X, Y, Y + 0.5]), delimiter=",", header="x,y,half", comments="", fmt="%.17g")
    return str(place)


def fitted(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    code = main(["fit", *arguments, "-o", "json", "-q", "--no-kl"])
    found = json.loads(capsys.readouterr().out)
    assert code == 0, found
    return found


@pytest.mark.parametrize("text", POISSON)
def test_a_loss_whose_power_series_is_that_of_exp_is_poisson(text: str) -> None:
    a, mean = POISSON[text]
    law, f, y = MODELS.find(f"loss:{text}", ""), np.array([0.3, 1.0, 2.2]), np.arange(120.0)
    assert law.affine(np.empty(0)) == (pytest.approx(a, rel=1e-9), 0.0)
    assert law.expected(f[:, None], np.empty(0)) == pytest.approx(mean(f), rel=1e-9)
    for one in f:
        eta = np.full((y.size, 1), one)
        assert -law.nll(y, eta, np.empty(0), 0).value == pytest.approx(stats.poisson(mean(one)).logpmf(y), rel=1e-8)


@pytest.mark.parametrize("text", SIZES)
def test_a_loss_whose_power_series_is_that_of_a_power_is_negative_binomial(text: str) -> None:
    k, mean = SIZES[text]
    law, f, y = MODELS.find(f"loss:{text}", ""), np.array([0.3, 1.0, 2.2]), np.arange(40.0)
    assert law.expected(f[:, None], np.empty(0)) == pytest.approx(mean(f), rel=1e-8)
    for one in f:
        eta = np.full((y.size, 1), one)
        known = stats.nbinom(k, k / (k + mean(one)))
        assert -law.nll(y, eta, np.empty(0), 0).value == pytest.approx(known.logpmf(y), rel=1e-7)
        assert np.exp(law.log_cdf(y, eta, np.empty(0))) == pytest.approx(known.cdf(y), rel=1e-7)


@pytest.mark.parametrize("text", ["(y-f)**2", "y/f+log(f)", "2*y/sqrt(f)+2*sqrt(f)", "(y-f)**2/f", "f-y", "abs(y-f)/f", "exp(-y*f)",
                                  "f-1.001*y*log(f)+1e-6*y*f"])
def test_what_is_no_such_series_is_not_taken_for_one(text: str) -> None:
    assert counted(parse_written("--loss", text, ("y", "f"), LOSSES)) is None


def test_the_fit_of_a_loss_of_counts_is_that_of_its_law(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = fitted(capsys, data, "-t", "y", "-x", "x", "--loss", "f-y*log(f)")
    assert found["agreement"]["agree"]
    b0, b1 = (one["estimate"] for one in found["parameters"])
    f = b0 + b1 * X
    assert np.abs([np.sum(1.0 - Y / f), np.sum(X * (1.0 - Y / f))]).max() < 1e-8
    assert found["criteria"]["loglik"] == pytest.approx(-float(np.sum(f - Y * np.log(f) + gammaln(Y + 1.0))), rel=1e-12)
    design = np.column_stack([np.ones(X.size), X])
    error = np.sqrt(np.diagonal(np.linalg.inv(design.T @ ((Y / f**2)[:, None] * design))))
    assert [one["std_error"] for one in found["parameters"]] == pytest.approx(error, rel=1e-8)
    curve = fitted(capsys, data, "-t", "y", "--mean", "low+rate*x", "-m", "poisson")
    assert curve["criteria"]["loglik"] == pytest.approx(found["criteria"]["loglik"], rel=1e-12)
    double = fitted(capsys, data, "-t", "y", "-x", "x", "--loss", "2*(y*log(y/f)-(y-f))")
    assert [one["estimate"] for one in double["parameters"]] == pytest.approx([b0, b1], rel=1e-8)
    assert double["criteria"]["loglik"] == pytest.approx(found["criteria"]["loglik"], rel=1e-12)
    logs, model = (fitted(capsys, data, "-t", "y", "-x", "x", *law) for law in (("--loss", "exp(f)-y*f"), ("-m", "poisson")))
    assert [one["estimate"] for one in logs["parameters"]] == pytest.approx([one["estimate"] for one in model["parameters"]], rel=1e-9)
    assert logs["criteria"]["aic"] == pytest.approx(model["criteria"]["aic"], rel=1e-12)


def test_what_a_loss_of_counts_is_is_told(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert MODELS.find("loss:2*(exp(f)-y*f)", "").notes == (
        "--loss: the chances of counts at a = 0.5 alone: poisson noise, whose mean is exp(f).",)
    assert MODELS.find("loss:(y+2)*log(2+f)-y*log(f)", "").notes == (
        "--loss: the chances of counts at a = 1 alone: negative binomial noise of size 2, whose mean is f.",)
    assert MODELS.find("loss:f**2-2*y*log(f)", "").notes == (
        "--loss: the chances of counts at a = 1 alone: poisson noise, whose mean is 0.25, 2.25 and 6.25 at f = 0.5, 1.5 and 2.5.",)
    assert main(["explain", "--loss", "f - y*log(f)"]) == 0
    said = capsys.readouterr().out
    assert "every h(y) above 0: poisson noise, whose mean is f" in said
    assert max(map(len, said.splitlines())) <= 80
    assert main(["fit", data, "-t", "half", "-x", "x", "--loss", "f-y*log(f)", "-q"]) == 3
    assert capsys.readouterr().err.splitlines() == [
        f'mlefit: column "half", row 1: loss needs whole numbers >= 0 (counts), found {Y[0] + 0.5:g}', "use --model gaussian, or drop the row"]


@pytest.mark.parametrize("text", ["f-y*log(f)", "exp(f)-y*f", "(y+2)*log(2+f)-y*log(f)"])
def test_a_loss_of_counts_is_proved_saved_and_predicts(
    text: str, data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["prove", data, "-t", "y", "-x", "x", "--loss", text, "-q"]) == 0
    assert "claims hold" in capsys.readouterr().out
    model = str(tmp_path / "m.json")
    found = fitted(capsys, data, "-t", "y", "-x", "x", "--loss", text, "--save", model)
    b0, b1 = (one["estimate"] for one in found["parameters"])
    assert main(["predict", model, data, "-q"]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    f = b0 + b1 * X
    assert [float(row["mean"]) for row in rows] == pytest.approx(np.exp(f) if "exp" in text else f, rel=1e-9)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("text", ["((10-y)/min(f,2))", "((y+1.345)/(f/1e9))", "(y*((cos(y)-(f+y))+y))", "1e4*y*f+f"])
def test_numbers_too_large_are_no_such_series_and_no_warning(text: str) -> None:
    assert counted(parse_written("--loss", text, ("y", "f"), LOSSES)) is None
