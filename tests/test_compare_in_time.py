"""Models that would take minutes beside many columns are not compared unless they are named, and the answer says which."""

from pathlib import Path

import numpy as np
import pytest

import mlefit
from mlefit.cli import main
from mlefit.comparison import admitted

LEFT = ("left out, as with 2 columns of 200 rows each takes minutes: heteroscedastic-gaussian, huber, student-t, laplace; "
        "-m MODEL,MODEL compares those that it names")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(admitted, "MINUTES", 200 * 2**2)
    x, e = np.random.default_rng(5).normal(size=(2, 200))
    rows = tmp_path / "rows.csv"
    rows.write_text("x,y\n" + "".join(f"{a},{b}\n" for a, b in zip(x.tolist(), (x + e).tolist(), strict=True)))
    return rows


def test_models_that_take_minutes_are_left_out_and_told(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(path), "-q"]) == 0
    said = capsys.readouterr().out
    assert f"\n{LEFT}.\n" in said
    assert "keep gaussian: no other model is compared." in said
    assert "student-t  " not in said


def test_models_that_are_named_are_compared(path: Path) -> None:
    found = mlefit.compare(str(path), models=["gaussian", "laplace"])
    assert [entry.model for entry in found.comparison.entries] == ["gaussian", "laplace"]
    assert found.comparison.remarks == ()


def test_fewer_columns_leave_nothing_out(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admitted, "MINUTES", 200 * 2**2 + 1)
    assert len(mlefit.compare(str(path)).comparison.entries) == 5
