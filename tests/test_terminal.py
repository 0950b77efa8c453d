"""The whole answer, notes included, stands on a terminal of 24 lines and 80 columns, with the prompt below it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len
from terminal import screen

from mlefit.report.sparkline import BLOCKS

pytest.importorskip("pyte")
pytestmark = pytest.mark.slow       # each a process on a terminal

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "sample_data"
BACKGROUNDS = {"dark": (0, 0, 0), "light": (255, 255, 255)}
XTERM = {"red": (205, 0, 0), "magenta": (205, 0, 205), "brown": (205, 205, 0), "cyan": (0, 205, 205), "green": (0, 205, 0)}
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
NUMBER = re.compile(r"\(?[0-9.]+(e-?[0-9]+)?")
MARKS = ("+", "more", "more:", "--detail", "...", "(--detail)", "classes,", "joint)", "constants:", "residuals", "model", "observed",
         "predicted")      # words of the folding itself
LEGIBLE = 3.0       # contrast of large or bold text: Web Content Accessibility Guidelines 2.1, 1.4.3


@pytest.fixture(scope="session")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wide")
    subprocess.run([sys.executable, str(SAMPLES / "generate.py"), "--wide", str(folder)], check=True)
    return folder


@pytest.mark.parametrize("name", sorted(path.stem for path in SAMPLES.glob("*.csv")))
def test_the_answer_of_every_sample_stands_on_one_screen(name: str) -> None:
    stands(f"{name}.csv", SAMPLES)


@pytest.mark.parametrize(("name", "most"), [("assembly", 36), ("renewals", 30), ("habitats", 30)])
def test_the_answer_of_a_wide_table_stands_on_one_screen(name: str, most: int, wide: Path) -> None:
    lines = stands(f"{name}.csv", wide)
    (counted,) = [int(found[1]) for line in lines if (found := re.match(r"(\d+) more: --detail", line))]
    assert most / 2 < counted <= most


@pytest.mark.parametrize("name", ["measurements", "conversions", "species", "waiting", "spending", "repairs", "stackloss", "rents"])
def test_a_comparison_stands_on_one_screen_with_its_verdicts(name: str) -> None:
    shown = screen(["compare", f"{name}.csv"], cwd=str(SAMPLES))
    assert (shown.code, shown.scrolled) == (0, 0)
    raw = ANSI.sub("", shown.raw).splitlines()
    assert max(map(cell_len, raw)) <= 80
    start = next(place for place, line in enumerate(raw) if line.startswith("model "))
    table = raw[start : raw.index("", start)]
    assert table[0].endswith("  verdict")
    assert len(table) > 1
    assert all(re.search(r"  (none detected|no misfit detected|borderline|moderate|large|misfit, large)$", line) for line in table[1:])
    assert not any("\N{HORIZONTAL ELLIPSIS}" in line.split(maxsplit=1)[1] for line in table[1:])


def test_the_models_are_listed_without_a_break_in_a_word() -> None:
    from mlefit.noise import MODELS

    shown = screen(["models"], cwd=str(SAMPLES))
    lines = ANSI.sub("", shown.raw).splitlines()
    assert max(map(cell_len, lines)) <= 80
    words = {word.rstrip(",") for line in lines for word in line.split()}
    for model in MODELS.values():
        assert {model.name, *model.aliases, *model.presets, *model.example.split()} <= words


def stands(name: str, folder: Path) -> tuple[str, ...]:
    """The screen: nothing has scrolled, no line runs over, and its words are whole or cut at a sign that says so."""
    shown = screen(["fit", name], cwd=str(folder))
    assert (shown.code, shown.scrolled) == (0, 0)
    assert "$" in shown.lines
    for line in shown.raw.splitlines():
        assert cell_len(ANSI.sub("", line)) <= 80
    piped = subprocess.run([sys.executable, "-m", "mlefit", "fit", name], cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)},
                           capture_output=True, text=True, check=True)
    known = {*(piped.stdout + piped.stderr).split(), *MARKS}
    text = "\n".join(shown.lines[: shown.lines.index("$")])
    for word in text.split():
        assert word in known or "…" in word or NUMBER.fullmatch(word) or set(word) <= {*"-~", *BLOCKS}, word
    for word in ("maximum likelihood", "least loss", "explains" if "~ 1" not in text else "judged", "misfit", "proof"):
        assert word in text
    return shown.lines


@pytest.mark.parametrize("name", ["waiting", "longley"])
def test_what_is_marked_can_be_read_on_any_background(name: str) -> None:
    shown = screen(["fit", f"{name}.csv"], cwd=str(SAMPLES))
    assert shown.colours - {"default"}
    for colour in shown.colours - {"default"}:
        for background in BACKGROUNDS.values():
            assert contrast(XTERM[colour], background) >= LEGIBLE
    plain = screen(["fit", f"{name}.csv"], cwd=str(SAMPLES), NO_COLOR="1")
    assert plain.colours == {"default"}
    assert plain.lines == shown.lines
    assert "\x1b" not in plain.raw


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: tuple[int, int, int]) -> float:
    linear = [c / 255 / 12.92 if c / 255 <= 0.03928 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_detail_is_whole_on_a_terminal_and_wraps_at_blanks() -> None:
    shown = screen(["fit", "conversions.csv", "--detail"], cwd=str(SAMPLES), lines=80)
    text = "\n".join(shown.lines)
    assert "AIC of 2000 rows" in text
    assert "note: target: converted (the last column); --target names another." in shown.lines
    assert max(cell_len(ANSI.sub("", line)) for line in shown.raw.splitlines()) <= 80


def test_an_error_wraps_at_blanks(tmp_path: Path) -> None:
    rows = "".join(f"{x},{'yes' if x > 20 else 'no'}\n" for x in range(40))
    (tmp_path / "apart.csv").write_text(f"dose,dead\n{rows}", encoding="utf-8")
    shown = screen(["fit", "apart.csv"], cwd=str(tmp_path))
    assert (shown.code, shown.scrolled) == (4, 0)
    assert "no maximum-likelihood estimate exists" in " ".join(shown.lines)
    assert max(cell_len(ANSI.sub("", line)) for line in shown.raw.splitlines()) <= 80
