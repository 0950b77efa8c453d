"""Responses that come in steps: densities beside each other are masses of cells, wherever the steps could decide."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import minimize
from test_compare import table

from mlefit.cli import main
from mlefit.comparison.celled import log_cell
from mlefit.comparison.lattice import Steps
from mlefit.mean import Units
from mlefit.noise import MODELS

N = 300
RNG = np.random.default_rng(41)
X = np.round(RNG.normal(size=N), 3)
HALVES = np.round((5.0 + X + RNG.normal(size=N)) * 2.0) / 2.0


@pytest.fixture
def halves(tmp_path: Path) -> str:
    """Normal numbers written in halves, two to a standard deviation."""
    return table(tmp_path / "halves.csv", x=X.tolist(), y=HALVES.tolist())


def compared(capsys: pytest.CaptureFixture[str], *words: str) -> dict:      # type: ignore[type-arg]
    """The JSON of a comparison."""
    assert main(["compare", *words, "-o", "json", "-q"]) == 0
    return dict(json.loads(capsys.readouterr().out))


@pytest.mark.parametrize(("model", "law", "start"), [
    ("gaussian", stats.norm, [5.0, 1.0, 0.0]), ("laplace", stats.laplace, [5.0, 1.0, -0.3]), ("student-t", stats.t, [5.0, 1.0, 0.0, 2.0]),
])
def test_the_masses_of_the_cells_have_the_largest_likelihood(
    model: str, law: stats.rv_continuous, start: list[float], halves: str, capsys: pytest.CaptureFixture[str],
) -> None:
    """Against a search of scipy from another start; the laws with a corner too."""
    def cost(theta: np.ndarray) -> float:
        one = law(*np.exp(theta[3:]), theta[0] + theta[1] * X, np.exp(theta[2]))
        return -float(np.log(np.maximum(one.cdf(HALVES + 0.25) - one.cdf(HALVES - 0.25), 1e-300)).sum())

    best = minimize(cost, start, method="Nelder-Mead", options={"maxiter": 4000, "xatol": 1e-7, "fatol": 1e-9})
    (found,) = compared(capsys, halves, "-t", "y", "-m", model)["models"]
    cells = found["compared"]["cells"]
    assert cells["step"] == 0.5
    assert cells["cross_entropy"] * N == pytest.approx(best.fun, abs=2e-3)
    assert cells["cross_entropy"] * N <= best.fun + 1e-4


def test_the_table_says_so_and_names_the_models_as_ever(halves: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", halves, "-t", "y", "-q"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("y ~ x   300 rows, the same for all models, as masses of cells of 0.5\n")
    assert "\nkeep gaussian: nothing in these data asks for more than gaussian; " in out
    assert "(rounded to" not in out


def test_a_corner_gains_nothing_where_many_rows_have_its_value(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The density of laplace at the value that a third of the rows have is that of no cell, and put it ahead of the true law."""
    y = np.rint(RNG.normal(0.2, 0.9, 400))
    path = table(tmp_path / "coarse.csv", y=(0.1 * y).round(1).tolist())
    found = compared(capsys, path, "-m", "gaussian,laplace")
    laplace = next(fit for fit in found["models"] if fit["model"]["noise"] == "laplace")
    gaussian = next(fit for fit in found["models"] if fit["model"]["noise"] == "gaussian")
    assert laplace["routes"]["mle"]["nll"] < gaussian["routes"]["mle"]["nll"]
    assert found["order"] == ["gaussian", "laplace"]
    assert found["recommendation"]["strength"] == "keep"


def test_steps_that_no_scale_sees_leave_densities(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = table(tmp_path / "fine.csv", x=X.tolist(), y=np.round(50 + 20 * RNG.normal(size=N), 1).tolist())
    assert all(fit["compared"]["cells"] is None for fit in compared(capsys, path, "-t", "y", "-m", "gaussian,laplace")["models"])


@pytest.mark.slow
def test_whole_numbers_below_zero_and_tens_are_no_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Degrees, and amounts to the nearest ten: every density is compared, in the cells that the numbers stand for."""
    degrees = np.rint(5 * X + 3 * RNG.normal(size=N)).astype(int)
    for name, y, step in (("degrees", degrees, 1.0), ("tens", 10 * np.maximum(degrees + 20, 0), 10.0)):
        found = compared(capsys, table(tmp_path / f"{name}.csv", x=X.tolist(), y=y.tolist()), "-t", "y")
        each = [fit["compared"] for fit in found["models"]]
        assert {"gaussian", "laplace", "student-t", "huber"} <= {one["model"] for one in each}
        assert {one["cells"]["step"] for one in each} == {step}
        assert found["default"] == "gaussian"


@pytest.mark.slow
def test_ages_far_from_zero_are_compared_with_densities_and_with_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = table(tmp_path / "ages.csv", x=X.tolist(), y=np.rint(50 + 3 * X + 5 * RNG.normal(size=N)).astype(int).tolist())
    found = compared(capsys, path, "-t", "y")
    assert {"poisson", "lognormal (rounded to 1)", "student-t (rounded to 1)"} <= set(found["order"])


def test_a_transformation_beside_steps_is_remarked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = table(tmp_path / "halves.csv", x=X.tolist(), y=(HALVES - HALVES.min() + 0.5).tolist())
    words = (path, "-m", "gaussian", "-f", "y ~ x", "-f", "log(y) ~ x")
    said = ("y comes in steps of 0.5, wide beside its errors; with a transformation, precision weights or a curve it is compared as "
            "densities all the same, so that small differences may be those of the steps")
    assert compared(capsys, *words)["remarks"] == [said]
    main(["compare", *words, "-q"])
    assert capsys.readouterr().out.endswith(f"\n{said}.\n")


def test_folds_are_scored_by_cells_too(halves: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = compared(capsys, halves, "-t", "y", "-m", "gaussian,laplace", "--folds", "3")
    for fit in found["models"]:
        assert fit["compared"]["held_out"]["cross_entropy"] == pytest.approx(fit["compared"]["cells"]["cross_entropy"], abs=0.05)


@pytest.mark.parametrize("model", ["gaussian", "laplace", "student-t", "gamma", "lognormal", "weibull", "beta"])
def test_cells_hold_all_of_the_mass(model: str) -> None:
    """Of positive numbers and shares, those at the ends too, which have no room for a whole step."""
    noise = MODELS[model]
    low, high, step = (0.05, 0.95, 0.1) if noise.response.below < np.inf else (0.05 if noise.response.least == 0.0 else -3e3, 3e3, 0.1)
    lattice = Steps(step, 0.05).of(Units((), 0.0, 1.0, noise.predictors), noise.response)
    y = np.arange(low, high + step / 2.0, step)
    eta = np.full((y.size, len(noise.predictors)), 0.3)
    masses = np.exp(log_cell(noise, *lattice.ends(y), eta, np.array([0.2, 1.5][: len(noise.shapes)])))
    assert masses.sum() == pytest.approx(1.0, abs=2e-5)
    there = lattice.rounded(np.array([1e-9, 0.26, 1.04]))
    assert there == pytest.approx([0.05, 0.25, 0.95 if model == "beta" else 1.05])


@pytest.mark.slow
def test_a_true_law_of_more_rows_than_are_looked_at_is_not_rejected(tmp_path: Path) -> None:
    """The optimum is that of all rows, of which the smooth test sees a part: what the part says of the parameters is chance."""
    import mlefit

    for seed in (0, 2, 3):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=60_000)
        found = mlefit.compare({"x": x, "y": 1 + x + rng.normal(size=x.size)}, target="y", models=["gaussian", "laplace"])
        assert found.recommendation.strength == "keep"
        assert found.comparison.adequacy[0].p_value > 0.01
