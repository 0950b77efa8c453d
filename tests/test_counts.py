"""Counts from end to end: R's answer, what is no count, and rates that vanish."""

import json
from pathlib import Path

import numpy as np
import pytest

import mlefit
from mlefit.cli import main
from mlefit.errors import DataError, NoEstimateError
from mlefit.noise import MODELS
from mlefit.report.report import Report

CLAIMS = json.loads((Path(__file__).parent / "reference" / "claims.json").read_text(encoding="utf-8"))


def columns(**changed: list[object]) -> dict[str, np.ndarray]:
    return {name: np.array(CLAIMS["data"][name]) for name in ("x", "z", "a", "k")} | {
        name: np.array(values) for name, values in changed.items()}


def fitted(table: dict[str, np.ndarray], **options: object) -> dict[str, object]:
    return mlefit.fit(table, model="poisson", target="k", se="model", **options).to_dict()


def test_estimates_and_errors_are_those_of_r() -> None:
    expected = CLAIMS["poisson"]
    found = fitted(columns(), reference={"a": "l"}, draws=0)
    names = {"(Intercept)": 0, "x": 1, "z": 2, "a=m": 3, "a=h": 4}
    for parameter in found["parameters"]:
        place = names[parameter["name"]]
        assert parameter["estimate"] == pytest.approx(expected["z"]["estimate"][place], rel=1e-9)
        assert parameter["std_error"] == pytest.approx(expected["z"]["std_error"][place], rel=1e-8)
        assert parameter["statistic"] == pytest.approx(expected["z"]["statistic"][place], rel=1e-8)
    assert found["criteria"]["loglik"] == pytest.approx(expected["loglik"], rel=1e-12)
    assert found["criteria"]["aic"] == pytest.approx(expected["aic"], rel=1e-12)


def test_an_exposure_is_an_offset() -> None:
    table = columns()
    table["e"] = np.exp(np.linspace(0.0, 2.0, len(table["k"])))
    one = fitted(table, features=["x"], offset="log(e)", draws=0)
    rates = {p["name"]: p["estimate"] for p in one["parameters"]}
    mean = np.exp(rates["(Intercept)"] + rates["x"] * table["x"]) * table["e"]
    assert float(mean.sum()) == pytest.approx(float(table["k"].sum()), rel=1e-12)
    assert float(mean @ table["x"]) == pytest.approx(float(table["k"] @ table["x"]), rel=1e-10)


@pytest.mark.parametrize(("value", "found"), [(2.5, "2.5"), (-1.0, "-1")])
def test_what_is_no_count_is_refused_with_its_row(value: float, found: str) -> None:
    table = columns()
    table["k"] = table["k"].astype(float)
    table["k"][6] = value
    with pytest.raises(DataError) as caught:
        fitted(table, features=["x"])
    assert str(caught.value) == (f'column "k", row 7: poisson needs whole numbers >= 0 (counts), found {found}\n'
                                 "use --model gaussian, or drop the row")
    assert caught.value.rows == (7,)


def test_no_event_at_all_has_no_rate() -> None:
    with pytest.raises(NoEstimateError) as caught:
        fitted(columns(k=[0] * len(CLAIMS["data"]["k"])), features=["x"])
    n = len(CLAIMS["data"]["k"])
    assert caught.value.message == (
        f'column "k": every count is 0 in the {n} rows used, so the rate has no finite logarithm; {n} zeros exclude rates '
        f"above {3.0 / n:.3g} per row at 95 %")
    assert caught.value.code == "infinite"


def test_a_level_without_events_is_infinite_and_the_others_are_those_without_its_rows() -> None:
    table = columns()
    table["k"] = np.where(table["a"] == "h", 0, table["k"])
    with pytest.raises(NoEstimateError) as caught:
        fitted(table, features=["x", "a"], reference={"a": "l"})
    error = caught.value
    rows = int((table["a"] == "h").sum())
    assert error.message.startswith(
        f'quasi-complete separation of "k" by a=h (-infinity); every row with a=h has k=0: {rows} of {len(table["k"])} rows are '
        "predicted perfectly, this coefficient is infinite and no maximum-likelihood estimate exists; the log-likelihood "
        "approaches -")
    assert isinstance(error.partial, Report)
    known = {p.name: p for p in error.partial.parameters}
    assert (known["a=h"].state, known["a=h"].limit) == ("infinite", "-inf")
    kept = {name: column[table["a"] != "h"] for name, column in table.items()}
    for p in fitted(kept, features=["x", "a"], reference={"a": "l"}, draws=0)["parameters"]:
        assert known[p["name"]].estimate == pytest.approx(p["estimate"], rel=1e-8)
        assert known[p["name"]].std_error == pytest.approx(p["std_error"], rel=1e-6)


def test_large_counts_are_found_from_zero() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=400)
    found = mlefit.fit({"x": x, "y": rng.poisson(np.exp(13.0 + 0.5 * x))}, model="poisson", target="y", draws=0)
    slope = found.report.parameters[1]
    assert slope.estimate == pytest.approx(0.5, abs=5 * slope.std_error)


def test_the_kl_of_counts_that_vary_too_much_is_seen(capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(4)
    found = mlefit.fit({"y": rng.poisson(rng.gamma(2.0, 2.0, size=500))}, model="poisson", target="y").report
    assert found.information is not None
    assert found.information.kl.verdict is not None
    assert found.information.kl.verdict.startswith("misfit")
    assert main(["prove", "sample_data/conversions.csv", "-t", "visits", "-x", "age", "-m", "poisson", "-q"]) == 0
    assert "7 of 7 claims hold" in capsys.readouterr().out


@pytest.mark.parametrize("law", ["poisson", "negative-binomial"])
def test_counts_are_drawn_whatever_their_rate(law: str) -> None:
    """Beyond 64 bits numpy has no Poisson numbers; normal ones differ from them by less than the doubles do."""
    model, free = MODELS.find(law, ""), np.full(len(MODELS.find(law, "").shapes), -30.0)
    drawn = model.draw(np.random.default_rng(1), np.log(np.array([[3.0], [1e25]])), free)
    assert drawn[0] < 30.0
    assert drawn[1] == pytest.approx(1e25, rel=1e-5)
    assert np.array_equal(drawn, np.rint(drawn))
