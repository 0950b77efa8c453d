"""Errors by cluster of a factor of many levels without columns: every number is that of columns, and what a group decides alone."""

import json
from typing import Any

import numpy as np
import pytest
from test_indexed import check_alike, rows, told

import mlefit
from mlefit.design import indexing
from mlefit.errors import DataError
from mlefit.inference import swept
from mlefit.saved.write import to_json


def grouped() -> dict[str, Any]:
    """Groups c within levels of g, m of a few levels each, h across them, one that has all of a column, and a level of one row."""
    data = rows()
    level, rng = np.array([int(name[1:]) for name in data["g"]]), np.random.default_rng(4)
    data["c"] = [f"c{a}.{b}" for a, b in zip(level, rng.integers(0, 4, len(level)), strict=True)]
    data["m"] = [f"m{a // 5}" for a in level]
    data["two"] = [f"t{a % 2}" for a in level]
    data["only"] = np.where(np.array(data["h"]) == "h1", rng.normal(size=len(level)), 0.0)
    data["g"][17] = "single"
    return data


CASES = [
    {"formula": "y ~ x + g + z", "model": "gaussian"}, {"formula": "y ~ g", "model": "gaussian"},
    {"formula": "y ~ g + x + only", "model": "gaussian", "weights": "w"}, {"formula": "count ~ g - 1 + x", "model": "poisson"},
    {"formula": "b ~ only + x + g", "model": "bernoulli", "reference": {"g": "l011"}},
    {"formula": "y ~ g + x", "model": "gaussian", "reference": {"g": "single"}},
]
OF_A_SHAPE = {"formula": "size ~ g + x", "model": "gamma", "offset": "e"}
EACH = [(group, options) for group in ("c", "m", "h", "two", "g") for options in CASES] + [("h", OF_A_SHAPE)]


@pytest.mark.slow
@pytest.mark.parametrize(("group", "options"), EACH, ids=lambda one: one if isinstance(one, str) else one["formula"])
def test_groups_say_of_levels_what_they_say_of_columns(group: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    data = grouped()
    if options["model"] == "bernoulli":
        data["g"][17] = "l003"
    one, other = (told(data, many, monkeypatch, **options, se=f"cluster:{group}") for many in (20, 10**6))
    check_alike(one, other)
    assert one.mle.method in (other.mle.method, "trust-ncg")
    assert [(t.term, t.df, t.df2 or 0.0, t.statistic or 0.0) for t in one.terms] == [
        (t.term, t.df, pytest.approx(t.df2 or 0.0, rel=1e-7), pytest.approx(t.statistic or 0.0, rel=1e-7)) for t in other.terms]


def test_a_group_that_has_all_rows_of_a_level_leaves_it_without_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    found = told(grouped(), 20, monkeypatch, formula="y ~ g + x", model="gaussian", se="cluster:m")
    states = {p.name: p.state for p in found.parameters}
    assert states["g=l012"] == "no-robust-error"        # both it and the baseline are a group's alone
    assert states["x"] == "ok"


def test_a_column_of_one_group_has_no_error_beside_levels(monkeypatch: pytest.MonkeyPatch) -> None:
    found = told(grouped(), 20, monkeypatch, formula="y ~ g + x + only", model="gaussian", se="cluster:h")
    assert {p.name for p in found.parameters if p.state == "no-robust-error"} == {"g=single", "only"}


def test_a_single_group_is_refused_with_levels_too(monkeypatch: pytest.MonkeyPatch) -> None:
    data = grouped()
    data["all"] = ["a"] * len(data["g"])
    with pytest.raises(DataError) as found:
        told(data, 20, monkeypatch, formula="y ~ g + x", model="gaussian", se="cluster:all")
    assert str(found.value).startswith("--se cluster: the rows used form a single cluster, expected at least two")


@pytest.mark.parametrize("formula", ["y ~ g + x", "y ~ g - 1 + x + z", "y ~ g"])
def test_sums_of_products_say_what_every_row_says(formula: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Effective rows by either way of summing up."""
    found = []
    for cheaper in (0, 10**9):
        monkeypatch.setattr(swept, "CHEAPER", cheaper)
        found.append(told(grouped(), 20, monkeypatch, formula=formula, model="gaussian", se="hc2"))
    check_alike(*found)
    assert any(p.state == "no-robust-error" for p in found[0].parameters)


def test_many_columns_beside_groups_have_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "MANY", 20)
    found = told(grouped(), 20, monkeypatch, formula="count ~ g + poly(x, 10) + poly(z, 10) + bs(x, 12) + bs(z, 12)", model="poisson", se="cluster:c")
    assert found.mle.method == "trust-exact"


def test_a_saved_model_has_no_more_of_many_groups_than_of_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for many in (20, 10**6):
        monkeypatch.setattr(indexing, "MANY", many)
        model = mlefit.fit(grouped(), formula="y ~ g + x", model="gaussian", se="cluster:c", kl=False).model
        found.append(json.loads(to_json(model.saved))["covariance"])
    scales = [np.array(one["scale"]) for one in found]
    assert np.array(found[0]["root"]).shape[1] <= 33        # coefficients and the scale, not 120 groups
    roots = [np.array(one["root"]) / scale[: len(one["root"]), None] for one, scale in zip(found, scales, strict=True)]
    assert np.allclose(roots[0] @ roots[0].T, roots[1] @ roots[1].T, rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize(("formula", "model"), [("y ~ g + x + z", "gaussian"), ("count ~ x + g - 1", "poisson"), ("size ~ g + x", "gamma")])
def test_sampling_weights_beside_levels_say_what_they_say_beside_columns(
    formula: str, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = {**grouped(), "u": np.random.default_rng(9).uniform(0.5, 3.0, len(rows()["g"]))}
    whole = {"formula": formula, "model": model, "weights": "u", "weights_kind": "sampling"}
    one, other = (told(data, many, monkeypatch, **whole) for many in (20, 10**6))
    assert one.mle.method != "trust-exact"
    for key in ("estimate", "std_error", "ci_low", "ci_high", "p_value"):
        mine, theirs = ([getattr(p, key) for p in report.parameters] for report in (one, other))
        assert mine == [None if value is None else pytest.approx(value, rel=1e-7, abs=1e-9) for value in theirs]
    assert [p.state for p in one.parameters] == [p.state for p in other.parameters]
    assert [t.statistic for t in one.terms] == [None if t.statistic is None else pytest.approx(t.statistic, rel=1e-7) for t in other.terms]
