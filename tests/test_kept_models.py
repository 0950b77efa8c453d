"""Models that version 0.2.0 wrote are read for ever: the same predictions of the same rows. Nothing here is ever written again.

A file that a later version cannot read, or reads otherwise, is a defect of that version.
"""

import csv
from pathlib import Path

import pytest

from mlefit.cli import main

KEPT = Path(__file__).parent / "kept" / "0.2.0"
MODELS = sorted(path.stem for path in KEPT.glob("*.json"))


def test_there_is_one_of_every_kind() -> None:
    kinds = ["binomial", "categorical", "curve", "gaussian", "groups", "hurdle", "loss", "negative-binomial", "ordinal", "scale",
             "transformed"]
    assert kinds == MODELS


@pytest.mark.parametrize("name", MODELS)
def test_a_kept_model_predicts_what_it_did(name: str, tmp_path: Path) -> None:
    found = tmp_path / "found.csv"
    assert main(["predict", str(KEPT / f"{name}.json"), str(KEPT / f"{name}.csv"), "-q", "--out", str(found)]) == 0
    expected, now = (list(csv.DictReader(path.open(encoding="utf-8"))) for path in (KEPT / f"{name}-predicted.csv", found))
    assert len(expected) == 5
    assert list(now[0])[: len(expected[0])] == list(expected[0])        # columns may be added behind
    for row, kept in zip(now, expected, strict=True):
        for column, value in kept.items():
            if row[column] != value:
                assert float(row[column]) == pytest.approx(float(value), rel=1e-12, abs=1e-12), column


@pytest.mark.parametrize("name", [name for name in MODELS if name != "groups"])
def test_a_kept_model_shows_its_table(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(KEPT / f"{name}.json")]) == 0
    assert "both routes agree" in capsys.readouterr().out
