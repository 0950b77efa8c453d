"""A saved model on more new rows than are drawn: what is summed up over all rows of a fit is summed up over all of these."""

import json
from pathlib import Path

import numpy as np
import pytest

from mlefit.cli import main

N = 25_000


def written(folder: Path, name: str, rows: int, seed: int) -> tuple[Path, np.ndarray]:
    """Counts, shares and levels of one predictor, every tenth row of which has none; the counts of the others."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(rows)
    eta = 0.5 + 0.4 * x
    count, yes, n = rng.poisson(np.exp(eta)), rng.random(rows) < 1.0 / (1.0 + np.exp(-eta)), rng.integers(1, 4, rows)
    some = rng.binomial(n, 1.0 / (1.0 + np.exp(-eta)))
    texts = [f"{a:.6g}" if i % 10 else "" for i, a in enumerate(x)]
    path = folder / name
    path.write_text("x,count,yes,some,n\n" + "".join(
        f"{a},{b},{'yes' if c else 'no'},{d},{e}\n" for a, b, c, d, e in zip(texts, count, yes, some, n, strict=True)))
    return path, count[np.arange(rows) % 10 != 0]


def drawn(model: Path, data: Path, out: Path, *options: str) -> dict[str, dict]:      # type: ignore[type-arg]
    assert main(["plot", str(data), "--use", str(model), "--panel", "all", "-q", "--out", str(out), *options]) == 0
    return {panel["id"]: panel for panel in json.loads(out.read_text())["panels"]}


@pytest.mark.slow
@pytest.mark.parametrize(("target", "model", "panel"), [("count", "poisson", "rootogram"), ("yes", "bernoulli", "calibration")])
def test_all_new_rows_are_summed_up(tmp_path: Path, target: str, model: str, panel: str) -> None:
    old, _ = written(tmp_path, "old.csv", 400, 1)
    new, counts = written(tmp_path, "new.csv", N, 2)
    saved = tmp_path / "m.json"
    assert main(["fit", str(old), "-t", target, "-x", "x", "-m", model, "-q", "--save", str(saved), "--out", str(tmp_path / "f")]) == 0
    found = drawn(saved, new, tmp_path / "a.json", "--threads", "1")
    assert found[panel]["rows"] == counts.size
    assert f"all {counts.size:,} rows" in found[panel]["sentence"]
    if panel == "rootogram":
        bars = next(layer for layer in found[panel]["layers"] if layer["kind"] == "bars")["numbers"]
        seen = np.square(np.array(bars["height"]) - np.array(bars["base"]))
        assert seen[:4] == pytest.approx(np.bincount(counts)[:4])
    drawn(saved, new, tmp_path / "b.json", "--threads", "3")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
