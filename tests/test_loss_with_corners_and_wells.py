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
