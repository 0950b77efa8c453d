"""Signs of infinity: one is said only if every separating direction has it; an independent programme judges."""

from typing import Any

import numpy as np
import pytest
from refusing import parameters, refused
from separation import constraints

import mlefit
from mlefit.arrays import Array
from mlefit.errors import NoEstimateError


def extremes(y: Array, x: Array, classes: int) -> list[tuple[float, float]]:
    """Least and largest value of every coefficient over all separating directions in the unit box, class by class."""
    from scipy.optimize import linprog

    z = constraints(y, x, classes)
    ends = []
    for way in np.eye(z.shape[1]):
        low, high = (linprog(s * way, A_ub=-z, b_ub=np.zeros(len(z)), bounds=(-1.0, 1.0), method="highs").fun for s in (1.0, -1.0))
        ends.append((low, -high))
    return ends


@pytest.mark.slow
@pytest.mark.parametrize("classes", [2, 3])
def test_a_sign_is_said_where_it_is_that_of_every_direction_and_only_there(classes: int) -> None:
    rng = np.random.default_rng(classes + 10)
    said = {"ok": 0, "infinite": 0, "diverges": 0}
    for _ in range(40):
        n, p = int(rng.integers(5 * classes, 8 * classes)), int(rng.integers(1, 4))
        x = rng.integers(-3, 4, size=(n, p)).astype(float)
        eta = np.zeros((n, classes))
        eta[:, 1:] = x @ rng.normal(size=(p, classes - 1)) * 3.0
        y = np.argmax(eta + rng.gumbel(size=(n, classes)), axis=1)
        if len(np.unique(y)) < classes or np.linalg.matrix_rank(np.column_stack([np.ones(n), x])) < p + 1:
            continue
        try:
            mlefit.fit({f"x{j}": x[:, j] for j in range(p)} | {"y": y}, target="y",
                       model="bernoulli" if classes == 2 else "categorical", draws=0)
        except NoEstimateError as error:
            if error.code != "separation":
                continue
            found = parameters(error)
        else:
            continue
        for parameter, (low, high) in zip(found.values(), extremes(y, x, classes), strict=True):
            said[parameter.state] += 1
            up, down = high > 1e-7, low < -1e-7
            state = "diverges" if up and down else "infinite" if up or down else "ok"
            assert parameter.state == state, (x, y, parameter)
            assert parameter.limit == (None if state != "infinite" else "+inf" if up else "-inf")
    assert min(said["infinite"], said["diverges"]) > 20


def flowers(n: int = 50) -> dict[str, Any]:
    """Three species: one far from both others, which overlap."""
    rng = np.random.default_rng(5)
    species = np.repeat(["s", "v", "w"], n)
    length = np.repeat([1.5, 4.3, 5.5], n) + 0.6 * rng.normal(size=3 * n)
    width = np.repeat([0.25, 1.3, 2.0], n) + 0.3 * rng.normal(size=3 * n)
    return {"length": length.round(1), "width": width.round(1), "species": species}


def test_directions_that_disagree_give_no_sign_and_the_baseline_that_hides_the_finite_part_is_named() -> None:
    columns = flowers()
    error = refused(columns, "categorical", target="species")
    pair = {name: column[columns["species"] != "s"] for name, column in columns.items()}
    two = mlefit.fit(pair, target="species", model="bernoulli", draws=0).to_dict()
    assert str(error) == (
        'quasi-complete separation of "species" by length (+infinity for classes v, w), width (diverges for classes v, w): '
        "50 of 150 rows are predicted perfectly, these coefficients are infinite and no maximum-likelihood estimate exists; "
        f"the log-likelihood approaches {two['criteria']['loglik']:.6f}, but never reaches it\n"
        "drop or merge what separates the classes, or collect rows where they overlap; --reference species=v shows the "
        "coefficients between the classes that do overlap")
    assert {(p.name, p.state, p.limit) for p in parameters(error).values()} == {
        ("(Intercept)", "infinite", "-inf"), ("length", "infinite", "+inf"), ("width", "diverges", None)}

    beside = parameters(refused(columns, "categorical", target="species", reference={"species": "v"}))
    assert {name: p.state for (name, class_), p in beside.items() if class_ == "w"} == {
        "(Intercept)": "ok", "length": "ok", "width": "ok"}
    for p in two["parameters"]:
        assert beside[p["name"], "w"].estimate == pytest.approx(p["estimate"], rel=1e-6)


def test_a_baseline_that_hides_nothing_is_not_offered_another() -> None:
    error = refused(flowers(), "categorical", target="species", reference={"species": "v"})
    assert "--reference" not in error.remedy


def levels_apart(n: int = 300) -> dict[str, Any]:
    """A factor whose first level has one outcome."""
    rng = np.random.default_rng(1)
    g, x = rng.choice(list("abc"), n), rng.normal(size=n)
    y = (rng.random(n) < 1.0 / (1.0 + np.exp(-0.5 * x - 0.7 * (g == "b")))).astype(int)
    return {"g": g, "x": x, "y": np.where(g == "a", 1, y)}


def test_the_baseline_of_a_factor_that_hides_the_finite_part_is_named() -> None:
    columns = levels_apart()
    error = refused(columns, "bernoulli")
    assert {name: p.state for (name, _), p in parameters(error).items()} == {
        "(Intercept)": "infinite", "g=b": "infinite", "g=c": "infinite", "x": "ok"}
    assert error.remedy == (
        "drop or merge what separates the classes, or collect rows where they overlap; --reference g=b shows the coefficients "
        "between the levels that do overlap; the other parameters are those of the limiting model (separated rows removed)")

    beside = parameters(refused(columns, "bernoulli", reference={"g": "b"}))
    rest = {name: column[columns["g"] != "a"] for name, column in columns.items()}
    alone = mlefit.fit(rest, target="y", model="bernoulli", draws=0).to_dict()
    assert {name: p.state for (name, _), p in beside.items()} == {
        "(Intercept)": "ok", "g=a": "infinite", "g=c": "ok", "x": "ok"}
    for p in alone["parameters"]:
        assert beside[p["name"], None].estimate == pytest.approx(p["estimate"], rel=1e-6)


@pytest.mark.parametrize("options", [{"reference": {"g": "b"}}, {"intercept": False}, {"formula": "y ~ x * g"}])
def test_a_level_that_hides_nothing_or_crosses_another_column_is_not_offered_another(options: dict[str, Any]) -> None:
    columns = levels_apart()
    with pytest.raises(NoEstimateError) as error:
        mlefit.fit(columns, None if "formula" in options else "y", model="bernoulli", draws=0, **options)
    assert "--reference" not in error.value.remedy


def test_where_the_limit_is_lost_beside_a_huge_value_the_others_are_not_found_and_not_called_aliased() -> None:
    columns = levels_apart()
    columns["x"] = np.where(np.arange(300) == int(np.flatnonzero(columns["g"] == "b")[0]), 1e15, columns["x"])
    error = refused(columns, "bernoulli")
    assert {name: (p.state, p.estimate) for (name, _), p in parameters(error).items()} == {
        "(Intercept)": ("infinite", None), "g=b": ("infinite", None), "g=c": ("infinite", None), "x": ("ok", None)}
    assert error.message.endswith(
        "these coefficients are infinite and no maximum-likelihood estimate exists; what the other parameters approach was not found")
    assert error.remedy == "drop or merge what separates the classes, or collect rows where they overlap"
