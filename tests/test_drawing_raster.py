"""PNG and PDF: one smoke test each, the numbers of the record on matplotlib's axes, names as text, no date."""

import re
from dataclasses import replace
from importlib import util

import numpy as np
import pytest
from picture_samples import PANELS, sheet

from mlefit.drawing import raster
from mlefit.errors import UsageError

pytest.importorskip("matplotlib")


@pytest.mark.slow
def test_a_png_shows_something_and_is_the_same_twice() -> None:
    from matplotlib.image import imread

    once = raster.sheet(sheet(*PANELS), "png", dpi=40)
    assert once == raster.sheet(sheet(*PANELS), "png", dpi=40)
    assert once.startswith(b"\x89PNG")
    assert b"Software" not in once
    assert b"y ~ x1 + x2, gaussian noise" in once
    from io import BytesIO

    pixels = imread(BytesIO(once))
    assert pixels.shape[:2] == (int(40 * (-(-len(PANELS) // 3) * 3.95 + 0.62 + 0.5)), int(40 * 3 * 4.6))
    assert 0.02 < np.mean(pixels[..., :3].min(axis=2) < 0.9) < 0.5


def test_a_pdf_has_its_title_and_no_date() -> None:
    made = raster.sheet(sheet("density"), "pdf")
    assert made.startswith(b"%PDF")
    assert b"gaussian noise" in made
    assert not re.search(rb"CreationDate|ModDate", made)


def test_lines_and_points_have_the_numbers_of_the_record() -> None:
    with raster._quiet():
        axes = raster.figure(sheet("quantiles")).axes[0]
    band, model, points, warn = PANELS["quantiles"].layers
    drawn = [np.column_stack(line.get_data()) for line in axes.lines]
    assert any(np.array_equal(one, np.column_stack([model.numbers["x"], model.numbers["y"]])) for one in drawn)
    assert any(np.array_equal(one, np.column_stack([band.numbers["x"], band.numbers["low"]])) for one in drawn)
    offsets = [np.asarray(one.get_offsets()) for one in axes.collections if one.get_offsets().size > 2]
    for layer in (points, warn):
        assert any(np.array_equal(one, np.column_stack([layer.numbers["x"], layer.numbers["y"]])) for one in offsets)


def test_a_long_title_and_foot_have_room_of_their_own() -> None:
    short = replace(sheet("density"), foot="few words")
    long = replace(short, title="minutes ~ km + vehicle; 600 rows, the same for all models", foot="as many words as eight lines hold " * 12)
    with raster._quiet():
        one, other = raster.figure(short), raster.figure(long)
    more = other.get_figheight() - one.get_figheight()
    lines = next(text.get_text() for text in other.texts if text.get_text().startswith("as many")).count("\n") + 1
    assert lines > 6
    assert more == pytest.approx(raster.HEADING + raster.LINE * (lines - raster.FEET))
    assert other.axes[0].get_position().height * other.get_figheight() == pytest.approx(one.axes[0].get_position().height * one.get_figheight())


def test_a_dollar_in_a_name_is_no_formula() -> None:
    with raster._quiet():
        figure = raster.figure(sheet("hostile"))
    assert all(not text.get_parse_math() for text in figure.texts)
    said = [text.get_text() for text in figure.texts]
    assert any("$x_1$ \\x1b[31m \\u202e" in words for words in said)


def test_without_matplotlib_the_command_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raster, "find_spec", lambda name: None if name == "matplotlib" else util.find_spec(name))
    with pytest.raises(UsageError) as refused:
        raster.check("--out")
    assert refused.value.message == "--out: PNG and PDF need matplotlib, which is not installed"
    assert refused.value.remedy == 'pip install "mlefit[plot]", or give a name that ends in .svg'
