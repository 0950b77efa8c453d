"""Pictures of small, large, odd and weighted data: no traceback, no empty file, and nothing said that was not tested."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from mlefit.cli import main
from mlefit.picture.panel import Panel
from mlefit.pipeline.pictured import pictured
from mlefit.request import Request


def table(folder: Path, names: str, rows: Sequence[Sequence[object]]) -> str:
    path = folder / "d.csv"
    path.write_text("\n".join([names, *(",".join(map(str, row)) for row in rows), ""]))
    return str(path)


def panels(data: object, **options: object) -> dict[str, Panel]:
    """All panels of a fit by their ids."""
    return {panel.id: panel for panel in pictured(Request(data, **options), ("all",)).sheet.panels}      # type: ignore[arg-type]


@pytest.mark.parametrize("rows", [3, 4, 19])
def test_few_rows_are_drawn_and_not_tested_along_anything(rows: int) -> None:
    rng = np.random.default_rng(rows)
    found = panels({"x": np.arange(rows), "y": rng.standard_normal(rows)}, target="y", draws=0)
    assert not any(id_.startswith(("predictor", "fitted", "order")) for id_ in found)
    assert {"density", "qq", "kl"} <= found.keys()
    assert not any(panel.mark for panel in found.values())


def test_below_sixty_rows_there_are_points_alone_and_the_sentence_says_how_little_they_show() -> None:
    rng = np.random.default_rng(2)
    found = panels({"x": rng.standard_normal(40), "y": rng.standard_normal(40)}, target="y", draws=0)["predictor:x"]
    assert "40 rows would show gross departures only" in found.sentence
    assert {layer.kind for layer in found.layers} == {"points"}


@pytest.mark.parametrize(("names", "rows", "options"), [
    ("x,y", [(i, 5) for i in range(30)], ()),
    ("x,y", [(i, 0) for i in range(40)], ("-m", "poisson")),
    ("x,y", [(i, "yes") for i in range(40)], ()),
], ids=["constant", "no events", "one class"])
def test_without_an_answer_there_is_no_file(
    names: str, rows: list[tuple[object, ...]], options: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "s.svg"
    assert main(["plot", table(tmp_path, names, rows), "-t", "y", *options, "--out", str(out)]) == 4
    assert "Traceback" not in capsys.readouterr().err
    assert not out.exists()


def test_a_column_of_one_value_has_no_panel() -> None:
    rng = np.random.default_rng(1)
    found = panels({"x": np.full(80, 2.0), "w": rng.standard_normal(80), "y": rng.standard_normal(80)}, target="y", draws=0)
    assert "predictor:w" in found
    assert not {"predictor:x", "effect:x"} & found.keys()


def test_a_hundred_levels_of_three_rows_are_refitted_until_their_scale_has_moved() -> None:
    rng = np.random.default_rng(7)
    data = {"g": np.array([f"l{k % 100:02d}" for k in range(300)]), "y": rng.standard_normal(300)}
    found = panels(data, target="y", features=("g",), draws=0)
    assert not any(panel.mark for panel in found.values())
    assert len(found["predictor:g"].x.categories or ()) == 100


def test_rounded_responses_are_compared_in_the_cells_that_they_stand_for() -> None:
    rng = np.random.default_rng(2)
    x = rng.random(300)
    found = panels({"x": x, "y": np.rint(2 * x + 2 * rng.standard_normal(300))}, target="y", draws=0)
    assert not found["density"].mark
    assert not found["qq"].mark
    coarse = panels({"x": x, "y": np.rint(0.3 * rng.standard_normal(300))}, target="y", draws=0)
    assert coarse["qq"].p is None
    assert coarse["qq"].sentence.startswith("Drawn, and not tested: values come in steps of 1, coarser than a standard deviation of ")
    assert coarse["predictor:x"].p is not None


def test_a_weight_of_k_is_the_row_k_times() -> None:
    rng = np.random.default_rng(3)
    x, y, k = rng.standard_normal(90), rng.standard_normal(90), rng.integers(1, 4, 90)
    weighted = panels({"x": x, "y": y, "k": k}, target="y", features=("x",), weights="k", draws=0)
    repeated = panels({"x": np.repeat(x, k), "y": np.repeat(y, k)}, target="y", draws=0)
    for name in ("density", "qq", "fitted", "predictor:x"):
        assert weighted[name].size == pytest.approx(repeated[name].size, abs=1e-6)
        assert weighted[name].rows == k.sum()


def test_with_sampling_weights_nothing_is_tested() -> None:
    rng = np.random.default_rng(4)
    data = {"x": rng.standard_normal(90), "y": rng.standard_normal(90), "k": rng.uniform(1, 4, 90)}
    found = panels(data, target="y", features=("x",), weights="k", weights_kind="sampling", draws=0)
    assert all(found[name].p is None for name in ("density", "qq", "fitted", "predictor:x", "order"))
    assert found["qq"].sentence == "Drawn, and not tested: with sampling weights the rows are not drawn with equal chances."


def test_with_precision_weights_residuals_stand_at_the_predictions_of_the_rows() -> None:
    rng = np.random.default_rng(5)
    w, x = rng.uniform(0.2, 5, 200), rng.uniform(1, 2, 200)
    y = 10 * x + rng.standard_normal(200) / np.sqrt(w)
    found = panels({"x": x, "y": y, "w": w}, target="y", features=("x",), weights="w", weights_kind="precision", draws=0)
    at = found["fitted"].layers[0].numbers["x"]
    assert 9 < at.min() < at.max() < 21
    assert not found["fitted"].mark


@pytest.mark.slow
def test_what_is_seen_in_many_rows_and_small_is_said_to_be_small() -> None:
    rng = np.random.default_rng(6)
    x = rng.standard_normal(60_000)
    y = 1 + x + np.exp(0.03 * x) * rng.standard_normal(x.size)
    sheet = pictured(Request({"x": x, "y": y}, target="y", draws=0)).sheet
    assert sheet.foot == "drawn from a random 20,000 of 60,000 rows; 199 data sets simulated, seed 0"
    found = {panel.id: panel for panel in sheet.panels}
    assert not any(panel.mark for panel in sheet.panels if panel.id != "kl")
    assert found["predictor:x"].sentence.startswith("Real but small (under 10 % of the spread): the spread changes along x: 0.9")


@pytest.mark.slow
def test_a_part_of_the_rows_is_not_refitted_as_if_it_were_all() -> None:
    rng = np.random.default_rng(8)
    n = 25_000
    g, x = rng.integers(0, 3, n), rng.standard_normal(n)
    y = np.where(rng.random(n) < 1 / (1 + np.exp(-x)), "yes", "no")
    found = panels({"x": x, "g": np.array(["a", "b", "c"])[g], "y": y}, target="y", draws=0)
    assert found["predictor:g"].p is not None
    assert found["predictor:g"].p > 0.05


@pytest.mark.parametrize(("size", "largest"), [(1e300, "2e+300"), (1e-300, "2e-300")])
def test_numbers_without_squares_are_refused(
    size: float, largest: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    x = np.random.default_rng(9).standard_normal(60)
    y = np.clip(x + np.random.default_rng(10).standard_normal(60), -2, 2)
    path = table(tmp_path, "x,y", [(float(a), float(b * size)) for a, b in zip(x, y, strict=True)])
    for command in (["plot", path, "-t", "y", "-q"], ["report", path, "-t", "y", "-q", "--out", str(tmp_path / "r.html")]):
        assert main(command) == 3
        assert (f'mlefit: column "y": pictures need the squares of its numbers, which reach {largest}, and no double holds those\n'
                "multiply the column by a power of ten\n") in capsys.readouterr().err


def test_a_model_without_predictors_tells_no_row_from_another() -> None:
    y = np.where(np.arange(80) % 4 == 0, "yes", "no")
    found = panels({"y": y}, formula="y ~ 1", model="bernoulli", draws=0)
    assert found["split"].sentence == "All rows have the same probability, 0.25: it tells no row from another."
    assert found["kl"].sentence == "Misfit: none possible: the model has a parameter for every value (KL = 0)."
    assert [layer.label for layer in found["kl"].layers] == ["nothing to draw"]


def test_a_misfit_whose_size_is_not_told_is_none_that_was_not_found() -> None:
    rng = np.random.default_rng(11)
    x = rng.standard_normal(300)
    found = panels({"x": x, "y": np.log(rng.gamma(3.0, np.exp(0.6 * x) / 3.0))}, target="y")
    assert found["kl"].sentence.startswith("Misfit: ")
    assert "none found" not in found["kl"].sentence
    assert found["nats"].sentence.endswith(
        "nats per row off a model without them; how much a better model could still gain is not told by the rows.")


def test_four_counts_have_two_cells() -> None:
    found = panels({"x": np.arange(4), "y": np.array([0, 1, 0, 0])}, target="y", model="negative-binomial", features=[], draws=0)
    assert found["rootogram"].rows == 4


def test_a_value_at_the_end_of_its_law_does_not_stretch_the_bars() -> None:
    """The residual of a 0 under an exponential law is no number of standard deviations; bars once were made up to it."""
    y = np.append(np.zeros(60), np.ones(60))
    found = panels({"x": np.cos(np.arange(120.0)), "y": y}, target="y", model="exponential", features=["x"], draws=0)["density"]
    bars = next(layer for layer in found.layers if layer.kind == "bars")
    assert len(bars.numbers["edges"]) < 500


def test_where_no_size_is_asked_for_none_is_told() -> None:
    rng = np.random.default_rng(12)
    x = rng.standard_normal(400)
    found = panels({"x": x, "y": x + np.exp(0.7 * x) * rng.standard_normal(400)}, target="y", draws=0)
    assert found["kl"].sentence == "Misfit: found, in the spread (p < 1e-10)."
