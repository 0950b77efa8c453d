"""No estimate: one class, too few rows, no spread, no noise: each is refused with what was found and what to do."""


import numpy as np
import pytest
from refusing import parameters, refused

import mlefit
from mlefit.errors import DataError


def test_a_single_class_has_no_estimate() -> None:
    for model in ("bernoulli", "categorical"):
        error = refused({"x": np.arange(9.0), "y": np.array(["yes"] * 9)}, model)
        assert str(error) == (
            f'column "y": {model} needs at least two classes, found only one class, "yes", in all 9 rows used\n'
            "its probability is 1 and the coefficients are infinite; use data with both outcomes")
        assert error.partial is None


def test_one_class_and_a_constant_target_are_met_before_any_look_at_the_design() -> None:
    """Collinear columns are no news of a response that cannot be fitted, and a table without one number is none."""
    x = np.arange(9.0)
    design = {"a": x, "b": 2.0 * x, "c": np.ones(9)}
    for y, model, code in ((["yes"] * 9, "bernoulli", "one-class"), (np.full(9, 1e9 + 0.1), "gaussian", "constant-target")):
        error = refused({**design, "y": np.array(y)}, model)
        assert (error.code, error.columns, error.partial) == (code, ("y",), None)


def test_no_rows_are_met_before_what_rows_would_have_to_tell() -> None:
    columns = {"x": np.full(9, np.nan), "z": np.arange(9.0), "y": np.arange(9.0) % 4.0}
    with pytest.raises(DataError) as found:
        mlefit.fit(columns, formula="y ~ z + poly(x, 2)", model="gaussian")
    assert str(found.value) == (
        "no complete rows remain of the 9 read: missing values in x (9)\nleave out the columns with missing values, or "
        "complete them")
    with pytest.raises(DataError) as found:
        mlefit.fit({**columns, "w": np.zeros(9)}, formula="y ~ poly(z, 2)", weights="w", model="gaussian")
    assert found.value.message == "no complete rows remain of the 9 read: every weight is 0"


def test_a_constant_target_is_fitted_where_no_mean_of_the_model_reaches_it() -> None:
    x = np.arange(1.0, 10.0)
    (slope, _) = mlefit.fit({"x": x, "y": np.full(9, 3.0)}, target="y", model="gaussian", intercept=False, draws=0).report.parameters
    assert slope.estimate == pytest.approx(3.0 * x.sum() / (x @ x))
    error = refused({"x": x, "y": np.zeros(9)}, "gaussian", intercept=False)
    assert error.message == 'column "y" is constant: all 9 rows used are 0, so sigma = 0 and the likelihood is unbounded'


def test_a_target_that_only_its_offset_makes_constant_is_not_called_constant() -> None:
    x = np.arange(9.0)
    error = refused({"x": x % 4.0, "o": x, "y": x + 5.0}, "gaussian", features=["x"], offset="o")
    assert (error.code, error.message.partition(":")[0]) == ("exact-fit", "the fit is exact")


@pytest.mark.parametrize(("model", "y", "what"), [
    ("gaussian", [1.0, 2.0], "2 rows cannot determine 4 parameters (3 coefficients and sigma)"),
    ("bernoulli", [0.0, 1.0], "2 rows cannot determine 3 parameters (3 coefficients)"),
    ("categorical", [0.0, 1.0], "2 rows cannot determine 3 parameters (3 coefficients)"),
    ("gaussian", [1.0], "one row cannot determine 4 parameters (3 coefficients and sigma)"),
])
def test_no_more_rows_than_parameters(model: str, y: list[float], what: str) -> None:
    n = len(y)
    error = refused({"a": np.arange(n) * 1.0, "b": np.arange(n) ** 2.0 + 1.0, "y": np.array(y)}, model)
    assert str(error) == (
        f"too few rows: {what}\n"
        "use more rows or fewer predictors: with as many parameters as rows any data is fitted exactly")


def test_a_constant_target() -> None:
    error = refused({"x": np.arange(9.0), "y": np.full(9, 0.1)}, "gaussian")
    assert str(error) == (
        'column "y" is constant: all 9 rows used are 0.1, so sigma = 0 and the likelihood is unbounded\n'
        "there is nothing to fit; check that this is the column meant")


@pytest.mark.parametrize(("x_shift", "scale"), [(0.0, 1.0), (1e6, 1.0), (0.0, 1e-200), (0.0, 1e200)])
def test_an_exact_fit_names_its_coefficients(x_shift: float, scale: float) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 50))
    error = refused({"a": a + x_shift, "b": b, "y": scale * (1.0 + 2.0 * (a + x_shift) - 3.0 * b)}, "gaussian")
    assert error.code == "exact-fit"
    found = parameters(error)
    assert found["a", None].estimate == pytest.approx(2.0 * scale, rel=1e-7)
    if x_shift == 0.0 and scale == 1.0:
        assert str(error) == (
            'the fit is exact: "y" is a linear function of the predictors ((Intercept) = 1, a = 2, b = -3), so sigma = 0 and '
            "the likelihood is unbounded\nthere is no noise to model; check whether a predictor was computed from the target")


def test_noise_a_hundred_times_above_rounding_is_noise() -> None:
    rng = np.random.default_rng(0)
    a = rng.normal(size=50)
    y = 1.0 + 2.0 * a + 1e-12 * rng.normal(size=50)
    sigma = mlefit.fit({"a": a, "y": y}, target="y", model="gaussian", draws=0).to_dict()["parameters"][-1]
    assert sigma["estimate"] == pytest.approx(1e-12, rel=0.3)


def test_a_model_without_coefficients_is_refused() -> None:
    with pytest.raises(mlefit.MlefitError) as found:
        mlefit.fit({"y": np.arange(9.0)}, target="y", features=[], intercept=False, model="gaussian")
    assert str(found.value) == (
        "the model has no coefficients: there is no intercept and no predictor that varies\n"
        "leave out --no-intercept, or name predictors")


def test_no_kl_part_where_none_is_asked_for() -> None:
    table = {"x": np.arange(40.0), "y": np.random.default_rng(0).normal(size=40)}
    found = mlefit.fit(table, target="y", kl=False)
    kl = found.to_dict()["information"]["kl"]
    assert (kl["verdict_code"], kl["reason"], kl["raw"], kl["misfit"]) == ("off", "not asked for", None, None)
    assert found.to_dict()["information"]["entropy"] is None
    assert "KL(data" not in str(found)
    assert "KL:" not in str(found)
