"""Terminal: braille dots where the record has its numbers, within the width, in ASCII where there is nothing else."""

import re
from dataclasses import replace

import numpy as np
import pytest
from picture_samples import PANELS, sheet

from mlefit.drawing.canvas import Canvas
from mlefit.drawing.chart import chart
from mlefit.drawing.terminal import EMPTY, drawn
from mlefit.picture.panel import Axis, Layer, Panel, Sheet
from mlefit.report.layout import room_of


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
@pytest.mark.parametrize("ascii_", [False, True])
def test_no_line_is_wider_than_the_screen(width: int, ascii_: bool) -> None:
    lines = drawn(sheet(*PANELS), width, ascii=ascii_).splitlines()
    assert max(map(room_of, lines)) <= width


def test_as_many_panels_stand_beside_each_other_as_there_is_room_for() -> None:
    shown = sheet("density", "quantiles", "along")
    for width, across in ((80, 1), (104, 1), (110, 2), (130, 2), (200, 3)):
        first = next(line for line in drawn(shown, width).splitlines() if line.startswith("Data and model"))
        assert sum(title in first for title in ("Data and model", "Quantiles of the", "Residuals in file order")) == across


def test_a_screen_gets_wide_empty_cells_and_a_pipe_gets_blanks() -> None:
    screen, pipe = drawn(sheet("density"), 80), drawn(sheet("density"), 80, pipe=True)
    assert EMPTY in screen
    assert EMPTY not in pipe
    assert all(line == line.rstrip() for line in pipe.splitlines())
    assert [line.replace(EMPTY, " ").rstrip() for line in screen.splitlines()] == pipe.splitlines()


def test_ascii_is_ascii_and_names_stand_as_escapes() -> None:
    text = drawn(sheet(*PANELS), 100, ascii=True)
    assert text.isascii()
    assert "* Quantiles of the residuals" in text
    assert "\\u202e" in text


def test_names_cannot_act_on_the_terminal() -> None:
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", drawn(sheet("hostile"), 80))


def test_a_marked_panel_says_so_without_colour() -> None:
    text = drawn(sheet("quantiles"), 80)
    assert "◆ Quantiles of the residuals" in text
    assert "\x1b" not in text


def test_a_sheet_begins_with_its_title_and_ends_with_its_foot() -> None:
    lines = drawn(sheet("ruler"), 200).splitlines()
    assert lines[0] == "y ~ x1 + x2, gaussian noise"
    assert lines[-1].endswith("refitted lie wholly inside; seed 0.")


def picture(panel: Panel, **options: bool) -> list[str]:
    """What stands within the frame, row by row."""
    return [line.partition("│")[2] for line in drawn(sheet_of(panel), 80, **options).splitlines() if "│" in line]


def sheet_of(panel: Panel) -> Sheet:
    return replace(sheet(), panels=(panel,))


def points(x: list[float], y: list[float]) -> Panel:
    layer = Layer("points", "data", {"x": np.array(x), "y": np.array(y)})
    return Panel("p", "p", Axis("x", (0.0, 1.0)), Axis("y", (0.0, 1.0)), (layer,), "Points.")


def test_bars_that_go_down_are_named_below() -> None:
    rows = picture(PANELS["mirrored"])
    assert rows[0].endswith("yes")
    assert rows[-1].endswith("no")


def test_corners_are_the_outermost_dots() -> None:
    rows = picture(points([0.0, 1.0, 0.0, 1.0], [0.0, 0.0, 1.0, 1.0]))
    assert len(rows) == 14
    assert all(len(row) == 56 for row in rows)
    assert (rows[0][0], rows[0][-1], rows[-1][0], rows[-1][-1]) == ("⠁", "⠈", "⡀", "⢀")
    assert set("".join(rows)) == {"⠁", "⠈", "⡀", "⢀", EMPTY}


def test_what_is_not_finite_or_beyond_the_ends_is_not_drawn() -> None:
    rows = picture(points([np.nan, np.inf, 2.0, 0.5], [0.5, 0.5, 0.5, -np.inf]))
    assert set("".join(rows)) == {EMPTY}


def test_a_line_over_a_filled_area_is_cut_out_of_it() -> None:
    canvas = Canvas(1, 2, plain=False)
    canvas.fill(0.0, 4.0, 0.0, 3.0, "#")
    assert canvas.lines(" ") == ["⣿⣿"]
    canvas.dot(np.arange(4.0), np.full(4, 1.0), "*")
    assert canvas.lines(" ") == ["⣭⣭"]
    plain = Canvas(1, 2, plain=True)
    plain.fill(0.0, 2.0, 0.0, 0.0, "#")
    plain.dot(np.array([1.0]), np.array([0.0]), "*")
    assert plain.lines(" ") == ["#*"]


def test_a_text_on_the_canvas_stays_within_it() -> None:
    canvas = Canvas(1, 6, plain=True)
    canvas.write(0, 5, "日本")
    assert canvas.lines(".") == ["..日本"]
    canvas.write(0, -3, "a")
    canvas.write(5, 0, "below")
    canvas.write(0, 0, "too long for it")
    assert canvas.lines(".") == ["a.日本"]


def test_panels_along_x_leave_their_single_points_out() -> None:
    panel = PANELS["along"]
    without = Panel(panel.id, panel.title, panel.x, panel.y, panel.layers[1:], panel.sentence)
    assert picture(panel) == picture(without)
    alone = Panel(panel.id, panel.title, panel.x, panel.y, panel.layers[:1], panel.sentence)
    assert set("".join(picture(alone))) != {EMPTY}


def test_a_matrix_is_a_table_and_a_ruler_has_names() -> None:
    text = drawn(sheet("matrix", "ruler"), 80, pipe=True)
    assert "birch   0.90   0.10  0.00\n" in text
    assert "oak     0.30         0.40\n" in text
    assert "true models of this size show\n" in text
    assert re.search(r"━+◆━+\n +measured 0.0062\n", text)


def test_a_picture_in_ascii_reads_so() -> None:
    bars = Layer("bars", "data", {"edges": np.arange(5.0), "height": np.array([1.0, 3.0, 7.0, 2.0])})
    model = Layer("line", "model", {"x": np.array([0.0, 4.0]), "y": np.array([0.0, 7.0])}, strong=True)
    panel = Panel("b", "Data and model", Axis("minutes"), Axis("rows"), (bars, model), "Most rows are at 2.5.")
    assert drawn(sheet_of(panel), 36, ascii=True).splitlines()[2:] == GOLDEN.splitlines()[1:]


GOLDEN = """
Data and model
  rows
7 |            #####     **
  |            #####   ***
  |            #####  **
  |            #####**
  |            ###***
  |            #***#
  |            **###
  |      ####**#####
  |      ##***######
  |      ***##############
  |     **################
  |###**##################
  |#***###################
0 |**#####################
  +------------------------
   0       minutes        4
  Most rows are at 2.5.

500 rows; grey: 95 % of 199 data
sets simulated from the fitted model
and refitted lie wholly inside; seed
0.
"""


def test_curves_are_named_at_their_ends() -> None:
    x = np.linspace(0.0, 1.0, 9)
    named = ((0.0, "low"), (1.0, "high"), (0.5, "mid"))
    curves = tuple(Layer("line", "curve", {"x": x, "y": np.full(9, level)}, name) for level, name in named)
    lines = chart(Panel("p", "t", Axis("x"), Axis("y"), curves, "s"), 40, True, " ")
    rows = [next(k for k, line in enumerate(lines) if line.endswith(name)) for name in ("high", "mid", "low")]
    assert rows == sorted(rows)
    assert rows[1] - rows[0] >= 4
    assert rows[2] - rows[1] >= 4
