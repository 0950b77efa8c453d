"""docs/reading.md: the figures that its sentences explain are those that its blocks show."""

import re

from readme_commands import ROOT, commands

LEVELS = {"0.05"}       # a level of significance is no figure of the fit


def test_the_sentences_name_figures_that_are_shown() -> None:
    page = (ROOT / "docs" / "reading.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```console\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    shown = "".join(output for block in blocks for _, output in commands(block))
    prose = re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)
    named = set(re.findall(r"\d+\.\d{2,}", prose))
    assert len(named) > 10
    assert {figure for figure in named - LEVELS if figure not in shown} == set()
