"""A mean that the user has written: `--mean "a*exp(-b*x)" --start b=0.1`."""

import json
from pathlib import Path

import numpy as np
import pytest
from nist_curves import SETS, STARTS, Certified

from mlefit.cli import main

MEAN = (
    "a mean holds columns, parameters, numbers, pi, + - * / ** and the functions log, log1p, log2, log10, exp, expm1, sqrt, abs, "
    "sin, cos, tan, arcsin, arccos, arctan, sinh, cosh, tanh, logistic, normal_cdf"
)


def fitted(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict]:
    code = main(["fit", *arguments, "-o", "json", "-q", "--draws", "0"])
    return code, json.loads(capsys.readouterr().out)


EASY = [("Misra1a", "start1"), ("BoxBOD", "start1"), ("MGH17", "start1"), ("Lanczos1", "start1"), ("Nelson", "start1")]


@pytest.mark.parametrize(
    ("name", "start"),
    [pytest.param(name, start, marks=() if (name, start) in EASY else pytest.mark.slow) for name in SETS for start in STARTS])
def test_nist_certified_values_come_out_from_either_start(
    name: str, start: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = Certified(name, tmp_path)
    begin = ",".join(f"{parameter}={value!r}" for parameter, value in known.starts[start].items())
    target = "log(y)" if name == "Nelson" else "y"
    code, found = fitted(capsys, str(known.path), "-t", target, "--mean", SETS[name], "--start", begin, "--se", "ols")
    assert code == 0
    assert found["agreement"]["agree"]
    for parameter in found["parameters"][:-1]:
        value, deviation = known.values[parameter["name"]]
        assert parameter["estimate"] == pytest.approx(value, rel=1.01e-10 if value else 1.0)
        # Lanczos1 is exact to 13 digits: its residuals, and all that is made of them, are rounded themselves.
        assert parameter["std_error"] == pytest.approx(deviation, rel=2e-3 if name == "Lanczos1" else 1.01e-8)


NOISE = np.random.default_rng(2).standard_normal(40)
FILES = {
    "wave.csv": "x,y\n" + "".join(f"{k / 8:g},{3 * np.sin(k / 4 + 0.3) + 0.3 * e:.3f}\n" for k, e in enumerate(NOISE)),
    "line.csv": "x,y\n1,2.1\n2,3.9\n3,6.1\n4,8.0\n5,9.9\n",
    "square.csv": "x,y\n1,2\n2,8\n3,18\n4,32\n5,50\n6,72\n",
    "below.csv": "x,y\n2,1.9\n-1,-1.2\n3,3.4\n-2,-1.7\n1,0.8\n",
    "counts.csv": "x,y\n1,9\n2,6\n3,4\n4,1\n5,0\n6,0\n", "labels.csv": "x,y\n1,0\n2,0\n3,1\n4,0\n5,1\n6,1\n7,1\n8,1\n",
    "text.csv": "x,g,y\n1,a,2.1\n2,b,3.9\n3,a,6.1\n4,b,8.0\n",
    "wood.csv": "weight,y\n1.309,2.138\n1.471,3.421\n1.49,3.597\n1.565,4.34\n1.611,4.882\n1.68,5.66\n",
}
LOWER = (
    "a = 0.401812439, w = 5.18101875, p = -0.982698198", "a = 3.02072433, w = 2.00426588, p = 0.279569731",
    "where the log-likelihood is higher by 80.5595")
TAKES = ("gaussian, bernoulli, binomial, poisson, gamma, lognormal, inverse-gaussian, exponential, weibull, beta, negative-binomial, "
         "huber, student-t")
EDGE = "; the likelihood rises from there towards a mean that is not {} (row {} of those used)"
NEARER = "begin nearer to the answer with --start"
REFUSED = (
    ("wave.csv --mean a*sin(w*x+p) --start w=5,p=0.3", 4,
     f"the start leads to {LOWER[0]}, a local minimum; a lower minimum exists at {LOWER[1]}, {LOWER[2]}",
     "--start a=3.02072,w=2.00427,p=0.27957 begins there, --start-only keeps the first"),
    ("line.csv --mean a*exp(-b*x", 2, '--mean, character 3: "exp(" is not closed', 'add the missing ")"'),
    ("line.csv --mean a*foo(x)", 2, '--mean, character 3: unknown function "foo"', MEAN),
    ("line.csv --mean a*exp(-b*x)", 2, "--mean: b needs a start: only parameters in which the mean is linear can do without",
     "add --start b=1, with values near the answer"),
    ("wood.csv --mean a*exp(b*wieght)*weight**c", 2,
     "--mean: b, wieght, c need starts: only parameters in which the mean is linear can do without",
     "add --start b=1,wieght=1,c=1, with values near the answer"),
    ("wood.csv --mean a*wieght**b", 2, '--mean: "a*wieght**b" holds no column', "did you mean weight for wieght?"),
    ("line.csv --mean a*b", 2, '--mean: "a*b" holds no column', "the columns are x, y"),
    ("line.csv --mean 2*x", 2, '--mean: "2*x" has no parameter: every name in it is a column',
     "name what is to be estimated, as a and b in a*exp(-b*x)"),
    ("line.csv --mean a*x --start x=1", 2, '--start x=...: "x" is a column, and no parameter', "rename the parameter in --mean"),
    ("line.csv --mean a*x --start rate=1", 2, '--start rate=...: --mean has no parameter "rate"', "its parameters are a"),
    ("text.csv --mean a*g", 2, '--mean needs numbers, column "g" holds text', "code its levels as numbers in the file"),
    ("line.csv --mean a*y", 2, 'column "y" is the target and a predictor as well', "give it one role"),
    ("line.csv --mean a*x -x x", 2, "--mean says what the mean is; --features says it a second time",
     "leave --features out: the expression can hold what it says"),
    ("line.csv --mean a*x --scale-features x", 2, "--scale-features: beside --mean the scale is one number for all rows",
     "leave --scale-features out"),
    ("line.csv --mean a*x -m laplace", 2,
     "--mean: the loss of laplace has a corner where a row is met: what certifies a curve are derivatives, everywhere",
     '--loss "log(cosh(r/S))" in the place of --model is nearly that loss, with a tenth of a usual residual for S; or use --model student-t or huber, or a linear '
     "mean with -x"),
    ("line.csv --mean a*x -m quantile:tau=0.9", 2,
     "--mean: the loss of quantile has a corner where a row is met: what certifies a curve are derivatives, everywhere",
     '--loss "0.9*r+S*log1p(exp(-r/S))" in the place of --model is nearly that loss, with a tenth of a usual residual for S; or use --model student-t or huber, or a '
     "linear mean with -x"),
    ("line.csv --mean lambda*x", 2, '--mean, character 1: "lambda" is Python and not allowed', "give it another name, such as lam"),
    ("below.csv --mean a*x**b --start a=1,b=1", 3,
     "--mean, row 2 of those used: x**b has no derivative by b at the start (x = -1, a = 1, b = 1)",
     "drop the row, or write a mean that is smooth in b there"),
    ("counts.csv --mean a+b*x --start a=5,b=-0.1 -m poisson", 4,
     EDGE.format("above 0", 6), f"write a mean that is above 0 whatever its parameters, such as exp(...), or {NEARER}"),
    ("labels.csv --mean a+b*x --start a=0.4,b=0.01 -m bernoulli", 4,
     EDGE.format("between 0 and 1", 8), f"write a mean that is between 0 and 1 whatever its parameters, such as logistic(...), or {NEARER}"),
    ("line.csv --mean a*x -m hurdle", 2, "--mean: hurdle has no single mean that an expression could be", f"use --model {TAKES}"),
    ("line.csv --mean a*x --loss max(abs(r)-0.5,0)", 2,
     "--mean: max(abs(r)-0.5,0) has a corner at a residual of -0.5, 0.5: what certifies a curve are derivatives, everywhere", "use a loss without corners, such as log(cosh(r/S)), or a linear mean with -x"),
    ("line.csv --start a=1", 2, "--start is for the parameters of a mean", "give the mean with --mean, or leave it out"),
    ("line.csv --mean a*x --start a", 2, '--start: expected NAME=NUMBER, found "a"', "such as --start a=1,b=0.1"),
    ("line.csv --mean a*x --start a=1,a=2", 2, '--start: "a" is given two values', "give one of them"),
    ("line.csv --mean a*x --bounds a=2:1", 2, '--bounds: expected NAME=LOW:HIGH with LOW < HIGH, found "a=2:1"',
     "such as --bounds a=0:inf"),
    ("line.csv --mean a*x --start a=-1 --bounds a=0:", 2, "--start a=-1 is not within --bounds a=0:inf", "move one of them"),
    ("line.csv --mean a*x --bounds a=0:0.1", 4,
     "--bounds: every parameter of the mean is at a bound, and nothing is left to estimate", "widen the bounds"),
    ("line.csv --mean a*log(b-x) --start b=3", 3, "--mean, row 3 of those used: log(b-x) is -inf at the start (x = 3, a = 1, b = 3)",
     "give other values with --start, or drop the row"),
    ("line.csv --mean a*x+b*x**c+d+e*x**f --start c=2,f=3", 4,
     "too few rows: 5 rows cannot determine 7 parameters (a, b, c, d, e, f, sigma)",
     "use more rows: with as many parameters as rows any data is fitted exactly"),
    ("square.csv --mean a*x**b --start b=1.5", 4,
     'the fit is exact: "y" is the mean at a = 2, b = 2, so sigma = 0 and the likelihood is unbounded',
     "there is no noise to model; check whether a column was computed from the target"),
    ("line.csv --mean a*b*x --start a=1,b=1", 4,
     "--mean: a and b are not identified separately: only a*b = 1.99454545 is (correlation 1.000)",
     "write a number for one of them into --mean, as in b = 1"),
    ("line.csv --mean a/b*x --start b=1", 4,
     "--mean: a and b are not identified separately: only a/b = 1.99454545 is (correlation 1.000)",
     "write a number for one of them into --mean, as in b = 1"),
    ("line.csv --mean a+b+c*x", 4, "--mean: a and b are not identified separately: only a+b = 0.09 is (correlation 1.000)",
     "write a number for one of them into --mean, as in b = 1"),
    ("line.csv --mean a+c*x-b", 4, "--mean: a and b are not identified separately: only a-b = 0.09 is (correlation 1.000)",
     "write a number for one of them into --mean, as in b = 1"),
    ("line.csv --mean a+b*x+0*c", 4, "--mean: c is not identified: no row changes with it near the end of the search",
     "write a number for c into --mean, or begin elsewhere with --start"),
)


@pytest.mark.parametrize(("command", "code", "message", "remedy"), REFUSED, ids=[case[0] for case in REFUSED])
def test_what_is_refused_is_said_whole(
    command: str, code: int, message: str, remedy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    name = command.split(maxsplit=1)[0]
    Path(name).write_text(FILES[name])
    assert main(["fit", *command.split(), "-t", "y"]) == code
    said = [line for line in capsys.readouterr().err.splitlines() if not line.startswith(("note: ", "warning: "))]
    if message.startswith(";"):         # where a search stopped is its own affair
        assert said[0].startswith("mlefit: trust-exact did not converge: the search stopped before the optimum was certified (EDM ")
        assert said[0].endswith(message)
        assert said[1:] == [remedy]
    else:
        assert said == [f"mlefit: {message}", remedy]


def test_the_minimum_of_the_start_alone_is_reported_with_the_lower_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "wave.csv").write_text(FILES["wave.csv"])
    command = [str(tmp_path / "wave.csv"), "-t", "y", "--mean", "a*sin(w*x+p)", "--start", "w=5,p=0.3", "--start-only"]
    code, found = fitted(capsys, *command)
    assert code == 0
    assert found["parameters"][1]["estimate"] == pytest.approx(5.18, abs=0.01)
    assert ("lower-minimum", f"a lower minimum exists at {LOWER[1]}, {LOWER[2]}") in [
        (warning["code"], warning["message"]) for warning in found["warnings"]]


def test_a_search_that_does_not_arrive_says_where_it_ended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = Certified("MGH17", tmp_path)
    begin = ",".join(f"{name}={value!r}" for name, value in known.starts["start1"].items())
    code, error = fitted(capsys, str(known.path), "-t", "y", "--mean", SETS["MGH17"], "--start", begin, "--start-only")
    assert (code, error["code"]) == (4, "not-converged")
    assert error["message"].startswith(
        "trust-exact did not converge: the Hessian is not positive definite where the search ended, so no optimum is certified (EDM inf "
        "nats after 0 steps); it ended at b1 = ")
    assert error["remedy"] == "begin nearer to the answer with --start"
    code, found = fitted(capsys, str(known.path), "-t", "y", "--mean", SETS["MGH17"], "--start", begin)
    assert (code, found["warnings"][0]["code"]) == (0, "start")
    assert found["warnings"][0]["message"].startswith(
        "the search from the start did not arrive; the answer is that of the best of 7 searches: --start b1=0.37541,b2=1.93585,")


GROWTH = "x,y\n" + "".join(
    f"{x:g},{9.0 * (1.0 - np.exp(-0.4 * x)) + 0.2 * e:.4f}\n"
    for x, e in zip(np.arange(1.0, 31.0) / 2.0, np.random.default_rng(3).standard_normal(30), strict=True))


def test_a_parameter_at_its_bound_is_held_there_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, model = tmp_path / "d.csv", tmp_path / "m.json"
    data.write_text(GROWTH)
    mean = ["-t", "y", "--mean", "a*(1-exp(-b*x))", "--start", "b=1"]
    code, free = fitted(capsys, str(data), *mean, "--bounds", "a=0:inf,b=:2")
    assert code == 0
    assert not any(warning["code"] == "bound" for warning in free["warnings"])
    code, found = fitted(capsys, str(data), *mean, "--bounds", "a=0:8.5", "--save", str(model))
    assert code == 0
    a, b, _ = found["parameters"]
    assert (a["name"], a["state"], a["estimate"], a["loss_estimate"], a["std_error"]) == ("a", "boundary", 8.5, 8.5, None)
    assert found["criteria"]["n_params"] == 2
    assert main(["fit", str(data), *mean, "--bounds", "a=0:8.5", "-q", "--no-kl"]) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()][5] == ["a", "8.5", "8.5"]
    assert found["criteria"]["loglik"] < free["criteria"]["loglik"]
    assert [warning["message"] for warning in found["warnings"] if warning["code"] == "bound"] == [
        "a is at its bound 8.5: the likelihood rises beyond it, and the other estimates are those with a held there"]
    code, held = fitted(capsys, str(data), "-t", "y", "--mean", "8.5*(1-exp(-b*x))", "--start", "b=1")
    assert b["estimate"] == pytest.approx(held["parameters"][0]["estimate"], rel=1e-10)
    assert main(["predict", str(model), str(data), "-q"]) == 0
    first = capsys.readouterr().out.splitlines()[1].split(",")
    assert float(first[2]) == pytest.approx(8.5 * (1.0 - np.exp(-0.5 * b["estimate"])), rel=1e-12)


def test_a_bound_that_the_way_crosses_but_the_answer_does_not_is_no_bound(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "d.csv"
    data.write_text(GROWTH)
    mean = ["-t", "y", "--mean", "a*(1-exp(-b*x))+c*x", "--start", "b=1"]
    code, found = fitted(capsys, str(data), *mean, "--bounds", "c=0.5:,a=0:")
    assert code == 0
    a, b, c, _ = found["parameters"]
    assert (c["state"], c["estimate"]) == ("boundary", 0.5)
    assert (a["state"], b["state"]) == ("ok", "ok")


def test_the_bend_of_the_mean_is_told_where_it_moves_standard_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = Certified("BoxBOD", tmp_path)
    code, found = fitted(capsys, str(known.path), "-t", "y", "--mean", SETS["BoxBOD"], "--start", "b2=0.5", "--no-kl")
    assert code == 0
    assert found["notes"][-1] == (
        "the bend of the mean is 0.15 of Fisher's information, which moves standard errors by up to 13% (b2); --se ols leaves it out, "
        "--intervals profile needs none.")


def test_a_parameter_that_runs_to_where_nothing_changes_is_not_identified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "d.csv"
    data.write_text("x,y\n" + "".join(f"{k},{5 + k % 3}\n" for k in range(12)))
    code, error = fitted(capsys, str(data), "-t", "y", "--mean", "tanh(c)+0*x", "--start", "c=0.2")
    assert (code, error["code"]) == (4, "not-identified")
    assert error["message"] == "--mean: c is not identified: no row changes with it near the end of the search"


def test_routes_that_end_at_different_minima_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "wave.csv").write_text(FILES["wave.csv"])
    command = [str(tmp_path / "wave.csv"), "-t", "y", "--mean", "a*sin(w*x+p)", "--start", "w=5,p=1", "--start-only"]
    code, error = fitted(capsys, *command)
    assert (code, error["code"]) == (4, "routes-disagree")
    assert error["message"] == (
        "the routes ended at different minima: maximum likelihood at a = 0.600569531, w = 3.81663361, p = -0.905413806, least loss at "
        "a = 0.401812439, w = 5.18101875, p = -0.982698198")
    assert error["remedy"] == "begin nearer to the answer with --start"
    assert [one["estimate"] for one in error["fit"]["parameters"][:3]] == pytest.approx([0.600569531, 3.81663361, -0.905413806], rel=1e-8)


def test_a_phase_that_has_come_round_is_the_same_minimum(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "wave.csv").write_text(FILES["wave.csv"])
    code, found = fitted(capsys, str(tmp_path / "wave.csv"), "-t", "y", "--mean", "a*sin(w*x+p)", "--start", "w=2.75,p=0")
    assert code == 0
    assert found["agreement"]["agree"]
    a, w, p = (one["estimate"] for one in found["parameters"][:3])
    assert (a * np.cos(p), a * np.sin(p), w) == pytest.approx((3.02072433 * np.cos(0.279569731), 3.02072433 * np.sin(0.279569731), 2.00426588))


@pytest.mark.slow
def test_a_start_of_the_wrong_sign_is_turned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Decay from a start of growth: no search of that sign leads anywhere."""
    rng = np.random.default_rng(1)
    x = rng.uniform(0.0, 3.0, 300)
    np.savetxt(tmp_path / "d.csv", np.c_[x, 1.0 + 2.0 * np.exp(-x) + 0.3 * rng.standard_normal(300)], delimiter=",", header="x,y", comments="")
    command = (str(tmp_path / "d.csv"), "-t", "y", "--mean", "a+b*exp(c*x)", "--no-kl")
    _, near = fitted(capsys, *command, "--start", "c=-0.8")
    code, far = fitted(capsys, *command, "--start", "c=0.5")
    assert (code, far["warnings"][0]["code"]) == (0, "start")
    assert [one["estimate"] for one in far["parameters"]] == pytest.approx([one["estimate"] for one in near["parameters"]], rel=1e-6)
