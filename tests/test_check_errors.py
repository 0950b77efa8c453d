"""Figures of `mlefit check` that have no standard error to be measured by."""

from pathlib import Path

import pytest

from mlefit.checking.judge import reasons
from mlefit.checking.record import CrossEntropy, Unfamiliar
from mlefit.cli import main


def test_a_score_that_no_row_varies_has_no_error_to_be_measured_by(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = tmp_path / "same.csv"
    rows.write_text("y\n" + "3\n" * 40)
    assert main(["fit", str(rows), "-t", "y", "-m", "poisson", "-x", "none", "-q", "--save", str(tmp_path / "m.json")]) == 0
    capsys.readouterr()
    assert main(["check", str(tmp_path / "m.json"), str(rows)]) == 0
    assert "cross-entropy, nats per row" in capsys.readouterr().out


def test_an_excess_without_an_error_is_told_without_one() -> None:
    entropy = CrossEntropy(2.0, 0.0, 1.0, "rows fitted", 1.0, 0.0, 0.01)
    assert entropy.in_errors is None
    assert reasons(entropy, Unfamiliar(0, 0.0, 0.05, {})) == (
        "the cross-entropy is 1.0 nats per row above that expected on new rows",)
