"""Losses that have corners and are not convex: of several searches the lowest end counts, and both routes find it."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from mlefit.cli import main
from mlefit.pipeline import run
from mlefit.report.report import Report
from mlefit.request import Request

LOSSES = {
    "log(1+abs(r))": lambda r: np.log1p(np.abs(r)),
    "min(abs(r),1)+0.05*abs(r)": lambda r: np.minimum(np.abs(r), 1.0) + 0.05 * np.abs(r),
}


def two_lines(place: Path, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """40 rows, of which about 40 % are on a second line."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(0.0, 4.0, 40)
    y = np.where(rng.random(40) < 0.6, 1.0 + 2.0 * x, 9.0 - 1.5 * x) + 0.3 * rng.standard_normal(40)
    np.savetxt(place, np.column_stack([x, y]), delimiter=",", header="x,y", comments="", fmt="%.17g")
    return x, y


def fitted(place: Path, loss: str) -> Report:
    return run(Request((str(place),), target="y", features=("x",), loss=loss, kl=False))


@pytest.mark.parametrize("text", LOSSES)
@pytest.mark.parametrize("seed", [0, 2, 3])
def test_the_least_of_all_lines_through_two_rows_is_found(text: str, seed: int, tmp_path: Path) -> None:
    x, y = two_lines(tmp_path / "d.csv", seed)
    least = np.inf      # between corners the loss is nowhere convex, so that the best line goes through two rows
    for i, j in itertools.combinations(range(x.size), 2):
        slope = (y[j] - y[i]) / (x[j] - x[i])
        least = min(least, float(LOSSES[text](y - y[i] - slope * (x - x[i])).mean()))
    report = fitted(tmp_path / "d.csv", text)
    assert report.mle is not None
    assert report.loss is not None
    assert report.agreement is not None
    assert report.agreement.agree
    assert report.mle.loss == pytest.approx(least, rel=1e-12)
    assert report.loss.loss == pytest.approx(least, rel=1e-12)
    assert report.mle.certificate.starts > 5
    assert report.loss.certificate.starts > 5


@pytest.mark.parametrize("text", ["abs(r)", "where(r>0,2*r,-r)"])
def test_an_exact_fit_is_refused_as_one(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    x = np.random.default_rng(4).normal(size=60).round(4)
    np.savetxt(tmp_path / "d.csv", np.column_stack([x, 3.0 * x]), delimiter=",", header="x,y", comments="", fmt="%.17g")
    assert main(["fit", str(tmp_path / "d.csv"), "-t", "y", "-x", "x", "--loss", text, "--no-kl", "-q"]) == 4
    assert capsys.readouterr().err == (
        'mlefit: column "y": 60 of 60 rows are fitted exactly, so a is infinite and the likelihood is unbounded\n'
        "look at the values that repeat, or check whether a predictor was computed from the target\n")


def test_rows_on_a_corner_leave_errors_that_the_order_of_rows_does_not_move(tmp_path: Path) -> None:
    """Most rows are met exactly: the information of a location is n a^2 E l'^2 = n 2 a^2, that of log a is n."""
    rng = np.random.default_rng(7)
    x, y = rng.normal(size=60).round(4), rng.poisson(0.1, 60).astype(float)
    for order in (slice(None), slice(None, None, -1)):
        np.savetxt(tmp_path / "d.csv", np.column_stack([x, y])[order], delimiter=",", header="x,y", comments="", fmt="%.17g")
        report = run(Request((str(tmp_path / "d.csv"),), target="y", features=(), loss="where(r>0,2*r,-r)", kl=False))
        constant, a = report.parameters
        assert constant.estimate == 0.0
        assert constant.std_error == pytest.approx(1.0 / (a.estimate * np.sqrt(2.0 * 60)), rel=1e-9)
        assert a.std_error == pytest.approx(a.estimate / np.sqrt(60), rel=1e-9)


def test_that_it_is_the_best_of_several_searches_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    two_lines(tmp_path / "d.csv", 0)
    assert main(["fit", str(tmp_path / "d.csv"), "-t", "y", "-x", "x", "--loss", "log(1+abs(r))", "--no-kl", "-q"]) == 0
    proof = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("proof"))
    assert "best of 6 searches, a local maximum is certified (subgradient" in proof


def test_a_convex_loss_with_corners_is_searched_once(tmp_path: Path) -> None:
    two_lines(tmp_path / "d.csv", 0)
    report = fitted(tmp_path / "d.csv", "abs(r)+0.5*r**2")
    assert report.mle is not None
    assert report.mle.certificate.starts == 1
