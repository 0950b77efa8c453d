"""Starts and figures of many columns: as good as those of few, in a time that has a bound."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlefit.cli import main
from mlefit.estimation import starts
from mlefit.information import folds


@pytest.mark.parametrize("weights", ["alike", "none", "uneven"])
def test_products_of_many_columns_give_the_fit_to_the_rows(weights: str) -> None:
    """`none` of all but a few rows counts, so that there is no factor."""
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(400, starts.MANY)), rng.normal(size=400)
    weight = {"alike": np.ones(400), "none": (np.arange(400) < 30) * 1.0, "uneven": rng.gamma(0.3, size=400)}[weights]
    root = np.sqrt(weight)
    exact = np.linalg.lstsq(x * root[:, None], y * root)[0]
    assert np.abs(starts._fitted(x, y, weight) - exact).max() < 1e-8 * np.abs(exact).max()


@pytest.mark.parametrize("times", [1, 8])
def test_ends_along_many_columns_take_few_fits(times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    monkeypatch.setattr(starts, "_fitted", lambda x, *_: calls.append(len(x)) or np.zeros(x.shape[1]))
    rng = np.random.default_rng(2)
    found = starts._at_ends(np.ones((300, 1)), rng.normal(size=300), np.ones(300), rng.normal(size=(300, 50)), times)
    assert len(found) == len(calls) == starts.MOST_ENDS * (1 if times == 1 else len(starts.ENDS))
    assert calls[:4] == [150] * 4


def test_folds_that_would_take_minutes_are_left_out_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    rng = np.random.default_rng(3)
    path = tmp_path / "rows.csv"
    path.write_text("x,y\n" + "".join(f"{a},{a + b}\n" for a, b in rng.normal(size=(100, 2)).tolist()))
    told: list[Any] = []
    for most in (folds.MOST_WORK, 100.0 * 2**2 - 1.0):
        monkeypatch.setattr(folds, "MOST_WORK", most)
        assert main(["fit", str(path), "-m", "laplace", "-q", "-o", "json"]) == 0
        told.append(json.loads(capsys.readouterr().out)["criteria"])
    assert told[0]["on_new_rows"] > 0.0
    assert told[1]["on_new_rows"] is None
    assert told[1]["on_new_rows_note"] == "too many parameters"
