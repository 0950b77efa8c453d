"""A few values of a column far beyond all others are named, with what helps, before what is said of the model."""

from typing import Any

import numpy as np
import pytest

import mlefit
from mlefit.cli import main

RNG = np.random.default_rng(77)
AGE = RNG.integers(18, 80, 300).astype(float)
Y = 1.0 + 0.05 * AGE + RNG.normal(size=300)


def warned(table: dict[str, Any], **options: Any) -> list[str]:
    found = mlefit.fit(table, target="y", **options).to_dict()["warnings"]
    return [warning["message"] for warning in found if warning["code"] == "far-values"]


def test_a_code_of_a_missing_value_is_named_with_the_option_that_makes_it_one(
    tmp_path: Any, capsys: pytest.CaptureFixture[str],
) -> None:
    coded = np.where(np.arange(300) % 19 == 3, -999.0, AGE)
    np.savetxt(tmp_path / "d.csv", np.column_stack([coded, Y]), delimiter=",", header="age,y", comments="", fmt="%.6g")
    assert main(["fit", str(tmp_path / "d.csv"), "-q"]) == 0
    out = capsys.readouterr().out
    assert ("warning   16 of 300 rows have age = -999, far beyond all others (18 to 79): if it stands for a missing value, --na -999 "
            "makes it one, in every column\n") in out
    assert ('next      look at the far values of age first, of which the warning speaks; if they are right, let the mean bend in age: '
            '-f "y ~ bs(age, df=5)"\n') in out
    assert main(["fit", str(tmp_path / "d.csv"), "-q", "--na", "-999"]) == 0
    out = capsys.readouterr().out
    assert "284 of 300 rows used (16 dropped, missing in age: 16)" in out
    assert "far beyond" not in out


def test_a_slip_is_named_with_its_row_in_a_predictor_and_in_the_response() -> None:
    x = RNG.normal(size=100)
    y = 1.0 + 2.0 * x + RNG.normal(size=100)
    x[17], y[41] = 1e9, -1e9
    said = [f"row {row} of those used has {name} = {value}, far beyond all others ({np.delete(of, row - 1).min():.6g} to "
            f"{np.delete(of, row - 1).max():.6g}): correct the value, or drop the row, if it is wrong"
            for row, name, value, of in ((18, "x", "1e+09", x), (42, "y", "-1e+09", y))]
    assert warned({"x": x, "y": y}) == said
    assert warned({"x": x, "y": y}, model="huber", kl=False) == said
    assert warned({"x": x, "y": RNG.random(100) < 0.5}, kl=False) == said[:1]


def test_rows_in_another_unit_are_counted() -> None:
    height = np.round(RNG.normal(1.7, 0.1, 200), 2)
    y = 30.0 * height + RNG.normal(size=200)
    height[::40] *= 100.0
    rest = np.delete(height, np.arange(0, 200, 40))
    assert warned({"height": height, "y": y}) == [
        f"5 of 200 rows have height from {height[::40].min():.6g} to {height[::40].max():.6g}, far beyond all others ({rest.min():.6g} to "
        f"{rest.max():.6g}): another unit? correct the values, or drop the rows, if they are wrong"]


def test_of_more_rows_than_are_looked_at_the_ends_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlefit.diagnosis.far_values.NUMBERS", 100)
    x = RNG.normal(size=30_000)
    y = x + RNG.normal(size=30_000)
    x[29_000] = -1e6
    (said,) = warned({"x": x, "y": y}, kl=False)
    assert said.startswith("x goes down to -1e+06, far beyond the other values of a random sample of 20,000 rows (-")
    assert said.endswith("): correct such values, or drop their rows")


@pytest.mark.parametrize("draw", ["normal", "exponential", "standard_t"])
def test_tails_of_a_law_are_not_far(draw: str) -> None:
    law = getattr(np.random.default_rng(2), draw)
    for _ in range(20):
        x = law(4.0, 300) if draw == "standard_t" else law(size=300)
        assert warned({"x": x, "y": RNG.normal(size=300)}, kl=False) == []


@pytest.mark.parametrize("values", [
    [0.0, 1.0],                         # two values are a choice, not a range
    [0.0, 1.0, 2.0, 100.0],             # doses
    [5.0] * 19 + [400.0],               # one value and another
])
def test_few_values_have_no_rest_to_be_far_from(values: list[float]) -> None:
    assert warned({"x": np.resize(values, 200), "y": RNG.normal(size=200)}, kl=False) == []


@pytest.mark.parametrize(("code", "others"), [(-9.0, [0.0, 1.0]), (-99.0, [1.0, 2.0, 3.0, 4.0, 5.0]), (999.0, [18.0, 40.0, 79.0]), (9.0, [1.0, 2.0, 3.0])])
def test_a_number_that_is_written_as_codes_are_may_fill_half_of_the_rows(code: float, others: list[float]) -> None:
    x = np.resize([code, *others], 210)
    assert warned({"x": x, "y": RNG.normal(size=210)}, kl=False) == [
        f"{np.count_nonzero(x == code)} of 210 rows have x = {code:g}, far beyond all others ({others[0]:g} to {others[-1]:g}): if it stands "
        f"for a missing value, --na {code:g} makes it one, in every column"]


@pytest.mark.parametrize("values", [[99.0, 0.0, 50.0, 100.0], [9.0, 8.0, 7.0, 1.0], [-9.0, 9.0, 0.0], [99.0, 98.0]])
def test_such_a_number_among_others_is_none(values: list[float]) -> None:
    assert warned({"x": np.resize(values, 210), "y": RNG.normal(size=210)}, kl=False) == []
