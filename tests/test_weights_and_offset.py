"""Frequency weights and offsets: weight k is the row k times, in every figure; an offset has coefficient 1."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlefit.errors import DataError, MlefitError, UsageError
from mlefit.pipeline import run
from mlefit.report.json import to_dict
from mlefit.request import Request

SAME = 1e-9     # both data sets have the same likelihood; what differs is the order of the sums
# Rows are counted in the file, n is the sum of the weights; the counters of the searches depend on rounding.
OF_THE_FILE = {
    "source", "sha256", "rows_read", "rows_used", "rows_dropped", "weights", "weights_kind", "zero_weight", "iterations",
    "evaluations", "edm", "gradient", "gap_se", "max_gap_se", "nll_excess", "run", "route_kl", "dependence",
}
OF_ROWS = {"dependence", "groups", "repeated-rows"}     # a weighted row has no neighbours, and its copies are no news


def figures(node: Any, path: str = "") -> dict[str, Any]:
    if isinstance(node, dict):
        children = [(name, child) for name, child in node.items() if name not in OF_THE_FILE]
    elif isinstance(node, list):
        children = [(str(place), child) for place, child in enumerate(node)]
    else:
        return {path: node}
    return {key: value for name, child in children for key, value in figures(child, f"{path}.{name}").items()}


def assert_same(mine: dict[str, Any], other: dict[str, Any]) -> None:
    assert mine.keys() == other.keys()
    for key, value in mine.items():
        if isinstance(value, float):
            assert value == pytest.approx(other[key], rel=SAME, abs=SAME), key
        else:
            assert value == other[key], key


def outcome(data: dict[str, Any], **options: Any) -> Any:
    try:
        found = to_dict(run(Request(data, **options)))
        found["warnings"] = [warning for warning in found["warnings"] if warning["code"] not in OF_ROWS]
        return figures(found)
    except MlefitError as error:
        return error.code


@pytest.mark.slow
@given(
    st.integers(0, 10_000), st.sampled_from(["gaussian", "bernoulli", "categorical"]),
    st.sampled_from(["auto", "model", "ols", "hc0", "hc1", "hc2", "hc3", "cluster:c"]),
)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_weight_k_is_the_row_k_times(seed: int, model: str, se: str) -> None:
    if se == "ols" and model != "gaussian":
        se = "auto"
    rng = np.random.default_rng(seed)
    n = 60
    weight = rng.integers(0, 4, n)
    x, g = rng.normal(size=n), np.array(["a", "b", "c"])[rng.integers(0, 3, n)]
    y = {
        "gaussian": x + rng.normal(size=n), "bernoulli": np.array(["no", "yes"])[rng.integers(0, 2, n)],
        "categorical": np.array(["p", "q", "r"])[rng.integers(0, 3, n)],
    }[model]
    options: dict[str, Any] = {"target": "y", "model": model, "features": ("x", "g"), "se": se, "draws": 0}
    c = rng.integers(0, 12, n)
    weighted = outcome({"x": x, "g": g.tolist(), "w": weight, "y": y.tolist(), "c": c}, weights="w", **options)
    again = np.repeat(np.arange(n), weight)
    repeated = outcome({"x": x[again], "g": g[again].tolist(), "y": y[again].tolist(), "c": c[again]}, **options)
    if isinstance(weighted, str) or isinstance(repeated, str):
        assert weighted == repeated
        return
    assert weighted[".data.n"] == int(weight.sum())
    assert_same(weighted, repeated)


def test_levels_that_only_weight_zero_rows_have_do_not_exist() -> None:
    rng = np.random.default_rng(1)
    g = ["a", "b"] * 20 + ["c"]
    data = {"g": g, "w": [1] * 40 + [0], "y": rng.normal(size=41)}
    fit = to_dict(run(Request(data, target="y", features=("g",), weights="w", draws=0)))
    assert [p["name"] for p in fit["parameters"]] == ["(Intercept)", "g=b", "sigma"]


@pytest.mark.parametrize(("bad", "shown"), [("-1", "-1"), ("1.5", "1.5"), ("1e17", "1e+17"), ("inf", "inf")])
def test_unusable_weights_are_refused_with_the_row(tmp_path: Path, bad: str, shown: str) -> None:
    path = tmp_path / "w.csv"
    path.write_text(f"x,w,y\n1,2,3\n2,1,4\n3,{bad},5\n4,1,7\n")
    with pytest.raises(DataError) as refused:
        run(Request((str(path),), target="y", features=("x",), weights="w", draws=0))
    assert refused.value.message == f'column "w", row 3: a frequency weight must be a whole number >= 0, found {shown}'
    assert refused.value.remedy == "frequency weights count how often a row occurred; " + (
        "--weights-kind precision is for a variance of sigma^2/w, --weights-kind sampling for rows that stand for w rows of a "
        "population" if bad == "1.5" else "drop or correct the row")
    assert refused.value.rows == (3,)
    assert refused.value.columns == ("w",)


def test_a_missing_weight_drops_its_row_and_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "w.csv"
    path.write_text("x,w,y\n1,2,3\n2,,4\n3,1,5\n4,1,8\n5,1,9\n6,1,9.5\n")
    data = to_dict(run(Request((str(path),), target="y", features=("x",), weights="w", draws=0)))["data"]
    assert (data["rows_read"], data["rows_used"], data["dropped"], data["n"]) == (6, 5, {"w": 1}, 6)


def test_all_weights_zero_leave_no_rows() -> None:
    with pytest.raises(DataError) as refused:
        run(Request({"x": [1.0, 2.0], "w": [0, 0], "y": [1.0, 3.0]}, target="y", weights="w"))
    assert str(refused.value) == "no complete rows remain of the 2 read: every weight is 0\nuse weights of which some are above 0"


def test_a_gaussian_offset_is_subtracted_from_the_response() -> None:
    rng = np.random.default_rng(2)
    x, o, y = rng.normal(size=(3, 50))
    shifted = figures(to_dict(run(Request({"x": x, "o": o, "y": y}, target="y", features=("x",), offset="o", draws=0))))
    plain = figures(to_dict(run(Request({"x": x, "y": y - o}, target="y", features=("x",), draws=0))))
    shifted.pop(".data.offset"), plain.pop(".data.offset")
    assert_same(shifted, plain)


def test_a_constant_offset_moves_the_intercept_of_a_logit_alone() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=80), rng.integers(0, 2, 80)
    data = {"x": x, "two": np.full(80, 2.0), "y": y}
    options: dict[str, Any] = {"target": "y", "features": ("x",), "model": "bernoulli", "draws": 0}
    plain, shifted = (to_dict(run(Request(data, offset=o, **options))) for o in (None, "two"))
    first, second = plain["parameters"], shifted["parameters"]
    assert first[0]["estimate"] - 2.0 == pytest.approx(second[0]["estimate"], rel=1e-9)
    assert first[1]["estimate"] == pytest.approx(second[1]["estimate"], rel=1e-9)
    assert plain["criteria"]["loglik"] == pytest.approx(shifted["criteria"]["loglik"], rel=1e-12)
    assert plain["criteria"]["null_loglik"] == pytest.approx(shifted["criteria"]["null_loglik"], rel=1e-9)
    json.dumps(shifted, allow_nan=False)


def test_a_categorical_offset_would_need_a_class() -> None:
    data = {"o": [1.0] * 6, "x": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], "y": list("abcabc")}
    with pytest.raises(UsageError) as refused:
        run(Request(data, target="y", features=("x",), offset="o"))
    assert refused.value.message == (
        "--offset: categorical has one linear predictor per class, and an offset would have to name the class "
        "it belongs to"
    )
    assert refused.value.remedy == "leave --offset out, or use --model bernoulli for one class against the rest"
