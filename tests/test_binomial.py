"""Binomial noise from end to end: successes among trials, which rows bring with them.

Reference values: R 4.2.2, glm(cbind(Menarche, Total - Menarche) ~ Age, binomial(link)); the log-likelihood of cloglog by
arithmetic of 40 digits at its estimates. The data are those of Milicer and
Szczotka, Human Biology 38 (1966), 199-203: girls of an age, and how many had menstruated.
"""

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import gammaln
from scipy.stats import binom

import mlefit
from mlefit.cli import main
from mlefit.errors import MlefitError
from mlefit.noise import MODELS
from mlefit.noise.binomial import Binomial, log_choose

AGE = [9.21, 10.21, 10.58, 10.83, 11.08, 11.33, 11.58, 11.83, 12.08, 12.33, 12.58, 12.83, 13.08, 13.33, 13.58, 13.83, 14.08,
       14.33, 14.58, 14.83, 15.08, 15.33, 15.58, 15.83, 17.58]
TOTAL = [376, 200, 93, 120, 90, 88, 105, 111, 100, 93, 100, 108, 99, 106, 105, 117, 98, 97, 120, 102, 122, 111, 94, 114, 1049]
SEEN = [0, 0, 0, 2, 2, 5, 10, 17, 16, 29, 39, 51, 47, 67, 81, 88, 79, 90, 113, 95, 117, 107, 92, 112, 1049]
MENARCHE = {"Age": AGE, "Total": TOTAL, "Menarche": SEEN}
WON = {"won": [3, 5, 6, 2, 4, 1, 3, 7, 3, 2] * 3, "lost": [4, 2, 1, 5, 4, 6, 4, 2, 3, 6] * 3,
       "x": [1.0, 2.0, 3.0, 1.5, 2.5, 0.5, 1.2, 3.1, 2.2, 0.9] * 3}
RUN = {"draws": 0}


def fitted(data: Any, **options: Any) -> dict[str, Any]:
    return mlefit.fit(data, **{**RUN, **options}).to_dict()


def estimates(fit: dict[str, Any]) -> list[float]:
    return [p["estimate"] for p in fit["parameters"]]


def refused(data: Any, **options: Any) -> MlefitError:
    with pytest.raises(MlefitError) as met:
        mlefit.fit(data, **{**RUN, **options})
    return met.value


@pytest.mark.parametrize(("link", "values", "loglik", "near"), [
    ("logit", [-21.2263949052, 1.6319683482], -55.3776271566, 2e-10),
    ("probit", [-11.8189417585, 0.9078230691], -53.4696175960, 2e-8),
    ("cloglog", [-12.98517664, 0.95301229], -101.43628749277, 2e-8),
])
def test_the_answers_are_those_of_glm(link: str, values: list[float], loglik: float, near: float) -> None:
    found = fitted(MENARCHE, target="Menarche", trials="Total", model=f"binomial:link={link}")
    assert estimates(found) == pytest.approx(values, rel=near)
    assert found["criteria"]["loglik"] == pytest.approx(loglik, abs=5e-9)
    assert found["agreement"]["agree"]
    assert found["data"]["trials"] == "Total"
    assert found["data"]["zero_trials"] == 0
    if link == "logit":
        assert [p["std_error"] for p in found["parameters"]] == pytest.approx([0.770685884, 0.058953175], rel=1e-8)


def test_trials_of_one_are_bernoulli() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=200)
    y = (rng.random(200) < 1.0 / (1.0 + np.exp(-x))).astype(float)
    one = fitted({"x": x, "y": y, "n": np.ones(200)}, target="y", trials="n", model="binomial")
    other = fitted({"x": x, "y": y}, target="y", model="bernoulli")
    assert estimates(one) == pytest.approx(estimates(other), rel=1e-9)
    for name in ("loglik", "aic", "bic", "null_loglik"):
        assert one["criteria"][name] == pytest.approx(other["criteria"][name], rel=1e-12)


def test_rows_put_together_have_the_maximum_and_errors_of_their_trials_one_by_one() -> None:
    rows = [(x, k < won) for x, won, lost in zip(WON["x"], WON["won"], WON["lost"], strict=True) for k in range(int(won + lost))]
    one = fitted(WON, target="won", trials="won+lost", features=["x"])
    each = fitted({"x": [x for x, _ in rows], "y": [int(y) for _, y in rows]}, target="y", model="bernoulli")
    assert one["model"]["noise"] == "binomial"
    assert one["data"]["n"] == 30
    assert estimates(one) == pytest.approx(estimates(each), rel=1e-9)
    assert [p["std_error"] for p in one["parameters"]] == pytest.approx([p["std_error"] for p in each["parameters"]], rel=1e-9)
    choose = sum(gammaln(w + n + 1) - gammaln(w + 1) - gammaln(n + 1) for w, n in zip(WON["won"], WON["lost"], strict=True))
    assert one["criteria"]["loglik"] == pytest.approx(each["criteria"]["loglik"] + choose, rel=1e-12)


def test_weights_offset_and_intercept_alone() -> None:
    weight = [1 + k % 3 for k in range(30)]
    repeated = {name: np.repeat(column, weight) for name, column in WON.items()}
    one = fitted({**WON, "w": weight}, target="won", trials="won+lost", features=["x"], weights="w")
    assert estimates(one) == pytest.approx(estimates(fitted(repeated, target="won", trials="won+lost", features=["x"])), rel=1e-9)
    moved = fitted(WON, target="won", trials="won+lost", features=["x"], offset="x")
    assert np.array(estimates(moved)) == pytest.approx(
        np.array(estimates(fitted(WON, target="won", trials="won+lost", features=["x"]))) - [0.0, 1.0], rel=1e-9)
    alone = fitted(WON, target="won", trials="won+lost", features=())
    share = sum(WON["won"]) / (sum(WON["won"]) + sum(WON["lost"]))
    assert estimates(alone) == pytest.approx([np.log(share / (1.0 - share))], rel=1e-9)


def test_the_log_of_binomial_coefficients_keeps_its_digits() -> None:
    m, y = np.array([1.0, 5.0, 12.0, 30.0, 40.0, 7.0]), np.array([0.0, 2.0, 6.0, 11.0, 40.0, 1.0])
    assert log_choose(m, y) == pytest.approx(np.log([1, 10, 924, 54627300, 1, 7]), rel=1e-14, abs=1e-15)
    exact = [math.log(math.comb(m, y)) for m, y in ((200_000, 70_000), (100_000, 3))]      # of whole numbers of any length
    assert log_choose(np.array([2e5, 1e5]), np.array([7e4, 3.0])) == pytest.approx(exact, rel=4e-16)


@pytest.mark.parametrize("eta", [-3.0, 0.4, 40.0])
def test_tails_and_quantiles_are_those_of_scipy(eta: float) -> None:
    y = np.arange(-1.0, 32.0)
    law, at, free = MODELS["binomial"].among(np.full(y.size, 30.0)), np.full((y.size, 1), eta), np.empty(0)
    p = 1.0 / (1.0 + np.exp(-eta))
    inside, own = (y >= 0.0) & (y < 30.0), MODELS["binomial"].among(np.asarray(30.0))
    terms = binom.logpmf(y[inside], 30, p) if eta < 5 else -own.nll(y[inside], at[inside], free, 0).value
    assert law.log_cdf(y, at, free)[inside] == pytest.approx(np.logaddexp.accumulate(terms), rel=1e-12, abs=1e-14)
    assert np.array_equal(law.log_sf(y, at, free)[[0, -2]], [0.0, -np.inf])
    u = np.linspace(0.01, 0.99, y.size)
    assert np.array_equal(law.quantile(u, at, free), binom.ppf(u, 30, p))


def test_a_law_that_no_rows_are_bound_to_says_so() -> None:
    with pytest.raises(TypeError, match=r"^binomial is bound to no rows$"):
        Binomial().nll(np.ones(1), np.zeros((1, 1)), np.empty(0), 0)


def test_rows_without_a_trial_are_dropped_and_counted() -> None:
    data = {name: [*column, 0] for name, column in MENARCHE.items()}
    found = fitted(data, target="Menarche", trials="Total")
    assert (found["data"]["rows_used"], found["data"]["rows_dropped"], found["data"]["zero_trials"]) == (25, 1, 1)
    assert estimates(found) == estimates(fitted(MENARCHE, target="Menarche", trials="Total"))
    none = refused({"x": [1, 2], "n": [0, 0], "y": [0, 0]}, target="y", trials="n")
    assert (none.message, none.remedy) == ("no complete rows remain of the 2 read: no row has a trial", "use rows with trials")


@pytest.mark.parametrize(("data", "options", "exit_code", "message", "remedy"), [
    ({**MENARCHE, "Menarche": [*SEEN[:-1], 1050]}, {}, 3,
     'column "Menarche", row 25: binomial needs 0 <= successes <= trials, found 1050 of 1049',
     "check that --target names the successes and --trials all trials, a column or a sum such as WON+LOST"),
    ({**MENARCHE, "Menarche": [*SEEN[:-1], 0.5]}, {}, 3,
     'column "Menarche", row 25: binomial needs whole numbers >= 0 (counts), found 0.5',
     "it looks like a share: give the counts, which are shares times trials"),
    ({**MENARCHE, "Menarche": [*SEEN[:-1], 3.184]}, {}, 3,
     'column "Menarche", row 25: binomial needs whole numbers >= 0 (counts), found 3.184',
     "name the column of the successes with --target, or drop the row"),
    ({**MENARCHE, "Total": [*TOTAL[:-1], 1049.5]}, {}, 3,
     "--trials Total, row 25: the number of trials must be a whole number >= 0, found 1049.5", "drop or correct the row"),
    (MENARCHE, {"model": "poisson"}, 2, "--trials Total: poisson counts no successes among trials",
     "leave it out, or use --model binomial"),
    (MENARCHE, {"trials": "Menarche"}, 2, 'column "Menarche" is the target and the number of all trials as well', "give it one role"),
])
def test_what_is_refused(data: Any, options: dict[str, Any], exit_code: int, message: str, remedy: str) -> None:
    met = refused(data, **{"target": "Menarche", "trials": "Total", **options})
    assert (met.exit_code, met.message, met.remedy) == (exit_code, message, remedy)


def test_without_a_success_there_is_no_maximum() -> None:
    met = refused({"x": [1, 2, 3, 4], "n": [5, 6, 7, 8], "y": [0, 0, 0, 0]}, target="y", trials="n")
    assert met.exit_code == 4
    assert met.message == ('column "y": no trial of the 4 rows used succeeded, so the probability is 0 and its predictor infinite')
    assert met.remedy == "use rows with successes in them"


def test_separation_is_named_by_what_the_trials_show() -> None:
    data = {"g": ["a", "a", "b", "b", "c", "c"], "n": [5, 6, 7, 8, 5, 5], "y": [2, 3, 7, 8, 0, 0]}
    met = refused(data, target="y", trials="n")
    assert met.exit_code == 4
    assert met.message.startswith(
        'quasi-complete separation of "y" by g=b (+infinity), g=c (-infinity); every row with g=b has y=all trials; '
        "every row with g=c has y=0: 4 of 6 rows are predicted perfectly, these coefficients are infinite and no "
        "maximum-likelihood estimate exists; the log-likelihood approaches -2.")
    all_ = refused({"x": [1, 2, 3], "n": [5, 6, 7], "y": [5, 6, 7]}, target="y", trials="n", features=())
    assert (all_.exit_code, all_.code) == (4, "separation")


def test_without_trials_it_is_bernoulli_with_a_note(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "d.csv"
    path.write_text("x,y\n" + "".join(f"{k % 5},{int(k % 3 == 0)}\n" for k in range(30)))
    assert main(["fit", str(path), "-m", "binomial", "--draws", "0"]) == 0
    out, err = capsys.readouterr()
    assert "bernoulli noise, binary cross-entropy" in out
    assert "note: model: binomial without --trials is bernoulli: each row is one trial.\n" in err
    assert main(["fit", str(path), "-m", "binomial:link=probit", "--draws", "0"]) == 0
    assert "note: model: binomial without --trials is bernoulli:link=probit: each row is one trial.\n" in capsys.readouterr().err


@pytest.mark.parametrize(("model", "said"), [("bernoulli", "binomial"), ("probit", "binomial:link=probit")])
def test_bernoulli_with_trials_is_binomial_with_a_note(model: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(table(tmp_path))
    answers = []
    for name in (model, said):
        assert main(["fit", path, "-t", "won", "--trials", "won+lost", "-m", name, "--no-kl", "-o", "json"]) == 0
        answers.append(capsys.readouterr())
    noted, plain = (json.loads(answer.out) for answer in answers)
    assert noted | {"notes": []} == plain
    assert f"note: model: bernoulli with --trials is {said}: the target counts successes.\n" in answers[0].err
    assert main(["compare", path, "-t", "won", "--trials", "won+lost", "-m", model, "-q"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith(f"-t won --trials won+lost -m {model}")


def test_trials_without_a_model_are_binomial_with_a_note(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = table(tmp_path)
    assert main(["fit", str(path), "-t", "won", "--trials", "won+lost", "--draws", "0"]) == 0
    out, err = capsys.readouterr()
    assert "trials: won+lost" in out
    assert "note: model: binomial, because of --trials; --model names another.\n" in err


def table(folder: Path, extra: str = "") -> Path:
    path = folder / "won.csv"
    rows = zip(*WON.values(), strict=True)
    path.write_text(",".join(WON) + "\n" + "".join(",".join(map(str, row)) + "\n" for row in rows) + extra)
    return path


def test_predictions_scores_and_draws_of_a_saved_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, model = table(tmp_path), tmp_path / "m.json"
    assert main(["fit", str(path), "-t", "won", "--trials", "won+lost", "-q", "--draws", "0", "--save", str(model)]) == 0
    saved = json.loads(model.read_text())
    assert saved["design"]["trials"] == "won+lost"
    new = table(tmp_path, "2,,1\n0,0,1\n1,1.5,1\n")
    capsys.readouterr()
    assert main(["predict", str(model), str(new), "--score", "-q"]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert [row["flag"] for row in rows[-3:]] == ["missing:lost", "no-trials:won+lost", "no-trials:won+lost"]
    b = [p["estimate"] for p in saved["fit"]["parameters"]]
    p = 1.0 / (1.0 + np.exp(-(b[0] + b[1] * np.array(WON["x"]))))
    m = np.array(WON["won"]) + np.array(WON["lost"])
    assert [float(row["mean"]) for row in rows[:-3]] == pytest.approx(m * p, rel=1e-9)
    nll = [float(row["nll"]) for row in rows[:-3]]
    assert nll == pytest.approx(-binom.logpmf(WON["won"], m, p), rel=1e-9)
    assert np.mean(nll) == pytest.approx(saved["fit"]["routes"]["mle"]["nll"], rel=1e-12)
    assert main(["simulate", str(model), str(new), "--name", "drawn", "-q"]) == 0
    drawn = [row["drawn"] for row in csv.DictReader(capsys.readouterr().out.splitlines())]
    assert drawn[-3:] == ["", "", ""]
    assert all(0 <= int(value) <= most for value, most in zip(drawn[:-3], m, strict=True))
    assert main(["simulate", str(model), "-n", "3"]) == 2
    assert capsys.readouterr().err == ("mlefit: the model needs the predictor x, and -n has no predictors\n"
                                       "give a table: mlefit simulate MODEL.json DATA\n")


def test_a_model_alone_still_needs_the_trials(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, model = table(tmp_path), tmp_path / "m.json"
    assert main(["fit", str(path), "-t", "won", "--trials", "won+lost", "-x", "none", "-q", "--save", str(model)]) == 0
    capsys.readouterr()
    assert main(["simulate", str(model), "-n", "3"]) == 2
    assert capsys.readouterr().err == ("mlefit: the model needs the column lost, and -n has no columns\n"
                                       "give a table: mlefit simulate MODEL.json DATA\n")
    saved = json.loads(model.read_text())
    saved["design"]["trials"] = None
    model.write_text(json.dumps(saved))
    assert main(["show", str(model)]) == 3
    assert "design.trials: expected the trials of a row, found none" in capsys.readouterr().err


def test_prove_holds_every_claim(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", str(table(tmp_path)), "-t", "won", "--trials", "won+lost", "-q"]) == 0
    assert "claims hold on these 30 rows" in capsys.readouterr().out


def test_counts_of_trials_are_compared_among_themselves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["compare", str(table(tmp_path)), "-t", "won", "--trials", "won+lost", "-x", "x", "-q"]
    assert main([*arguments, "-m", "binomial", "-m", "binomial-probit"]) == 0
    assert "binomial-probit" in capsys.readouterr().out


def test_shares_that_vary_more_than_chance_are_a_misfit_of_the_spread() -> None:
    rng = np.random.default_rng(3)
    n = 400
    x, m = rng.normal(size=n), rng.integers(5, 40, n)
    even, odd = 1.0 / (1.0 + np.exp(-0.5 * x)), 1.0 / (1.0 + np.exp(-(0.5 * x + rng.normal(size=n))))
    for p, verdict, part in ((even, "none", None), (odd, "misfit", "spread")):
        found = fitted({"x": x, "m": m, "y": rng.binomial(m, p)}, target="y", trials="m")["information"]["kl"]
        assert found["verdict_code"] == verdict
        if part:
            assert found["part_p_values"][part] < 1e-10


def test_a_saved_model_is_checked_on_new_rows_and_coefficients_audited(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(6)
    for part, n in (("old", 200), ("new", 150)):
        x, m = rng.normal(size=n), rng.integers(3, 20, n)
        y = rng.binomial(m, 1.0 / (1.0 + np.exp(-x)))
        (tmp_path / f"{part}.csv").write_text("x,m,y\n" + "".join(f"{a},{b},{c}\n" for a, b, c in zip(x, m, y, strict=True)))
    model, old = str(tmp_path / "m.json"), str(tmp_path / "old.csv")
    assert main(["fit", old, "--trials", "m", "-q", "--save", model]) == 0
    capsys.readouterr()
    assert main(["check", model, str(tmp_path / "new.csv"), "-q"]) == 0
    assert "holds: no change found" in capsys.readouterr().out
    values = {p["name"]: p["estimate"] for p in json.loads(Path(model).read_text())["fit"]["parameters"]}
    (tmp_path / "c.csv").write_text("name,value\n" + "".join(f"{name},{value!r}\n" for name, value in values.items()))
    assert main(["audit", old, "-t", "y", "--trials", "m", "--coef", str(tmp_path / "c.csv"), "-q"]) == 0
    capsys.readouterr()
    assert main(["export", model, "--to", "python"]) == 0
    assert "'mean': (x1 * _logistic(" in capsys.readouterr().out       # expected successes: trials times their probability
