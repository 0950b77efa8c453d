"""Untrusted text is text, wherever it is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlefit.report.safety import encodable, harmful, inert, markdown, shown, shown_lines


@pytest.mark.parametrize(("text", "safe"), [
    ("plain name", "plain name"), ("größe", "größe"), ("身長", "身長"), ("[red]x[/red]", "[red]x[/red]"),
    ("\x1b[31mred", "\\x1b[31mred"), ("a\nb\tc\rd", "a\\nb\\tc\\rd"), ("\x9b31m", "\\x9b31m"),
    ("\u202eabc", "\\u202eabc"),
    ("\u2066a\u2069", "\\u2066a\\u2069"), ("a\u2028b", "a\\u2028b"), ("\ufeffx", "\\ufeffx"), ("\ud800", "\\ud800"),
    ("\U000e0041", "\\U000e0041"), ("\x00\x7f", "\\x00\\x7f"), ("👩\u200d🔬", "👩\u200d🔬"),
])
def test_what_a_terminal_would_act_on_is_escaped(text: str, safe: str) -> None:
    assert shown(text) == safe


@given(st.text())
def test_shown_text_is_one_harmless_line(text: str) -> None:
    safe = shown(text)
    assert not any(harmful(character) for character in safe)
    assert len(safe.splitlines()) <= 1
    assert shown(safe) == safe


def test_our_own_line_breaks_stay() -> None:
    assert shown_lines("one\x1b\ntwo") == "one\\x1b\ntwo"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_spreadsheet_executes_no_cell(start: str) -> None:
    assert inert(f"{start}cmd|' /C calc'!A0").startswith("'")
    assert inert(f"x{start}") == shown(f"x{start}")


def test_markdown_acts_on_nothing() -> None:
    assert markdown("a|b*c_<i>`x`[y](z)\\") == "a\\|b\\*c\\_\\<i\\>\\`x\\`\\[y\\](z)\\\\"


@given(st.text(st.characters(codec=None)))
def test_utf8_can_hold_encodable_text(text: str) -> None:
    assert encodable(text).encode("utf-8").decode("utf-8") == encodable(text)
