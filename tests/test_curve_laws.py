"""A linear predictor written as a mean is the linear model, under every law that takes one; and what is made of a curve later."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from mlefit.cli import main
from mlefit.design.curve import takes_curve
from mlefit.noise import MODELS

RNG = np.random.default_rng(7)
X = np.linspace(0.2, 2.0, 60)
ETA = 0.3 + 0.6 * X
RESPONSES = {
    "gaussian": ETA + 0.2 * RNG.standard_normal(60), "student-t": ETA + 0.2 * RNG.standard_t(3, 60),
    "huber": ETA + 0.2 * RNG.standard_t(3, 60), "poisson": RNG.poisson(np.exp(ETA)),
    "negative-binomial": RNG.negative_binomial(2, 1.0 / (1.0 + np.exp(ETA) / 2.0)), "gamma": RNG.gamma(4.0, np.exp(ETA) / 4.0),
    "inverse-gaussian": RNG.wald(np.exp(ETA), 5.0), "exponential": RNG.exponential(np.exp(ETA)),
    "lognormal": np.exp(ETA + 0.3 * RNG.standard_normal(60)), "bernoulli": (RNG.random(60) < 1.0 / (1.0 + np.exp(-ETA))).astype(int),
    "beta": RNG.beta(3.0 / (1.0 + np.exp(-ETA)), 3.0 / (1.0 + np.exp(ETA))), "weibull": np.exp(ETA) * RNG.weibull(1.7, 60),
    "binomial": RNG.binomial(8, 1.0 / (1.0 + np.exp(-ETA))),
}
WRITTEN = {"identity": "a+b*x", "log": "exp(a+b*x)", "logit": "1/(1+exp(-a-b*x))", "probit": "normal_cdf(a+b*x)",
           "cloglog": "1-exp(-exp(a+b*x))"}


def fitted(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    code = main(["fit", *arguments, "-o", "json", "-q", "--draws", "0"])
    found = json.loads(capsys.readouterr().out)
    assert code == 0, found
    return found


def test_every_law_with_a_mean_to_write_is_here() -> None:
    assert {name for name, law in MODELS.items() if takes_curve(law)} == set(RESPONSES)


@pytest.mark.parametrize("name", [*RESPONSES, "bernoulli:link=probit", "bernoulli:link=cloglog", "binomial:link=probit"])
def test_a_linear_predictor_as_a_mean_is_the_linear_model(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "d.csv"
    y = RESPONSES[name.partition(":")[0]]
    data.write_text("x,m,y\n" + "".join(f"{x!r},8,{y!r}\n" for x, y in zip(X.tolist(), y.tolist(), strict=True)))
    link, more = str(MODELS.find(name, "").mean_link), ("--trials", "m") if MODELS.find(name, "").response.of_trials else ()
    linear = fitted(capsys, str(data), "-t", "y", "-x", "x", "-m", name, "--no-kl", *more)
    curved = fitted(capsys, str(data), "-t", "y", "--mean", WRITTEN[link], "--start", "a=0.1,b=0.5", "-m", name, "--no-kl", *more)
    assert curved["agreement"]["agree"]
    assert curved["criteria"]["loglik"] == pytest.approx(linear["criteria"]["loglik"], rel=1e-10)
    for mine, theirs in zip(curved["parameters"], linear["parameters"], strict=True):
        assert mine["state"] == theirs["state"]
        if mine["estimate"] is not None and mine["state"] == "ok":
            assert mine["estimate"] == pytest.approx(theirs["estimate"], rel=1e-6)
            assert mine["std_error"] == pytest.approx(theirs["std_error"], rel=1e-6)
    for figure in ("aic", "rmse", "on_new_rows"):
        if linear["criteria"][figure] is not None:
            assert curved["criteria"][figure] == pytest.approx(linear["criteria"][figure], rel=1e-6)


@pytest.mark.parametrize("kind", ["robust", "hc0", "hac:2", "cluster:g"])
def test_robust_errors_of_a_linear_predictor_are_those_of_the_linear_model(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "d.csv"
    rows = enumerate(zip(X.tolist(), RESPONSES["gaussian"].tolist(), strict=True))
    data.write_text("x,g,y\n" + "".join(f"{x!r},{k % 12},{y!r}\n" for k, (x, y) in rows))
    linear = fitted(capsys, str(data), "-t", "y", "-x", "x", "--se", kind, "--no-kl")
    curved = fitted(capsys, str(data), "-t", "y", "--mean", "a+b*x", "--se", kind, "--no-kl")
    for mine, theirs in zip(curved["parameters"], linear["parameters"], strict=True):
        assert mine["std_error"] == pytest.approx(theirs["std_error"], rel=1e-8)
        assert mine["df"] == (None if theirs["df"] is None else pytest.approx(theirs["df"], rel=1e-10))


GROWTH = "x,y\n" + "".join(
    f"{x:g},{9.0 * (1.0 - np.exp(-0.4 * x)) + 0.2 * e:.4f}\n"
    for x, e in zip(np.arange(1.0, 31.0) / 2.0, np.random.default_rng(3).standard_normal(30), strict=True))
MEAN = ["--mean", "a*(1-exp(-b*x))", "--start", "b=1"]


def test_a_curve_is_saved_and_predicts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, model, new = tmp_path / "d.csv", tmp_path / "m.json", tmp_path / "new.csv"
    data.write_text(GROWTH)
    new.write_text("x\n1\n10\n40\nNA\n")
    found = fitted(capsys, str(data), "-t", "y", *MEAN, "--save", str(model))
    a, b = (p["estimate"] for p in found["parameters"][:2])
    saved = json.loads(model.read_text())["design"]
    assert (saved["terms"], saved["offset"]) == ([], None)
    assert saved["curve"] == {"text": "a*(1-exp(-b*x))", "parameters": [
        {"name": "a", "value": a, "held": False}, {"name": "b", "value": b, "held": False}]}
    assert main(["predict", str(model), str(new), "-q"]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    for row, x in zip(rows, (1.0, 10.0, 40.0), strict=False):
        assert float(row["mean"]) == pytest.approx(a * (1.0 - np.exp(-b * x)), rel=1e-12)
    assert [row["flag"] for row in rows] == ["", "", "outside:x", "missing:x"]
    # The interval of a mean is that of the delta method with the observed information.
    r, x = np.array([[float(row) for row in line.split(",")] for line in GROWTH.splitlines()[1:]]).T[::-1], 1.0
    residual = r[0] - a * (1.0 - np.exp(-b * r[1]))
    j = np.stack([1.0 - np.exp(-b * r[1]), a * r[1] * np.exp(-b * r[1])])
    bend = np.zeros((2, 2))
    bend[0, 1] = bend[1, 0] = residual @ (r[1] * np.exp(-b * r[1]))
    bend[1, 1] = residual @ (-a * r[1] ** 2 * np.exp(-b * r[1]))
    at = np.array([1.0 - np.exp(-b * x), a * x * np.exp(-b * x)])
    error = np.sqrt(residual @ residual / 28.0 * at @ np.linalg.solve(j @ j.T - bend, at))
    half = (float(rows[0]["mean_high"]) - float(rows[0]["mean_low"])) / 2.0
    assert half / error == pytest.approx(2.0484071418, rel=1e-6)        # t of 28 degrees of freedom at 0.975


@pytest.mark.parametrize(("key", "value", "told"), [
    ("text", "__import__('os')", "expected a mean, found __import__('os')"),
    ("text", "a*(1-exp(-b*x))+c", "expected the parameters of the mean, found a, b"),
])
def test_a_saved_curve_is_checked_before_it_is_used(
    key: str, value: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, model = tmp_path / "d.csv", tmp_path / "m.json"
    data.write_text(GROWTH)
    fitted(capsys, str(data), "-t", "y", *MEAN, "--save", str(model))
    saved = json.loads(model.read_text())
    saved["design"]["curve"][key] = value
    model.write_text(json.dumps(saved))
    assert main(["predict", str(model), str(data), "-q"]) == 3
    assert told in capsys.readouterr().err


def test_what_the_mean_does_not_let_the_rows_do_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "d.csv"
    x = np.linspace(0.0, 10.0, 80)
    y = np.exp(-0.3 * x) + np.sin(x) + 0.05 * np.random.default_rng(1).standard_normal(80)
    data.write_text("x,y\n" + "".join(f"{a:.4f},{b:.5f}\n" for a, b in zip(x, y, strict=True)))
    found = fitted(capsys, str(data), "-t", "y", "--mean", "a*exp(-b*x)", "--start", "b=0.5")
    assert found["information"]["kl"]["verdict_code"] == "misfit"
    assert found["information"]["kl"]["advice"] == ["the mean bends in x, which the formula does not let it"]


def test_a_curve_is_proved_and_its_effects_are_those_of_the_curve(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "d.csv"
    data.write_text(GROWTH)
    assert main(["prove", str(data), "-t", "y", *MEAN, "-q"]) == 0
    assert "5 of 5 claims hold" in capsys.readouterr().out
    found = fitted(capsys, str(data), "-t", "y", *MEAN, "--effects")
    a, b = (p["estimate"] for p in found["parameters"][:2])
    (effect,) = found["effects"]
    change = a * (np.exp(-b * float(effect["from"])) - np.exp(-b * float(effect["to"])))
    assert effect["estimate"] == pytest.approx(change, rel=1e-9)


def test_profiles_of_a_curve_are_those_of_its_sums_of_squares(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "d.csv"
    data.write_text(GROWTH)
    found = fitted(capsys, str(data), "-t", "y", *MEAN, "--intervals", "profile", "--no-kl")
    x, y = np.array([[float(cell) for cell in line.split(",")] for line in GROWTH.splitlines()[1:]]).T
    a, b = found["parameters"][:2]
    assert (a["interval"], b["interval"]) == ("profile", "profile")

    def least(rate: float) -> float:
        f = 1.0 - np.exp(-rate * x)
        return float(np.sum((y - f * (f @ y) / (f @ f)) ** 2))

    least_of_all = least(b["estimate"])
    for end in (b["ci_low"], b["ci_high"]):
        t = np.sqrt((least(end) - least_of_all) / (least_of_all / 28.0))
        assert t == pytest.approx(2.0484071418, rel=1e-6)
    assert b["ci_high"] - b["estimate"] > b["estimate"] - b["ci_low"]


def test_profiles_of_a_linear_predictor_are_those_of_the_linear_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "d.csv"
    data.write_text("x,y\n" + "".join(f"{x!r},{y!r}\n" for x, y in zip(X.tolist(), RESPONSES["poisson"].tolist(), strict=True)))
    options = ("-m", "poisson", "--intervals", "profile", "--no-kl")
    linear = fitted(capsys, str(data), "-t", "y", "-x", "x", *options)
    curved = fitted(capsys, str(data), "-t", "y", "--mean", "exp(a+b*x)", "--start", "a=0,b=0", *options)
    for mine, theirs in zip(curved["parameters"], linear["parameters"], strict=True):
        for key in ("ci_low", "ci_high", "p_value"):
            assert mine[key] == pytest.approx(theirs[key], rel=1e-5)


@pytest.mark.parametrize(("mean", "start"), [
    ("(1e3/(-(x-a)/-1))", "a=1"), ("sinh(x)/((a/z)/x**pi)+log1p(x-logistic(z))", "a=1"), ("tanh(1/c)-z", "c=0.2"), ("pi/x*cosh(x)-a", "a=1"),
])
def test_shapes_beyond_the_doubles_are_a_step_too_far_and_no_defect(
    mean: str, start: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "d.csv"
    data.write_text("x,z,y\n" + "".join(f"{k * 7 % 13 + 0.5},{k % 5},{k * k * 3 % 17 + 1}\n" for k in range(24)))
    command = ["fit", str(data), "-t", "y", "--mean", mean, "--start", start, "-m", "student-t", "--no-kl", "-q"]
    assert main(command) in (0, 3, 4)
    assert "defect" not in capsys.readouterr().err


def test_a_curve_is_exported_as_it_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, model = tmp_path / "d.csv", tmp_path / "m.json"
    data.write_text(GROWTH)
    found = fitted(capsys, str(data), "-t", "y", *MEAN, "--save", str(model))
    a, b = (p["estimate"] for p in found["parameters"][:2])
    assert main(["export", str(model), "--to", "python"]) == 0
    program: dict = {}
    exec(capsys.readouterr().out, program)      # noqa: S102  the program is mlefit's own
    assert program["predict"]({"x": "3"})["mean"] == pytest.approx(a * (1.0 - np.exp(-b * 3.0)), rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize(("law", "mean"), [("gaussian", "a+b*x"), ("poisson", "exp(a+b*x)")])
def test_many_rows_are_fitted_from_a_sample_to_the_same_answer(
    law: str, mean: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng, data = np.random.default_rng(11), tmp_path / "d.csv"
    x = rng.uniform(0.0, 2.0, 70_000)
    y = 0.3 + 0.6 * x + 0.2 * rng.standard_normal(x.size) if law == "gaussian" else rng.poisson(np.exp(0.3 + 0.6 * x))
    np.savetxt(data, np.stack([x, y], axis=1), delimiter=",", header="x,y", comments="", fmt="%.9g")
    linear = fitted(capsys, str(data), "-t", "y", "-x", "x", "-m", law, "--no-kl")
    curved = fitted(capsys, str(data), "-t", "y", "--mean", mean, "--start", "a=1,b=1", "-m", law, "--no-kl")
    assert curved["agreement"]["agree"]
    assert curved["routes"]["loss"]["method"] == "L-BFGS-B"
    for mine, theirs in zip(curved["parameters"], linear["parameters"], strict=True):
        assert mine["estimate"] == pytest.approx(theirs["estimate"], rel=1e-8)
        assert mine["std_error"] == pytest.approx(theirs["std_error"], rel=1e-6)
