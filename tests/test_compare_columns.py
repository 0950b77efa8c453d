"""Columns as people have them: what `mlefit compare` says of each, as a statistician would, is a golden file.

Golden files are rewritten by running this file with MLEFIT_GOLDEN=write in the environment.
"""

import json
import os
from pathlib import Path

import pytest
from compare_columns import COLUMNS, written

from mlefit.cli import main

pytestmark = pytest.mark.slow       # a comparison of up to ten models each

GOLDEN = Path(__file__).parent / "golden"
SAID = {        # the model, how strongly, and what has to be said of it
    "prices": ("lognormal", "lean", "gamma cannot be excluded"),
    "absences": ("negative-binomial", "strong", "poisson is worse by"),
    "waiting": ("weibull", "none-fits", "as of rows of two kinds"),
    "wages": ("student-t", "strong", "most residuals lie near the middle and a few far out"),
    "spending": ("heteroscedastic-gaussian", "strong", "spread grows with income"),
}


@pytest.mark.parametrize("name", list(COLUMNS))
def test_a_column_is_told_as_it_was(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(f"{name}.csv").write_text(written(name), encoding="utf-8")
    assert main(["compare", f"{name}.csv", "-q"]) == 0
    out, path = capsys.readouterr().out, GOLDEN / f"compare_{name}.txt"
    if os.environ.get("MLEFIT_GOLDEN") == "write":
        path.write_text(out, encoding="utf-8")
    assert out == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", list(COLUMNS))
def test_a_column_is_told_as_a_statistician_would(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / f"{name}.csv"
    path.write_text(written(name), encoding="utf-8")
    assert main(["compare", str(path), "-q", "-o", "json"]) == 0
    told = json.loads(capsys.readouterr().out)["recommendation"]
    model, strength, because = SAID[name]
    assert (told["model"], told["strength"]) == (model, strength)
    assert because in told["because"]
    assert (told["summary"] is not None) == (strength == "none-fits")
