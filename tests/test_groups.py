"""`--by`: each group is fitted as if its rows were a table of their own, with a design learnt from all of them."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conforming import complaints
from group_cases import alone, apart, table

import mlefit
from mlefit.cli import main
from mlefit.cli.schema import every
from mlefit.errors import DataError, UsageError

FRAME = table(4, 60)
SAME = 1e-9     # standard errors


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three groups: one of many rows, one of too few, one with a single outcome; a row without a group."""
    path = tmp_path_factory.mktemp("groups") / "shops.csv"
    frame = FRAME[FRAME["shop"] == "s00"][["shop", "x", "y", "bought"]]
    few = FRAME[FRAME["shop"] == "s01"][["shop", "x", "y", "bought"]].head(2)
    same = FRAME[FRAME["shop"] == "s02"][["shop", "x", "y", "bought"]].assign(bought="no")
    nowhere = frame.head(1).assign(shop=None)
    pd.concat([few, frame, nowhere, same]).to_csv(path, index=False)
    return path


@pytest.mark.parametrize(("model", "target"), [
    ("gaussian", "y"), ("bernoulli", "bought"), ("poisson", "count"), ("gamma", "time"), ("laplace", "y"),
    pytest.param("student-t", "y", marks=pytest.mark.slow),
    ("categorical", "kind"), ("negative-binomial", "count"),
])
def test_every_group_is_fitted_as_if_it_were_alone(model: str, target: str) -> None:
    fits = mlefit.fit(FRAME, target, ["x", "z"], model, by="shop")
    assert [one["group"] for one in fits.by] == [{"shop": f"s{k:02d}"} for k in range(4)]
    for one in fits.by:
        assert one["error"] is None
        own = alone(FRAME, one["group"], target=target, features=["x", "z"], model=model)
        assert apart(one["fit"]["parameters"], own["parameters"]) < SAME
        assert one["fit"]["information"]["cross_entropy"] == pytest.approx(own["information"]["cross_entropy"], rel=1e-12)


@pytest.mark.parametrize("options", [
    {"weights": "w"}, {"weights": "w", "weights_kind": "sampling"}, {"offset": "z"}, {"se": "robust"}, {"se": "cluster:kind"},
    {"intervals": "profile"}, {"level": 0.8}, {"intercept": False}, {"holdout": 0.2},
], ids=str)
def test_options_hold_for_each_group(options: dict[str, object]) -> None:
    fits = mlefit.fit(FRAME, "count", ["x"], "poisson", by="shop", **options)
    for one in fits.by:
        own = alone(FRAME, one["group"], target="count", features=["x"], model="poisson", **options)
        assert apart(one["fit"]["parameters"], own["parameters"]) < SAME


def test_levels_are_those_of_the_whole_file_and_one_that_a_group_lacks_is_aliased_there() -> None:
    frame = FRAME[~((FRAME["shop"] == "s02") & (FRAME["kind"] == "b"))]
    fits = mlefit.fit(frame, "y", ["x", "kind"], by="shop")
    states = [{p["name"]: p["state"] for p in one["fit"]["parameters"]} for one in fits.by]
    assert [found["kind=b"] for found in states] == ["ok", "ok", "aliased", "ok"]
    assert fits.by[2]["fit"]["warnings"][0]["message"] == "kind=b is zero in every row; it was dropped"


def test_groups_of_two_columns_are_in_level_order_the_last_one_fastest() -> None:
    frame = FRAME.assign(year=np.where(FRAME["w"] > 1, 10, 9))
    fits = mlefit.fit(frame, "y", ["x"], by=["year", "shop"])
    assert [tuple(one["group"].values()) for one in fits.by] == [
        (year, f"s{shop:02d}") for year in ("9", "10") for shop in range(4)]
    own = alone(frame, fits.by[5]["group"], target="y", features=["x"])
    assert apart(fits.by[5]["fit"]["parameters"], own["parameters"]) < SAME


def test_a_group_without_an_answer_is_a_row_that_says_why_and_the_exit_is_4(
    shops: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", str(shops), "-t", "bought", "-x", "x", "--by", "shop", "-o", "csv"]) == 4
    out, err = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(row["shop"], row["n"], row["status"], row["name"]) for row in rows] == [
        ("s00", "60", "ok", "(Intercept)"), ("s00", "60", "ok", "x"), ("s01", "2", rows[2]["status"], ""),
        ("s02", "60", "one-class", "")]
    assert rows[3]["estimate"] == rows[3]["p_value"] == ""
    assert rows[3]["message"] == 'column "bought": bernoulli needs at least two classes, found only one class, "no", in all 60 rows used'
    assert err.splitlines()[-2:] == [
        f"mlefit: 2 of 3 groups have no answer: {rows[2]['status'].replace('-', ' ')} 1, one class 1",
        "the rows of these groups say why; --allow-failures makes this exit 0"]


def test_failures_may_be_allowed(shops: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", str(shops), "-t", "y", "-x", "x", "--by", "shop", "--allow-failures"]) == 0
    out, err = capsys.readouterr()
    assert err == "note: model: gaussian (target: a column of numbers); --model names another.\n" \
        "note: 1 of 3 groups has no answer: too few rows 1.\n"
    assert out.splitlines()[1] == "3 groups, 122 of 123 rows used (1 dropped, missing in shop: 1)"
    assert [line.split()[:3] for line in out.splitlines()[5:]] == [
        ["s00", "60", "ok"], ["s01", "2", "too-few-rows"], ["s02", "60", "ok"]]


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_the_fits_of_groups_are_json_by_their_schema(shops: Path, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", str(shops), "-t", "y", "-x", "x", "--by", "shop", "-o", form, "-q"]) == 4
    out = capsys.readouterr().out
    if form == "json":
        answer = json.loads(out)
        assert complaints(answer, every()) == []
        assert answer["without_answer"] == {"too-few-rows": 1}
        assert answer["data"]["dropped"] == {"shop": 1}
        groups = answer["groups"]
    else:
        groups = [json.loads(line) for line in out.splitlines()]
    assert [one["group"] for one in groups] == [{"shop": "s00"}, {"shop": "s01"}, {"shop": "s02"}]
    assert [one["status"] for one in groups] == ["ok", "too-few-rows", "ok"]
    assert groups[0]["fit"]["schema"] == groups[1]["fit"]["schema"] == "mlefit.fit/1"
    assert groups[1]["error"]["message"] == (
        "too few rows: 2 rows cannot determine 3 parameters (2 coefficients and sigma)")


def test_a_table_shows_the_first_40_groups_and_says_how_many_there_are(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    table(42, 12).to_csv(path, index=False)
    assert main(["fit", str(path), "-t", "y", "-x", "x,z", "--by", "shop", "-q"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{path}: y ~ x + z by shop  gaussian noise, mean squared error"
    assert lines[1] == "42 groups, 504 of 504 rows used"
    assert lines[4].split() == ["shop", "n", "status", "(Intercept)", "x", "z", "sigma", "nats"]
    assert len(lines) == 5 + 40 + 2
    assert lines[-1] == "2 more groups: use -o csv"


def test_verdicts_control_the_share_of_false_ones() -> None:
    frame = table(12, 40)
    bent = frame["shop"] == "s03"
    frame.loc[bent, "y"] = frame.loc[bent, "z"] ** 3 * 3.0
    plain = mlefit.fit(frame, "y", ["x", "z"], by="shop")
    assert {one["misfit"] for one in plain.by} == {None}
    fits = mlefit.fit(frame, "y", ["x", "z"], by="shop", draws=39)
    assert [one["group"]["shop"] for one in fits.by if one["misfit"]["found"]] == ["s03"]
    assert sum(one["misfit"]["p_value"] < 0.2 for one in fits.by) > 1       # which alone would be looked at twice


def test_the_frame_has_a_row_for_each_parameter_and_the_text_is_the_table() -> None:
    fits = mlefit.fit(FRAME, "y", ["x"], by="shop")
    frame = fits.parameters
    assert list(frame["shop"]) == [f"s{k:02d}" for k in range(4) for _ in range(3)]
    assert list(frame["name"][:3]) == ["(Intercept)", "x", "sigma"]
    assert str(fits).splitlines()[0] == f"{'<DataFrame>: y ~ x by shop':46}gaussian noise, mean squared error"


def test_a_cell_that_no_law_takes_is_refused_with_its_row_in_the_file() -> None:
    frame = FRAME.assign(count=FRAME["count"].mask(FRAME.index == 7, -1))
    with pytest.raises(DataError) as refused:
        mlefit.fit(frame, "count", ["x"], "poisson", by="shop")
    assert refused.value.message == 'column "count", row 8: poisson needs whole numbers >= 0 (counts), found -1'
    assert refused.value.rows == (8,)


def test_rows_that_take_more_memory_than_there_may_be_are_refused() -> None:
    with pytest.raises(DataError) as refused:
        mlefit.fit(FRAME, "y", ["x"], by="shop", memory=1024)
    assert (refused.value.message, refused.value.remedy) == (
        "--by keeps the columns in use in memory: the first 240 rows take more than the 0 MB that may be used",
        "use fewer columns, or allow more with --memory")


def test_a_class_with_which_the_others_are_compared_must_occur() -> None:
    frame = FRAME[~((FRAME["shop"] == "s01") & (FRAME["kind"] == "a"))]
    fits = mlefit.fit(frame, "kind", ["x"], "categorical", by="shop")
    assert [one["status"] for one in fits.by] == ["ok", "no-reference", "ok", "ok"]
    error = fits.by[1]["error"]
    assert (error["message"], error["remedy"]) == (
        'column "kind": the reference class "a" does not occur in this group',
        "--reference kind=LEVEL chooses one that every group has")


@pytest.mark.parametrize(("options", "message", "remedy"), [
    ({"features": ["shop"]}, 'column "shop" makes the groups and is a predictor as well', "give it one role"),
    ({"weights": "w", "by": "w"}, 'column "w" makes the groups and is the weights as well', "give it one role"),
    ({"se": "cluster:shop"}, 'column "shop" makes the groups and is the clusters as well', "give it one role"),
    ({"target": "shop"}, 'column "shop" makes the groups and is the target as well', "give it one role"),
    ({"by": "shap"}, 'there is no column "shap"',
     "did you mean shop? the columns are shop, x, z, y, bought, count, time, one, kind, w"),
])
def test_a_column_that_divides_rows_has_no_other_part(options: dict[str, object], message: str, remedy: str) -> None:
    with pytest.raises(UsageError) as refused:
        mlefit.fit(FRAME, **{"target": "y", "features": ["x"], "by": "shop", **options})
    assert (refused.value.message, refused.value.remedy) == (message, remedy)


@pytest.mark.parametrize(("arguments", "lines"), [
    (["--by", "shop", "-o", "latex"], ["mlefit: --output latex: groups are not printed so", "use table, json, jsonl or csv"]),
    (["--by", "shop", "--detail"], [
        "mlefit: --detail: the table of groups has one line for each", "leave it out, or fit one group alone"]),
    (["--by", "shop", "--require", "r2>0.5"], [
        "mlefit: --require: there is a fit for each group, and no figure of all of them",
        "leave it out; -o jsonl has the figures of each"]),
    (["-o", "jsonl"], [
        "mlefit: --output jsonl is for the groups of --by", "name their columns with --by, or leave it out"]),
    (["--allow-failures"], [
        "mlefit: --allow-failures is for the groups of --by", "name their columns with --by, or leave it out"]),
])
def test_what_groups_have_not_and_what_they_alone_have_is_refused(
    shops: Path, arguments: list[str], lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", str(shops), *arguments]) == 2
    assert capsys.readouterr().err.splitlines() == lines
