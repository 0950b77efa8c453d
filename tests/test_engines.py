"""Engines: what is kept where, and who works on it, changes no bit of an answer."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlefit.arrays import FEW, product
from mlefit.cli import main
from mlefit.design import encode
from mlefit.execution.engine import PART_ROWS
from mlefit.source import cutting, text

pytestmark = pytest.mark.slow     # whole fits by every engine

ROWS = PART_ROWS + 1        # the second part is a single row, which BLAS takes for a vector


@pytest.mark.parametrize(("model", "se"), [
    ("gaussian", "hc3"), ("gaussian", "hac"), ("bernoulli", "auto"), ("bernoulli", "hc2"), ("bernoulli", "hac:9000"),
    ("categorical", "robust")])
@pytest.mark.parametrize("predictors", [5, 12])
def test_a_fit_says_the_same_wherever_its_rows_are(
    model: str, se: str, predictors: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(predictors)
    x = rng.normal(size=(ROWS, predictors)).round(3)
    eta = np.arange(2 if model == "bernoulli" else 3) * 0.3 * x[:, :3].sum(axis=1, keepdims=True)
    y = (eta + rng.gumbel(size=eta.shape)).argmax(axis=1)
    path = tmp_path / "rows.csv"
    names = [*(f"x{j}" for j in range(predictors)), "y"]
    np.savetxt(path, np.column_stack([x, y]), fmt="%.3g", delimiter=",", header=",".join(names), comments="")

    def said(*options: str) -> dict[str, Any]:
        command = ["fit", str(path), "-t", "y", "-m", model, "--se", se, "--draws", "0", "-q", "-o", "json", *options]
        assert main(command) == 0
        report: dict[str, Any] = json.loads(capsys.readouterr().out)
        return {**report, "run": {**report["run"], "machine": None}}

    kept = said("--engine", "memory", "--threads", "1")
    assert said("--engine", "memory", "--threads", "2") == kept
    assert said("--engine", "stream", "--memory", "1MB", "--threads", "1") == kept
    assert said("--engine", "stream", "--memory", "1MB", "--threads", "2") == kept


@pytest.mark.parametrize(("few", "many"), [(3, 5), (1, FEW - 1), (1, FEW), (30, 30)])
def test_products_of_any_size_are_products(few: int, many: int) -> None:
    rng = np.random.default_rng(few)
    a, b = rng.normal(size=(few, 1000)), rng.normal(size=(many, 1000)).T
    expected = np.einsum("ik,kj->ij", a, b)
    assert np.abs(product(a, b) - expected).max() <= 1e-12 * 1000.0


@pytest.mark.parametrize("model", ["gaussian", "bernoulli", "categorical"])
def test_many_blocks_in_steps_say_the_same_whoever_works_on_them(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Levels, clusters and missing cells everywhere, rows held out, some blocks without a level that others begin with."""
    monkeypatch.setattr(cutting, "BLOCK", 2_000)
    monkeypatch.setattr(text, "SAMPLE", 1_000)
    monkeypatch.setattr(encode, "CELLS", 200)
    rng = np.random.default_rng(5)
    x, names = rng.normal(size=3_000), ["d", "a", "c", "b"]
    kind = [names[k] for k in np.minimum(3, (x + rng.gumbel(size=3_000) > 0) + 2 * (rng.random(3_000) < np.arange(3_000) / 3_000))]
    y = {"gaussian": [f"{v:.4f}" for v in x + rng.normal(size=3_000)], "bernoulli": [name in "ab" for name in kind], "categorical": kind}
    group = [f"g{k}" if k else "" for k in rng.integers(0, 30, 3_000)]
    lines = [f"{a:.4f},{b},{c}" for a, b, c in zip(x, group, y[model], strict=True)]
    path = tmp_path / "rows.csv"
    path.write_text("x,group,y\n" + "\n".join(lines) + "\n")

    def said(*options: str) -> dict[str, Any]:
        command = ["fit", str(path), "-t", "y", "-x", "x", "-m", model, "--se", "cluster:group", "--holdout", "0.2", "--draws", "0"]
        assert main([*command, "-q", "-o", "json", *options]) == 0
        report: dict[str, Any] = json.loads(capsys.readouterr().out)
        return {**report, "run": {**report["run"], "machine": None}}

    kept = said("--engine", "memory", "--threads", "1")
    assert said("--engine", "memory", "--threads", "4") == kept
    assert said("--engine", "stream", "--threads", "1") == kept
    assert said("--engine", "auto", "--memory", "20KB", "--threads", "4") == kept
