"""Existence: separated data is refused with what separates it; whatever has a maximum is fitted.

Reference: Albert and Anderson (1984). An independent linear programme on all constraints at once, in natural units, judges
random small samples.
"""

from typing import Any

import numpy as np
import pytest
from refusing import parameters, refused
from separation import constraints

import mlefit
from mlefit.errors import NoEstimateError
from mlefit.report.report import Report

REMEDY = "drop or merge what separates the classes, or collect rows where they overlap"
LIMITING = f"{REMEDY}; the other parameters are those of the limiting model (separated rows removed)"


def grouped(seed: int = 3, n: int = 60) -> dict[str, Any]:
    """g=B has only y=1; elsewhere y is a coin."""
    rng = np.random.default_rng(seed)
    g = np.array(list("ABC"))[rng.integers(0, 3, n)]
    y = (rng.random(n) < 0.5).astype(int)
    y[g == "B"] = 1
    return {"g": g, "x": rng.normal(size=n), "y": y}


def without(columns: dict[str, Any], keep: Any) -> dict[str, Any]:
    return {name: column[keep] for name, column in columns.items()}


def same_as_fit(error: NoEstimateError, columns: dict[str, Any], model: str, **options: Any) -> float:
    """The identified parameters are those of the fit of `columns`, whose log-likelihood is returned."""
    fit = mlefit.fit(columns, target="y", model=model, draws=0, **options).to_dict()
    found = parameters(error)
    compared = 0
    for p in fit["parameters"]:
        mine = found[p["name"], p["class"]]
        if mine.state != "ok":
            continue
        compared += 1
        assert mine.estimate == pytest.approx(p["estimate"], rel=1e-8, abs=1e-9)
        assert mine.std_error == pytest.approx(p["std_error"], rel=1e-8)
    assert compared
    return float(fit["criteria"]["loglik"])


def test_a_level_with_one_outcome() -> None:
    columns = grouped()
    error = refused(columns, "bernoulli")
    supremum = same_as_fit(error, without(columns, columns["g"] != "B"), "bernoulli")
    assert str(error) == (
        'quasi-complete separation of "y" (modelled: 1) by g=B (+infinity); every row with g=B has y=1: 17 of 60 rows are '
        "predicted perfectly, this coefficient is infinite and no maximum-likelihood estimate exists; the "
        f"log-likelihood approaches {supremum:.6f}, but never reaches it\n{LIMITING}")
    assert error.code == "separation"
    assert error.columns == ("g=B",)
    assert parameters(error)["g=B", None].limit == "+inf"
    assert parameters(error)["g=B", None].estimate is None


def test_the_baseline_level_with_one_outcome_is_named_although_it_has_no_coefficient() -> None:
    columns = grouped()
    columns["g"] = np.where(columns["g"] == "B", "0", columns["g"])
    error = refused(columns, "bernoulli")
    assert error.message.startswith(
        'quasi-complete separation of "y" (modelled: 1) by g=A (-infinity), g=C (-infinity); every row with g=0 has y=1: '
        "17 of 60 rows are predicted perfectly")
    assert parameters(error)["(Intercept)", None].limit == "+inf"
    same_as_fit(error, without(columns, columns["g"] != "0"), "bernoulli")


@pytest.mark.parametrize("value", [0, 1])
def test_an_indicator_column_with_one_outcome(value: int) -> None:
    columns = grouped()
    d = (columns["g"] == "B").astype(int)
    columns = {"d": d if value else 1 - d, "x": columns["x"], "y": columns["y"]}
    error = refused(columns, "bernoulli")
    sign = "+" if value else "-"
    assert f"by d ({sign}infinity); every row with d={value} has y=1: 17 of 60" in error.message


def test_without_an_intercept_each_level_stands_for_itself() -> None:
    error = refused(grouped(), "bernoulli", features=["g"], intercept=False)
    assert "by g=B (+infinity); every row with g=B has y=1: 17 of 60 rows" in error.message
    assert {p.name: p.state for p in parameters(error).values()} == {"g=A": "ok", "g=B": "infinite", "g=C": "ok"}


def test_a_single_predictor_that_separates_completely() -> None:
    x = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    error = refused({"x": x, "y": np.array([0, 0, 0, 1, 1, 1])}, "bernoulli")
    assert str(error) == (
        'the classes of "y" (modelled: 1) are perfectly separated by x (+infinity): all 6 rows are predicted perfectly, so '
        f"coefficients diverge and no maximum-likelihood estimate exists; the log-likelihood approaches 0\n{REMEDY}")


def test_a_predictor_that_separates_alone_is_named_without_the_others() -> None:
    rng = np.random.default_rng(0)
    x, z = rng.normal(size=(2, 60))
    error = refused({"z": z, "x": x, "y": (x < 0).astype(int)}, "bernoulli")
    assert error.columns == ("x",)
    assert "perfectly separated by x (-infinity): all 60 rows" in error.message


@pytest.mark.parametrize("shift", [0.0, 1e4, 1e9])
def test_a_tie_makes_the_separation_quasi_complete_wherever_the_origin_is(shift: float) -> None:
    x = np.array([1.0, 2.0, 3.0, 3.0, 4.0, 5.0]) + shift
    error = refused({"x": x, "y": np.array([0, 0, 0, 1, 1, 1])}, "bernoulli")
    assert str(error) == (
        'quasi-complete separation of "y" (modelled: 1) by x (+infinity): 4 of 6 rows are predicted perfectly, these '
        "coefficients are infinite and no maximum-likelihood estimate exists; the log-likelihood approaches -1.386294, but "
        f"never reaches it\n{REMEDY}")
    assert {p.name: p.limit for p in parameters(error).values()} == {"(Intercept)": "-inf", "x": "+inf"}


@pytest.mark.parametrize("gap", [1e-2, 1e-4, 1e-6, 1e-8])
def test_an_overlap_however_small_is_an_estimate(gap: float) -> None:
    x = np.r_[np.linspace(-2, -0.1, 30), 0.0, gap, np.linspace(0.1, 2, 30)]
    y = np.r_[np.zeros(30), 1, 0, np.ones(30)].astype(int)
    fit = mlefit.fit({"x": x, "y": y}, target="y", model="bernoulli", draws=0).to_dict()
    assert fit["agreement"]["agree"]
    assert fit["criteria"]["loglik"] == pytest.approx(-2.0 * np.log(2.0), abs=10.0 * np.sqrt(gap))


def test_two_predictors_separate_only_together() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 80))
    error = refused({"a": a, "b": b, "y": (a + b > 0).astype(int)}, "bernoulli")
    assert "perfectly separated by a (+infinity), b (+infinity): all 80 rows" in error.message


def test_recession_along_a_combination_leaves_what_is_orthogonal_to_it() -> None:
    """y is decided by a + b wherever it is not 0, and a coin that depends on z where it is."""
    rng = np.random.default_rng(2)
    n = 200
    a, z = np.rint(2.0 * rng.normal(size=n)), rng.normal(size=n)
    b = np.where(np.arange(n) < 120, -a, np.rint(2.0 * rng.normal(size=n)))
    total = a + b
    y = np.where(total > 0, 1, np.where(total < 0, 0, rng.logistic(size=n) < 0.5 * z + 0.3 * a)).astype(int)
    columns = {"a": a, "b": b, "z": z, "y": y}
    error = refused(columns, "bernoulli")
    tied = total == 0
    found = parameters(error)
    assert {name: p.state for (name, _), p in found.items()} == {
        "(Intercept)": "ok", "a": "infinite", "b": "infinite", "z": "ok"}
    supremum = same_as_fit(error, without(columns, tied), "bernoulli", features=["a", "z"])
    assert f"{int((~tied).sum())} of 200 rows are predicted perfectly" in error.message
    assert f"approaches {supremum:.6f}," in error.message


def test_weights_count_in_what_is_predicted_and_in_the_supremum() -> None:
    columns = grouped()
    weight = np.random.default_rng(8).integers(1, 4, 60)
    error = refused({**columns, "w": weight}, "bernoulli", weights="w")
    repeated = {name: np.repeat(column, weight) for name, column in columns.items()}
    assert str(error) == str(refused(repeated, "bernoulli"))


def test_rows_of_weight_zero_do_not_make_the_classes_overlap() -> None:
    x = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0])
    y, w = np.array([0, 0, 0, 1, 1, 1, 0]), np.array([1, 1, 1, 1, 1, 1, 0])
    assert "perfectly separated by x" in refused({"x": x, "y": y, "w": w}, "bernoulli", weights="w").message


def test_aliased_and_separated_at_once() -> None:
    columns = grouped()
    columns = {"g": columns["g"], "x": columns["x"], "x2": 2.0 * columns["x"], "y": columns["y"]}
    error = refused(columns, "bernoulli")
    states = {p.name: p.state for p in parameters(error).values()}
    assert states == {"(Intercept)": "ok", "g=B": "infinite", "g=C": "ok", "x": "ok", "x2": "aliased"}
    assert isinstance(error.partial, Report)
    assert [w.message for w in error.partial.warnings] == ["x2 is collinear: a combination of x; it was dropped"]


def test_a_level_with_one_class_of_three() -> None:
    rng = np.random.default_rng(4)
    g = np.array(list("ABC"))[rng.integers(0, 3, 90)]
    y = np.where(g == "B", "b", np.array(list("abc"))[rng.integers(0, 3, 90)])
    columns = {"g": g, "x": rng.normal(size=90), "y": y}
    error = refused(columns, "categorical")
    supremum = same_as_fit(error, without(columns, g != "B"), "categorical")
    assert str(error) == (
        'quasi-complete separation of "y" by g=B (+infinity for class b, diverges for class c); every row with g=B has '
        f"y=b: {int((g == 'B').sum())} of 90 rows are predicted perfectly, these coefficients are infinite and no "
        f"maximum-likelihood estimate exists; the log-likelihood approaches {supremum:.6f}, but never reaches it\n{LIMITING}")


def test_a_level_that_lacks_one_class_of_three() -> None:
    rng = np.random.default_rng(6)
    g = np.array(list("AB"))[rng.integers(0, 2, 90)]
    y = np.array(list("abc"))[rng.integers(0, 3, 90)]
    y[(g == "B") & (y == "c")] = "a"
    error = refused({"g": g, "y": y}, "categorical")
    found = parameters(error)
    assert found["g=B", "c"].limit == "-inf"
    assert found["g=B", "b"].state == "ok"
    assert error.message.startswith('quasi-complete separation of "y" by g=B (-infinity for class c): 0 of 90 rows')


def test_many_classes_are_counted_not_listed() -> None:
    rng = np.random.default_rng(5)
    g = np.array(list("AB"))[rng.integers(0, 2, 300)]
    y = np.array([f"L{k:02d}" for k in rng.integers(0, 12, 300)])
    y[g == "B"] = "L05"
    error = refused({"g": g, "y": y}, "categorical")
    assert error.message.startswith(
        'quasi-complete separation of "y" by g=B (+infinity for class L05, diverges for 10 classes); every row with g=B has '
        "y=L05: ")
    assert error.columns == ("g=B",)


def separable(y: Any, x: Any, classes: int) -> bool:
    """All constraints in one programme: max of the sum of z d, z d >= 0, -1 <= d <= 1."""
    from scipy.optimize import linprog

    z = constraints(y, x, classes)
    found = linprog(-z.sum(axis=0), A_ub=-z, b_ub=np.zeros(len(z)), bounds=(-1.0, 1.0), method="highs")
    assert found.status == 0
    return bool(-found.fun > 1e-7)


@pytest.mark.slow
@pytest.mark.parametrize("classes", [2, 3])
def test_random_small_samples_are_judged_as_by_an_independent_programme(classes: int) -> None:
    rng = np.random.default_rng(classes)
    verdicts = []
    for _ in range(150):
        n, p = int(rng.integers(5 * classes, 8 * classes)), int(rng.integers(1, 4))
        x = rng.integers(-3, 4, size=(n, p)).astype(float)      # ties are common
        eta = np.zeros((n, classes))
        eta[:, 1:] = x @ rng.normal(size=(p, classes - 1)) * rng.choice([0.0, 1.0, 2.0])
        y = np.argmax(eta + rng.gumbel(size=(n, classes)), axis=1)
        if len(np.unique(y)) < classes:
            continue
        columns = {f"x{j}": x[:, j] for j in range(p)} | {"y": y}
        expected = separable(y, x, classes)
        try:
            fit = mlefit.fit(columns, target="y", model="bernoulli" if classes == 2 else "categorical", draws=0).to_dict()
        except NoEstimateError as error:
            separated = error.code == "separation"
        else:
            separated = not fit["agreement"]["agree"]
        assert separated == expected, (x, y)
        verdicts.append(expected)
    assert 0.2 < np.mean(verdicts) < 0.8      # the generator makes both kinds
