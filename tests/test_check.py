"""`mlefit check`: a verdict on whether a saved model holds on new rows, rarely wrong, and found where something has changed."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conforming import complaints
from saved_models import Fitted, fitted_in

import mlefit
from mlefit.checking.record import check_schema
from mlefit.cli import main

SAMPLES = Path(__file__).parents[1] / "sample_data"


@pytest.fixture
def fitted(tmp_path: Path) -> Fitted:
    return fitted_in(tmp_path)


def checked(capsys: pytest.CaptureFixture[str], *arguments: str, exits: int = 0) -> tuple[dict[str, Any], str]:
    """The JSON of a check, and what it says beside it."""
    capsys.readouterr()
    assert main(["check", *arguments, "-o", "json"]) == exits
    out, err = capsys.readouterr()
    found = json.loads(out)
    if found["schema"] == "mlefit.check/1":
        assert complaints(found, {"mlefit.check/1": check_schema()}) == []
    return found, err


def table(path: Path, seed: int, n: int, shift: float = 0.0, model: str = "gaussian", levels: str = "abc") -> str:
    rng = np.random.default_rng(seed)
    x, g = rng.normal(size=n), rng.choice([*levels], n)
    eta = shift + 0.5 * x + 0.4 * (g == "b")
    y = {"gaussian": lambda: eta + rng.normal(size=n), "poisson": lambda: rng.poisson(np.exp(eta)),
         "bernoulli": lambda: np.where(rng.random(n) < 1.0 / (1.0 + np.exp(-eta)), "yes", "no")}[model]()
    path.write_text("x,g,y\n" + "".join(f"{a},{b},{c}\n" for a, b, c in zip(x, g, y, strict=True)))
    return str(path)


@pytest.mark.parametrize("model", ["gaussian", "poisson", "bernoulli"])
def test_rows_of_the_same_law_hold_and_those_of_another_do_not(
    model: str, tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = fitted(table(tmp_path / "old.csv", 1, 2000, model=model), "-m", model, "-t", "y")
    same, _ = checked(capsys, saved, table(tmp_path / "same.csv", 2, 2000, model=model))
    assert (same["verdict"], same["alarm"], same["reasons"]) == ("holds", False, [])
    assert abs(same["cross_entropy"]["excess"]) < 3 * same["cross_entropy"]["excess_error"]
    harder = model != "bernoulli"       # more successes are easier to tell
    new = table(tmp_path / "other.csv", 3, 2000, 1.0, model)
    other, err = checked(capsys, saved, new, exits=5 if harder else 0)
    assert (other["verdict"], other["alarm"]) == ("drifted", harder)
    assert other["refit"]["parameters"][0]["name"] == "(Intercept)"
    assert other["refit"]["parameters"][0]["difference"] == pytest.approx(1.0, abs=0.3)
    if harder:
        assert err.startswith(f"mlefit: {saved} does not hold: the cross-entropy is ")
        return
    assert err == ("note: the new rows are neither harder to predict nor unfamiliar, and the default rule asks no more; "
                   "--require 'p>0.0027' asks of any change.\n")
    _, err = checked(capsys, saved, new, "--require", "p>0.0027", exits=5)
    assert 'mlefit: requirement "p>0.0027" does not hold: p_value is ' in err


def test_the_refit_is_the_fit_to_the_new_rows(tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]) -> None:
    saved = fitted(table(tmp_path / "old.csv", 1, 300), "-t", "y")
    new = table(tmp_path / "new.csv", 2, 200)
    found, _ = checked(capsys, saved, new)
    fit = mlefit.fit(new, target="y", se="model")
    both = {p.name: p for p in fit.report.parameters}
    old = {p.name: p for p in mlefit.load(saved).report.parameters}
    for one in found["refit"]["parameters"][:-1]:
        assert one["refit"] == pytest.approx(both[one["name"]].estimate, rel=1e-9)
        assert one["saved"] == pytest.approx(old[one["name"]].estimate, rel=1e-9)
        squares = [p.std_error**2 * n / (n - 4) for p, n in ((both[one["name"]], 200), (mlefit.fit(
            str(tmp_path / "old.csv"), target="y", se="model").report.parameters[0], 300))] if one["name"] == "(Intercept)" else []
        if squares:
            assert one["std_error"] == pytest.approx(sum(squares) ** 0.5, rel=1e-9)
    assert fit.report.mle is not None
    assert found["cross_entropy"]["new"] >= fit.report.mle.nll
    # KL(refit || saved) of two normal laws, in closed form, mean over the rows
    data = pd.read_csv(new)
    rows = mlefit.load(saved).predict(data, interval="none")["mean"] - fit.predict(data, interval="none")["mean"]
    s, t = both["sigma"].estimate, old["sigma"].estimate
    kl = np.log(t / s) + (s**2 + np.mean(np.square(rows))) / (2 * t**2) - 0.5
    assert found["refit"]["kl"] == pytest.approx(kl, rel=1e-9)


def test_one_fit_is_refitted_whatever_its_terms(tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]) -> None:
    """Splines and polynomials are those of the saved model: on its own rows nothing differs."""
    for options in (("-f", "y ~ poly(x1,2)*site + bs(x2,df=5)"), ("-m", "student-t", "-x", "x1"), ("-m", "quantile:tau=0.9", "-x", "x1"),
                    ("-m", "hetero", "--scale-features", "x2"), ("--offset", "x2", "-x", "x1"), ("-m", "huber")):
        found, err = checked(capsys, fitted(SAMPLES / "measurements.csv", *options, "--no-kl"), str(SAMPLES / "measurements.csv"))
        assert found["refit"]["reason"] is None, options
        assert max(abs(one["in_se"]) for one in found["refit"]["parameters"]) < 1e-5
        assert found["refit"]["kl"] == pytest.approx(0.0, abs=1e-9)
        assert err == "note: these are the rows of the fit; they cannot tell whether it holds on others.\n"


def test_every_row_that_is_not_scored_is_counted_by_its_cause(
    tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = fitted(table(tmp_path / "old.csv", 1, 500, model="poisson"), "-m", "poisson", "-t", "y")
    new = tmp_path / "new.csv"
    new.write_text("x,g,y\n1,a,1\n,a,1\nx,a,1\n1,d,1\n1,a,\n1,a,1.5\n1,b,-1\n99,c,0\n99,b,1\n0,a,0\n")
    found, err = checked(capsys, saved, str(new), exits=5)
    assert found["lost"] == {"not-a-number:x": 1, "missing:x": 1, "new-level:g=d": 1, "missing:y": 1, "impossible:y": 2}
    assert (found["rows_read"], found["rows_used"]) == (10, 4)
    assert found["unfamiliar"]["causes"] == {"new-level:g=d": 1, "outside:x": 2}
    assert found["unfamiliar"]["share"] == 0.3
    assert "30.0 % of the rows have a new level or lie out of range, most of all outside:x" in err
    new.write_text("x,g,y\n,a,1\nx,a,1\n")
    capsys.readouterr()
    assert main(["check", saved, str(new)]) == 3
    assert capsys.readouterr().err == (
        "mlefit: none of the 2 rows can be scored: not-a-number:x 1, missing:x 1\n"
        "check that the table has the columns of the model, and values in them\n")


def test_a_level_that_does_not_come_again_leaves_the_others_to_compare(
    tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = fitted(table(tmp_path / "old.csv", 1, 2000), "-t", "y")
    found, _ = checked(capsys, saved, table(tmp_path / "new.csv", 2, 2000, levels="ab"))
    assert [one["name"] for one in found["refit"]["parameters"]] == ["(Intercept)", "x", "g=b", "log sigma"]
    assert found["verdict"] == "holds"
    constant = tmp_path / "c.csv"
    rng = np.random.default_rng(5)
    constant.write_text("x,g,y\n" + "".join(f"2,{g},{1.0 + 0.4 * (g == 'b') + rng.normal()}\n" for g in rng.choice([*"abc"], 2000)))
    found, _ = checked(capsys, saved, str(constant))
    assert found["verdict"] == "holds"
    shown = next(one for one in found["refit"]["parameters"] if one["name"] == "(Intercept)")
    assert shown["saved"] == pytest.approx(1.0, abs=0.2)       # that of rows whose x is 2


@pytest.mark.parametrize(("rows", "reason"), [
    ("a,b,y\n" + "".join(f"{i},{2 * i},{(i * 7) % 5}\n" for i in range(40)), "b is determined by other columns in the new rows"),
    ("a,b,y\n" + "".join(f"{i},{i % 3},1\n" for i in range(40)), 'column "y": bernoulli needs at least two classes'),
])
def test_a_refit_without_an_answer_says_why(
    rows: str, reason: str, tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(1)
    old = tmp_path / "old.csv"
    two = "bernoulli" in reason
    old.write_text("a,b,y\n" + "".join(
        f"{a},{b},{int(rng.random() < 0.5) if two else rng.normal()}\n" for a, b in rng.normal(10, 20, (200, 2))))
    (tmp_path / "new.csv").write_text(rows)
    saved = fitted(old, "-m", "bernoulli" if two else "gaussian")
    capsys.readouterr()
    main(["check", saved, str(tmp_path / "new.csv"), "-o", "json"])
    found = json.loads(capsys.readouterr().out)
    if two:     # one class is a column of numbers of one value: the level is known
        assert found["refit"]["reason"] is not None
        assert found["calibration"][0]["outcome"] == "1"
    else:
        assert found["refit"]["reason"] == reason
    assert found["refit"]["p_value"] is None
    assert found["tested"] in ("residuals", "calibration")


def test_a_column_without_a_coefficient_that_gets_one_is_named(
    tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(1)
    (tmp_path / "old.csv").write_text("a,b,y\n" + "".join(f"{a},{a},{a + e}\n" for a, e in rng.normal(size=(100, 2))))
    (tmp_path / "new.csv").write_text("a,b,y\n" + "".join(f"{a},{b},{a + e}\n" for a, b, e in rng.normal(size=(100, 3))))
    found, _ = checked(capsys, fitted(tmp_path / "old.csv"), str(tmp_path / "new.csv"))
    assert found["refit"]["reason"] == "b had no coefficient of its own in the rows fitted, and has one in the new rows"


def test_new_rows_at_a_limit_of_the_law_are_said_to_be(
    tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(1)
    (tmp_path / "old.csv").write_text("y\n" + "".join(f"{y}\n" for y in rng.negative_binomial(2, 0.3, 300)))
    (tmp_path / "new.csv").write_text("y\n" + "".join(f"{y}\n" for y in rng.binomial(9, 0.5, 300)))
    capsys.readouterr()
    main(["check", fitted(tmp_path / "old.csv", "-m", "negative-binomial"), str(tmp_path / "new.csv"), "-o", "json"])
    found = json.loads(capsys.readouterr().out)
    assert found["refit"]["reason"] == "the new rows alone are best fitted at a limit of negative-binomial"


def test_frequency_weights_are_rows_and_their_column_may_be_absent(
    tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(2)
    old = tmp_path / "old.csv"
    old.write_text("x,w,y\n" + "".join(f"{x},{w},{x + e}\n" for x, e, w in zip(
        rng.normal(size=90), rng.normal(size=90), rng.integers(1, 5, 90), strict=True)))
    saved = fitted(old, "-t", "y", "-x", "x", "--weights", "w", "--no-kl")
    lines = old.read_text().splitlines()
    (tmp_path / "long.csv").write_text("x,w,y\n" + "".join(
        f"{line.split(',')[0]},1,{line.split(',')[2]}\n" for line in lines[1:] for _ in range(int(line.split(",")[1]))))
    short, _ = checked(capsys, saved, str(old))
    long, _ = checked(capsys, saved, str(tmp_path / "long.csv"))
    assert short["n"] == long["n"]
    assert short["cross_entropy"]["new"] == pytest.approx(long["cross_entropy"]["new"], rel=1e-12)
    assert short["residuals"]["spread"] == pytest.approx(long["residuals"]["spread"], rel=1e-12)
    assert short["refit"]["parameters"][1]["refit"] == pytest.approx(long["refit"]["parameters"][1]["refit"], rel=1e-9)
    (tmp_path / "without.csv").write_text("x,y\n1,1\n2,3\n0,0.5\n")
    found, err = checked(capsys, saved, str(tmp_path / "without.csv"))
    assert err == 'note: the fit had weights in column "w", which is not there: each row counts once.\n'
    assert found["n"] == 3
    (tmp_path / "bad.csv").write_text("x,w,y\n1,1,1\n2,,3\n0,0,0.5\n1,1.5,2\n")
    capsys.readouterr()
    assert main(["check", saved, str(tmp_path / "bad.csv")]) == 3
    assert 'column "w", row 4: a frequency weight must be a whole number >= 0, found 1.5' in capsys.readouterr().err
    precise = fitted(old, "-t", "y", "-x", "x", "--weights", "w", "--weights-kind", "precision", "--no-kl")
    capsys.readouterr()
    assert main(["check", precise, str(old)]) == 2
    assert capsys.readouterr().err == (
        "mlefit: check: the fit had precision weights, and a row's share of its cross-entropy depends on them\n"
        "score the rows with `mlefit predict --score`\n")


def test_requirements_stand_in_place_of_the_rule(tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]) -> None:
    saved = fitted(table(tmp_path / "old.csv", 1, 2000), "-t", "y")
    other = table(tmp_path / "other.csv", 3, 2000, 1.0)
    checked(capsys, saved, other, "--require", "n>100", exits=0)
    _, err = checked(capsys, saved, other, "--require", "drift<0.01", "--require", "refit.kl<1e3", exits=5)
    assert err.startswith('mlefit: requirement "drift<0.01" does not hold: refit.drift is 0.')
    for required, message in (
        ("drfit<0.1", '--require: "drfit" is no figure of the JSON\ndid you mean drift? excess, p, drift, kl, unfamiliar, bias, spread '
         "or n, or a path of `mlefit schema` such as cross_entropy.new\n"),
        ("drift", "--require: expected NAME OP NUMBER with OP one of <, <=, >, >=, =, !=, found \"drift\"\n"
         "such as --require 'excess<0.01'\n"),
    ):
        capsys.readouterr()
        assert main(["check", saved, other, "--require", required]) == 2
        assert capsys.readouterr().err == f"mlefit: {message}"


def test_the_table_says_it_all(tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]) -> None:
    saved = fitted(table(tmp_path / "old.csv", 1, 2000), "-t", "y")
    capsys.readouterr()
    assert main(["check", saved, table(tmp_path / "other.csv", 3, 500, 1.0)]) == 5
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[1] == "gaussian noise, fitted to 2,000 rows; 500 of 500 new rows scored"
    assert [line.split("  ")[0] for line in lines[4:9]] == [
        "cross-entropy, nats per row", "bias of residuals, sd", "spread of residuals, sd", "inside the middle 95 %",
        "new levels, out of range"]
    assert lines[-1].startswith("verdict   drifted: the cross-entropy is 0.")
    assert "nats per row above that expected on new rows (" in lines[-1]
    assert lines[-1].endswith(" s.e.)")
    assert err.count("\n") == 1


def test_the_four_verdicts_in_their_words(tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]) -> None:
    saved = fitted(table(tmp_path / "old.csv", 1, 50_000), "-t", "y", "--no-kl")
    for n, shift, verdict, words in (
        (2000, 0.0, "holds", "holds: no change found (p "), (8, 0.0, "too few rows", "too few rows to tell: only a change of "),
        (50_000, 0.03, "real but small", "real but small: a change of 0.00"),
        (300, 0.5, "drifted", "drifted: "),
    ):
        capsys.readouterr()
        main(["check", saved, table(tmp_path / "new.csv", 11, n, shift), "-o", "json"])
        found = json.loads(capsys.readouterr().out)
        assert found["verdict"] == verdict
        assert found["sentence"].startswith(words)
    assert found["p_value"] < 0.05
    assert " nats per row would be found 9 times of 10" not in found["sentence"]


@pytest.mark.slow
def test_unchanged_rows_seldom_alarm_and_a_shift_is_found() -> None:
    """The study of benchmarks/check_alarms.py, of fewer runs: 7 % and 95 % within what they can tell."""
    import sys

    sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
    from check_alarms import CASES, once

    changed = sum(once(CASES[0], seed, 300, 300, 0.0).verdict in ("drifted", "real but small") for seed in range(100))
    assert changed <= 12        # P(more) < 0.005 at 5 %
    assert sum(once(CASES[0], seed, 5000, 5000, 0.1).verdict == "drifted" for seed in range(10)) >= 8
    assert {once(CASES[0], seed, 500, 8, 0.0).verdict for seed in range(20)} == {"too few rows"}


def test_new_rows_of_another_size_have_no_refit_in_the_units_of_the_model(
    tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = fitted(table(tmp_path / "old.csv", 1, 200), "-t", "y")
    rows = Path(table(tmp_path / "new.csv", 2, 200)).read_text().splitlines()
    (tmp_path / "new.csv").write_text("\n".join([rows[0], *(f"{k}e40,a,{k}" for k in range(200))]) + "\n")
    found, _ = checked(capsys, saved, str(tmp_path / "new.csv"), exits=5)
    assert found["refit"]["reason"] == "the new rows are of another size than those fitted"
