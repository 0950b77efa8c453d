"""A mean that the user has written: `--mean "a*exp(-b*x)" --start b=0.1`."""

import json
from pathlib import Path

import numpy as np
import pytest

from mlefit.cli import main

MEAN = (
    "a mean holds columns, parameters, numbers, pi, + - * / ** and the functions log, log1p, log2, log10, exp, expm1, sqrt, abs, "
    "sin, cos, tan, arcsin, arccos, arctan, sinh, cosh, tanh, logistic, normal_cdf"
)
NIST = Path(__file__).parent / "nist" / "nonlinear"
STARTS = ("start1", "start2")
SETS = {         # the model of each file, and the response
    "Bennett5": "b1*(b2+x)**(-1/b3)", "BoxBOD": "b1*(1-exp(-b2*x))", "Chwirut1": "exp(-b1*x)/(b2+b3*x)",
    "Chwirut2": "exp(-b1*x)/(b2+b3*x)", "DanWood": "b1*x**b2",
    "ENSO": "b1+b2*cos(2*pi*x/12)+b3*sin(2*pi*x/12)+b5*cos(2*pi*x/b4)+b6*sin(2*pi*x/b4)+b8*cos(2*pi*x/b7)+b9*sin(2*pi*x/b7)",
    "Eckerle4": "(b1/b2)*exp(-0.5*((x-b3)/b2)**2)", "Gauss1": "b1*exp(-b2*x)+b3*exp(-(x-b4)**2/b5**2)+b6*exp(-(x-b7)**2/b8**2)",
    "Gauss2": "b1*exp(-b2*x)+b3*exp(-(x-b4)**2/b5**2)+b6*exp(-(x-b7)**2/b8**2)",
    "Gauss3": "b1*exp(-b2*x)+b3*exp(-(x-b4)**2/b5**2)+b6*exp(-(x-b7)**2/b8**2)",
    "Hahn1": "(b1+b2*x+b3*x**2+b4*x**3)/(1+b5*x+b6*x**2+b7*x**3)", "Kirby2": "(b1+b2*x+b3*x**2)/(1+b4*x+b5*x**2)",
    "Lanczos1": "b1*exp(-b2*x)+b3*exp(-b4*x)+b5*exp(-b6*x)", "Lanczos2": "b1*exp(-b2*x)+b3*exp(-b4*x)+b5*exp(-b6*x)",
    "Lanczos3": "b1*exp(-b2*x)+b3*exp(-b4*x)+b5*exp(-b6*x)", "MGH09": "b1*(x**2+x*b2)/(x**2+x*b3+b4)",
    "MGH10": "b1*exp(b2/(x+b3))", "MGH17": "b1+b2*exp(-x*b4)+b3*exp(-x*b5)", "Misra1a": "b1*(1-exp(-b2*x))",
    "Misra1b": "b1*(1-(1+b2*x/2)**(-2))", "Misra1c": "b1*(1-(1+2*b2*x)**(-0.5))", "Misra1d": "b1*b2*x*((1+b2*x)**(-1))",
    "Nelson": "b1-b2*x1*exp(-b3*x2)", "Rat42": "b1/(1+exp(b2-b3*x))", "Rat43": "b1/((1+exp(b2-b3*x))**(1/b4))",
    "Roszman1": "b1-b2*x-arctan(b3/(x-b4))/pi", "Thurber": "(b1+b2*x+b3*x**2+b4*x**3)/(1+b5*x+b6*x**2+b7*x**3)",
}


def fitted(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict]:
    code = main(["fit", *arguments, "-o", "json", "-q", "--draws", "0"])
    return code, json.loads(capsys.readouterr().out)


class Certified:
    """A file of NIST's: starts, certified values and standard deviations by parameter, and the data."""

    def __init__(self, name: str, folder: Path) -> None:
        lines = (NIST / f"{name}.dat").read_text().splitlines()
        rows = [line.replace("=", " ").split() for line in lines[35:60]]
        rows = [row for row in rows if len(row) == 5 and row[0][0] == "b" and row[0][1:].isdigit()]
        self.starts = {start: {row[0]: float(row[place]) for row in rows} for start, place in zip(STARTS, (1, 2), strict=True)}
        self.values = {row[0]: (float(row[3]), float(row[4])) for row in rows}
        head = max(k for k, line in enumerate(lines) if line.startswith("Data:"))
        self.path = folder / f"{name}.csv"
        cells = [",".join(line.split()) for line in lines[head + 1 :] if line.strip()]
        self.path.write_text("\n".join([",".join(lines[head].split()[1:]), *cells]) + "\n")


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
    "text.csv": "x,g,y\n1,a,2.1\n2,b,3.9\n3,a,6.1\n4,b,8.0\n",
    "wood.csv": "weight,y\n1.309,2.138\n1.471,3.421\n1.49,3.597\n1.565,4.34\n1.611,4.882\n1.68,5.66\n",
}
LOWER = (
    "a = 0.401812439, w = 5.18101875, p = -0.982698198", "a = 3.02072433, w = 2.00426588, p = 0.279569731",
    "where the log-likelihood is higher by 80.5595")
REFUSED = (
    ("wave.csv --mean a*sin(w*x+p) --start w=5,p=0.3", 4,
     f"the start leads to {LOWER[0]}, a local minimum; a lower minimum exists at {LOWER[1]}, {LOWER[2]}",
     "--start a=3.02072,w=2.00427,p=0.27957 begins there, --start-only keeps the first"),
    ("line.csv --mean a*exp(-b*x", 2, '--mean, character 3: "exp(" is not closed', 'add the missing ")"'),
    ("line.csv --mean a*foo(x)", 2, '--mean, character 3: "foo" is not a function of means', MEAN),
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
    ("line.csv --mean a*x -m laplace", 2, "--mean: laplace has no single smooth mean that an expression could be",
     "use --model gaussian, bernoulli, poisson, gamma, lognormal, inverse-gaussian, exponential, beta, negative-binomial, huber, "
     "student-t"),
    ("line.csv --start a=1", 2, "--start is for the parameters of a mean", "give the mean with --mean, or leave it out"),
    ("line.csv --mean a*x --start a", 2, '--start: expected NAME=NUMBER, found "a"', "such as --start a=1,b=0.1"),
    ("line.csv --mean a*x --start a=1,a=2", 2, '--start: "a" is given two values', "give one of them"),
    ("line.csv --mean a*x --bounds a=2:1", 2, '--bounds: expected NAME=LOW:HIGH with LOW < HIGH, found "a=2:1"',
     "such as --bounds a=0:inf"),
    ("line.csv --mean a*x --start a=-1 --bounds a=0:", 2, "--start a=-1 is not within --bounds a=0:inf", "move one of them"),
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
