"""Pictures of every law: a sheet of true rows has no mark, each panel has its sentence, and what is drawn is finite."""

import dataclasses

import numpy as np
import pytest

from mlefit.noise import MODELS
from mlefit.pipeline.pictured import pictured
from mlefit.request import Request

N = 240
RNG = np.random.default_rng(12)
X, G = RNG.standard_normal(N), RNG.integers(0, 3, N)
ETA = 0.3 + 0.5 * X + 0.3 * G


def drawn(name: str) -> tuple[str, dict[str, object]]:
    """A model of this name, and columns whose target `y` it has drawn."""
    model = {"hurdle": "hurdle:poisson"}.get(name, name)
    found = Request({}, model=model)
    assert found.model is not None
    law = MODELS[name]
    levels = {"bernoulli": ("no", "yes"), "categorical": ("a", "b", "c"), "ordinal": ("1", "2", "3")}.get(name, ())
    law = law.of(levels).among(np.full(N, 9.0)) if not levels else law.of(levels)
    if name == "hurdle":
        law = dataclasses.replace(law, law="poisson")
    eta = np.stack([ETA if predictor.kind == "mean" else 0.3 * X for predictor in law.predictors], axis=1)
    y = law.draw(np.random.default_rng(3), eta, np.full(len(law.shapes), 0.5))
    columns: dict[str, object] = {"x": X, "g": np.array(["u", "v", "w"])[G]}
    if name == "binomial":
        columns["m"] = np.full(N, 9.0)
    return model, {**columns, "y": np.array(levels)[y.astype(int)] if levels else y}


@pytest.mark.slow     # a fit and 199 refits each
@pytest.mark.parametrize("name", list(MODELS))
def test_true_rows_of_any_law_have_no_mark(name: str) -> None:
    model, columns = drawn(name)
    trials = "m" if name == "binomial" else None
    request = Request(
        columns, model=model, target="y", features=("x", "g"), trials=trials, order=("1", "2", "3") if name == "ordinal" else None)
    sheet = pictured(request, ("all",)).sheet
    assert [panel.id for panel in sheet.panels if panel.mark and panel.id != "kl"] == []
    assert sheet.tested >= 4
    for panel in sheet.panels:
        assert panel.sentence.endswith(".")
        assert panel.layers or panel.id == "kl"
        for layer in panel.layers:
            sizes = {key: values.size for key, values in layer.numbers.items()}
            assert all(np.isfinite(values).all() for values in layer.numbers.values()), (panel.id, layer.kind)
            if layer.kind not in ("bars", "cells", "text"):
                assert len(set(sizes.values())) == 1, (panel.id, layer.kind, sizes)
    assert len(pictured(request).sheet.panels) == 6


@pytest.mark.slow
def test_a_scale_of_its_own_has_a_panel() -> None:
    _, columns = drawn("gaussian")
    sheet = pictured(Request(columns, model="gaussian", target="y", features=("x",), scale_features=("x",))).sheet
    assert [panel.id for panel in sheet.panels] == ["density", "qq", "scale", "predictor:x", "order", "kl"]
    assert (sheet.panels[2].layers[0].numbers["x"] > 0.0).all()


@pytest.mark.slow     # four fits
def test_means_losses_and_densities_of_ones_own_have_pictures() -> None:
    rng = np.random.default_rng(9)
    x = rng.uniform(0, 3, 150)
    data = {"x": x, "y": 3 * np.exp(-0.7 * x) + 0.2 * rng.standard_normal(150)}
    curve = pictured(Request(data, target="y", mean="a*exp(-b*x)", start={"b": 1.0}), ("all",)).sheet
    assert [panel.id for panel in curve.panels if panel.mark and panel.id != "kl"] == []
    assert {"effect:x", "predictor:x"} <= {panel.id for panel in curve.panels}
    for written in ({"loss": "log(cosh(r))"}, {"density": "exp(-abs(r))/2"}):
        sheet = pictured(Request(data, target="y", features=("x",), **written)).sheet       # type: ignore[arg-type]
        assert [panel.id for panel in sheet.panels] == ["density", "qq", "fitted", "predictor:x", "order", "kl"]
        bent = next(panel for panel in sheet.panels if panel.id == "predictor:x")
        assert (bent.p or 1.0) <= 0.05
