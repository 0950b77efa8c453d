"""Ordinal noise from end to end: cuts, separation, class probabilities.

Reference values: R 4.2.2, clm of ordinal 2022.11 and polr of MASS. Wine: R. Randall, The analysis of sensory data by generalised
linear model, Biometrical Journal 31 (1989), 781-793: 72 bitterness ratings. Housing: M. Madsen, Statistical analysis of multiple
contingency tables, Scandinavian Journal of Statistics 3 (1976), 97-106: 1681 householders of Copenhagen.
"""

import csv
import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mlefit
from mlefit.cli import main
from mlefit.errors import MlefitError

WINE = {("cold", "no"): (4, 9, 5, 0, 0), ("cold", "yes"): (1, 7, 8, 2, 0), ("warm", "no"): (0, 5, 8, 3, 2),
        ("warm", "yes"): (0, 1, 5, 7, 5)}
HOUSING = (21, 21, 28, 34, 22, 36, 10, 11, 36, 61, 23, 17, 43, 35, 40, 26, 18, 54, 13, 9, 10, 8, 8, 12, 6, 7, 9, 18, 6, 7, 15, 13, 13,
           7, 5, 11, 14, 19, 37, 17, 23, 40, 3, 5, 23, 78, 46, 43, 48, 45, 86, 15, 25, 62, 20, 23, 20, 10, 22, 24, 7, 10, 21, 57, 23,
           13, 31, 21, 13, 5, 6, 13)
HOMES = list(product(("Low", "High"), ("Tower", "Apartment", "Atrium", "Terrace"), ("Low", "Medium", "High"), ("Low", "Medium", "High")))


def wine() -> dict[str, list[Any]]:
    rows = [(temp, contact, k + 1) for (temp, contact), counts in WINE.items() for k, count in enumerate(counts) for _ in range(count)]
    return {"temp": [r[0] for r in rows], "contact": [r[1] for r in rows], "rating": [r[2] for r in rows]}


def housing() -> dict[str, list[Any]]:
    return {"Sat": [h[3] for h in HOMES], "Infl": [h[2] for h in HOMES], "Type": [h[1] for h in HOMES],
            "Cont": [h[0] for h in HOMES], "Freq": list(HOUSING)}


def fitted(data: Any, **options: Any) -> dict[str, Any]:
    return mlefit.fit(data, **{"model": "ordinal", "draws": 0, **options}).to_dict()


def by_name(fit: dict[str, Any], key: str = "estimate") -> dict[str, float]:
    return {p["name"]: p[key] for p in fit["parameters"]}


def refused(data: Any, **options: Any) -> MlefitError:
    with pytest.raises(MlefitError) as met:
        mlefit.fit(data, **{"model": "ordinal", "draws": 0, **options})
    return met.value


def test_wine_is_that_of_clm() -> None:
    found = fitted(wine(), target="rating")
    values = by_name(found)
    assert list(values) == ["temp=warm", "contact=yes", "1|2", "2|3", "3|4", "4|5"]
    assert list(values.values()) == pytest.approx(
        [2.5031020079, 1.5277976581, -1.34438341, 1.25080880, 3.46688693, 5.00640420], abs=1e-8)
    assert list(by_name(found, "std_error").values())[:2] == pytest.approx([0.52868010, 0.47662263], abs=1e-8)
    assert found["criteria"]["loglik"] == pytest.approx(-86.4919233657, abs=1e-9)
    assert found["criteria"]["n_params"] == 6
    assert [p["kind"] for p in found["parameters"]] == ["mean"] * 2 + ["shape"] * 4
    assert all(p["p_value"] is None and p["ci_low"] < p["estimate"] < p["ci_high"] for p in found["parameters"][2:])
    assert found["agreement"]["agree"]


def test_housing_is_that_of_polr() -> None:
    found = fitted(housing(), target="Sat", weights="Freq", order=("Low", "Medium", "High"),
                   levels={"Infl": ("Low", "Medium", "High"), "Type": ("Tower", "Apartment", "Atrium", "Terrace"), "Cont": ("Low", "High")})
    values = by_name(found)
    expected = {"Infl=Medium": 0.5663937379, "Infl=High": 1.2888191104, "Type=Apartment": -0.5723500020, "Type=Atrium": -0.3661863707,
                "Type=Terrace": -1.0910146590, "Cont=High": 0.3602840046, "Low|Medium": -0.4961351382, "Medium|High": 0.6907082593}
    assert values == pytest.approx(expected, abs=2e-9)
    assert found["criteria"]["loglik"] == pytest.approx(-1739.57464953, abs=1e-8)


def test_errors_of_cuts_are_those_of_the_form_with_cuts() -> None:
    """By the inverse of a Hessian in cuts and coefficients, by differences of gradients."""
    data = wine()
    x = np.stack([[float(t == "warm") for t in data["temp"]], [float(c == "yes") for c in data["contact"]]]).T
    y = np.array(data["rating"]) - 1

    def nll(theta: np.ndarray) -> float:
        cuts = np.concatenate([[-np.inf], theta[2:], [np.inf]])
        eta = x @ theta[:2]
        return -float(np.log(1 / (1 + np.exp(eta - cuts[y + 1])) - 1 / (1 + np.exp(eta - cuts[y]))).sum())

    found = fitted(data, target="rating")
    at = np.array(list(by_name(found).values()))
    assert nll(at) == pytest.approx(-found["criteria"]["loglik"], rel=1e-12)
    step, n = 1e-4, at.size
    hessian = np.array([[(nll(at + step * (a + b)) - nll(at + step * (a - b)) - nll(at - step * (a - b)) + nll(at - step * (a + b)))
                         / (4 * step**2) for a in np.eye(n)] for b in np.eye(n)])
    assert list(by_name(found, "std_error").values()) == pytest.approx(np.sqrt(np.diagonal(np.linalg.inv(hessian))), rel=1e-5)


def test_two_levels_are_bernoulli() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=200)
    data = {"x": x, "y": (rng.random(200) < 1 / (1 + np.exp(-x - 0.3))).astype(int)}
    one, other = fitted(data, target="y"), fitted(data, target="y", model="bernoulli")
    assert by_name(one) == pytest.approx({"x": by_name(other)["x"], "0|1": -by_name(other)["(Intercept)"]}, rel=1e-9)
    assert by_name(one, "std_error")["0|1"] == pytest.approx(by_name(other, "std_error")["(Intercept)"], rel=1e-9)
    for name in ("loglik", "aic", "accuracy"):
        assert one["criteria"][name] == pytest.approx(other["criteria"][name], rel=1e-12)


def test_the_order_turned_about_turns_the_signs() -> None:
    data = housing()
    up, down = (fitted(data, target="Sat", weights="Freq", order=order) for order in (("Low", "Medium", "High"), ("High", "Medium", "Low")))
    assert up["criteria"]["loglik"] == pytest.approx(down["criteria"]["loglik"], rel=1e-13)
    assert by_name(up)["Infl=Low"] == pytest.approx(-by_name(down)["Infl=Low"], rel=1e-8)
    assert by_name(up)["Low|Medium"] == pytest.approx(-by_name(down)["Medium|Low"], rel=1e-8)


def test_shifts_of_a_column_move_the_cuts_alone() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=300)
    y = np.digitize(1.5 * x + rng.logistic(size=300), [-1.0, 0.5, 2.0])
    one, moved = fitted({"x": x, "y": y}, target="y"), fitted({"x": x + 1000.0, "y": y}, target="y")
    slope = by_name(one)["x"]
    assert by_name(moved) == pytest.approx({name: value if name == "x" else value + 1000.0 * slope for name, value in by_name(one).items()},
                                           rel=1e-8)


def test_the_intercept_alone_has_the_cuts_of_the_frequencies() -> None:
    found = fitted({"y": [1] * 10 + [2] * 30 + [3] * 60}, target="y", features=())
    assert by_name(found) == pytest.approx({"1|2": np.log(1 / 9), "2|3": np.log(2 / 3)}, rel=1e-10)
    shares = np.array([0.1, 0.3, 0.6])
    assert found["criteria"]["loglik"] == pytest.approx(100 * float(shares @ np.log(shares)), rel=1e-12)


@pytest.mark.parametrize(("data", "options", "message", "remedy"), [
    ({"x": [1, 2, 3], "y": ["lo", "mid", "hi"]}, {}, 'column "y": ordinal needs to know the order of levels that are no numbers',
     "--order LOW,...,HIGH says it; levels: hi, lo, mid"),
    ({"x": [1, 2, 3], "y": [1, 2, 3]}, {"intercept": False},
     "ordinal has a constant for every cut between its levels, which no option takes out", "leave --no-intercept and - 1 out"),
    ({"x": [1, 2, 3], "y": [1, 2, 3]}, {"reference": {"y": "1"}},
     "--reference y=1: the levels of ordinal stand in an order and none of them is a baseline", "--order LOW,...,HIGH says another order"),
])
def test_what_is_refused(data: Any, options: dict[str, Any], message: str, remedy: str) -> None:
    met = refused(data, **{"target": "y", **options})
    assert (met.exit_code, met.message, met.remedy) == (2, message, remedy)


def test_too_few_rows_count_coefficients_and_cuts() -> None:
    met = refused({"x": [1, 2, 3], "z": [1, 4, 2], "w": [3, 1, 1], "y": [1, 2, 3]}, target="y")
    assert met.exit_code == 4
    assert met.message == ("too few rows: 3 rows cannot determine 5 parameters (3 coefficients and 1|2 and 2|3)")


def test_repeated_patterns_are_judged_with_the_cuts_refitted() -> None:
    """At a true model the deviance of J patterns has J (K - 1) - P degrees of freedom, cuts among the P."""
    rng = np.random.default_rng(4)
    n, p_values = 400, []
    for _ in range(60):
        g = rng.integers(0, 4, n)
        y = np.digitize(0.4 * g + rng.logistic(size=n), [-1.0, 0.5, 2.0])
        kl = fitted({"g": g, "y": y}, target="y", draws=99)["information"]["kl"]
        p_values.append(kl["p_value"])
        assert kl["looked_at"] is None or "patterns" in kl["looked_at"]
    assert 0.35 < np.mean(p_values) < 0.65
    assert np.mean(np.array(p_values) <= 0.05) <= 0.15


def test_predictions_of_a_saved_model_and_their_intervals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, model = tmp_path / "w.csv", tmp_path / "m.json"
    columns = wine()
    path.write_text(",".join(columns) + "\n" + "".join(",".join(map(str, row)) + "\n" for row in zip(*columns.values(), strict=True)))
    assert main(["fit", str(path), "-m", "ordinal", "-t", "rating", "-q", "--draws", "0", "--save", str(model)]) == 0
    saved = json.loads(model.read_text())
    capsys.readouterr()
    assert main(["predict", str(model), str(path), "--score", "--interval", "law", "-q"]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    values = {p["name"]: p["estimate"] for p in saved["fit"]["parameters"]}
    cuts = np.array([values[name] for name in ("1|2", "2|3", "3|4", "4|5")])
    first = rows[0]
    cumulated = 1 / (1 + np.exp(values["temp=warm"] * (first["temp"] == "warm") + values["contact=yes"] * (first["contact"] == "yes") - cuts))
    p = np.diff(np.concatenate([[0.0], cumulated, [1.0]]))
    assert [float(first[f"p_{k}"]) for k in range(1, 6)] == pytest.approx(p, rel=1e-9)
    assert first["class"] == str(1 + int(np.argmax(p)))
    assert all(float(first[f"p_{k}_low"]) < p[k - 1] < float(first[f"p_{k}_high"]) for k in range(1, 6))
    assert np.mean([float(row["nll"]) for row in rows]) == pytest.approx(saved["fit"]["routes"]["mle"]["nll"], rel=1e-12)
    # The lowest level of the baseline has probability 1 / (1 + exp(-cut)), so that its interval is the cut's own.
    low = next(p for p in saved["fit"]["parameters"] if p["name"] == "1|2")
    cold = next(row for row in rows if (row["temp"], row["contact"]) == ("cold", "no"))
    assert [float(cold["p_1_low"]), float(cold["p_1_high"])] == pytest.approx(
        [1 / (1 + np.exp(-low[end])) for end in ("ci_low", "ci_high")], rel=1e-6)
    assert main(["simulate", str(model), str(path), "--name", "drawn", "-q"]) == 0
    assert {row["drawn"] for row in csv.DictReader(capsys.readouterr().out.splitlines())} <= {"1", "2", "3", "4", "5"}


def test_prove_effects_and_groups(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "w.csv"
    columns = wine()
    path.write_text(",".join(columns) + "\n" + "".join(",".join(map(str, row)) + "\n" for row in zip(*columns.values(), strict=True)))
    assert main(["prove", str(path), "-m", "ordinal", "-t", "rating", "-q"]) == 0
    assert "claims hold on these 72 rows" in capsys.readouterr().out
    assert main(["fit", str(path), "-m", "ordinal", "-t", "rating", "-q", "--effects", "--exponentiate", "-o", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    moved = [effect["estimate"] for effect in found["effects"] if effect["predictor"] == "temp"]
    assert len(moved) == 5
    assert sum(moved) == pytest.approx(0.0, abs=1e-12)
    assert [ratio["name"] for ratio in found["ratios"]] == ["temp=warm", "contact=yes"]
    assert main(["fit", str(path), "-m", "ordinal", "-t", "rating", "-x", "temp", "--by", "contact", "-o", "json", "-q"]) == 0
    both = json.loads(capsys.readouterr().out)["groups"]
    assert [p["name"] for p in both[0]["fit"]["parameters"]] == ["temp=warm", "1|2", "2|3", "3|4", "4|5"]
    assert main(["fit", str(path), "-m", "ordinal", "-t", "rating", "-x", "contact", "--by", "temp", "-o", "json", "-q"]) == 4
    assert json.loads(capsys.readouterr().out)["groups"][0]["error"]["message"] == (
        'column "rating": the level "5" does not occur in this group, so the cuts beside it have no value')


@pytest.mark.parametrize("se", ["robust", "hc0", "cluster:g"])
def test_robust_errors_of_two_levels_are_those_of_bernoulli(se: str) -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=300)
    data = {"x": x, "g": np.repeat(np.arange(30), 10), "y": (rng.random(300) < 1 / (1 + np.exp(-x))).astype(int)}
    one, other = (fitted(data, target="y", features=["x"], se=se, model=model) for model in ("ordinal", "bernoulli"))
    assert by_name(one, "std_error") == pytest.approx(
        {"x": by_name(other, "std_error")["x"], "0|1": by_name(other, "std_error")["(Intercept)"]}, rel=1e-9)


def test_the_order_of_words_is_read_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "s.csv"
    path.write_text("x,size\n" + "".join(f"{k % 7},{('small', 'medium', 'large')[(k * k) % 3]}\n" for k in range(40)))
    again = ["--order", "small,medium,large"]
    assert main(["fit", str(path), "-m", "ordinal", *again, "-o", "json", "-q", "--no-kl"]) in (0, 4)
    assert json.loads(capsys.readouterr().out)
    assert main(["fit", str(path), "-m", "ordinal", *again, "--order", "large,small", "-q"]) == 2
    assert capsys.readouterr().err == "mlefit: --order gives two orders\ngive one of them\n"
    assert main(["fit", str(path), "-m", "ordinal", "--order", "small,large", "-q"]) == 2
    assert "(small, large)" in capsys.readouterr().err


def test_a_saved_model_is_checked_on_new_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(6)
    for part, n in (("old", 300), ("new", 200)):
        x = rng.normal(size=n)
        y = np.digitize(x + rng.logistic(size=n), [-1.0, 0.5, 2.0])
        (tmp_path / f"{part}.csv").write_text("x,y\n" + "".join(f"{a},{b}\n" for a, b in zip(x, y, strict=True)))
    model = str(tmp_path / "m.json")
    assert main(["fit", str(tmp_path / "old.csv"), "-m", "ordinal", "-q", "--save", model]) == 0
    capsys.readouterr()
    assert main(["check", model, str(tmp_path / "new.csv"), "-q"]) == 0
    assert "log gap below 1|2" in capsys.readouterr().out
