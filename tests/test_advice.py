"""What a report tells to do next, taken literally, is a command that fits the same response."""

import shlex
from pathlib import Path

import numpy as np
import pytest

from mlefit.cli import main


@pytest.fixture
def bent(tmp_path: Path) -> str:
    """A mean of log y that bends in x, and names with blanks."""
    rng = np.random.default_rng(0)
    x, z = rng.uniform(0.0, 4.0, 300), rng.uniform(1.0, 3.0, 300)
    y = np.exp((x - 2.0) ** 2 / 3.0 + 0.2 * rng.normal(size=300))
    np.savetxt(tmp_path / "d.csv", np.column_stack([y, x, z]), delimiter=",", header="y y,x,a b", comments="", fmt="%.6g")
    return str(tmp_path / "d.csv")


@pytest.mark.parametrize(("asked", "told"), [
    (["-t", "y y"], """let the mean bend in x: -f '`y y` ~ bs(x, df=5) + `a b`'"""),
    (["-t", "log(y y)"], """let the mean bend in x: -f 'log(`y y`) ~ bs(x, df=5) + `a b`'"""),
    (["-t", "log(y y)", "--no-intercept"], """let the mean bend in x: -f 'log(`y y`) ~ bs(x, df=5) + `a b` - 1'"""),
    (["-f", "log(`y y`) ~ x"], """let the mean bend in x: -f 'log(`y y`) ~ bs(x, df=5)'"""),
    (["-f", "`y y` ~ bs(x,df=5) + `a b`"], """the spread goes with bs(x,df=5): --scale-formula "~ bs(x,df=5)\""""),
])
def test_the_next_step_of_a_fit_runs_as_it_stands(
    asked: list[str], told: str, bent: str, capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["fit", bent, *asked, "-q"]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("next"))
    assert line.split(None, 1)[1] == told
    option = shlex.split(told.partition(": ")[2])
    kept = asked if option[0] == "--scale-formula" else []
    assert main(["fit", bent, *kept, *option, "-q", "--no-kl"]) == 0
    assert capsys.readouterr().out.splitlines()[0].startswith(f"{bent}: {'log(y y)' if 'log(' in told else 'y y'} ~ bs(x")


def test_zeros_are_offered_a_law_that_a_predictor_called_like_its_shape_can_have_and_a_curve_cannot(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A hurdle has no single mean; a shape k stands beside a predictor k."""
    rng = np.random.default_rng(3)
    x, data = rng.uniform(1.0, 3.0, 300), str(tmp_path / "d.csv")
    y = np.where(rng.random(300) < 0.3, 0.0, np.exp(0.5 * x + 0.4 * rng.normal(size=300)))
    np.savetxt(data, np.column_stack([x, y]), delimiter=",", header="k,y", comments="", fmt="%.6g")

    def told(*asked: str) -> str:
        assert main(["fit", data, "-t", "y", "-q", *asked]) == 0
        (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("next"))
        return line.split(None, 1)[1]

    assert told().endswith(" of 300 rows are exactly 0: -m hurdle:gamma fits whether a row is 0, and the other rows, apart")
    assert main(["fit", data, "-q", "--no-kl", "-m", "hurdle:gamma"]) == 0
    capsys.readouterr()
    assert told("--mean", "a + b*k").endswith(" of 300 rows are exactly 0: fit whether a row is 0, and the other rows, apart")


def test_a_next_step_that_is_a_question_has_no_full_stop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(4)
    x, data, page = rng.normal(size=300), str(tmp_path / "d.csv"), tmp_path / "r.html"
    y = np.minimum(60.0 + 20.0 * x + 20.0 * rng.normal(size=300), 70.0)
    np.savetxt(data, np.column_stack([x, y]), delimiter=",", header="x,y", comments="", fmt="%.4f")
    assert main(["fit", data, "-q", "--detail"]) == 0
    assert " rows are at the maximum 70: top-coded?\n" in capsys.readouterr().out
    assert main(["report", data, "-q", "--out", str(page)]) == 0
    assert "top-coded?</p>" in page.read_text()


def test_counts_that_were_fitted_as_any_numbers_are_told_their_laws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By their spread, or their shape; numbers that are whole because they are rounded, or large, are no counts."""
    rng = np.random.default_rng(4)
    x, data = rng.normal(size=400), str(tmp_path / "d.csv")

    def told(y: np.ndarray) -> str:
        np.savetxt(data, np.column_stack([x, y]), delimiter=",", header="x,y", comments="", fmt="%.6g")
        assert main(["fit", data, "-q", "-m", "gaussian"]) == 0
        (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("next"))
        return line.split(None, 1)[1]

    laws = "if the response counts, -m poisson or -m negative-binomial (mlefit compare says which)"
    assert told(rng.poisson(np.exp(1.0 + 0.5 * x))) == f"the spread goes with x: --scale-features x; {laws}"
    assert told(rng.negative_binomial(1.0, 0.2, 400)) == f"the residuals lean to the right: {laws}"
    assert told(np.rint(300.0 + 5.0 * x + np.exp(0.7 * x) * 3.0 * rng.normal(size=400))) == "the spread goes with x: --scale-features x"


def test_a_spline_that_bends_too_little_is_offered_more_and_robust_errors_are_offered_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    rng, data = np.random.default_rng(4), str(tmp_path / "d.csv")
    month = np.arange(400.0)
    y = 10.0 + 3.0 * np.sin(month / 8.0) + rng.normal(size=400)
    trials = rng.integers(5, 30, 400)
    won = rng.binomial(trials, rng.beta(4.0, 4.0, 400))
    np.savetxt(data, np.column_stack([month, trials, won, y]), delimiter=",", header="month,n,won,y", comments="", fmt="%.6g")

    def told(*asked: str) -> str:
        assert main(["fit", data, "-q", *asked]) == 0
        (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("next"))
        return line.split(None, 1)[1]

    assert told("-f", "y ~ bs(month, df=5)") == 'let the mean bend more: -f "y ~ bs(month, df=10)"'
    assert told("-f", "y ~ bs( month,df = 10 )") == 'let the mean bend more: -f "y ~ bs(month, df=20)"'
    assert told("-t", "won", "--trials", "n", "-x", "none") == "rows vary more than the model lets them: --se robust"
    assert told("-t", "won", "--trials", "n", "-x", "none", "--se", "robust") == (
        "rows vary more than the model lets them, for which the errors shown allow")


def test_names_with_points_are_written_in_a_next_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng, data = np.random.default_rng(4), str(tmp_path / "d.csv")
    x = rng.uniform(0.0, 4.0, 300)
    np.savetxt(data, np.column_stack([x, (x - 2.0) ** 2 + rng.normal(size=300)]), delimiter=",", header="diag.time,y", comments="")
    for asked in ([], ["-f", "y ~ diag.time"], ["-f", "y ~ `diag.time`"]):
        assert main(["fit", data, "-q", *asked]) == 0
        assert "next      let the mean bend in diag.time: -f 'y ~ bs(`diag.time`, df=5)'\n" in capsys.readouterr().out
