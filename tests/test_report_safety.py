"""Untrusted text is text, wherever it is shown."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlefit.report.safety import code, encodable, harmful, inert, markdown, prose, shown, shown_lines


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


def spans(text: str) -> list[str]:
    """What the code spans of a line of Markdown show: from a run of backquotes to the next one as long (CommonMark 0.31, 6.1)."""
    found = []
    while (opening := re.search(r"(?<![\\`])`+", text)) is not None:
        closing = re.search(rf"(?<!`)`{{{len(opening[0])}}}(?!`)", text[opening.end():])
        assert closing is not None
        inside = text[opening.end() : opening.end() + closing.start()]
        found.append(inside[1:-1] if inside[:1] == inside[-1:] == " " and inside.strip(" ") else inside)
        text = text[opening.end() + closing.end():]
    return found


@given(st.text(min_size=1))
def test_code_shows_what_it_is_given(text: str) -> None:
    if shown(text).strip(" "):
        assert spans(code(text)) == [shown(text)]


def test_options_in_a_sentence_can_be_pasted() -> None:
    said = """let the mean bend in a_b: -f "y ~ bs(a_b, df=5)" or -f 'y ~ `it'"'"'s`' or -m gamma, --scale-features a_b <b>; use --se robust"""
    text = prose(said)
    assert spans(text) == ['-f "y ~ bs(a_b, df=5)"', """-f 'y ~ `it'"'"'s`'""", "--scale-features a_b"]
    assert text.startswith(r"let the mean bend in a\_b: `-f ")
    assert text.endswith(r"`--scale-features a_b` \<b\>; use --se robust")
    assert prose("no option: a_b") == markdown("no option: a_b")
