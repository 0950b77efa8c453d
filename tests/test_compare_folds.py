"""`mlefit compare --folds`: held-out costs are those of refits without each fold, and the weights make the best mixture."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize
from test_compare import table

import mlefit
from mlefit.cli import main
from mlefit.comparison.folds import dealt, stacked

N = 120
RNG = np.random.default_rng(21)
X = RNG.normal(size=N)
Y = np.exp(0.5 + 0.5 * X) * RNG.gamma(4.0, size=N) / 4.0


@pytest.fixture
def skewed(tmp_path: Path) -> str:
    """Positive numbers."""
    return table(tmp_path / "skewed.csv", x=X.tolist(), y=Y.tolist())


def test_folds_are_of_one_size_and_depend_on_the_seed() -> None:
    fold = dealt(23, 5, 0)
    assert sorted(np.bincount(fold.astype(int)).tolist()) == [4, 4, 5, 5, 5]
    assert np.array_equal(fold, dealt(23, 5, 0))
    assert not np.array_equal(fold, dealt(23, 5, 1))


def test_rows_cost_what_fits_without_their_fold_say(skewed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", skewed, "-t", "y", "-m", "gaussian,gamma", "--folds", "4", "-o", "json", "-q"]) == 0
    found = {fit["compared"]["label"]: fit["compared"]["held_out"] for fit in json.loads(capsys.readouterr().out)["models"]}
    fold, total = dealt(N, 4, 0), 0.0
    for k in range(4):
        rest = fold != k
        known = {p.name: p.estimate for p in mlefit.fit({"x": X[rest], "y": Y[rest]}, target="y").report.parameters}
        z = (Y[~rest] - known["(Intercept)"] - known["x"] * X[~rest]) / known["sigma"]
        total += float((0.5 * z**2 + np.log(known["sigma"]) + 0.5 * np.log(2 * np.pi)).sum())
    assert found["gaussian"]["cross_entropy"] == pytest.approx(total / N, rel=1e-9)
    assert found["gaussian"]["behind"] == pytest.approx(total / N - found["gamma"]["cross_entropy"], rel=1e-8)
    assert found["gamma"]["behind"] is None
    assert found["gamma"]["weight"] + found["gaussian"]["weight"] == pytest.approx(1.0, rel=1e-12)


def test_weights_are_those_of_the_best_mixture_and_copies_share_theirs() -> None:
    a, b = RNG.normal(1.0, 0.5, N), RNG.normal(1.0, 0.5, N)

    def cost(share: float) -> float:
        return -float(np.log(share * np.exp(-a) + (1.0 - share) * np.exp(-b)).sum())

    best = minimize(lambda t: cost(1.0 / (1.0 + np.exp(-t[0]))), [0.0])
    w = stacked([a, b], None)
    assert cost(w[0]) == pytest.approx(best.fun, abs=1e-5)
    copied = stacked([a, b, b], None)
    assert copied[1] + copied[2] == pytest.approx(w[1], abs=0.02)
    weight = np.where(np.arange(N) < 30, 2.0, 1.0)
    twice = np.repeat(np.arange(N), weight.astype(int))
    assert stacked([a, b], weight) == pytest.approx(stacked([a[twice], b[twice]], None), abs=1e-9)


def test_counts_in_cells_have_folds_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = table(tmp_path / "counts.csv", x=X.tolist(), y=RNG.poisson(np.exp(1.0 + 0.5 * X)).tolist())
    assert main(["compare", path, "-m", "poisson,gaussian,laplace", "--folds", "3", "-o", "json", "-q"]) == 0
    found = json.loads(capsys.readouterr().out)
    held = {fit["compared"]["label"]: fit["compared"]["held_out"] for fit in found["models"]}
    assert held["poisson"]["weight"] > 0.5
    behind = {d["model"]: d["nats"] for d in found["differences"] if d["against"] == "poisson"}
    for label, nats in behind.items():
        assert held[label]["behind"] == pytest.approx(nats, abs=0.1)


def test_a_level_of_one_fold_alone_has_no_held_out_figure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    g = ["rare", "rare", *(["a", "b"] * 29)]
    y = RNG.gamma(4.0, size=60)
    path = table(tmp_path / "rare.csv", g=g, y=y.tolist())
    seed = next(s for s in range(999) if dealt(60, 2, s)[0] == dealt(60, 2, s)[1])
    assert main(["compare", path, "-t", "y", "-x", "g", "-m", "gamma,lognormal", "--folds", "2", "--seed", str(seed)]) == 0
    out = capsys.readouterr().out
    fold = int(dealt(60, 2, seed)[0]) + 1
    assert f"gamma on new rows: without fold {fold} the other rows have no certified maximum\n" in out
    assert "on new rows: by 2 folds; weight: the share of each model in the mixture that does best there.\n" in out


def test_more_folds_than_rows_are_refused(skewed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", skewed, "-t", "y", "--folds", "500"]) == 2
    assert capsys.readouterr().err == f"mlefit: --folds 500: {N} rows make no 500 folds\ngive --folds 10 or fewer\n"


def test_the_csv_has_tic_and_weights(skewed: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["compare", skewed, "-t", "y", "-m", "gaussian,gamma", "--folds", "4", "-o", "csv", "-q"])
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert sum(float(row["weight"]) for row in rows) == pytest.approx(1.0, rel=1e-12)
    assert float(rows[0]["tic"]) == pytest.approx(float(rows[0]["aic"]), abs=6.0)


def test_folds_of_python_are_those_of_the_command_line(skewed: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = mlefit.compare(skewed, target="y", models=["gaussian", "gamma"], folds=4)
    main(["compare", skewed, "-t", "y", "-m", "gaussian", "-m", "gamma", "--folds", "4"])
    assert str(found) == capsys.readouterr().out


def test_a_curve_is_not_refitted_by_folds(skewed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", skewed, "-t", "y", "--mean", "a*exp(b*x)", "--start", "a=1,b=0.5", "-m", "gaussian", "--folds", "2"]) == 0
    assert "gaussian on new rows: a curve is not refitted by folds\n" in capsys.readouterr().out
