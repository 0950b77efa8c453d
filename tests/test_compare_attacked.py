"""What a sceptic would try on `mlefit compare`: rows held out, laws at their ends, one row far out, whole numbers below 0."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from test_compare import N, table

from mlefit.cli import main

X = np.round(np.random.default_rng(31).normal(size=N), 4)


def compared(capsys: pytest.CaptureFixture[str], *words: str) -> dict:      # type: ignore[type-arg]
    """The JSON of a comparison."""
    assert main(["compare", *words, "-q", "-o", "json"]) == 0
    return dict(json.loads(capsys.readouterr().out))


def test_rows_held_out_are_no_rows_of_the_fit_and_are_the_new_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = table(tmp_path / "t.csv", x=X.tolist(), y=(1 + X + np.random.default_rng(1).standard_t(3, N)).tolist())
    words = (path, "-t", "y", "-m", "gaussian,laplace", "--holdout", "0.3")
    found = compared(capsys, *words)
    held = found["models"][0]["information"]["holdout"]
    assert (found["rows"], found["held_out"], found["n"]) == (N, held["rows"], N - held["rows"])
    main(["compare", *words])
    out = capsys.readouterr().out
    assert out.startswith(f"y ~ x   {found['n']} rows, the same for all models; {held['rows']} more are held out\n")
    assert f"\non new rows: on the {held['rows']} rows held out.\n" in out
    assert f"  {held['cross_entropy']:.4f}  " in out


def test_a_law_at_its_end_is_the_law_that_it_contains(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where alpha is 0 the ratio is 0, and its p-value 1; a p-value at the end is no Vuong's z."""
    path = table(tmp_path / "p.csv", x=X.tolist(), y=np.random.default_rng(4).binomial(9, 0.3, N).tolist())
    (behind,) = compared(capsys, path, "-t", "y", "-m", "poisson,negative-binomial")["differences"]
    assert (behind["test"], behind["nested"], behind["within"], behind["p_value"]) == ("likelihood ratio, boundary", True, True, 1.0)
    main(["compare", path, "-t", "y", "-m", "gaussian,student-t", "--parameters"])
    assert re.search(r"\ndf +inf\n", capsys.readouterr().out)


def test_a_law_and_a_case_of_it_are_told_by_what_it_gains(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    y = np.exp(0.5 + 0.5 * X) * np.random.default_rng(2).exponential(size=N)
    path = table(tmp_path / "e.csv", x=X.tolist(), y=y.tolist())
    main(["compare", path, "-t", "y", "-m", "exponential,weibull,gamma", "-q"])
    found = [line for line in capsys.readouterr().out.splitlines() if line.startswith("lean to exponential: ")]
    assert found[0].endswith(" contain it and gain nothing that chance would not.")


def test_advice_names_no_model_that_the_table_has(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One value of 1e9 among normal ones: no model of the list describes it, and those that were tried are no help."""
    y = 1 + 2 * X + np.random.default_rng(3).normal(size=N)
    y[17] = 1e9
    path = table(tmp_path / "far.csv", x=X.tolist(), y=y.tolist())
    assert main(["compare", path, "-t", "y", "-q"]) == 0
    out = capsys.readouterr().out
    assert "none of the " in out
    assert "what would help: the residuals have heavy tails" not in out
    main(["compare", path, "-t", "y", "-m", "gaussian", "-q"])
    assert "\nwhat would help: the residuals have heavy tails: -m huber or -m student-t\n" in capsys.readouterr().out


def test_a_fit_whose_shape_is_wrong_names_this_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = table(tmp_path / "t.csv", x=X.tolist(), y=(1 + X + np.random.default_rng(1).standard_t(2, N)).tolist())
    main(["fit", path, "-t", "y", "-q"])
    assert "next      the residuals have heavy tails: -m huber or -m student-t (mlefit compare says which)\n" in capsys.readouterr().out


def test_alone_a_default_is_kept_for_want_of_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = table(tmp_path / "g.csv", x=X.tolist(), y=(1 + X + np.random.default_rng(5).normal(size=N)).tolist())
    main(["compare", path, "-t", "y", "-m", "gaussian", "-q"])
    assert "\nkeep gaussian: no other model is compared.\n" in capsys.readouterr().out


def test_variances_of_counts_are_told_as_such(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not as the skewness and the tails that come with them."""
    rng = np.random.default_rng(6)
    path = table(tmp_path / "c.csv", x=X.tolist(), y=rng.poisson(5.0 * rng.gamma(1.0, size=N)).tolist())
    each = {one["model"]: one["findings"] for one in compared(capsys, path, "-t", "y", "-m", "poisson,negative-binomial")["adequacy"]}
    said = each["poisson"][0]
    assert said["direction"] == "variance"
    times = float(said["sentence"].split()[2])
    y = np.array([row.split(",")[1] for row in Path(path).read_text().split()[1:]], dtype=float)
    assert times == pytest.approx(y.var() / y.mean(), rel=0.1)
    assert not {one["direction"] for one in each["poisson"]} & {"P2", "P3", "P4"}


def test_what_every_fit_is_warned_of_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = table(tmp_path / "twice.csv", x=X.tolist(), z=(2 * X).tolist(), y=(X + np.random.default_rng(7).normal(size=N)).tolist())
    main(["compare", path, "-t", "y", "-m", "gaussian,laplace"])
    assert capsys.readouterr().err.count("warning: z is collinear: a combination of ") == 1


def test_models_of_the_same_kind_are_named_beside_the_best(capsys: pytest.CaptureFixture[str]) -> None:
    deliveries = str(Path(__file__).parents[1] / "sample_data" / "deliveries.csv")
    main(["compare", deliveries, "-t", "minutes", "-x", "km,vehicle", "-m", "gaussian,laplace,student-t", "-q"])
    assert "; of the same kind, laplace cannot be excluded (p = 0.085).\n" in capsys.readouterr().out
