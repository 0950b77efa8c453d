"""`mlefit audit --mean`: parameters of a curve that other programs have found, at the maximum, beside it, and at another one.

Those of reference/audit were made by reference/make_audit.py (scipy's curve_fit) and reference/make_audit.R (nls).
"""

import json
from pathlib import Path

import numpy as np
import pytest
from test_audit import GIVEN, audited

import mlefit
from mlefit.cli import main

GROWTH = ("-t", "grams", "--mean", "top/(1+exp(-(day-middle)/width))")
TWO, WAVE = "a*exp(-b*x)+c*exp(-d*x)", "m+A*sin(w*x+p)"
X = np.linspace(0.1, 8.0, 80)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng, folder = np.random.default_rng(1), tmp_path_factory.mktemp("curves")
    for name, y in {
        "two": 3.0 * np.exp(-0.3 * X) + 2.0 * np.exp(-2.0 * X) + 0.02 * rng.standard_normal(80),
        "wave": 2.0 + np.sin(1.7 * X + 0.3) + 0.2 * rng.standard_normal(80), "counts": rng.poisson(2.0 * np.exp(0.2 * X)),
    }.items():
        np.savetxt(folder / f"{name}.csv", np.c_[X, y], delimiter=",", header="x,y", comments="", fmt="%.17g")
    return folder


def given(folder: Path, values: dict[str, float]) -> Path:
    (folder / "given.json").write_text(json.dumps(values))
    return folder / "given.json"


def estimates(folder: Path, table: str, mean: str, start: dict[str, float], model: str = "gaussian", *, only: bool = False) -> dict[str, float]:
    fit = mlefit.fit(str(folder / f"{table}.csv"), "y", mean=mean, start=start, start_only=only, model=model, kl=False, draws=0)
    return {one.name: float(one.estimate or 0.0) for one in fit.report.parameters}


@pytest.mark.parametrize(("file", "sentence"), [
    ("scipy_curve_fit.json", "certified: the maximum of the likelihood, within "),
    ("r_nls.csv", "certified: the maximum of the likelihood, within "),
])
def test_a_curve_of_another_program_is_certified(file: str, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a start: the search begins at what is given."""
    found, err = audited(capsys, "growth.csv", GIVEN / file, *GROWTH, exits=0)
    assert found["sentence"].startswith(sentence)
    assert found["n_minus_p"] == (file == "r_nls.csv")
    assert max(abs(one["distance"]) for one in found["parameters"][:3]) < 1e-5
    assert [one["name"] for one in found["parameters"]] == ["top", "middle", "width", "log sigma"]
    assert err == ""


def test_figures_are_those_of_the_curve(tables: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Excess, gradient and distance of Poisson counts against the likelihood written out, far from the maximum."""
    best = estimates(tables, "counts", "a*exp(b*x)", {"b": 0.1}, "poisson")
    at = {"a": best["a"] + 0.4, "b": best["b"] - 0.1}
    found, _ = audited(capsys, str(tables / "counts.csv"), given(tables, at), "-m", "poisson", "--mean", "a*exp(b*x)", exits=5)
    y = np.genfromtxt(tables / "counts.csv", delimiter=",", skip_header=1)[:, 1]

    def nll(a: float, b: float) -> float:
        mean = a * np.exp(b * X)
        return float(mean.sum() - y @ np.log(mean))

    assert found["excess"] == pytest.approx(nll(**at) - nll(**best), rel=1e-9)
    for one in found["parameters"]:
        name, step = one["name"], 1e-6
        up, down = (nll(**{**at, name: at[name] + sign * step}) for sign in (1.0, -1.0))
        assert one["gradient"] == pytest.approx((up - down) / (2.0 * step), rel=1e-6)
        assert one["maximum"] == pytest.approx(best[name], rel=1e-9)
        assert one["distance"] == pytest.approx((at[name] - best[name]) / one["std_error"], rel=1e-6)


def test_one_maximum_has_several_names(tables: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The terms of a sum have changed places: what is given is compared with the maximum that it is."""
    best = estimates(tables, "two", TWO, {"b": 0.3, "d": 2.0})
    at = {"a": best["c"], "b": best["d"], "c": best["a"], "d": best["b"]}
    found, _ = audited(capsys, str(tables / "two.csv"), given(tables, at), "--mean", TWO, "--start", "b=0.3,d=2", exits=0)
    assert found["finding"] == "maximum"
    assert [one["maximum"] for one in found["parameters"][:4]] == pytest.approx(list(at.values()), rel=1e-6)


@pytest.mark.parametrize("start", [(), ("--start", "w=1.7,p=0.3")])
def test_a_local_maximum_is_named(start: tuple[str, ...], tables: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whether the search begins there, or elsewhere."""
    at = estimates(tables, "wave", WAVE, {"w": 3.2, "p": 0.35}, only=True)
    del at["sigma"]
    found, err = audited(capsys, str(tables / "wave.csv"), given(tables, at), "--mean", WAVE, *start, exits=5)
    assert found["finding"] == "a local maximum"
    assert found["sentence"] == ("a local maximum, and not the highest: 82 s.e. from the maximum in w, where the rows are 107 nats likelier")
    assert err == f"mlefit: {tables / 'given.json'} is not the maximum: {found['sentence']}\n"


def test_a_curve_is_not_said_to_be_regularised_or_of_the_other_outcome(tables: Path, capsys: pytest.CaptureFixture[str]) -> None:
    best = estimates(tables, "two", TWO, {"b": 0.3, "d": 2.0})
    del best["sigma"]
    for factor, finding in ((0.999, "stopped early"), (0.9, "another model")):
        at = {name: factor * value for name, value in best.items()}
        found, _ = audited(capsys, str(tables / "two.csv"), given(tables, at), "--mean", TWO, "--start", "b=0.3,d=2", exits=5)
        assert (found["finding"], found["penalty"]) == (finding, None)


def test_parameters_that_differ_by_their_case_are_two(tables: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mean = TWO.replace("c*", "A*").replace("d*", "B*")
    best = estimates(tables, "two", mean, {"b": 0.3, "B": 2.0})
    del best["sigma"]
    assert set(best) == {"a", "b", "A", "B"}
    found, _ = audited(capsys, str(tables / "two.csv"), given(tables, best), "--mean", mean, exits=0)
    assert {one["name"]: one["given"] for one in found["parameters"][:4]} == best


@pytest.mark.parametrize(("values", "more", "code", "said"), [
    ({"a": -2.0, "b": 0.2}, (), 3,
     "mlefit: --mean, row 1 of those used: log(a*exp(b*x)) is nan at the start (x = 0.1, a = -2, b = 0.2)\n"
     "give other values with --start, or drop the row\n"),
    ({"a": -2.0, "b": 0.2}, ("--start", "a=2,b=0.2"), 3,
     "mlefit: --mean, row 1 of those used: log(a*exp(b*x)) is nan at the coefficients given (x = 0.1, a = -2, b = 0.2)\n"
     "check that they are those of this mean\n"),
    ({"a": 2.0, "x": 0.2}, ("--start", "b=0.2"), 3, 'mlefit: "x" is no coefficient of the model\nthe coefficients are a, b\n'),
    ({"a": 2.0}, ("--start", "b=0.2"), 3, 'mlefit: there is no value for "b"\ngive every parameter of --mean\n'),
    ({"a": 2.0}, (), 2, "mlefit: --mean: b needs a start: only parameters in which the mean is linear can do without\n"
     "add --start b=1, with values near the answer\n"),
])
def test_parameters_that_are_none_of_the_curve_are_refused(
    values: dict[str, float], more: tuple[str, ...], code: int, said: str, tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["audit", str(tables / "counts.csv"), "-m", "poisson", "--mean", "a*exp(b*x)", "--coef", str(given(tables, values)), "-q"]
    assert main([*command, *more]) == code
    assert capsys.readouterr().err == said


def test_a_loss_and_a_density_are_audited(tables: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Straight and as a curve, where the parameter a of the mean is not that of the loss."""
    for mean, options in ((None, ("--loss", "log(cosh(r/0.02))")), (TWO, ("--loss", "log(cosh(r/0.02))")),
                          (TWO, ("--density", "exp(-r**2/2)/sqrt(2*pi)"))):
        model = {options[0][2:]: options[1]}
        about = {"features": ["x"]} if mean is None else {"mean": mean, "start": {"b": 0.3, "d": 2.0}}
        fit = mlefit.fit(str(tables / "two.csv"), "y", kl=False, draws=0, **about, **model)
        at = {one.name: float(one.estimate or 0.0) for one in fit.report.parameters if one.kind != "shape"}
        found, _ = audited(capsys, str(tables / "two.csv"), given(tables, at), *options, *(() if mean is None else ("--mean", mean)), exits=0)
        assert found["finding"] == "maximum"
