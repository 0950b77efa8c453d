"""`mlefit export`: the expressions of every language give what `mlefit predict` gives, whatever names and levels hold."""

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from exported_programs import ENGINES
from saved_models import Fitted, fitted_in

from mlefit.cli import main
from mlefit.exporting.columns import parsed
from mlefit.expression.tree import evaluate
from mlefit.noise import MODELS

ROWS = 1000
HOSTILE = 'a"b\'c`;--\\(1)'
LEVELS = ["it's", 'q"q', "\\(1)", "${x}", "ä"]


@pytest.fixture
def fitted(tmp_path: Path) -> Fitted:
    return fitted_in(tmp_path)


def rows_of(seed: int, names: tuple[str, str, str] = ("a", "b", "g"), levels: tuple[str, ...] = ("u", "v", "w")) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    a, b, g = rng.normal(size=ROWS), rng.uniform(1950.0, 2020.0, ROWS), rng.choice([*levels], ROWS)
    return [dict(zip(names, (float(x), float(z), str(level)), strict=True)) for x, z, level in zip(a, b, g, strict=True)]


def responses(model: str, rows: list[dict[str, Any]], seed: int) -> list[Any]:
    rng = np.random.default_rng(seed)
    x, z = np.array([[*row.values()][:2] for row in rows]).T
    z = z - 1985.0
    eta = 0.5 * x + 0.02 * z
    n = len(rows)
    if model in ("logit", "probit", "cloglog"):
        return ["yes" if u else "no" for u in rng.random(n) < 1.0 / (1.0 + np.exp(-eta))]
    if model == "categorical":
        return [str("rst"[k]) for k in np.argmax(np.stack([rng.gumbel(size=n), eta + rng.gumbel(size=n), rng.gumbel(size=n) - eta]), axis=0)]
    if model == "ordinal":
        return np.digitize(eta + rng.logistic(size=n), [-1.0, 0.2, 0.9]).tolist()
    if model.startswith("binomial"):
        return rng.binomial([int(row["m"]) for row in rows], 1.0 / (1.0 + np.exp(-eta))).tolist()
    if model.startswith("hurdle"):
        whole = model in ("hurdle:poisson", "hurdle:negative-binomial")
        above = 1 + rng.negative_binomial(2, 0.4, n) if whole else np.exp(eta) * rng.gamma(2.0, 0.5, n)
        return np.where(rng.random(n) < 0.6, above, 0).tolist()
    if model in ("poisson", "negative-binomial"):
        return [int(k) for k in rng.negative_binomial(2, 2.0 / (2.0 + np.exp(eta)))]
    if model in ("gamma", "weibull", "lognormal", "exponential", "inverse-gaussian"):
        return [float(y) for y in np.exp(eta) * rng.gamma(2.0, 0.5, n)]
    if model == "beta":
        return [float(y) for y in np.clip(rng.beta(2.0, 3.0, n), 0.01, 0.99)]
    return [float(y) for y in 3.0 + eta + rng.standard_t(5, n)]


def written(rows: list[dict[str, Any]], path: Path) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, [*rows[0]], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")
    return str(path)


def exported(model: str, to: str, capsys: pytest.CaptureFixture[str], exits: int = 0) -> str:
    capsys.readouterr()
    assert main(["export", model, "--to", to]) == exits
    out, err = capsys.readouterr()
    return out if exits == 0 else err



def agree(mine: list[dict[str, Any]], theirs: list[dict[str, str]]) -> None:
    shown = [name for name in theirs[0] if name in mine[0] and (
        name in ("mean", "median", "location", "class") or name.startswith("p_"))]
    assert len(shown) >= len(theirs[0].keys() & {"location", "median"})
    assert shown
    for one, other in zip(mine, theirs, strict=True):
        for name in shown:
            if other[name] == "":
                assert one[name] is None
            elif name == "class":
                assert one[name] == other[name]
            else:
                assert one[name] == pytest.approx(float(other[name]), rel=1e-12, abs=1e-300), name


def predicted(model: str, path: str, capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    capsys.readouterr()
    assert main(["predict", model, path, "--interval", "none", "-q"]) == 0
    found = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    return [{name: value for name, value in row.items() if name != "flag"} for row in found]


CASES = {
    "gaussian": ("gaussian", "y ~ a + b + g"), "terms": ("gaussian", "y ~ poly(b,3) + bs(a,df=5) + a:g + I(a**2) + exp(a) + scale(b)"),
    "products": ("gaussian", "y ~ poly(a,2):g + bs(a):b - 1"), "logit": ("logit", "y ~ a + b + g"), "cloglog": ("cloglog", "y ~ a"),
    "categorical": ("categorical", "y ~ a*g + b"), "poisson": ("poisson", "y ~ a + log(b)"), "lognormal": ("lognormal", "y ~ a + g"),
    "weibull": ("weibull", "y ~ a"), "beta": ("beta", "y ~ a"), "log": ("lognormal", "log(y) ~ a + b"), "sqrt": ("lognormal", "sqrt(y) ~ a"),
    "log1p": ("lognormal", "log1p(y) ~ a"), "student-t": ("student-t", "y ~ a + g"), "hurdle:poisson": ("hurdle:poisson", "y ~ a"),
    "hurdle:negative-binomial": ("hurdle:negative-binomial", "y ~ a + g"), "hurdle:gamma": ("hurdle:gamma", "y ~ a + b"),
    "spread": ("lognormal", "y ~ a + g"), "hurdle:lognormal": ("hurdle:lognormal", "y ~ a + g"), "ordinal": ("ordinal", "y ~ a + b + g"),
    "binomial": ("binomial", "y ~ a + g"), "binomial:cloglog": ("binomial:link=cloglog", "y ~ a"),
}


@pytest.mark.slow     # a fit and a run of every program each
@pytest.mark.parametrize("case", CASES)
def test_every_program_gives_what_predict_gives(
    case: str, tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]
) -> None:
    model, formula = CASES[case]
    rows, new = rows_of(1), rows_of(3)
    law = ["-m", "gaussian"] if "(y)" in formula else ["-m", model]
    if case == "spread":
        law += ["--scale-features", "b,g"]
    if model.startswith("binomial"):
        law += ["--trials", "m"]
        for k, row in enumerate((*rows, *new)):
            row["m"] = float(1 + k % 9)
    for row, y in zip(rows, responses(model, rows, 2), strict=True):
        row["y"] = y
    saved = fitted(written(rows, tmp_path / "t.csv"), "-f", formula, *law, "--no-kl")
    new[0]["a"], new[1]["g"], new[2]["g"] = None, "strange", None
    path = written(new, tmp_path / "new.csv")
    theirs = predicted(saved, path, capsys)
    for to, run in ENGINES.items():
        agree(run(exported(saved, to, capsys), new), theirs)
    assert exported(saved, "sql:postgres", capsys).startswith("SELECT *,\n")
    assert exported(saved, "mlr", capsys).startswith("${")


def test_hostile_names_and_levels_stay_names_and_levels(
    tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]
) -> None:
    names = (HOSTILE, "line\nbreak", "g%s{}")
    rows = rows_of(1, names, tuple(LEVELS))
    for row, y in zip(rows, responses("gaussian", rows, 2), strict=True):
        row["y"] = y
    saved = fitted(written(rows, tmp_path / "t.csv"), "-t", "y", "--no-kl")
    new = rows_of(3, names, tuple(LEVELS))
    theirs = predicted(saved, written(new, tmp_path / "new.csv"), capsys)
    for to, run in ENGINES.items():
        agree(run(exported(saved, to, capsys), new), theirs)
    assert exported(saved, "mlr", capsys, exits=2) == (
        f'mlefit: export: the name "{HOSTILE}" cannot be written in mlr: braces, quotes, backslashes and control characters have no '
        "escape there\ngive it another name, and fit again\n")


def test_a_curve_is_written_with_its_parameters(tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]) -> None:
    rows = rows_of(1)
    rng = np.random.default_rng(2)
    for row in rows:
        row["y"] = float(2.0 * np.exp(0.5 * row["a"]) + 0.01 * row["b"] + 0.1 * rng.normal())
    saved = fitted(written(rows, tmp_path / "t.csv"), "-t", "y", "--mean", "k * exp(r * a) + c * b", "--start", "k=1,r=0.4,c=0.01", "--no-kl")
    new = rows_of(3)
    theirs = predicted(saved, written(new, tmp_path / "new.csv"), capsys)
    for to, run in ENGINES.items():
        agree(run(exported(saved, to, capsys), new), theirs)


@pytest.mark.parametrize(("model", "mean"), [
    ("bernoulli", "p + q * a"), ("bernoulli:link=probit", "p + q * a"), ("bernoulli:link=cloglog", "p + q * a"),
    ("bernoulli", "1 / (1 + exp(-p - 400 * q * a))"), ("beta", "p + q * a"), ("gaussian", "p * arcsin(a / 4) + q * arccos(a / 4)"),
])
def test_a_curve_of_chances_is_written_as_it_is(
    model: str, mean: str, tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not as the logistic function of its logit; where it is no chance, or nothing, there is nothing."""
    rows, rng = rows_of(1), np.random.default_rng(2)
    for row in rows:
        row["a"] = min(1.0, max(-1.0, row["a"]))
        chance = 0.5 + 0.3 * row["a"]
        row["y"] = float(rng.beta(9.0 * chance, 9.0 - 9.0 * chance)) if model == "beta" else chance + 0.01 * rng.normal() if (
            model == "gaussian") else ["no", "yes"][int(rng.random() < chance)]
    saved = fitted(written(rows, tmp_path / "t.csv"), "-t", "y", "--mean", mean, "--start", "p=0.5,q=0.1", "-m", model, "--no-kl")
    new = [{**row, "a": row["a"] * 4.0} for row in rows_of(3)]
    theirs = predicted(saved, written(new, tmp_path / "new.csv"), capsys)
    assert ("" in [row[name] for row in theirs for name in row if name.startswith(("p_", "mean"))]) == ("exp" not in mean)
    for to, run in ENGINES.items():
        found = [{name: None if isinstance(value, float) and np.isnan(value) else value for name, value in row.items()}
                 for row in run(exported(saved, to, capsys), new)]
        agree(found, theirs)


def test_a_plain_model_is_plain_text(tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "t.csv").write_text("x,y\n0,1\n1,3\n2,4\n3,8\n")
    saved = fitted(tmp_path / "t.csv", "--no-kl")
    text = exported(saved, "sql", capsys)
    assert text.startswith('SELECT *,\n  CASE WHEN CAST("x" AS DOUBLE) IS NOT NULL THEN (')
    assert text.endswith(' END AS "mean"\nFROM "data";\n')
    postgres = exported(saved, "sql:postgres", capsys)
    assert 'CAST("x" AS DOUBLE PRECISION)' in postgres
    capsys.readouterr()
    assert main(["export", saved, "--to", "sql:sqlite", "--table", 'my "rows"']) == 0
    assert capsys.readouterr().out.endswith('FROM "my ""rows""";\n')
    assert exported(saved, "mlr", capsys) == f"${{mean}} = is_not_empty(${{x}}) ? {exported(saved, 'mlr', capsys).partition(' ? ')[2]}"


@pytest.mark.parametrize(("options", "to", "message"), [
    (("-m", "probit", "-f", "y ~ a"), "sql:sqlite", "mlefit: export: sqlite has no normal distribution function\n"
     "export to python, or predict with `mlefit predict`\n"),
    (("-m", "weibull", "-f", "w ~ a", "--scale-features", "a"), "python", "mlefit: export: the mean of weibull cannot be exported\n"
     "predict with `mlefit predict`\n"),
    (("-m", "gaussian", "-f", "k ~ month(d)"), "jq", "mlefit: export: month(d) reads dates, which each program writes in its own way\n"
     "fit a column of numbers that is made of the dates first\n"),
    (("-m", "poisson", "-f", f"k ~ {'n' * 64}"), "sql:postgres", f'mlefit: export: the name "{"n" * 64}" cannot be written in postgres: it '
     "has more than 63 bytes\ngive it another name, and fit again\n"),
    (("-m", "weibull", "-f", "log(w) ~ a"), "python", "mlefit: export: the median of weibull cannot be exported\n"
     "predict with `mlefit predict`\n"),
])
def test_what_a_language_lacks_is_refused(
    options: tuple[str, ...], to: str, message: str, tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(1)
    (tmp_path / "t.csv").write_text(f"a,{'n' * 64},d,y,k,w\n" + "".join(
        f"{rng.normal()},{rng.normal()},2024-{1 + k % 12:02d}-03,{'yes' if rng.random() < 0.5 else 'no'},{rng.poisson(2) * (k % 3 > 0)},"
        f"{3.0 + rng.random()}\n" for k in range(200)))
    saved = fitted(tmp_path / "t.csv", *options, "--no-kl")
    assert exported(saved, to, capsys, exits=2) == message


def test_python_knows_the_normal_distribution_and_jq_too(tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]) -> None:
    rows = rows_of(1)
    for row, y in zip(rows, responses("probit", rows, 2), strict=True):
        row["y"] = y
    saved = fitted(written(rows, tmp_path / "t.csv"), "-f", "y ~ a", "-m", "probit", "--no-kl")
    new = rows_of(3)
    theirs = predicted(saved, written(new, tmp_path / "new.csv"), capsys)
    for to in ("python", "jq"):
        agree(ENGINES[to](exported(saved, to, capsys), new), theirs)


def test_signs_that_have_no_quoting_are_refused(tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(1)
    levels = ("a\\b", "c")
    (tmp_path / "t.csv").write_text("g,y\n" + "".join(f"{levels[k % 2]},{rng.normal()}\n" for k in range(50)))
    assert exported(fitted(tmp_path / "t.csv", "--no-kl"), "mlr", capsys, exits=2) == (
        'mlefit: export: the level "a\\b" cannot be written in mlr: backslashes and control characters have no sure escape there\n'
        "give it another name, and fit again\n")
    from mlefit.errors import UsageError
    from mlefit.exporting.sql import Sqlite
    from mlefit.exporting.tree import Number

    for call, message in ((lambda: Sqlite().text("\0"), 'the level "\\x00" cannot be written in sqlite: it has a NUL in it'),
                          (lambda: Sqlite().identifier(""), 'the name "" cannot be written in sqlite: it is empty or has a NUL in it')):
        with pytest.raises(UsageError) as refused:
            call()
        assert refused.value.message == f"export: {message}"
    with pytest.raises(UsageError) as refused:
        Sqlite().write(Number(float("inf")))
    assert refused.value.message == "export: a number of the model is beyond the range of float64"


@pytest.mark.parametrize("name", [name for name, law in MODELS.items() if not law.response.reads_levels])
def test_the_formula_of_a_law_is_its_centre(name: str) -> None:
    law = MODELS[name]
    free = np.full(len(law.shapes), 0.3)
    formula = law.centre_formula(free)
    if formula is None:
        pytest.skip("it has none")
    rng = np.random.default_rng(1)
    eta = rng.normal(size=(50, len(law.predictors)))
    trials = rng.integers(1, 9, 50).astype(float)
    law = law.among(trials)
    values = {"trials": trials, "eta": eta[:, 0], **{f"eta{k + 1}": eta[:, k] for k in range(1, eta.shape[1])}}
    np.testing.assert_allclose(evaluate(parsed(formula), values), law.centre(eta, free), rtol=1e-14)
    median = law.median_formula(free)
    if median is not None:
        np.testing.assert_allclose(evaluate(parsed(median), values), law.quantile(np.full(50, 0.5), eta, free), rtol=1e-12)


def test_what_must_be_named_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "m.json"]) == 2
    assert capsys.readouterr().err == (
        "mlefit: --to is missing: expected sql, sql:duckdb, sql:sqlite, sql:postgres, python, jq or mlr\n"
        "such as `mlefit export model.json --to sql`\n")
    assert main(["audit", "d.csv"]) == 2
    assert capsys.readouterr().err == (
        "mlefit: --coef is missing: expected a file with the coefficients of another program\n"
        "such as `mlefit audit data.csv --coef coefficients.csv`\n")
