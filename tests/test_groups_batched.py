"""Many fits at once say what each fit alone says, and what they cannot prove they leave to it."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from group_cases import table

import mlefit
from mlefit.groups import fit as way
from mlefit.groups.batched import answered_at_once
from mlefit.groups.buckets import Design, blocks
from mlefit.report.groups import Group
from mlefit.request import Request

SAME = 1e-9         # standard errors
PROFILED = 1e-6     # standard errors: to 1e-7 in the root of the likelihood ratio a fit alone looks for an end of its profile
GROUPS = 30


def groups(frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, **options: object) -> tuple[tuple[Group, ...], tuple[Group, ...], int]:
    """The groups as they are answered, each as it is answered alone, and how many were answered at once."""
    request = Request(frame, by=("shop",), **options)
    known: list[int] = []

    def counted(*asked: object) -> dict[int, Group]:
        found = answered_at_once(*asked)
        known.append(len(found))
        return found

    monkeypatch.setattr(way, "answered_at_once", counted)
    together = way.fit_groups(request).groups
    monkeypatch.setattr(way, "answered_at_once", lambda *_: {})
    return together, way.fit_groups(request).groups, known[0]


def check(together: tuple[Group, ...], alone: tuple[Group, ...]) -> None:
    """Every figure of the CSV."""
    assert [(one.key, one.n, one.status) for one in together] == [(one.key, one.n, one.status) for one in alone]
    for one, own in zip(together, alone, strict=True):
        if one.error is not None:
            continue
        assert one.cross_entropy == pytest.approx(own.cross_entropy, rel=1e-10, abs=1e-12)
        for p, q in zip(one.parameters, own.parameters, strict=True):
            assert (p.name, p.class_, p.kind, p.state, p.limit, p.df) == (q.name, q.class_, q.kind, q.state, q.limit, q.df)
            for key, close in (("estimate", SAME), ("std_error", SAME), ("loss_estimate", SAME), ("ci_low", PROFILED), ("ci_high", PROFILED)):
                mine, other = getattr(p, key), getattr(q, key)
                bound = SAME if q.interval != "profile" else close
                assert (mine is None) == (other is None), (one.key, p.name, key)
                assert mine is None or abs(mine - other) <= bound * (q.std_error + 1e-3 * abs(other)), (one.key, p.name, key, mine, other)
            assert (p.statistic is None) == (q.statistic is None)
            if q.statistic is not None:
                assert p.statistic == pytest.approx(q.statistic, rel=1e-8, abs=1e-9)
                assert p.p_value == pytest.approx(q.p_value, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("rows", [12, pytest.param(25, marks=pytest.mark.slow), pytest.param(60, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("model", "target"), [
    ("gaussian", "y"), ("bernoulli", "bought"), ("bernoulli:link=probit", "bought"), ("bernoulli:link=cloglog", "bought"),
    ("poisson", "count"),
])
def test_groups_together_are_groups_alone(model: str, target: str, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = table(GROUPS, rows)
    together, alone, known = groups(frame, monkeypatch, target=target, features=("x", "z"), model=model)
    check(together, alone)
    assert known > GROUPS // 2


@pytest.mark.parametrize("options", [
    {"intercept": False}, {"features": ("x", "kind")}, {"formula": "y ~ x + x:kind + poly(z, 2)"}, {"features": ()}, {"level": 0.8},
    {"features": ("kind",), "intercept": False},
], ids=str)
@pytest.mark.parametrize("model", ["gaussian", "poisson"])
def test_so_they_are_with_other_designs(model: str, options: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    frame = table(GROUPS, 30)
    frame = frame[~((frame["shop"].isin(["s03", "s04"])) & (frame["kind"] == "b"))]
    target = {"gaussian": "y", "poisson": "count"}[model]
    given = {"target": target, "features": ("x", "z"), "model": model, **options}
    if "formula" in given:
        given = {"formula": str(given["formula"]).replace("y ~", f"{target} ~"), "model": model}
    together, alone, known = groups(frame, monkeypatch, **given)
    check(together, alone)
    assert known == GROUPS


@pytest.mark.slow
def test_groups_of_every_size_and_rows_with_missing_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = table(GROUPS, 40)
    place = frame.groupby("shop").cumcount()
    frame = frame[place < frame["shop"].str[1:].astype(int) + 1]       # 1 to 30 rows
    frame.loc[frame.index[::7], "x"] = np.nan
    for model, target in (("gaussian", "y"), ("poisson", "count"), ("bernoulli", "bought")):
        together, alone, known = groups(frame, monkeypatch, target=target, features=("x", "z"), model=model)
        check(together, alone)
        assert known >= 15


SPOILT: list[tuple[str, Callable[[pd.DataFrame], None]]] = [
    ("constant target", lambda g: g.__setitem__("y", 3.5)),
    ("exact fit", lambda g: g.__setitem__("y", 2.0 * g["x"] - g["z"])),
    ("nearly exact", lambda g: g.__setitem__("y", 2.0 * g["x"] - g["z"] + 1e-13 * g["y"])),
    ("collinear", lambda g: g.__setitem__("z", 3.0 * g["x"] + 1.0)),
    ("nearly collinear", lambda g: g.__setitem__("z", g["x"] + 1e-7 * g["z"])),
    ("constant column", lambda g: g.__setitem__("x", 7.0)),
    ("far away", lambda g: g.__setitem__("x", 1e9 + g["x"])),
    ("huge", lambda g: g.__setitem__("x", 1e200 * g["x"])),
    ("tiny", lambda g: g.__setitem__("x", 1e-200 * g["x"])),
    ("huge target", lambda g: g.__setitem__("y", 1e150 * g["y"])),
    ("far target", lambda g: g.__setitem__("y", 1e8 + g["y"])),
    ("one outlier", lambda g: g.__setitem__("y", g["y"].where(np.arange(len(g)) > 0, 1e6))),
    ("one leverage", lambda g: g.__setitem__("x", g["x"].where(np.arange(len(g)) > 0, 1e6))),
    ("a row of its own", lambda g: g.__setitem__("x", np.where(np.arange(len(g)) > 0, 0.0, 1.0))),
    ("one class", lambda g: g.__setitem__("bought", "no")),
    ("separated", lambda g: g.__setitem__("bought", np.where(g["z"] > 0.1, "yes", "no"))),
    ("quasi-separated", lambda g: (g.__setitem__("z", (g["z"] > 0.0) * 1.0),
                                   g.__setitem__("bought", np.where(g["z"] > 0.0, "yes", g["bought"])))),
    ("no events", lambda g: g.__setitem__("count", 0)),
    ("events in one half", lambda g: (g.__setitem__("z", (g["z"] > 0.0) * 1.0), g.__setitem__("count", g["count"] * g["z"]))),
    ("large counts", lambda g: g.__setitem__("count", 100_000 + g["count"])),
]


@pytest.mark.parametrize(("model", "target"), [("gaussian", "y"), ("bernoulli", "bought"), ("poisson", "count")])
def test_what_is_wrong_with_some_groups_is_said_as_if_they_were_alone(
    model: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = table(len(SPOILT) + 5, 30).astype({"count": float, "x": float})
    parts = []
    for place, (_, part) in enumerate(frame.groupby("shop")):
        parts.append(part.copy())
        if place < len(SPOILT):
            SPOILT[place][1](parts[-1])
    together, alone, known = groups(pd.concat(parts), monkeypatch, target=target, features=("x", "z"), model=model)
    check(together, alone)
    assert known >= 12


def test_a_group_that_a_direction_predicts_perfectly_is_separated(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = table(GROUPS, 12)
    together, _, _ = groups(frame, monkeypatch, target="bought", features=("x", "z"), model="bernoulli")
    without = [one for one in together if one.status == "separation"]
    assert without
    messages = {one.error.message for one in without if one.error is not None and "by " not in one.error.message.split(":")[0]}
    assert messages == {
        'the classes of "bought" (modelled: yes) are perfectly separated: all 12 rows are predicted perfectly, so coefficients diverge '
        "and no maximum-likelihood estimate exists; the log-likelihood approaches 0"}


@pytest.mark.parametrize("options", [
    {"weights": "w"}, {"offset": "z"}, {"se": "robust"}, {"holdout": 0.3},
    pytest.param({"intervals": "profile"}, marks=pytest.mark.slow), pytest.param({"draws": 19}, marks=pytest.mark.slow)], ids=str)
def test_what_asks_more_of_a_fit_is_fitted_alone(options: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    together, alone, known = groups(table(22, 30), monkeypatch, target="count", features=("x",), model="poisson", **options)
    assert known == 0
    check(together, alone)


def test_blocks_have_every_row_once_and_no_weight_beyond() -> None:
    rng = np.random.default_rng(3)
    sizes = rng.integers(0, 40, 200)
    x, y = rng.normal(size=(2, sizes.sum()))
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    design = Design((x,), y, starts, sizes, True, (True,))
    met = []
    for block in blocks(design):
        assert block.there.sum(axis=1).tolist() == block.n.tolist() == sizes[block.groups].tolist()
        assert (block.x * (1.0 - block.there[:, None])).any() == False  # noqa: E712
        assert block.x.shape[2] < block.n.min() * 1.25 + 8
        for b, group in enumerate(block.groups.tolist()):
            own = slice(starts[group], starts[group] + sizes[group])
            back = block.x[b, 1] * block.scale[b, 1] + block.centre[b, 1]
            assert back[: sizes[group]] == pytest.approx(x[own], abs=1e-15)
            assert block.y[b, : sizes[group]].tolist() == y[own].tolist()
        met += block.groups.tolist()
    assert sorted(met) == np.flatnonzero(sizes > 2).tolist()


def test_the_answer_does_not_depend_on_threads() -> None:
    frame = table(GROUPS, 30)
    one = mlefit.fit(frame, "count", ["x", "z"], "poisson", by="shop", threads=1).parameters
    two = mlefit.fit(frame, "count", ["x", "z"], "poisson", by="shop", threads=2).parameters
    assert one.equals(two)


def test_python_makes_whole_reports_and_models_when_they_are_asked_for() -> None:
    fits = mlefit.fit(table(GROUPS, 25), "count", ["x"], model="poisson", by="shop")
    assert all(group.report is None for group in fits.answer.groups if group.error is None)
    records = fits.by
    assert [one["fit"]["parameters"][1]["estimate"] for one in records] == pytest.approx(
        fits.parameters.query("name == 'x'")["estimate"].tolist(), rel=1e-8)
    assert [key for key, _ in fits.models] == [(one["group"]["shop"],) for one in records if one["error"] is None]
    assert fits.by[0]["fit"]["routes"]["mle"]["certificate"]["kind"] == "EDM"
