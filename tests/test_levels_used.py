"""Predictions of a fit with a factor of many levels: by levels they are those by columns, and take what levels take."""

import json
import runpy
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conforming import complaints
from level_tables import ALL, CASES, LEVELS, saved, table
from saved_models import predicted

from mlefit.cli import main
from mlefit.design import indexing
from mlefit.exporting import jq
from mlefit.pipeline import saving
from mlefit.problem import indexing as asked
from mlefit.saved.read import load
from mlefit.saved.schema import model_schema
from mlefit.saved.write import to_dict


@pytest.mark.slow
@pytest.mark.parametrize(("target", "model"), CASES)
def test_a_model_by_levels_predicts_what_one_by_columns_does(
    target: str, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asked, "WORK", 0.0)
    old, new = table(tmp_path / "old.csv"), table(tmp_path / "new.csv", 2, LEVELS + 3, 500)
    options = ("-m", model, "-t", target, "-x", "x,g,z")
    short = saved(tmp_path, old, *options, name="levels.json")
    monkeypatch.setattr(indexing, "MANY", ALL)
    long = saved(tmp_path, old, *options, name="columns.json")
    assert Path(short).stat().st_size < 0.2 * Path(long).stat().st_size
    assert complaints(json.loads(Path(short).read_text()), {"mlefit.model/1": model_schema(), "mlefit.fit/1": {}}) == []
    assert to_dict(load(short)) == json.loads(Path(short).read_text())
    want, _ = predicted(capsys, long, new, "--interval", "law", "--only")
    monkeypatch.undo()
    found, _ = predicted(capsys, short, new, "--interval", "law", "--only")
    assert list(found[0]) == list(want[0])
    assert len(found[0]) > 3          # with intervals
    assert sum(row["flag"].startswith("new-level:g=l25") for row in found) >= 3
    for row, other in zip(found, want, strict=True):
        for name, cell in other.items():
            if cell and name not in ("flag", "class"):
                assert float(row[name]) == pytest.approx(float(cell), rel=1e-7, abs=1e-9)
            else:
                assert row[name] == cell


class Units:
    """Deviates that are 0 but for one, so that draws are the columns of a root."""

    def __init__(self, place: int) -> None:
        self.place = place

    def standard_normal(self, shape: Any) -> Any:
        found = np.zeros(shape)
        if 0 <= self.place < found.size:
            found.flat[self.place] = 1.0
        self.place -= found.size
        return found


@pytest.mark.parametrize(("target", "model"), [("y", "gaussian"), ("b", "bernoulli"), ("c", "categorical")])
def test_parameters_drawn_by_levels_have_the_covariance_of_columns(
    target: str, model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "MANY", 20)
    old = table(tmp_path / "old.csv", levels=30, rows=600)
    options = ("-m", model, "-t", target, "-x", "x,g,z")
    short = load(saved(tmp_path, old, *options, name="levels.json"))
    monkeypatch.setattr(indexing, "MANY", ALL)
    long = load(saved(tmp_path, old, *options, name="columns.json"))
    by_level, layout = short.errors.by_level, short.layout
    assert by_level is not None
    assert layout is not None
    count = by_level.blocks[..., 0].size + by_level.columns.shape[2]
    root = np.stack([np.concatenate(by_level.drawn(layout, Units(k))) for k in range(count)]).T     # type: ignore[arg-type]
    parts = [long.errors.root, long.errors.shape_root]
    dense = np.concatenate([part for part in parts if part is not None and part.size])
    unit = [1.0 / np.concatenate([np.concatenate([one.encoding.scaling.scale[list(kept)] for kept in one.encoding.kept]),
                                  np.ones(len(one.free))]) for one in (short, long)]
    shift = [mixed(one) for one in (short, long)]
    ours, want = (m @ (u[:, None] * b) for m, u, b in zip(shift, unit, (root, dense), strict=True))
    np.testing.assert_allclose(ours @ ours.T, want @ want.T, rtol=1e-6, atol=1e-9 * np.abs(want @ want.T).max())


def mixed(model: Any) -> Any:
    """What takes coefficients of encoded columns, divided by their scale, to natural ones."""
    kept, scaling = model.encoding.kept, model.encoding.scaling
    size, at = sum(map(len, kept)), 0
    found = np.eye(size + len(model.free))
    for places in kept:
        found[at, at + 1 : at + len(places)] = -scaling.centre[list(places)][1:]
        at += len(places)
    return found


@pytest.mark.parametrize("most", [0.0, 0.7])
def test_levels_that_had_columns_predict_as_columns_do(
    most: float, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A column of zeros and ones may be encoded by a scale of 2, one of mostly ones by a centre."""
    rng = np.random.default_rng(3)
    g = np.where(rng.random(3000) < most, 7, np.arange(3000) % 220)
    x = rng.normal(size=3000)
    y = x + np.sin(g) + rng.normal(size=3000)
    data = tmp_path / "data.csv"
    data.write_text("x,g,y\n" + "".join(f"{a:.4f},l{b:03d},{c:.4f}\n" for a, b, c in zip(x, g, y, strict=True)))
    monkeypatch.setattr(indexing, "MANY", ALL)
    path = saved(tmp_path, str(data), "-t", "y")
    scaling = load(path).encoding.scaling
    assert (scaling.scale[2:] != 1.0).any() or (scaling.centre[2:] != 0.0).any()
    want, _ = predicted(capsys, path, str(data), "--only")
    monkeypatch.undo()
    found, _ = predicted(capsys, path, str(data), "--only")
    for row, other in zip(found, want, strict=True):
        assert row["flag"] == other["flag"]
        for name in ("mean", "mean_low", "mean_high", "new_low", "new_high"):
            assert float(row[name]) == pytest.approx(float(other[name]), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(("change", "message"), [
    ({"column": "x"}, "model file, key covariance.by_level.column: expected a factor whose levels all have a coefficient, found x"),
    ({"mean": [1.0]}, f"model file, key covariance.by_level.mean: expected {2 * LEVELS} numbers, found 1"),
    ({"blocks": None}, "model file, key covariance.by_level.blocks: expected a list, found null"),
])
def test_a_file_with_other_levels_is_refused(
    change: dict[str, Any], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = table(tmp_path / "data.csv")
    path = saved(tmp_path, data, "-t", "y", "-x", "g,x,z")
    model = json.loads(Path(path).read_text())
    model["covariance"]["by_level"] |= change
    Path(path).write_text(json.dumps(model))
    capsys.readouterr()
    assert main(["predict", path, data]) == 3
    assert capsys.readouterr().err == f"mlefit: {message}\nsave the model again with `mlefit fit ... --save FILE`\n"


def test_predictors_with_columns_of_their_own_have_no_errors_by_level(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = table(tmp_path / "data.csv")
    path = saved(tmp_path, data, "-t", "c", "-x", "g,x,z")
    model = json.loads(Path(path).read_text())
    model["design"]["kept"][1] = model["design"]["kept"][1][::-1]
    Path(path).write_text(json.dumps(model))
    assert main(["predict", path, data]) == 3
    assert capsys.readouterr().err == ("mlefit: model file, key covariance.by_level: expected none where predictors have columns of "
                                       "their own, found one\nsave the model again with `mlefit fit ... --save FILE`\n")


@pytest.mark.parametrize("scale", [2.0, 0.0])
def test_a_file_whose_levels_are_encoded_otherwise_is_refused(
    scale: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = table(tmp_path / "data.csv")
    path = saved(tmp_path, data, "-t", "y", "-x", "g,x,z")
    model = json.loads(Path(path).read_text())
    model["covariance"]["scale"][5] = scale or 1.0
    model["covariance"]["centre"][6] = 0.5 if not scale else 0.0
    Path(path).write_text(json.dumps(model))
    assert main(["check", path, data]) == 3
    assert capsys.readouterr().err == ("mlefit: model file, key covariance.scale: expected 1 for each level of the factor, and a centre "
                                       "of 0, found another\nsave the model again with `mlefit fit ... --save FILE`\n")


def test_a_root_that_would_not_be_read_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = table(tmp_path / "data.csv", levels=20, rows=400)
    options = ("-t", "y", "-x", "g,x,z", "--se", "hc3")
    found = []
    for most in (2 * 22**2, 22**2, 22**2 - 1):
        monkeypatch.setattr(saving, "MOST_NUMBERS", most)
        errors = load(saved(tmp_path, data, *options)).errors
        found.append((errors.root is not None, errors.leverage_root is not None))
    assert found == [(True, True), (True, False), (False, False)]


def test_levels_are_looked_up_in_exported_programs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In Python a table made once, in jq an object; a chain of conditions is as deep as it is long."""
    data = table(tmp_path / "data.csv")
    path = saved(tmp_path, data, "-t", "y", "-x", "g,x,z")
    want, _ = predicted(capsys, path, data, "--interval", "none", "--only")
    rows = [dict(zip(Path(data).read_text().splitlines()[0].split(","), line.split(","), strict=True))
            for line in Path(data).read_text().splitlines()[1:40]]
    assert main(["export", path, "--to", "python"]) == 0
    (tmp_path / "program.py").write_text(capsys.readouterr().out)
    names = runpy.run_path(str(tmp_path / "program.py"))
    assert len(names["_LEVELS0"]) == LEVELS
    for row, other in zip(rows, want, strict=False):
        assert names["predict"](row)["mean"] == pytest.approx(float(other["mean"]), rel=1e-12)
    assert names["predict"](rows[0] | {"g": "unheard"}) == {"mean": None}
    assert main(["export", path, "--to", "jq"]) == 0
    program = capsys.readouterr().out
    assert "elif" not in program.split("\n", 1)[1]
    if shutil.which("jq"):
        lines = "".join(json.dumps(row) + "\n" for row in [*rows, rows[0] | {"g": "unheard"}])
        out = subprocess.run(["jq", "-c", program], input=lines, capture_output=True, text=True, check=True).stdout.splitlines()
        found = [json.loads(line)["mean"] for line in out]
        assert found[-1] is None
        assert found[:-1] == pytest.approx([float(other["mean"]) for other in want[: len(rows)]], rel=1e-12)
    monkeypatch.setattr(jq, "MOST", 100)
    assert main(["export", path, "--to", "jq"]) == 2
    assert capsys.readouterr().err == (f"mlefit: export: jq reads objects of 100 names, and a factor has {LEVELS} levels\n"
                                       "export to python, or predict with `mlefit predict`\n")
