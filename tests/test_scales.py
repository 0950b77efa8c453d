"""Words that have an order everywhere: a target of such levels may be an ordered one, and the order to type is told."""

from pathlib import Path

import pytest

from mlefit.cli import main
from mlefit.design.scales import ordered


@pytest.mark.parametrize(("levels", "order"), [
    (["high", "low", "medium"], ("low", "medium", "high")),
    (["Agree", "Strongly agree", "Disagree", "Neutral", "Strongly disagree"],
     ("Strongly disagree", "Disagree", "Neutral", "Agree", "Strongly agree")),
    (["VERY_GOOD", "good", "fair"], ("fair", "good", "VERY_GOOD")),
    (["low", "high"], ()), (["red", "green", "blue"], ()), (["low", "medium", "red"], ()), (["low", "Low", "high"], ()),
])
def test_levels_of_one_scale_have_its_order(levels: list[str], order: tuple[str, ...]) -> None:
    assert ordered(levels) == order


def test_a_target_of_such_levels_is_asked_about_and_its_order_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "d.csv"
    data.write_text("x,rating\n" + "".join(f"{k % 7},{['not so', 'very good', 'fair', 'good', 'fair'][k % 5 or 1]}\n" for k in range(60)))
    assert main(["fit", str(data), "--no-kl"]) == 0
    assert "note: model: categorical (target: text with 3 levels: ordered? -m ordinal); --model names another.\n" in capsys.readouterr().err
    assert main(["fit", str(data), "--no-kl", "-q", "-m", "ordinal"]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        "--order 'fair,good,very good' says it; levels: fair, good, very good")
    assert main(["fit", str(data), "--no-kl", "-q", "-m", "ordinal", "--order", "fair,good,very good"]) == 0
