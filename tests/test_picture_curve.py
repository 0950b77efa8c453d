"""The data and the fitted curve along the only number of a model, and the names of curves in a terminal."""

import numpy as np
import pytest

from mlefit.drawing.terminal import drawn
from mlefit.errors import UsageError
from mlefit.picture.panel import Sheet
from mlefit.pipeline.pictured import pictured
from mlefit.request import Request

RNG = np.random.default_rng(6)
X = np.sort(RNG.uniform(0.0, 5.0, 400))
GROWTH = {"day": X, "grams": 2.0 * np.exp(0.5 * X) + RNG.normal(size=400)}


def sheet(*wanted: str, data: dict[str, np.ndarray] = GROWTH, target: str = "grams", **options: object) -> Sheet:
    return pictured(Request(data, target=target, kl=False, **options), wanted).sheet


def test_a_mean_that_is_written_is_drawn_through_its_data() -> None:
    found = sheet(mean="a*exp(b*day)", start={"b": 0.1})
    assert [panel.id for panel in found.panels][:4] == ["density", "qq", "curve", "predictor:day"]
    panel = found.panels[2]
    points, band, line = panel.layers
    assert np.array_equal(points.numbers["y"], GROWTH["grams"])
    assert line.numbers["y"] == pytest.approx(2.0 * np.exp(0.5 * line.numbers["x"]), rel=0.1, abs=0.1)
    half = band.numbers["high"] - line.numbers["y"]
    assert half == pytest.approx(1.96 * np.ones(half.size), rel=0.1)
    assert panel.title == "grams along day"
    inside = 100.0 * np.mean(np.abs(GROWTH["grams"] - np.interp(X, line.numbers["x"], line.numbers["y"])) < half[0])
    assert panel.sentence.startswith("The curve is the mean; ")
    assert panel.sentence.endswith(" % of the rows lie in the band, where the normal law has 95 % of them.")
    assert float(panel.sentence.split()[5]) == pytest.approx(inside, abs=0.5)


def test_other_models_of_one_number_have_the_picture_where_it_is_asked_for() -> None:
    counts = {"day": X, "y": RNG.poisson(np.exp(0.3 * X))}
    (panel,) = sheet("curve", data=counts, target="y", model="poisson").panels
    assert panel.sentence.endswith("where the Poisson law has at least 95 % of them.")
    assert "curve" not in [one.id for one in sheet(data=counts, target="y", model="poisson").panels]
    with pytest.raises(UsageError, match="curve"):
        sheet("curve", data={**counts, "b": X**2}, target="y", model="poisson")


def test_curves_of_a_terminal_are_named_from_the_highest_down() -> None:
    (panel,) = (one for one in sheet(mean="a*exp(b*day)", start={"b": 0.1}).panels if one.id == "predictor:day")
    lines = drawn(Sheet("", "", (panel,), 0, 0, 0), 80).splitlines()
    assert [line.rstrip().rpartition(" %")[0][-2:] for line in lines if line.rstrip().endswith("%")][:3] == ["90", "50", "10"]


def test_shares_that_bend_along_a_number_are_seen_in_few_rows() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=100)
    yes = rng.random(100) < 1.0 / (1.0 + np.exp(1.5 - 1.2 * x**2))
    (panel,) = sheet("predictor:x", data={"x": x, "y": yes.astype(int)}, target="y", model="bernoulli").panels
    assert panel.mark
    assert panel.p is not None
    assert panel.p <= 0.01
    assert len(panel.layers[-2].numbers["y"]) == 4      # bins, of which the line is drawn


def test_adjusted_means_stand_at_the_line_where_a_prediction_is_no_mean() -> None:
    data = {"day": X, "y": 1.0 + X + np.random.default_rng(3).exponential(size=X.size)}
    for options in ({"model": "quantile:tau=0.9"}, {"loss": "exp(r)-r-1"}, {"model": "gaussian"}):
        (panel,) = sheet("effect:day", data=data, target="y", **options).panels
        points, line = panel.layers[-1].numbers, panel.layers[-2].numbers
        assert points["y"] == pytest.approx(np.interp(points["x"], line["x"], line["y"]), abs=0.5)
