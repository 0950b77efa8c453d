"""`mlefit check` of a model with a factor of many levels: by levels it says what it says by columns, of all levels or few."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from level_tables import ALL, CASES, LEVELS, saved, table, told

from mlefit.checking import check as checked
from mlefit.checking import seen
from mlefit.cli import main
from mlefit.design import indexing
from mlefit.problem import indexing as asked
from mlefit.saved.read import load


@pytest.mark.parametrize("target", ["y", "b"])
def test_a_model_without_a_covariance_is_checked_without_a_refit(
    target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = table(tmp_path / "old.csv"), table(tmp_path / "new.csv", 2)
    path = saved(tmp_path, old, "-t", target, "-x", "g,x,z")
    whole = told(capsys, "check", path, new)
    model = json.loads(Path(path).read_text())
    del model["covariance"]["by_level"]
    Path(path).write_text(json.dumps(model))
    monkeypatch.setattr(seen, "gathered", None)     # no row is encoded for a fit
    found = told(capsys, "check", path, new)
    assert found["refit"]["reason"] == "the model has kept no covariance, so no difference has an error"
    assert found["cross_entropy"] == whole["cross_entropy"]
    assert (found["residuals"], found["calibration"]) == (whole["residuals"], whole["calibration"])


def both_ways(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path, old: str, new: str, *options: str
) -> list[Any]:
    """What a check says of models by levels and by columns."""
    found = []
    for many in (20, ALL):
        monkeypatch.setattr(indexing, "MANY", many)
        path = saved(folder, old, *options)
        capsys.readouterr()
        main(["check", path, new, "-o", "json"])
        found.append(json.loads(capsys.readouterr().out))
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("target", "model"), CASES)
@pytest.mark.parametrize(("levels", "rows"), [(LEVELS, 8000), (100, 2500)])      # all of them, and few
def test_a_check_by_levels_says_what_one_by_columns_does(
    levels: int, rows: int, target: str, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asked, "WORK", 0.0)
    old, new = table(tmp_path / "old.csv"), table(tmp_path / "new.csv", 2, levels, rows)
    one, other = both_ways(monkeypatch, capsys, tmp_path, old, new, "-m", model, "-t", target, "-x", "x,g,z")
    check_alike(one, other)


def check_alike(one: Any, other: Any) -> None:
    """Two checks, the first by levels."""
    assert one["notes"] == other["notes"]
    if one["cross_entropy"]["source"] == other["cross_entropy"]["source"]:     # of a level with one row of a class levels have no figure
        assert (one["verdict"], one["alarm"]) == (other["verdict"], other["alarm"])
    mine, theirs = one["refit"], other["refit"]
    assert (mine["reason"], mine["df"], mine["df2"]) == (None, theirs["df"], pytest.approx(theirs["df2"]))
    for key in ("statistic", "p_value", "kl", "drift"):
        assert mine[key] == pytest.approx(theirs[key], rel=1e-6, abs=1e-10)
    assert len(mine["parameters"]) > 30
    for p, q in zip(mine["parameters"], theirs["parameters"], strict=True):
        assert (p["name"], p["class"]) == (q["name"], q["class"])
        for key in ("saved", "refit", "difference", "std_error", "in_se"):
            assert p[key] == pytest.approx(q[key], rel=1e-6, abs=1e-8)


def changed(path: str, folder: Path, change: Any) -> str:
    """The rows of a table as `change` makes them."""
    head, *lines = Path(path).read_text().splitlines()
    names = head.split(",")
    rows = [change(dict(zip(names, line.split(","), strict=True))) for line in lines]
    other = folder / "changed.csv"
    other.write_text(head + "\n" + "".join(",".join(row.values()) + "\n" for row in rows if row))
    return str(other)


@pytest.mark.parametrize("options", [("-x", "g,x,z"), ("-f", "y ~ g + x + z - 1")])
def test_a_column_that_is_constant_in_the_new_rows_is_part_of_the_levels(
    options: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = table(tmp_path / "old.csv", levels=40, rows=800)
    new = changed(table(tmp_path / "new.csv", 2, 40, 800), tmp_path, lambda row: row | {"z": "40.5"})
    target = () if options[0] == "-f" else ("-t", "y")
    one, other = both_ways(monkeypatch, capsys, tmp_path, old, new, *target, *options)
    if options[0] == "-f":      # by columns nothing takes it up
        assert other["refit"]["reason"] == "z is determined by other columns in the new rows"
        assert len(one["refit"]["parameters"]) == 42
        return
    check_alike(one, other)


def test_a_column_that_levels_determine_in_the_new_rows_leaves_no_refit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = table(tmp_path / "old.csv", levels=40, rows=800)
    new = changed(table(tmp_path / "new.csv", 2, 40, 800), tmp_path, lambda row: row | {"z": row["g"].lstrip("l")})
    one, _ = both_ways(monkeypatch, capsys, tmp_path, old, new, "-t", "y", "-x", "g,x,z")
    assert one["refit"]["reason"] == "z is determined by other columns in the new rows"
    apart = changed(table(tmp_path / "old.csv", levels=40, rows=800), tmp_path, lambda row: row | {"z": row["g"].lstrip("l")})
    monkeypatch.setattr(indexing, "MANY", 20)
    path = saved(tmp_path, apart, "-t", "y", "-x", "g,x,z")
    main(["check", path, table(tmp_path / "new.csv", 2, 40, 800), "-o", "json"])
    reason = json.loads(capsys.readouterr().out)["refit"]["reason"]
    assert reason == "z had no coefficient of its own in the rows fitted, and has one in the new rows"


def test_without_their_baseline_levels_are_compared_beside_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The joint test does not depend on the baseline: it is that of a model with another one."""
    old = table(tmp_path / "old.csv", levels=40, rows=800)
    new = changed(table(tmp_path / "new.csv", 2, 40, 800), tmp_path, lambda row: {} if row["g"] == "l000" else row)
    options = ("-t", "y", "-x", "g,x,z")
    one, other = both_ways(monkeypatch, capsys, tmp_path, old, new, *options, "--reference", "g=l001")
    check_alike(one, other)
    monkeypatch.setattr(indexing, "MANY", 20)
    main(["check", saved(tmp_path, old, *options), new, "-o", "json"])
    found = json.loads(capsys.readouterr().out)
    assert found["notes"] == ["the new rows have no g=l000: the levels of g are compared beside g=l001."]
    check_alike({**found, "notes": []}, {**one, "notes": []})
    assert found["verdict"] == one["verdict"]


def test_where_a_level_rests_on_one_row_new_rows_are_expected_to_cost_what_parameters_cost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Leave-one-out has no figure there; n = 4,000 rows and p = 203 parameters leave p/n = 0.05 nats per row between both."""
    old, new = table(tmp_path / "old.csv", levels=200, rows=4000), table(tmp_path / "new.csv", 2, 200, 4000)
    lines = Path(old).read_text().splitlines()
    b = lines[0].split(",").index("b")
    kept = [line for line in lines if not (line.startswith("l007,") and line.split(",")[b] == "1")]
    one = next(line for line in lines if line.startswith("l007,") and line.split(",")[b] == "1")
    Path(old).write_text("\n".join([*kept, one]) + "\n")
    path = saved(tmp_path, old, "-t", "b", "-x", "g,x,z")
    sample = json.loads(Path(path).read_text())["sample"]
    assert sample["on_new_rows"] is None
    found = told(capsys, "check", path, new)["cross_entropy"]
    assert found["source"] == "rows fitted"
    assert found["expected"] == pytest.approx(sample["nll_mean"] + sample["parameters"] / sample["n"])
    assert abs(found["excess"]) < 3.0 * found["excess_error"]


def test_the_scale_is_compared_as_that_of_n_less_p(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """At the maximum 253 parameters make it 4 % too small in 3,000 rows, and 1.6 % in 8,000."""
    old, new = table(tmp_path / "old.csv", rows=8000), table(tmp_path / "new.csv", 2, rows=3000)
    path = saved(tmp_path, old, "-t", "y", "-x", "g,x,z")
    refit = told(capsys, "check", path, new)["refit"]
    one = refit["parameters"][-1]
    for model, value in ((path, one["saved"]), (saved(tmp_path, new, "-t", "y", "-x", "g,x,z", name="new.json"), one["refit"])):
        fit = load(model).training
        assert fit.rss is not None
        assert fit.residual_df is not None
        assert value == pytest.approx(0.5 * np.log(fit.rss / fit.residual_df), rel=1e-9)
    assert one["name"] == "log sigma"
    assert one["std_error"] == pytest.approx((0.5 / (8000 - 252) + 0.5 / (3000 - 252)) ** 0.5, rel=1e-9)
    assert refit["p_value"] > 0.01


def test_rows_are_kept_for_robust_errors_of_a_refit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Least squares does with sums, and rows that are more than DIAGNOSED numbers are not kept."""
    old, new = table(tmp_path / "old.csv", levels=20, rows=400), table(tmp_path / "new.csv", 2, levels=20, rows=400)
    path = saved(tmp_path, old, "-t", "y", "-x", "g,x,z", "--se", "hc3")
    want = told(capsys, "check", path, new)
    monkeypatch.setattr(checked, "DIAGNOSED", 1)
    assert told(capsys, "check", path, new) == want
    assert want["refit"]["reason"] is None


def test_columns_that_the_new_rows_hardly_tell_apart_are_not_refitted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(3)

    def made(name: str, apart: float) -> str:
        x = rng.normal(size=3000)
        near = x + apart * rng.normal(size=3000)
        rows = zip(np.arange(3000) % LEVELS, x.tolist(), near.tolist(), (x + rng.normal(size=3000)).tolist(), strict=True)
        (tmp_path / name).write_text("g,x,near,y\n" + "".join(f"l{g:03d},{x!r},{near!r},{y!r}\n" for g, x, near, y in rows))
        return str(tmp_path / name)

    path = saved(tmp_path, made("old.csv", 1.0), "-t", "y", "-x", "g,x,near")
    found = told(capsys, "check", path, made("new.csv", 3e-11))
    assert found["refit"]["reason"] == "a column keeps too few digits beside the others in the new rows"
