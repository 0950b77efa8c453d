"""Digits of the design: a column whose digits one huge value has taken is dropped and named, never certified."""

from typing import Any

import numpy as np
import pytest

import mlefit
from mlefit.errors import NoEstimateError
from mlefit.estimation import refine

N = 60
S = (np.arange(N) % 10 == 9).astype(float)


def table(huge: float, *, order: str = "xs") -> dict[str, Any]:
    """y is half of x where s is 0; x is a huge value where s is 1."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=N)
    columns = {"x": np.where(S == 1.0, huge, x), "s": S}
    return {name: columns[name] for name in order} | {"y": 0.5 * x + 0.3 * rng.normal(size=N)}


def fitted(columns: dict[str, Any], **options: Any) -> dict[str, Any]:
    return mlefit.fit(columns, target="y", model="gaussian", draws=0, **options).to_dict()


def warned(fit: dict[str, Any], *codes: str) -> list[str]:
    return [w["message"] for w in fit["warnings"] if w["code"] in codes]


def right(columns: dict[str, Any]) -> tuple[float, float]:
    """Intercept and slope: the huge rows have an indicator of their own, so those of the others."""
    near = columns["s"] == 0.0
    design = np.column_stack([np.ones(near.sum()), columns["x"][near]])
    intercept, slope = np.linalg.lstsq(design, columns["y"][near], rcond=None)[0]
    return float(intercept), float(slope)


@pytest.mark.parametrize("order", ["xs", "sx"])
def test_a_column_without_digits_beyond_another_is_dropped_whatever_their_order(order: str) -> None:
    fit = fitted(table(1e17, order=order))
    assert {p["name"]: p["state"] for p in fit["parameters"]} == {"(Intercept)": "ok", "x": "aliased", "s": "ok", "sigma": "ok"}
    assert warned(fit, "collinear", "digits") == [
        "x carries no digits beyond s: the rest of it is the rounding of 1e+17; it was dropped"]
    alone = fitted({name: column for name, column in table(1e17).items() if name != "x"})
    assert fit["criteria"]["loglik"] == pytest.approx(alone["criteria"]["loglik"], rel=1e-13)


@pytest.mark.parametrize(("huge", "digits", "off"), [(1e6, 0, 1e-8), (1e9, 0, 1e-5), (1e12, 4, 1e-4), (5e13, 2, 1e-4)])
def test_what_is_lost_is_said_before_it_shows(huge: float, digits: int, off: float) -> None:
    """`off`: standard errors. Where few digits are left, steps in twice the precision make it right, and say so."""
    columns = table(huge)
    fit = fitted(columns)
    known = {p["name"]: p for p in fit["parameters"]}
    for name, value in zip(("(Intercept)", "x"), right(columns), strict=True):
        assert abs(known[name]["estimate"] - value) <= off * known[name]["std_error"]
    assert warned(fit, "digits", "collinear") == [
        f"{name} carries only about {digits} digits beyond {other}: its coefficient and standard error are exact to no more"
        for name, other in (("x", "s"), ("s", "x")) if digits]
    for route in fit["routes"].values():
        assert (route["refinement"] is not None and route["refinement"] <= 1e-4) if digits else route["refinement"] is None


@pytest.mark.parametrize("model", ["bernoulli", "categorical"])
def test_routes_of_other_laws_are_refined_too(model: str) -> None:
    """The rows with the huge value have an indicator of their own: without it and them the others say the same."""
    rng = np.random.default_rng(6)
    columns = {**table(1e12), "y": rng.integers(0, 2 if model == "bernoulli" else 3, N)}
    near = {name: column[S == 0.0] for name, column in columns.items() if name != "s"}
    whole, alone = (mlefit.fit(data, target="y", model=model, draws=0).to_dict() for data in (columns, near))
    known = {(p["name"], p["class"]): p for p in whole["parameters"]}
    assert max(route["refinement"] for route in whole["routes"].values()) <= 1e-4
    for p in alone["parameters"]:
        mine = known[p["name"], p["class"]]
        assert abs(mine["estimate"] - p["estimate"]) <= 1e-3 * p["std_error"]
        assert mine["std_error"] == pytest.approx(p["std_error"], rel=1e-3)


def test_an_answer_that_does_not_stand_still_is_refused_with_its_column(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refine, "VISIBLE", 0.0)
    with pytest.raises(NoEstimateError) as found:
        fitted(table(5e13))
    assert (found.value.code, found.value.exit_code, found.value.columns) == ("ill-conditioned", 4, ("x",))
    assert found.value.message.startswith("the design is ill-conditioned: sums in twice the precision still move the answer by ")
    assert found.value.message.endswith(
        " standard errors after three steps, most of all by x, which carries about 2 digits beyond the other columns")
    assert found.value.remedy == "correct the largest values of x, or drop it"


def test_two_huge_terms_that_cancel_are_no_exact_fit() -> None:
    columns = table(5e13)
    near = columns["s"] == 0.0
    intercept, slope = right(columns)
    left = np.concatenate([(columns["y"] - intercept - slope * columns["x"])[near], columns["y"][~near] - columns["y"][~near].mean()])
    (sigma,) = (p["estimate"] for p in fitted(columns)["parameters"] if p["name"] == "sigma")
    assert sigma == pytest.approx(np.sqrt(np.square(left).mean()), rel=1e-2)


@pytest.mark.parametrize("origin", [0, 10**9, 10**12, 10**15, 10**18])
def test_whole_numbers_far_from_zero_have_all_their_digits(origin: int) -> None:
    rng = np.random.default_rng(2)
    fit = fitted({"x": np.arange(N) + origin, "z": rng.normal(size=N), "y": rng.normal(size=N)})
    assert warned(fit, "digits", "collinear") == []


def test_a_copy_of_a_column_with_a_huge_value_is_still_called_a_combination() -> None:
    columns = table(1e17)
    del columns["s"]
    fit = fitted({"x": columns["x"], "twice": 2.0 * columns["x"], "y": columns["y"]})
    assert warned(fit, "digits", "collinear") == ["twice is collinear: a combination of x; it was dropped"]


@pytest.mark.parametrize("model", ["bernoulli", "categorical"])
def test_it_is_a_matter_of_the_design_whatever_the_law(model: str) -> None:
    columns = table(1e17)
    rng = np.random.default_rng(4)
    fit = mlefit.fit({**columns, "y": rng.integers(0, 2 if model == "bernoulli" else 3, N)}, target="y", model=model, draws=0).to_dict()
    assert {p["state"] for p in fit["parameters"] if p["name"] == "x"} == {"aliased"}
