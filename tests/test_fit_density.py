"""`fit --density EXPR`: the twin of `--loss`, with nothing but f to estimate."""

from pathlib import Path

import numpy as np
import pytest

from mlefit.errors import NoEstimateError
from mlefit.noise import MODELS
from mlefit.pipeline import run
from mlefit.report.report import Report
from mlefit.request import Request


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """300 rows, all positive."""
    rng = np.random.default_rng(8)
    x = rng.uniform(0, 2, 300)
    place = tmp_path_factory.mktemp("density") / "t.csv"
    np.savetxt(place, np.column_stack([x, (1 + 2 * x) * rng.gamma(1, 1, 300)]), delimiter=",", header="x,y", comments="", fmt="%.17g")
    return place


def fitted(place: Path, **more: object) -> Report:
    return run(Request((str(place),), target="y", features=("x",), kl=False, **more))      # type: ignore[arg-type]


def test_a_density_of_residuals_is_fitted_by_both_routes(table: Path) -> None:
    report = fitted(table, density="exp(-r**2/2)/sqrt(2*pi)")
    other = fitted(table, loss="r**2")
    assert [one.name for one in report.parameters] == ["(Intercept)", "x"]
    assert [one.estimate for one in report.parameters] == pytest.approx([one.estimate for one in other.parameters[:2]], rel=1e-9)
    assert report.mle is not None
    assert other.mle is not None
    assert report.mle.nll == pytest.approx(other.mle.loss / 2 + 0.5 * np.log(2 * np.pi), rel=1e-12)
    assert report.notes == ("--density: it integrates to 1 at every f, in y - f.",)
    assert report.model.noise == "density"
    assert report.model.loss == "-log density"


def test_a_density_of_y_and_f_counts_its_base(table: Path) -> None:
    report, deviance = fitted(table, density="exp(-y/f)/f"), fitted(table, loss="y/f-log(y/f)-1")
    assert report.mle is not None
    y = np.loadtxt(table, delimiter=",", skiprows=1)[:, 1]
    b0, b1 = (float(one.estimate or 0.0) for one in report.parameters)
    f = b0 + b1 * np.loadtxt(table, delimiter=",", skiprows=1)[:, 0]
    assert report.mle.nll == pytest.approx(float(np.mean(y / f + np.log(f))), rel=1e-12)
    assert [b0, b1] == pytest.approx([one.estimate for one in deviance.parameters[:2]], rel=1e-7)
    assert report.model.loss == "-log density - log y"


def test_a_density_far_out_does_not_underflow() -> None:
    law = MODELS.find("density:exp(-r**2/2)/sqrt(2*pi)", "")
    found = law.nll(np.array([1e4]), np.zeros((1, 1)), np.empty(0), 2)
    assert found.value == pytest.approx([0.5e8 + 0.5 * np.log(2 * np.pi)], rel=1e-15)


REFUSED = {
    "exp(-abs(y-f))": ("normaliser", "exp(-abs(y-f)) integrates to 2 over y at every f, not to 1", "divide it by 2"),
    "y*f": ("no-noise-model", "y*f is negative in places: no density is", "correct its sign"),
    "exp(f*y)": ("normaliser", "exp(f*y) integrates to 0.8242, 1.1662 and 1.62178 over 0 < y < 1 at f = -0.4, 0.3 and 0.9: a density of "
                 "y integrates to 1 at every f", "divide it by its integral over y, which is a function of f"),
    **{text: ("no-noise-model", f"{text} has no finite integral over y: no density falls as slowly as 1/|r|, or grows",
              "write a density that integrates to 1, such as exp(-abs(r))/2") for text in ("1/(1+abs(r))", "0.5+0*r", "exp(r)")},
    "where(abs(y-f)<1,0.5,0)": ("not-built", "where(abs(y-f)<1,0.5,0) is 0 at y = 0.00674 where f = 2: one row there makes the "
                                "likelihood 0, and such densities are not fitted here", "write a density that is above 0 at every y"),
    "0.75*max(1-r**2,0)": ("not-built", "0.75*max(1-r**2,0) is 0 at a residual of -1: one row there makes the likelihood 0, and such "
                           "densities are not fitted here", "write a density that is above 0 at every residual"),
    "r*exp(-r**2)": ("no-noise-model", "r*exp(-r**2) is negative in places: no density is", "correct its sign"),
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_density_is_refused(text: str) -> None:
    with pytest.raises(NoEstimateError) as caught:
        MODELS.find(f"density:{text}", "")
    assert (caught.value.code, caught.value.message, caught.value.remedy) == REFUSED[text]
