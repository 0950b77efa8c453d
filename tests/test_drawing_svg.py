"""SVG: well-formed, the numbers of the record, names as text, the same bytes, legible."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import get_args
from xml.etree import ElementTree

import numpy as np
import pytest
from picture_samples import PANELS, sheet

from mlefit.drawing import svg
from mlefit.drawing.frame import framed
from mlefit.drawing.palette import HUES, ORDER, PALETTE
from mlefit.drawing.typeset import signed
from mlefit.picture.panel import Axis, Kind, Layer, Panel, Role

SVG = "{http://www.w3.org/2000/svg}"
WRITTEN = {"ground": ("ink", "soft", "data", "model", "warn", "good"), "card": ("ink", "soft", "warn", "good")}     # colours on grounds
every_panel = pytest.mark.parametrize("name", PANELS)


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)     # noqa: S314  our own text


def alone(panel: Panel) -> ElementTree.Element:
    return parsed(svg.panel(panel, "p"))


def paths(panel: Panel, kind: str) -> list[str]:
    return [found.get("d", "") for found in alone(panel).iter("path") if kind in found.get("class", "").split()]


def coordinates(path: str) -> np.ndarray:
    return np.array([[float(a), float(b)] for a, b in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path)])


@every_panel
def test_a_picture_is_well_formed_and_says_what_it_shows(name: str) -> None:
    found = alone(PANELS[name])
    assert found.get("role") == "img"
    ids = {one.get("id"): one.text for one in found.iter() if one.get("id") and one.tag in ("title", "desc")}
    assert (found.get("aria-labelledby"), found.get("aria-describedby")) == ("pt", "pd")
    if name != "hostile":
        assert ids == {"pt": PANELS[name].title, "pd": signed(PANELS[name].sentence)}


@every_panel
def test_what_is_not_finite_has_no_place(name: str) -> None:
    drawn = svg.panel(PANELS[name], "p")
    assert not re.search(r"[\" MLHV]-?(nan|inf)", drawn)


def test_points_and_lines_stand_where_the_record_has_them() -> None:
    panel = PANELS["quantiles"]
    frame = framed(panel)
    for layer in panel.layers[1:3]:
        expected = np.column_stack([frame.across(layer.numbers["x"]), frame.up(layer.numbers["y"])])
        kind = "line" if layer.kind == "line" else "points"
        (path,) = [path for path in paths(panel, kind) if len(coordinates(path)) == len(expected)]
        assert np.abs(coordinates(path) - expected).max() <= 0.05 + 1e-9
    assert frame.x.low < -3.0 < 3.0 < frame.x.high


def test_diamonds_do_not_smear_over_each_other() -> None:
    many = Layer("points", "warn", {"x": np.linspace(0.0, 1.0, 2_000), "y": np.zeros(2_000)})
    panel = Panel("w", "w", Axis("x"), Axis("y"), (many,), "Many.")
    (path,) = paths(panel, "warn")
    x = coordinates(path)[:, 0]
    assert 50 < x.size < 80
    assert np.diff(x).min() >= 4.5 - 0.11


def test_bars_reach_from_their_foot_to_their_height() -> None:
    layer = Layer("bars", "data", {"edges": np.array([0.0, 1.0, 2.0]), "height": np.array([2.0, 0.0])})
    panel = Panel("b", "b", Axis("x", (0.0, 2.0)), Axis("y", (0.0, 4.0)), (layer,), "Two bars.")
    frame = framed(panel)
    middle = 0.5 * (frame.top + frame.bottom)
    (path,) = paths(panel, "bars")
    assert path == f"M{frame.left + 0.4:.1f} {frame.bottom:.0f}V{middle:.0f}H{0.5 * (frame.left + frame.right) - 0.4:.1f}V{frame.bottom:.0f}z"


def test_a_gap_in_the_numbers_is_a_gap_in_the_picture() -> None:
    x, holed = np.arange(5.0), np.array([0.0, 1.0, np.nan, 1.0, 0.0])
    line, band = Layer("line", "curve", {"x": x, "y": holed}), Layer("band", "envelope", {"x": x, "low": holed, "high": holed + 1.0})
    panel = Panel("g", "g", Axis("x"), Axis("y"), (line, band), "A gap.")
    assert paths(panel, "line")[0].count("M") == 2
    assert paths(panel, "band")[0].count("z") == 2


def test_a_step_goes_level_and_then_upright() -> None:
    layer = Layer("step", "model", {"x": np.array([0.0, 1.0]), "y": np.array([0.0, 1.0])})
    (path,) = paths(Panel("s", "s", Axis("x"), Axis("y"), (layer,), "A step."), "line")
    places = coordinates(path)
    assert places[0, 1] == places[1, 1]
    assert places[1, 0] == places[2, 0]


def test_between_two_names_there_is_no_band() -> None:
    assert paths(PANELS["levels"], "band") == []
    assert paths(PANELS["levels"], "whisker")[0].count("V") == 3


def test_the_right_side_has_a_scale_of_its_own() -> None:
    panel = PANELS["slice"]
    frame = framed(panel)
    left, right = (coordinates(paths(panel, kind)[0]) for kind in ("mle", "loss"))
    assert np.abs(left - right).max() <= 0.1 + 1e-9      # one curve on two scales
    assert frame.other is not None
    assert frame.other.high < 0.3
    assert "mean squared error" in svg.panel(panel, "p")


def test_a_name_is_text_wherever_it_stands() -> None:
    drawn = svg.panel(PANELS["hostile"], "p")
    assert "<script" not in drawn
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e\ufffe]", drawn)
    said = "".join(parsed(drawn).itertext())
    assert "</svg><script>alert(1)</script> $x_1$ \\x1b[31m \\u202e & \"q\" '\ufffd" in said


def test_ids_are_ours_and_differ_from_panel_to_panel() -> None:
    found = parsed(svg.sheet(sheet(*PANELS)))
    ids = [one.get("id") for one in found.iter() if one.get("id")]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"s[td]|p\d+[tdc]", name or "") for name in ids)


def test_a_sheet_is_a_file_of_its_own_with_titles_sentences_and_foot() -> None:
    found = parsed(svg.sheet(sheet("density", "quantiles", "ruler")))
    assert found.tag == f"{SVG}svg"
    said = [one.text or "" for one in found.iter(f"{SVG}text")]
    assert said[0] == "y ~ x1 + x2, gaussian noise"
    assert "◆ Quantiles of the residuals" in said
    assert "Data and model" in said
    assert " ".join(said).count("Both tails are heavier") == 1
    assert said[-1].endswith("seed 0.")
    assert "(p\u00a0=\u00a00.94)." in " ".join(said)
    assert len([one for one in found.iter() if one.get("role") == "img"]) == 3


@pytest.mark.parametrize(("count", "across"), [(1, 1), (2, 2), (3, 3), (4, 2), (5, 3), (6, 3), (9, 3)])
def test_panels_stand_in_rows_of_three_and_four_two_by_two(count: int, across: int) -> None:
    found = parsed(svg.sheet(sheet(*["density"] * count)))
    left = {one.get("transform", "").split()[0] for one in found if one.tag == f"{SVG}g"}
    assert len(left) == across
    assert svg.columns(count) == across


def test_a_long_title_is_cut_and_a_percent_sign_stays_with_its_number() -> None:
    panel = replace(PANELS["density"], title="t" * 90)
    drawn = svg.sheet(replace(sheet(), panels=(panel, PANELS["ruler"])))
    assert f">{'t' * 22}…{'t' * 21}<" in drawn
    assert "95\u00a0% interval" in drawn


def test_the_same_record_is_the_same_text() -> None:
    assert svg.sheet(sheet(*PANELS)) == svg.sheet(sheet(*PANELS))


def test_a_picture_holds_no_script_no_link_and_no_date() -> None:
    drawn = svg.sheet(sheet(*PANELS))
    assert not re.search(r"<script|href|url\((?!#p\d+c\))|@import|\bon\w+=|20\d\d-", drawn)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255.0 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_what_is_written_is_legible_on_its_ground(dark: bool) -> None:
    for ground, names in WRITTEN.items():
        for name in names:
            assert contrast(PALETTE[name][dark], PALETTE[ground][dark]) >= 4.5, (name, ground)


def rules() -> Iterator[tuple[str, str]]:
    for found in re.finditer(r"([^{}]+)\{([^}]*)\}", svg.style()):
        for selector in found[1].split(","):
            yield selector.strip(), found[2]


def look(kind: str, role: Role) -> dict[str, str]:
    """The properties of a class of shapes in a role, in the order of the style sheet."""
    found: dict[str, str] = {}
    for selector, body in rules():
        classes = set(selector.removeprefix("svg ").removeprefix("path").split(".")) - {""}
        if selector.startswith("svg") and classes and classes <= {kind, role}:
            found |= dict(part.split(":", 1) for part in body.split(";") if ":" in part)
    return found


def test_roles_differ_by_the_line_not_by_the_colour_alone() -> None:
    lines = {role: look("line", role) for role in ("model", "curve", "mle", "loss", "reference")}
    drawn = {role: (found.get("stroke-width"), found.get("stroke-dasharray"), found.get("stroke-opacity")) for role, found in lines.items()}
    assert len(set(drawn.values())) == len(drawn)
    assert all("stroke" in found for found in lines.values())


def test_every_role_has_a_colour_and_a_place_in_the_order() -> None:
    assert set(HUES) == set(get_args(Role)) == set(ORDER)
    assert set(HUES.values()) <= set(PALETTE)


def test_every_kind_of_layer_is_drawn() -> None:
    drawn = {layer.kind for panel in PANELS.values() for layer in panel.layers}
    assert set(get_args(Kind)) - drawn == {"step"}      # which has a test above


def test_a_label_leaves_the_corner_into_which_its_layer_rises() -> None:
    def label(y: np.ndarray) -> ElementTree.Element:
        layer = Layer("points", "data", {"x": np.arange(5.0), "y": y}, label="adjusted means")
        found = alone(Panel("l", "l", Axis("x"), Axis("y"), (layer,), "Points."))
        (text,) = [one for one in found.iter("text") if one.text == "adjusted means"]
        return text

    assert label(np.arange(5.0)).get("text-anchor") is None
    assert label(-np.arange(5.0)).get("text-anchor") == "end"


def test_the_lines_of_two_scales_are_named_by_the_titles_and_the_minima_by_labels() -> None:
    panel = PANELS["slice"]
    named = tuple(replace(layer, label=layer.role) for layer in panel.layers)
    said = [one.text for one in alone(replace(panel, layers=named)).iter("text") if "label" in one.get("class", "")]
    assert sorted(said) == ["loss", "mle", "reference"]     # those of the rules


def test_numbers_with_units_of_their_own_have_no_shade() -> None:
    shades = {one.get("opacity") for one in alone(PANELS["surprise"]).iter("path") if one.get("class") == "cell"}
    assert len(shades) == 1
    said = [one.text for one in alone(PANELS["surprise"]).iter("text")]
    assert {"83.6", "−12346", "0.00123"} <= set(said)
    assert len({one.get("opacity") for one in alone(PANELS["matrix"]).iter("path") if one.get("class") == "cell"}) > 3


def _texts(panel: Panel, kind: str) -> list[tuple[float, str]]:
    """Heights and words of the texts of a class."""
    found = re.findall(rf'<text class="{kind}[^"]*"[^>]*? y="([^"]+)"[^>]*>([^<]*)<', svg.panel(panel, "p"))
    return [(float(y), words) for y, words in found]


def test_labels_of_many_lines_stand_near_them_in_the_frame_or_not_at_all() -> None:
    x = np.linspace(0.0, 1.0, 5)
    lines = tuple(Layer("line", "curve", {"x": x, "y": x * k / 100.0}, f"class {k}") for k in range(12))
    far = Layer("line", "curve", {"x": x, "y": 5.0 * x}, "far")
    found = _texts(Panel("p", "t", Axis("x"), Axis("y"), (*lines, far), "s"), "label")
    heights = sorted(y for y, _ in found)
    assert 3 <= len(found) < 13
    assert "far" in [words for _, words in found]
    assert all(b - a >= 11.4 for a, b in pairwise(heights))
    assert min(heights) >= 24.0


def test_twelve_classes_have_room_for_their_numbers() -> None:
    names = tuple(f"class {k}" for k in range(12))
    panel = Panel("classes", "t", Axis("predicted", categories=names), Axis("true", categories=names),
                  (Layer("cells", "data", {"values": np.full((12, 12), 0.08)}),), "s")
    assert {words for _, words in _texts(panel, "value")} == {".08"}


def test_of_many_long_names_some_are_written() -> None:
    names = tuple(f"a town called {k}" for k in range(300))
    points = Layer("points", "data", {"x": np.arange(300.0), "y": np.zeros(300)})
    panel = Panel("p", "t", Axis("town", categories=names), Axis("y"), (points,), "s")
    written = [words for _, words in _texts(panel, "tick") if words.startswith("a")]
    assert 3 <= len(written) <= 7
    assert all(len(words) >= 7 for words in written)


def test_a_title_has_several_lines_where_one_cannot_hold_it() -> None:
    long = replace(sheet("density"), title="minutes ~ km + vehicle; 600 rows, the same for all models, and more words than three lines can "
                   "hold of a single panel, so that there is a cut")
    lines = [one.text for one in parsed(svg.sheet(long)).iter(f"{SVG}text") if one.get("class") == "sheet"]
    assert lines[0] == "minutes ~ km + vehicle; 600 rows, the"
    assert len(lines) == 3
    assert float(parsed(svg.sheet(long)).get("height", "0")) > float(parsed(svg.sheet(sheet("density"))).get("height", "0"))
