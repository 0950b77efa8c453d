"""Saved models for tests, and what `mlefit predict` makes of them."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from mlefit.cli import main

Fitted = Callable[..., str]


def fitted_in(folder: Path) -> Fitted:
    """What fits a table with some options, and gives the path of its model in the folder."""
    def make(table: str | Path, *options: str) -> str:
        path = folder / "model.json"
        assert main(["fit", str(table), *options, "-q", "--save", str(path), "--out", str(folder / "told.txt")]) == 0
        return str(path)

    return make


def predicted(capsys: pytest.CaptureFixture[str], *arguments: str, exits: int = 0) -> tuple[list[dict[str, str]], str]:
    """Rows that `mlefit predict` writes, and what it says."""
    capsys.readouterr()
    assert main(["predict", *arguments]) == exits
    out, err = capsys.readouterr()
    return list(csv.DictReader(io.StringIO(out))), err
