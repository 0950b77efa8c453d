"""Where a scale that depends on predictors can run to 0 there is no maximum, and the sentence says where."""

from typing import Any

import numpy as np
import pytest
from refusing import refused

import mlefit
from mlefit.arrays import Array

MERGE = "merge the level with another, drop its rows, or leave g out of the scale"


def table(n: int = 60) -> dict[str, Any]:
    rng = np.random.default_rng(1)
    x = rng.normal(size=n)
    return {"x": x, "g": np.array(list("abc"))[np.arange(n) % 3], "y": 1.0 + x + rng.normal(size=n)}


@pytest.mark.parametrize(("rows", "features", "what"), [
    (1, ["x"], "its one row"), (1, ["x", "g"], "its one row"), (2, ["x"], "all its 2 rows"), (3, ["x"], None)])
def test_a_level_with_no_more_rows_than_the_mean_has_coefficients_for_them(rows: int, features: list[str], what: str | None) -> None:
    columns = table()
    columns["g"][:rows] = "d"
    if what is None:
        assert mlefit.fit(columns, target="y", model="gaussian", features=features, scale_features=["g"], draws=0).report.status == "ok"
        return
    error = refused(columns, "gaussian", features=features, scale_features=["g"])
    assert (error.exit_code, error.code, error.columns) == (4, "zero-width", ("g",))
    assert error.message == f"g=d: the mean can fit {what} exactly, so sigma = 0 there and the likelihood is unbounded"
    assert error.remedy == MERGE


@pytest.mark.parametrize(("model", "what"), [
    ("lognormal", "sigma = 0"), ("weibull", "k is infinite"), ("gamma", "k is infinite"), ("inverse-gaussian", "lambda is infinite")])
def test_a_level_of_one_row_under_laws_of_positive_numbers(model: str, what: str) -> None:
    columns = table()
    columns["g"][0], columns["y"] = "d", np.exp(columns["y"])
    error = refused(columns, model, features=["x"], scale_features=["g"])
    assert (error.exit_code, error.code, error.columns, error.remedy) == (4, "zero-width", ("g",), MERGE)
    assert error.message == f"g=d: the mean can fit its one row exactly, so {what} there and the likelihood is unbounded"


@pytest.mark.parametrize("level", ["a", "c"])
def test_a_level_whose_responses_are_all_equal_baseline_or_not(level: str) -> None:
    columns = table()
    columns["y"] = np.where(columns["g"] == level, 5.0, columns["y"])
    error = refused(columns, "gaussian", features=["x"], scale_features=["g"])
    assert error.message == f"g={level}: the mean can fit all its 20 rows exactly, so sigma = 0 there and the likelihood is unbounded"


BELOW = np.append(np.linspace(0.0, 1.0, 39), 1e3)


@pytest.mark.parametrize(("x", "which", "helps"), [
    (np.append(np.zeros(39), 1.0), "largest", False), (BELOW, "largest", False), (-BELOW, "smallest", False),
    (BELOW + 1.0, "largest", True),                          # the logarithm of the next is above the mean of all
    (np.append(np.linspace(1.0, 1.001, 39), 1e3), "largest", False)])
def test_a_number_one_value_of_which_outweighs_all_others(x: Array, which: str, helps: bool) -> None:
    """sum z'd < 0 along d = c - x with c the next value, and one row alone has z'd < 0. A logarithm is advised where it helps."""
    data = {"x": x, "y": table(40)["y"]}
    error = refused(data, "gaussian", features=[], scale_features=["x"])
    assert error.message == f"the {which} of x: the mean can fit its one row exactly, so sigma = 0 there and the likelihood is unbounded"
    assert error.remedy == ("leave x out of the scale, drop the row, or use the logarithm of the column" if helps else
                            "leave x out of the scale or drop the row")
    if helps:
        assert mlefit.fit(data, formula="y ~ 1", scale_formula="~ log(x)", draws=0).report.status == "ok"


def test_two_values_that_outweigh_all_others_are_two_rows() -> None:
    x = np.append(np.zeros(38), [1.0, 1.0])
    error = refused({"x": x, "z": np.append(np.linspace(0.0, 1.0, 39), 2.0), "y": table(40)["y"]}, "gaussian", features=["z"],
                    scale_features=["x"])
    assert error.message == (
        "the largest of x: the mean can fit all its 2 rows exactly, so sigma = 0 there and the likelihood is unbounded")
    assert error.remedy == "leave x out of the scale or drop these rows"


def test_a_value_that_outweighs_fewer_is_no_reason() -> None:
    x = np.append(np.linspace(0.0, 1.0, 39), 4.0)      # its distance from the next is less than that of all others together
    found = mlefit.fit({"x": x, "y": table(40)["y"]}, target="y", model="gaussian", features=[], scale_features=["x"], draws=0)
    assert found.report.status == "ok"


def test_a_large_level_that_is_fitted_exactly_is_met_by_the_search() -> None:
    columns = table(3000)
    columns["y"] = np.where(columns["g"] == "a", 5.0, columns["y"])
    error = refused(columns, "gaussian", features=["g"], scale_features=["g"])
    assert error.code == "zero-width"
    assert error.message.startswith("sigma all but vanishes: at row 1 of those used it is ")
    assert error.message.endswith(
        " of what it is in the middle, beside the rounding of the mean too small for a maximum to be told from none")
    assert error.remedy == "use fewer predictors of the scale, or drop the row"


def test_a_shape_that_grows_without_bound_is_met_by_the_search() -> None:
    columns = table(3000)
    columns["y"] = np.where(columns["g"] == "a", 5.0, np.exp(columns["y"]))
    error = refused(columns, "gamma", features=["g"], scale_features=["g"])
    assert error.code == "zero-width"
    assert error.message.startswith("k runs off: at row 1 of those used it is ")
    assert error.message.endswith(
        " times what it is in the middle, beside the rounding of the mean too small for a maximum to be told from none")


def test_an_exact_fit_is_called_one() -> None:
    x = table()["x"]
    error = refused({"x": x, "y": 1.0 + 2.0 * x}, "heteroscedastic-gaussian", features=["x"])
    assert error.code == "exact-fit"
    assert error.message == 'column "y": 60 of 60 rows are fitted exactly, so sigma = 0 and the likelihood is unbounded'


def test_no_more_rows_than_parameters_of_both_sides() -> None:
    columns = {name: column[:4] for name, column in table().items()}
    error = refused(columns, "gaussian", features=["x"], scale_features=["x"])
    assert error.message == "too few rows: 4 rows cannot determine 4 parameters (4 coefficients)"
