"""`mlefit audit`: coefficients that other programs have found are certified, or not, rightly.

Those of reference/audit were made by reference/make_audit.py and reference/make_audit.R.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conforming import complaints

import mlefit
from mlefit.auditing.record import audit_schema
from mlefit.cli import main

SAMPLES = Path(__file__).parents[1] / "sample_data"
GIVEN = Path(__file__).parent / "reference" / "audit"


def audited(capsys: pytest.CaptureFixture[str], file: str, given: str | Path, *options: str, exits: int) -> tuple[dict[str, Any], str]:
    """The JSON of an audit of a sample, and what it says beside it."""
    capsys.readouterr()
    assert main(["audit", str(SAMPLES / file), "--coef", str(given), "-q", "-o", "json", *options]) == exits
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert complaints(found, {"mlefit.audit/1": audit_schema()}) == []
    assert found["certified"] == (exits == 0)
    return found, err


@pytest.mark.parametrize(("file", "given", "options", "sentence"), [
    ("conversions.csv", "r_glm.csv", (), "certified: the maximum of the likelihood, within "),
    ("conversions.csv", "statsmodels_logit.csv", (), "certified: the maximum of the likelihood, within "),
    ("conversions.csv", "sklearn_no_penalty.json", (), "certified: the maximum of the likelihood, within "),
    ("conversions.csv", "sklearn_one_hot.json", (), "certified: the maximum of the likelihood, within "),
    ("conversions.csv", "r_glm_shown.csv", (), "certified: the maximum of the likelihood, to the digits that are given (0.00"),
    ("measurements.csv", "statsmodels_ols.csv", (), "certified: the maximum of the likelihood, within 1.0e-10 s.e."),
    ("measurements.csv", "r_lm.csv", (), "certified: the maximum of the likelihood, within 1.0e-10 s.e.; its scale is that of n - p"),
    ("measurements.csv", "r_product.csv", ("-f", "y ~ x1*site"), "certified: the maximum of the likelihood, within 1.0e-10 s.e."),
    ("species.csv", "r_multinom.csv", (), "certified: the maximum of the likelihood, within "),
    ("species.csv", "sklearn_softmax.csv", (), "certified: the maximum of the likelihood, within "),
    ("conversions.csv", "r_probit.csv", ("-m", "probit"), "certified: the maximum of the likelihood, within "),
])
def test_a_maximum_is_certified(
    file: str, given: str, options: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found, err = audited(capsys, file, GIVEN / given, *options, exits=0)
    assert found["sentence"].startswith(sentence)
    assert err == ""
    assert max(abs(one["distance"]) for one in found["parameters"] if not one["name"].startswith("log")) < 0.1


@pytest.mark.parametrize(("file", "given", "options", "finding", "sentence"), [
    ("conversions.csv", "sklearn_default.json", (), "regularised", "regularised: 0.088 s.e. from the maximum in channel=email, as "
     "a quadratic penalty with C = 1.00 (scikit-learn's default is quadratic, C = 1) leaves it"),
    ("measurements.csv", "sklearn_ridge.json", (), "regularised",
     "regularised: 3.3 s.e. from the maximum in x1, as a quadratic penalty (ridge) with alpha = 20.0 leaves it"),
    ("measurements.csv", "sklearn_lasso.json", (), "regularised",
     "regularised: 4.2 s.e. from the maximum in site=c, as an absolute penalty (lasso) with alpha = 0.0500 leaves it"),
    ("conversions.csv", "r_glm_stopped.csv", (), "stopped early",
     "stopped early, or of other rows: 0.016 s.e. from the maximum in visits, where the rows are 0.00052 nats likelier"),
    ("measurements.csv", "r_fewer_rows.csv", ("-f", "y ~ x1*site"), "stopped early",
     "stopped early, or of other rows: 0.063 s.e. from the maximum in site=c, where the rows are 0.0029 nats likelier"),
    ("conversions.csv", "sklearn_stopped.json", (), "another model", "another model, other rows, or a search that stopped far from the "
     "maximum: "),
    ("conversions.csv", "r_probit.csv", (), "another model", "another model, other rows, or a search that stopped far from the maximum: "
     "3.0 s.e. from the maximum in minutes, where the rows are 19 nats likelier"),
    ("conversions.csv", "r_other.csv", (), "the other outcome",
     "the other outcome: with all signs turned this is the maximum; --positive no models what was modelled there"),
])
def test_what_is_no_maximum_is_told_apart(
    file: str, given: str, options: tuple[str, ...], finding: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found, err = audited(capsys, file, GIVEN / given, *options, exits=5)
    assert found["finding"] == finding
    assert found["sentence"].startswith(sentence)
    assert err == f"mlefit: {GIVEN / given} is not the maximum: {found['sentence']}\n"


def test_figures_are_those_of_the_likelihood(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Excess and gradient against the likelihood written out, EDM against the excess nearby."""
    found, _ = audited(capsys, "conversions.csv", GIVEN / "sklearn_default.json", exits=5)
    given = json.loads((GIVEN / "sklearn_default.json").read_text())
    lines = [line.split(",") for line in (SAMPLES / "conversions.csv").read_text().splitlines()[1:]]
    x = np.array([[1.0, float(a), float(v), float(m), c == "email", c == "search"] for a, v, m, c, _ in lines])
    y = np.array([one[-1] == "yes" for one in lines], float)
    beta = np.array(list(given.values()))

    def nll(b: Any) -> float:
        return float(np.logaddexp(0.0, x @ b).sum() - y @ (x @ b))

    best = np.array([one["maximum"] for one in found["parameters"]])
    assert found["excess"] == pytest.approx(nll(beta) - nll(best), rel=1e-3)
    assert found["edm"] == pytest.approx(found["excess"], rel=0.05)
    gradient = x.T @ (1.0 / (1.0 + np.exp(-x @ beta)) - y)
    assert [one["gradient"] for one in found["parameters"]] == pytest.approx(list(gradient), rel=1e-6, abs=1e-6)
    assert found["penalty"]["strength"] == pytest.approx(1.0, rel=1e-4)


@pytest.mark.parametrize(("model", "file", "target", "feature"), [
    ("gamma", "repairs.csv", "hours", "age"), ("negative-binomial", "deliveries.csv", "parcels", "km"),
    ("student-t", "deliveries.csv", "minutes", "km"), ("laplace", "measurements.csv", "y", "x1"),
    ("weibull", "repairs.csv", "hours", "age"), ("hetero", "spending.csv", "spending", "income"),
])
def test_every_law_is_certified_at_its_own_maximum_and_not_beside_it(
    model: str, file: str, target: str, feature: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With its shapes, and without: then they are the best beside the coefficients."""
    options = ("-m", model, "-t", target, "-x", feature)
    fit = mlefit.fit(str(SAMPLES / file), target, [feature], model, kl=False, draws=0, se="model")
    assert {one.state for one in fit.report.parameters} == {"ok"}
    path = tmp_path / "c.csv"
    for shapes in (True, False):
        path.write_text("name,class,estimate\n" + "".join(
            f"{one.name},{one.class_ or ''},{one.estimate!r}\n" for one in fit.report.parameters if shapes or one.kind != "shape"))
        found, _ = audited(capsys, file, path, *options, exits=0)
        assert found["finding"] == "maximum"
        if any(one.kind == "shape" for one in fit.report.parameters):
            assert found["shapes"] == ("given" if shapes else "the best beside the coefficients")
    first = fit.report.parameters[0]
    assert first.estimate is not None
    assert first.std_error is not None
    path.write_text("name,class,estimate\n" + "".join(
        f"{one.name},{one.class_ or ''},{(one.estimate or 0.0) + (one is first) * (first.std_error or 0.0)!r}\n"
        for one in fit.report.parameters))
    found, _ = audited(capsys, file, path, *options, exits=5)
    assert found["parameters"][0]["distance"] == pytest.approx(1.0, rel=0.2)


@pytest.mark.parametrize(("heads", "names"), [
    (("", "Estimate"), ("(Intercept)", "x", "I(x^2)", "gB", "gC", "z", "x:z")),                                # R
    (("", "x"), ("(Intercept)", "x", "I(x^2)", "factor(g)B", "factor(g)C", "z", "z:x")),                       # write.csv(coef(fit))
    (("", "0"), ("Intercept", "x", "I(x ** 2)", "C(g)[T.B]", "C(g)[T.C]", "z", "x:z")),                        # fit.params.to_csv()
    (("", "Coef."), ("const", "x", "I(x ** 2)", "C(g, Treatment(reference='A'))[T.B]", "C(g, Treatment('A'))[T.C]", "z", "x:z")),
    (("feature", "weight"), ("intercept", "num__x", "num__x^2", "cat__g_B", "cat__g_C", "num__z", "num__x z")),     # scikit-learn
    (("term", "estimate"), ("(Intercept)", "x", "x ^ 2", "g::B", "g::C", "z", "x & z")),
    (("Variable", "B"), ("(Constant)", "x", "x^2", "g.B", "g.C", "z", "x*z")),
])
def test_the_usual_tables_of_coefficients_are_read(
    heads: tuple[str, str], names: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(5)
    x, z, g = rng.normal(size=200), rng.normal(size=200), rng.choice([*"ABC"], 200)
    y = 1.0 + x + 0.3 * x**2 + (g == "B") - 0.5 * z * x + rng.normal(size=200)
    pd.DataFrame({"x": x, "z": z, "g": g, "y": y}).to_csv(tmp_path / "d.csv", index=False)
    made = np.column_stack([np.ones(200), x, x**2, g == "B", g == "C", z, x * z])
    found = np.linalg.lstsq(made, y, rcond=None)[0]
    pd.DataFrame(dict(zip(heads, (names, found), strict=True))).to_csv(tmp_path / "c.csv", index=False)
    capsys.readouterr()
    command = ["audit", str(tmp_path / "d.csv"), "-f", "y ~ x + I(x**2) + g + z + x:z", "--coef", str(tmp_path / "c.csv"), "-q"]
    assert main(command) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("finding   certified: ")


def test_names_of_other_programs_are_understood(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fit = mlefit.fit(str(SAMPLES / "measurements.csv"), formula="y ~ x1 + I(x2**2) + x1:site", kl=False)
    values = {one.name: one.estimate for one in fit.report.parameters if one.kind != "shape"}
    ways = {"(Intercept)": ("Intercept", "const", "_cons"), "x1": ("x1", "num__x1", "`x1`"), "I(x2**2)": ("I(x2^2)", "I(x2 ** 2)", "I(x2**2)"),
            "x1:site=b": ("siteb:x1", "x1:C(site)[T.b]", "x1:site_b"), "x1:site=c": ("x1:sitec", "C(site)[T.c]:x1", "site::c:x1")}
    for at in range(3):
        path = tmp_path / "c.json"
        path.write_text(json.dumps([{"term": ways[name][at], "estimate": value} for name, value in values.items()]))
        assert audited(capsys, "measurements.csv", path, "-f", "y ~ x1 + I(x2**2) + x1:site", exits=0)[0]["finding"] == "maximum"


REMEDY = "give a CSV with the columns name and estimate (and class), or a JSON object of numbers by name"
NAMES = "the coefficients are (Intercept), x1, x2, site=b, site=c"


@pytest.mark.parametrize(("text", "message", "remedy"), [
    ("{}", ": expected coefficients, found none", REMEDY), ("", ": expected a header with name and estimate, found none", REMEDY), ("a,b\n1,2\n", ": expected a header with name and estimate, found a, b", REMEDY),
    ("name,coef\nx1,1,\n(Intercept)\n", ", row 3: expected 2 cells, found 1", REMEDY),
    ("name,coef\nx1,one\n", ', row 2: the value of "x1" must be a finite number, found "one"', REMEDY),
    ("name,coef\nx1,1\nx1,2\n", ': "x1" is there twice', "give each coefficient once"),
    ("{", ": expected coefficients as JSON, found no JSON", REMEDY), ("[3]", ", item 1: expected an object", REMEDY),
    ('[{"coef": 3}]', ", item 1: expected a name", REMEDY), ('{"x1": 1e999}', ': the value of "x1" must be a finite number, found "1e999"', REMEDY),
    ("name,coef\nx1,1\nx9,2\n", '"x9" is no coefficient of the model', NAMES),
    ("name,coef\nx1,1\n", 'there is no value for "(Intercept)" and 3 more', "a coefficient that was left out is given as 0"),
    ("name,class,coef\nx1,b,1\n", '"x1" has the class "b", expected none', "name the class of each coefficient in a column class"),
    ("name,coef\n(Intercept),1\nx1,1\nx2,1\nsite_b,1\nsite_c,1\nsigma,-1\n", "sigma must be a number > 0, found -1",
     "give the shape itself, not its logarithm"),
])
def test_what_cannot_be_audited_is_refused(
    text: str, message: str, remedy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "c.csv"
    path.write_text(text)
    assert main(["audit", str(SAMPLES / "measurements.csv"), "--coef", str(path), "-q"]) == 3
    said = capsys.readouterr().err.splitlines()
    assert said == [f"mlefit: {path if message[0] in ':,' else ''}{message}", remedy]


def test_files_that_are_none_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    path, table = tmp_path / "c.csv", str(SAMPLES / "measurements.csv")
    assert main(["audit", table, "--coef", str(path)]) == 3
    assert capsys.readouterr().err == f"mlefit: {path}: cannot be read: No such file or directory\ncheck the path\n"
    path.write_bytes(b"\xff\xfe")
    assert main(["audit", table, "--coef", str(path)]) == 3
    assert capsys.readouterr().err == f"mlefit: {path}: expected coefficients as text, found none\n{REMEDY}\n"
    monkeypatch.setattr("mlefit.auditing.coefficients.LARGEST", 1 << 20)
    path.write_bytes(b"x" * ((1 << 20) + 1))
    assert main(["audit", table, "--coef", str(path)]) == 3
    assert capsys.readouterr().err == f"mlefit: {path}: expected coefficients of at most 1 MB\ncheck the path\n"
    path.write_text('name,coef\n"' + "x" * 200_000 + '",1\n')
    assert main(["audit", table, "--coef", str(path)]) == 3
    assert capsys.readouterr().err == f"mlefit: {path}: expected coefficients as CSV, found no CSV\n{REMEDY}\n"


def test_a_column_that_others_determine_has_no_coefficient_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(1)
    a = rng.normal(size=50)
    (tmp_path / "t.csv").write_text("a,b,y\n" + "".join(f"{u},{2 * u},{u + e}\n" for u, e in zip(a, rng.normal(size=50), strict=True)))
    path = tmp_path / "c.csv"
    path.write_text("name,coef\n(Intercept),0\na,1\nb,0.5\n")
    assert main(["audit", str(tmp_path / "t.csv"), "--coef", str(path), "-q"]) == 3
    assert capsys.readouterr().err == (
        'mlefit: "b" is a combination of other columns in these rows and has no coefficient of its own\n'
        "drop it, or give it as 0 and the others as they then are\n")
    fit = mlefit.fit(str(tmp_path / "t.csv"), kl=False)
    values = {one.name: one.estimate for one in fit.report.parameters}
    path.write_text(f"name,coef\n(Intercept),{values['(Intercept)']!r}\na,{values['a']!r}\nb,NA\n")      # as R writes it
    assert main(["audit", str(tmp_path / "t.csv"), "--coef", str(path), "-q", "--out", str(tmp_path / "o.txt")]) == 0


def test_the_table_shows_each_parameter(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(SAMPLES / "measurements.csv"), "--coef", str(GIVEN / "sklearn_ridge.json"), "-q"]) == 5
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("measurements.csv: y ~ x1 + x2 + site, gaussian noise, 500 rows")
    assert lines[2].split("  ")[-1] == "gradient x s.e."
    assert [line.split()[0] for line in lines[3:9]] == ["(Intercept)", "x1", "x2", "site=b", "site=c", "log"]
    assert lines[10].startswith("distance  3.9 s.e. from the maximum (EDM 7.9 nats), excess 7.5 nats in all, 0.015 per row")
    assert lines[11].startswith("finding   regularised: 3.3 s.e. from the maximum in x1")


def test_ordered_levels_are_told_by_their_cuts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fit = mlefit.fit(str(SAMPLES / "deliveries.csv"), "stars", ["km"], "ordinal", kl=False)
    known = {one.name: float(one.estimate or 0.0) for one in fit.report.parameters}
    path, options = tmp_path / "c.json", ("-m", "ordinal", "-t", "stars", "-x", "km")
    path.write_text(json.dumps(known))
    found, _ = audited(capsys, "deliveries.csv", path, *options, exits=0)
    assert [one["name"] for one in found["parameters"]] == ["km", "1|2", "2|3", "3|4"]
    assert [one["maximum"] for one in found["parameters"]] == pytest.approx(list(known.values()), rel=1e-9)
    errors = [one.std_error for one in fit.report.parameters]
    assert [one["std_error"] for one in found["parameters"]] == pytest.approx(errors, rel=1e-9)
    known["3|4"] += float(errors[-1] or 0.0)
    path.write_text(json.dumps(known))
    found, _ = audited(capsys, "deliveries.csv", path, *options, exits=5)
    assert [one["distance"] for one in found["parameters"]] == pytest.approx([0.0, 0.0, 0.0, 1.0], abs=1e-6)
    rows = np.genfromtxt(SAMPLES / "deliveries.csv", delimiter=",", names=True, dtype=None, encoding="utf-8")

    def nll(theta: list[float]) -> float:
        slope, *cuts = theta
        ends = np.array([-np.inf, *cuts, np.inf])
        stars, at = rows["stars"].astype(int), slope * rows["km"]
        with np.errstate(over="ignore"):
            p = 1.0 / (1.0 + np.exp(-(ends[stars] - at))) - 1.0 / (1.0 + np.exp(-(ends[stars - 1] - at)))
        return -float(np.log(p).sum())

    theta = list(known.values())
    for k, one in enumerate(found["parameters"]):
        step = 1e-5 * one["std_error"]
        up, down = (nll([*theta[:k], theta[k] + sign * step, *theta[k + 1 :]]) for sign in (1.0, -1.0))
        assert one["gradient"] == pytest.approx((up - down) / (2.0 * step), rel=1e-3, abs=1e-2)


@pytest.mark.parametrize("df", ["Inf", "1e6", "35"])
def test_a_shape_at_its_limit_is_not_judged(df: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """glmmTMB stops at some large df, R writes Inf: the maximum is the gaussian one."""
    rng = np.random.default_rng(1)
    (tmp_path / "t.csv").write_text("x,y\n" + "".join(f"{a},{a + b}\n" for a, b in zip(rng.normal(size=99), rng.random(99), strict=True)))
    fit = mlefit.fit(str(tmp_path / "t.csv"), "y", ["x"], "gaussian", kl=False).report.parameters
    (tmp_path / "c.csv").write_text(f"name,estimate\n(Intercept),{fit[0].estimate!r}\nx,{fit[1].estimate!r}\ndf,{df}\n")
    found, err = audited(capsys, str(tmp_path / "t.csv"), tmp_path / "c.csv", "-m", "student-t", exits=0)
    assert found["notes"][-1].startswith("df is infinite at the maximum, and its value is not judged: ")
    assert found["finding"] == "maximum"
    assert err == ""
