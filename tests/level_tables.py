"""Tables with a factor of many levels for tests, saved models of them, and what commands say of these."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlefit.cli import main

ALL = 10**9         # levels that no factor has: all have columns
CASES = [("y", "gaussian"), ("b", "bernoulli"), ("c", "categorical"), ("count", "poisson"), ("count", "negative-binomial")]
LEVELS, ROWS = 250, 6000


def table(path: Path, seed: int = 1, levels: int = LEVELS, rows: int = ROWS, shift: float = 0.0) -> str:
    """A file of a factor g, numbers x and z that vary with it, and responses y, b, c and count."""
    rng = np.random.default_rng(seed)
    effect = np.random.default_rng(9).normal(0.0, 0.6, levels)
    g = rng.permutation(np.arange(rows) % levels)
    x, z = rng.normal(size=rows) + effect[g], rng.normal(size=rows) + 40.0
    eta = shift + effect[g] + 0.4 * x - 0.2 * (z - 40.0)
    classes = (np.stack([np.zeros(rows), 0.3 * eta, 0.2 - 0.2 * eta]) + rng.gumbel(size=(3, rows))).argmax(axis=0)
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
