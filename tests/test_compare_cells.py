"""Counts against densities: whole numbers stand for cells, and a density is refitted as the masses of these."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import minimize
from test_compare import table

from mlefit.cli import main
from mlefit.comparison.celled import log_cell
from mlefit.comparison.lattice import COUNTS
from mlefit.mean import Units
from mlefit.noise import MODELS

N = 300
RNG = np.random.default_rng(9)
X = RNG.normal(size=N)
ROUNDED = np.rint(20.0 + 3.0 * X + 2.0 * RNG.normal(size=N))


@pytest.fixture
def rounded(tmp_path: Path) -> str:
    """Normal numbers written as whole ones, which one would take for counts."""
    return table(tmp_path / "rounded.csv", x=X.tolist(), y=ROUNDED.astype(int).tolist())


def compared(capsys: pytest.CaptureFixture[str], *words: str) -> dict:      # type: ignore[type-arg]
    """The JSON of a comparison."""
    assert main(["compare", *words, "-o", "json", "-q"]) == 0
    found: dict = json.loads(capsys.readouterr().out)       # type: ignore[type-arg]
    return found


def test_the_masses_are_those_of_largest_likelihood(rounded: str, capsys: pytest.CaptureFixture[str]) -> None:
    def cost(theta: np.ndarray) -> float:
        place, scale = theta[0] + theta[1] * X, np.exp(theta[2])
        low = np.where(ROUNDED == 0, -np.inf, ROUNDED - 0.5)
        return -float(np.log(stats.norm.cdf(ROUNDED + 0.5, place, scale) - stats.norm.cdf(low, place, scale)).sum())

    best = minimize(cost, [20.0, 3.0, 0.7], method="BFGS")
    found = compared(capsys, rounded, "-m", "poisson,gaussian")
    (entry,) = [fit for fit in found["models"] if fit["compared"]["model"] == "gaussian"]
    cells = entry["compared"]["cells"]
    assert entry["compared"]["label"] == "gaussian (rounded to 1)"
    assert cells["step"] == 1.0
    assert cells["cross_entropy"] * N == pytest.approx(best.fun, abs=1e-5)
    assert cells["cross_entropy"] * N <= best.fun + 1e-6
    assert cells["aic"] == pytest.approx(2 * 3 + 2 * best.fun, abs=1e-4)
    assert entry["criteria"]["aic"] != pytest.approx(cells["aic"], abs=1e-3)


def test_rounded_normal_numbers_are_told_from_counts(rounded: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = compared(capsys, rounded, "-m", "poisson,negative-binomial,gaussian")["recommendation"]
    assert (told["model"], told["label"], told["strength"]) == ("gaussian", "gaussian (rounded to 1)", "strong")
    assert told["next"] == f"mlefit fit {rounded} -m gaussian"


def test_counts_near_zero_are_kept_as_counts_beside_a_density(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = table(tmp_path / "counts.csv", x=X.tolist(), y=RNG.poisson(np.exp(0.5 + 0.5 * X)).tolist())
    found = compared(capsys, path, "-m", "poisson,gaussian,laplace,student-t")
    assert found["recommendation"]["strength"] == "keep"
    behind = next(d for d in found["differences"] if d["model"] == "gaussian (rounded to 1)" and d["against"] == "poisson")
    each = {fit["compared"]["label"]: fit for fit in found["models"]}
    own = each["gaussian (rounded to 1)"]["compared"]["cells"]["cross_entropy"]
    assert behind["nats"] == pytest.approx(own - each["poisson"]["routes"]["mle"]["nll"], rel=1e-9)


def test_what_has_been_moved_is_no_mass_of_counts(rounded: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", rounded, "-t", "y", "-x", "none", "--offset", "x", "-m", "poisson,gaussian"]) == 0
    assert ("gaussian: a density of whole numbers that an offset, a transformation or a weight has moved, or of a curve, is no mass "
            "of them, and stands on another scale than those of counts\n") in capsys.readouterr().out


@pytest.mark.parametrize("model", ["gaussian", "laplace", "huber", "student-t", "gamma", "lognormal", "weibull", "inverse-gaussian"])
def test_the_cells_of_all_counts_hold_all_of_the_mass(model: str) -> None:
    noise = MODELS[model]
    y = np.arange(0.0 if noise.response.least < 0.0 else 1.0, 20_000.0)
    positive = noise.response.least == 0.0
    place = np.full((y.size, 1), np.log(6.0) if positive else 3.0)
    free = np.array([np.log(1.2), np.log(5.0)][: len(noise.shapes)])
    masses = np.exp(log_cell(noise, *COUNTS.of(Units((), 0.0, 1.0, noise.predictors), noise.response).ends(y), place, free))
    zero = np.exp(noise.log_cdf(np.array([0.5]), place[:1], free))[0] if positive else 0.0
    assert masses.sum() + zero == pytest.approx(1.0, abs=2e-6)
    assert (masses >= 0.0).all()
