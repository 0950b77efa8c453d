"""Pictures of a factor of many levels: by levels the same numbers as by columns, and never a name for each of thousands."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_indexed import rows

import mlefit
from mlefit.api import request_of
from mlefit.design import indexing
from mlefit.drawing.page.parameters import table
from mlefit.drawing.page.rendered import html
from mlefit.picture.overview import Overview
from mlefit.picture.panel import Panel
from mlefit.picture.used import scene_of
from mlefit.pipeline.pictured import overview_of, pictured, seen
from mlefit.pipeline.story import story
from mlefit.problem import indexing as asked
from mlefit.request import ReadOptions
from mlefit.saved.read import load
from mlefit.source import open_source

WITHOUT = ("kl", "nats", "slice")      # what a sample of the rows tells of columns alone, and what is along another column


def overview(data: dict[str, Any], many: int, monkeypatch: pytest.MonkeyPatch, **options: Any) -> Overview:
    """That of a fit whose factors have no columns from `many` levels on."""
    monkeypatch.setattr(indexing, "MANY", many)
    monkeypatch.setattr(asked, "WORK", 0.0)
    request = request_of("fit", data, None, None, {"kl": False, **options})
    found: list[bool] = []

    def made(fitted: Any, errors: Any, report: Any) -> Overview:
        found.append(fitted.problem.indexed)
        return overview_of(fitted, report, errors)

    whole = seen(request, None, made)
    assert found == [many < 100]
    assert whole.p
    return whole


def check_alike(one: Panel, other: Panel) -> None:
    assert (one.sentence, one.p, one.mark, one.title) == (other.sentence, other.p, other.mark, other.title)
    assert len(one.layers) == len(other.layers)
    for mine, theirs in zip(one.layers, other.layers, strict=True):
        assert (mine.kind, mine.role, mine.label, [*mine.numbers]) == (theirs.kind, theirs.role, theirs.label, [*theirs.numbers])
        for name, values in mine.numbers.items():
            assert np.allclose(values, theirs.numbers[name], rtol=1e-6, atol=1e-8), (one.id, name)


@pytest.mark.slow
@pytest.mark.parametrize(("model", "formula"), [
    ("gaussian", "y ~ x + g + z"), ("bernoulli", "b ~ g + x"), ("poisson", "count ~ x + g"), ("categorical", "c ~ x + g"),
    ("gamma", "size ~ x + g"), ("gaussian", "y ~ x + g + h"), ("poisson", "count ~ g + z - 1"),
])
def test_levels_draw_what_columns_draw(model: str, formula: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = rows(count=900, levels=25)
    one, other = (overview(data, many, monkeypatch, model=model, formula=formula) for many in (20, 10**6))
    assert [id_ for id_ in one.ids if id_ not in WITHOUT] == [id_ for id_ in other.ids if id_ not in WITHOUT]
    for id_ in one.ids:
        if id_ not in WITHOUT:
            check_alike(one.panel(id_), other.panel(id_))


@pytest.mark.slow
def test_two_factors_without_columns_draw_what_columns_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    data = rows(count=900, levels=25)
    data["k"] = [f"k{place}" for place in np.random.default_rng(2).integers(0, 21, 900)]
    for model, target in (("gaussian", "y"), ("poisson", "count")):
        wanted = {"model": model, "formula": f"{target} ~ x + k + g"}
        one, other = (overview(data, many, monkeypatch, **wanted) for many in (20, 10**6))
        for id_ in ("qq", "fitted", "predictor:x", "predictor:k", "effect:k", "effect:x", "order"):
            check_alike(one.panel(id_), other.panel(id_))


def many_levels(model: str, levels: int = 300, count: int = 1500) -> Any:
    data = rows(count=count, levels=levels)
    target = {"gaussian": "y", "poisson": "count"}[model]
    data["count"] = data["count"] + 1
    request = request_of("fit", data, None, None, {"kl": False, "model": model, "formula": f"{target} ~ x + g"})
    return data, pictured(request, ("predictor:g", "effect:g", "slice"))


@pytest.mark.parametrize("model", ["gaussian", "poisson"])
def test_no_level_of_hundreds_has_a_name_on_an_axis(model: str) -> None:
    _, found = many_levels(model)
    along, effect, slice_ = found.sheet.panels
    assert (along.x.title, along.x.categories) == ("g: 300 levels in their order", None)
    curves = [layer for layer in along.layers if layer.role == "curve"]
    assert [len(layer.numbers["x"]) for layer in curves] == [20, 20, 20]
    assert (effect.x.title, effect.x.categories) == ("g: 300 levels by their prediction", None)
    (layer,) = effect.layers
    assert layer.numbers["x"].tolist() == np.rint(np.linspace(0, 299, 25)).tolist()
    assert (np.diff(layer.numbers["y"]) >= 0.0).all()
    assert (layer.numbers["low"] < layer.numbers["high"]).all()
    assert slice_.x.title == "x"


def test_the_effect_of_a_long_factor_goes_from_its_least_level_to_its_largest() -> None:
    _, found = many_levels("gaussian")
    known = {p.name: p.estimate or 0.0 for p in found.report.parameters if p.term == "g"}
    known["g=l000"] = 0.0
    least, most = (choose(known, key=lambda name: known[name]) for choose in (min, max))
    (effect,) = (panel for panel in found.sheet.panels if panel.id == "effect:g")
    assert effect.sentence.startswith(f"From {least.replace('=', ' = ')} to {most.removeprefix('g=')}, others as they are")
    layer = effect.layers[0]
    assert np.ptp(layer.numbers["y"]) == pytest.approx(known[most] - known[least], rel=1e-9)
    _, found = many_levels("gaussian")
    assert found.sheet.panels[1].sentence == effect.sentence


def test_the_sheet_has_the_effect_of_the_factor_where_no_distance_is_to_be_had() -> None:
    data = rows(count=1500, levels=300)
    found = pictured(request_of("fit", data, None, None, {"model": "gaussian", "formula": "y ~ x + g"}))
    assert [panel.id.partition(":")[0] for panel in found.sheet.panels] == ["density", "qq", "fitted", "predictor", "order", "effect"]


def test_each_class_has_an_order_of_its_own() -> None:
    rng = np.random.default_rng(8)
    data = rows(count=6600, levels=220)
    data["c"] = [f"c{k}" for k in rng.integers(0, 3, 6600)]
    found = pictured(request_of("fit", data, None, None, {"kl": False, "formula": "c ~ x + g"}), ("effect:g",))
    lines = [layer for layer in found.sheet.panels[0].layers if layer.role == "model"]
    assert [layer.label for layer in lines] == ["c0", "c1", "c2"]
    for layer in lines:
        assert np.diff(layer.numbers["y"]).min() > -0.01
        assert np.ptp(layer.numbers["y"]) > 0.2


@pytest.mark.parametrize("levels", [4, 300])
def test_a_level_of_rows_that_were_left_out_is_in_no_picture(levels: int) -> None:
    """There was a defect: it had no coefficient, and its effect was asked for."""
    data = rows(count=1500, levels=levels)
    data["g"][3], data["x"][3] = "absent", np.nan
    found = pictured(request_of("fit", data, None, None, {"kl": False, "formula": "y ~ x + g", "model": "gaussian"}), ("effect:g",))
    (panel,) = found.sheet.panels
    assert panel.x.title == ("g: 300 levels by their prediction" if levels == 300 else "g")
    assert panel.x.categories == (None if levels == 300 else tuple(f"l00{k}" for k in range(4)))


def test_a_saved_model_has_no_name_for_each_level_either(tmp_path: Path) -> None:
    data = rows(count=1500, levels=300)
    mlefit.fit(data, formula="y ~ x + g", model="gaussian", kl=False).save(tmp_path / "model.json")
    columns = [[*map(str, values)] for values in data.values()]
    lines = [",".join(data), *(",".join(cells) for cells in zip(*columns, strict=True))]
    (tmp_path / "rows.csv").write_text("\n".join(lines) + "\n")
    saved = load(str(tmp_path / "model.json"))
    with open_source((str(tmp_path / "rows.csv"),), ReadOptions()) as source:
        (panel,) = Overview(scene_of(saved, source, 0, 1)).sheet(("predictor:g",)).panels
    assert (panel.x.title, panel.x.categories) == ("g: 300 levels in their order", None)
    assert panel.sentence.startswith("Nothing moves along g")


def test_the_page_has_a_row_for_the_least_and_the_largest_levels() -> None:
    data = rows(count=1500, levels=300)
    told = story(request_of("fit", data, None, None, {"kl": False, "formula": "y ~ x + g", "model": "gaussian"}))
    found = table(told.report, told.spreads)
    assert [line.name for line in found.lines[:3]] == ["(Intercept)", "x", "g (300 levels, joint; least and largest below)"]
    assert found.lines[-1].name == "sigma"
    estimates = sorted(p.estimate or 0.0 for p in told.report.parameters if p.term == "g")
    known = {p.name: p.estimate for p in told.report.parameters}
    assert [known[line.name] for line in found.lines[3:-1]] == [*estimates[:3], *estimates[-3:]]
    assert found.more == 299 - 6
    assert found.lines[2].cells[3]
    assert told.spreads["x"] == pytest.approx(np.std(data["x"]), rel=1e-9)
    assert told.spreads["g=l007"] == 1.0
    assert [panel.id for panel in told.effects] == ["effect:x"]
    assert told.sheet is not None
    assert "effect:g" in [panel.id for panel in told.sheet.panels]
    assert len(html(told).encode()) < 250_000
