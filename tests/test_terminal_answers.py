"""What is no fit stands on one terminal of 24 lines, too: checks, groups, sentences and lists, with what is said beside them."""

from pathlib import Path

import pytest
from terminal import COLUMNS, Screen, screen

from mlefit.cli import main

pytest.importorskip("pyte")
pytestmark = pytest.mark.slow       # each a process on a terminal

SAMPLES = Path(__file__).parents[1] / "sample_data"


def shown(*arguments: str, code: int = 0, cwd: Path = SAMPLES) -> Screen:
    """The screen of a command that ends with `code` and scrolls nothing away."""
    found = screen(arguments, cwd=str(cwd))
    assert (found.code, found.scrolled) == (code, 0)
    return found


def folded(found: Screen) -> str:
    """The words of a screen, wherever its lines end."""
    return " ".join(" ".join(found.lines).split())


def test_a_check_leaves_out_what_has_moved_least(tmp_path: Path) -> None:
    model = str(tmp_path / "m.json")
    assert main(["fit", str(SAMPLES / "measurements.csv"), "-q", "--save", model, "--out", str(tmp_path / "fit.txt")]) == 0
    found = shown("check", "m.json", str(SAMPLES / "measurements.csv"), cwd=tmp_path)
    assert "does m.json hold?" in folded(found)
    assert "parameters more: -o json" in folded(found)
    refused = shown("check", "m.json", str(SAMPLES / "measurements.csv"), "-q", "--require", "excess<-1", code=5, cwd=tmp_path)
    assert 'mlefit: requirement "excess<-1" does not hold: cross_entropy.excess is -0.0' in folded(refused)


def test_many_groups_are_the_first_ones_and_a_count() -> None:
    found = shown("fit", "measurements.csv", "--by", "site,x1", code=4)
    groups = sum("too-few-rows" in line for line in found.lines)
    assert groups >= 5
    assert f"{502 - groups} more groups: use -o csv" in found.lines
    few = shown("fit", "measurements.csv", "-x", "x1,x2", "--by", "site")
    assert "1 more parameter: use -o csv" in few.lines


def test_sentences_break_at_blanks_and_a_list_at_none() -> None:
    found = shown("plot", "waiting.csv", "-q", "-o", "text", "--draws", "39")
    assert "* density: About 23 % of the rows lie where the normal law does not expect them," in found.lines
    listed = shown("plot", "--panel", "list")
    assert all(len(line) < COLUMNS for line in listed.lines)
    assert sum(bool(line) for line in listed.lines) == 20 + 1      # a line for each kind, and the prompt
