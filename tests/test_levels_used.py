"""What uses a fit with a factor of many levels: by levels it says what it says by columns, and takes what levels take."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlefit.checking import seen
from mlefit.cli import main

LEVELS, ROWS = 250, 4000


def table(path: Path, seed: int = 1, levels: int = LEVELS, rows: int = ROWS, shift: float = 0.0) -> str:
    """A file of a factor g, numbers x and z that vary with it, and responses y, b, c and count."""
    rng = np.random.default_rng(seed)
    effect = np.random.default_rng(9).normal(0.0, 0.6, levels)
    g = rng.permutation(np.arange(rows) % levels)
    x, z = rng.normal(size=rows) + effect[g], rng.normal(size=rows) + 40.0
    eta = shift + effect[g] + 0.4 * x - 0.2 * (z - 40.0)
    classes = (np.stack([np.zeros(rows), eta, 0.3 - 0.5 * eta]) + rng.gumbel(size=(3, rows))).argmax(axis=0)
    columns = {
        "g": [f"l{k:03d}" for k in g], "x": x.round(4), "z": z.round(4), "y": (5.0 * eta + rng.normal(size=rows)).round(4),
        "b": (0.2 * eta + rng.logistic(size=rows) > 0.0).astype(int), "c": [f"c{k}" for k in classes],
        "count": rng.poisson(np.exp(1.0 + 0.5 * eta)),
    }
    path.write_text(",".join(columns) + "\n" + "".join(f"{','.join(map(str, row))}\n" for row in zip(*columns.values(), strict=True)))
    return str(path)


def saved(folder: Path, data: str, *options: str, name: str = "model.json") -> str:
    path = folder / name
    assert main(["fit", data, *options, "-q", "--no-kl", "--save", str(path), "--out", str(folder / "told.txt")]) == 0
    return str(path)


def told(capsys: pytest.CaptureFixture[str], *arguments: str, exits: int = 0) -> Any:
    """The JSON that a command writes."""
    capsys.readouterr()
    assert main([*arguments, "-o", "json"]) == exits
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("target", ["y", "b"])
def test_a_model_without_a_covariance_is_checked_without_a_refit(
    target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = table(tmp_path / "old.csv"), table(tmp_path / "new.csv", 2)
    path = saved(tmp_path, old, "-t", target, "-x", "g,x,z")
    whole = told(capsys, "check", path, new)
    model = json.loads(Path(path).read_text())
    model["covariance"] |= {"root": None, "shape_root": None, "leverage_root": None}
    Path(path).write_text(json.dumps(model))
    monkeypatch.setattr(seen, "gathered", None)     # no row is encoded for a fit
    found = told(capsys, "check", path, new)
    assert found["refit"]["reason"] == "the model has kept no covariance, so no difference has an error"
    assert found["cross_entropy"] == whole["cross_entropy"]
    assert (found["residuals"], found["calibration"]) == (whole["residuals"], whole["calibration"])
