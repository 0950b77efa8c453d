"""`docs/verify.py` recomputes a fit from its rows with numpy alone, and finds what does not hold."""

import ast
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from mlefit.cli import main

ROOT = Path(__file__).parents[1]
PROGRAM = ROOT / "docs" / "verify.py"
SAMPLES = ROOT / "sample_data"
FITS = [
    ("measurements", ()), ("measurements", ("-f", "y ~ x1 + site + 0")), ("conversions", ()),
    ("conversions", ("-x", "age,channel", "--positive", "no")), ("species", ()), ("species", ("--reference", "species=cedar")),
    ("waiting", ()), ("spending", ()), ("repairs", ("-t", "cost", "-m", "gaussian")), ("deliveries", ("-t", "minutes", "-m", "gaussian")),
    ("deliveries", ("-t", "stars", "-m", "categorical", "-x", "km,vehicle")), ("rents", ("-t", "rent",)), ("stackloss", ()), ("longley", ()),
]


@pytest.fixture(scope="module")
def verify() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def fitted(table: Path, path: Path, *options: str, exits: int = 0) -> dict[str, Any]:
    assert main(["fit", str(table), *options, "--no-kl", "-q", "-o", "json", "--out", str(path)]) == exits
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def code(verify: ModuleType, table: Path, path: Path, fit: dict[str, Any]) -> int:
    path.write_text(json.dumps(fit))
    try:
        return int(verify.main(str(table), str(path)))
    except SystemExit as end:
        return int(end.code or 0)


def test_it_needs_numpy_alone_and_is_short() -> None:
    text = PROGRAM.read_text()
    needed = {name.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import) for name in node.names}
    assert needed - sys.stdlib_module_names == {"numpy"}
    assert not any(isinstance(node, ast.ImportFrom) for node in ast.walk(ast.parse(text)))
    assert len(text.splitlines()) < 150


@pytest.mark.parametrize(("sample", "options"), FITS, ids=[" ".join((name, *options)) for name, options in FITS])
def test_every_sample_agrees_and_one_changed_estimate_does_not(
    sample: str, options: tuple[str, ...], tmp_path: Path, verify: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    table, path = SAMPLES / f"{sample}.csv", tmp_path / "fit.json"
    fit = fitted(table, path, *options)
    capsys.readouterr()
    assert code(verify, table, path, fit) == 0
    shown = capsys.readouterr().out
    assert shown.count("agrees") == 6
    assert "DOES NOT AGREE" not in shown
    for parameter in fit["parameters"]:
        estimate = parameter["estimate"]
        parameter["estimate"] = estimate + 1e-4 * parameter["std_error"]
        assert code(verify, table, path, fit) == 1, parameter["name"]
        shown = capsys.readouterr().out
        assert "EDM, nats" in [line.split("  ")[0] for line in shown.splitlines() if line.endswith("DOES NOT AGREE")], shown
        parameter["estimate"] = estimate


def test_other_rows_and_other_figures_do_not_agree(
    tmp_path: Path, verify: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    table, path = SAMPLES / "conversions.csv", tmp_path / "fit.json"
    fit = fitted(table, path)
    fewer = tmp_path / "fewer.csv"
    fewer.write_text("".join(table.read_text().splitlines(keepends=True)[:-1]))
    assert code(verify, fewer, path, fit) == 1
    assert [line.split(",")[0].split("  ")[0] for line in capsys.readouterr().out.splitlines() if "NOT" in line] == [
        "sha256 of the data", "rows", "log-likelihood", "largest gradient", "EDM"]
    fit["routes"]["mle"]["loglik"] += 1e-6
    assert code(verify, table, path, fit) == 1
    assert [line.split(",")[0] for line in capsys.readouterr().out.splitlines() if "NOT" in line] == ["log-likelihood"]


def test_estimates_far_out_on_a_separated_sample_have_a_small_distance_and_no_bound(
    tmp_path: Path, verify: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    """What an optimiser leaves behind there passes every test of its gradient."""
    table, path = tmp_path / "rows.csv", tmp_path / "fit.json"
    table.write_text("x,y\n" + "".join(f"{x},{'yes' if x in (-2, 1, 2) else 'no'}\n" for x in (-3, -2, -1, 1, 2, 3)))
    fit = fitted(table, path)
    table.write_text("x,y\n" + "".join(f"{x},{'yes' if x > 0 else 'no'}\n" for x in (-3, -2, -1, 1, 2, 3)))
    slope = next(one for one in fit["parameters"] if one["name"] == "x")
    intercept = next(one for one in fit["parameters"] if one["name"] == "(Intercept)")
    slope["estimate"], intercept["estimate"] = 28.0, 0.0
    assert code(verify, table, path, fit) == 1
    lines = [line for line in capsys.readouterr().out.splitlines() if "NOT" in line]
    assert [line.split(",")[0].split("  ")[0] for line in lines] == ["sha256 of the data", "log-likelihood", "bound"]
    assert float(lines[-1].split("< 1")[1].split()[0]) >= 1.0


@pytest.mark.parametrize(("options", "why"), [
    (("-f", "y ~ log(x2)"), "cannot verify: log(x2) is no plain column\n"),
    (("-m", "laplace", "-x", "x1"), "cannot verify: laplace, options {}, is none of the models known here\n"),
    (("-x", "x1", "--weights", "x2", "--weights-kind", "precision"), "cannot verify: weights, offsets, transformed targets and parameters without an estimate are not known here\n"),
])
def test_what_it_does_not_know_it_says(
    options: tuple[str, ...], why: str, tmp_path: Path, verify: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    table, path = SAMPLES / "measurements.csv", tmp_path / "fit.json"
    fit = fitted(table, path, *options)
    capsys.readouterr()
    assert code(verify, table, path, fit) == 2
    assert capsys.readouterr().err == why
