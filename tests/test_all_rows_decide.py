"""Types, predictors and the model chosen are those of all rows: neither the order of files nor the first rows matter."""

import json
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlefit.cli import main
from mlefit.source import columnar, cutting, text
from mlefit.source.text import TextPart

ROWS = 400
RNG = np.random.default_rng(8)
X, Z = RNG.normal(size=(2, 2 * ROWS)).round(3)
Y = (1.0 + X - Z + RNG.normal(size=2 * ROWS)).round(3)


@pytest.fixture(autouse=True, params=[1024, 1 << 20], ids=["blocks", "block"])
def small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of some hundred rows are long: their first rows are a small part, in many blocks or in one that is kept."""
    monkeypatch.setattr(cutting, "BLOCK", request.param)
    monkeypatch.setattr(text, "SAMPLE", 512)
    monkeypatch.setattr(columnar, "SAMPLE_ROWS", 10)


def lines(columns: dict[str, list[str]], part: slice) -> list[str]:
    return [",".join(cells) for cells in zip(*(cells[part] for cells in columns.values()), strict=True)]


def written(path: Path, header: str, rows: list[str]) -> str:
    path.write_text("\n".join([header, *rows]) + "\n")
    return str(path)


def fitted(capfd: pytest.CaptureFixture[str], *argv: str) -> dict[str, Any]:
    code = main(["fit", *argv, "-o", "json", "--draws", "0"])
    out, err = capfd.readouterr()
    assert code == 0, err
    return dict(json.loads(out))


# What column y or z is in the first and in the last half of the rows, and the model of both together.
BINARY = (Y > 0).astype(int)
HALVES = {
    "a target of two values, then of more": ("y", BINARY, Y, "gaussian", ["(Intercept)", "x", "z", "sigma"]),
    "a target of one value, then of two": ("y", 0 * BINARY, BINARY, "bernoulli", ["(Intercept)", "x", "z"]),
    "a target of few words, then of more": (
        "y", ["u", "v"] * ROWS, ["w", "v", "u"] * ROWS, "categorical",
        [name for name in ("(Intercept)", "x", "z") for _ in "vw"],
    ),
    "a column without values, then with": ("z", [""] * 2 * ROWS, Z, "gaussian", ["(Intercept)", "x", "z", "sigma"]),
    "a date, then words": (
        "z", ["2020-01-01", *[""] * 2 * ROWS], ["b", *["a", "c"] * ROWS], "gaussian",
        ["(Intercept)", "x", "z=a", "z=b", "z=c", "sigma"],
    ),
    "a column of numbers, then of more words": (
        "z", ["1", "2", *[""] * 2 * ROWS], ["a", "b"] * ROWS, "gaussian",
        ["(Intercept)", "x", "z=2", "z=a", "z=b", "sigma"],
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", HALVES)
def test_the_order_of_files_and_of_rows_does_not_choose_the_model(
    case: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    changed, first, last, model, names = HALVES[case]
    columns = {"x": [str(x) for x in X], "z": [str(z) for z in Z], "y": [str(y) for y in Y]}
    columns[changed] = [*(str(cell) for cell in list(first)[:ROWS]), *(str(cell) for cell in list(last)[:ROWS])]
    halves = lines(columns, slice(0, ROWS)), lines(columns, slice(ROWS, None))
    a, b = (written(tmp_path / f"{name}.csv", "x,z,y", rows) for name, rows in zip("ab", halves, strict=True))
    whole = written(tmp_path / "whole.csv", "x,z,y", halves[0] + halves[1])
    turned = written(tmp_path / "turned.csv", "x,z,y", halves[1] + halves[0])
    os.mkfifo(tmp_path / "pipe")
    threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes(Path(whole).read_bytes())).start()
    fits = [fitted(capfd, *paths) for paths in ((a, b), (b, a), (whole,), (turned,), (str(tmp_path / "pipe"),))]
    for fit in fits:
        assert fit["model"]["noise"] == model
        assert sorted(parameter["name"] for parameter in fit["parameters"]) == sorted(names)
        for key in ("estimate", "std_error"):
            assert [p[key] for p in fit["parameters"]] == pytest.approx([p[key] for p in fits[0]["parameters"]], rel=1e-9)
        assert fit["data"]["rows_used"] == fits[0]["data"]["rows_used"]


def test_files_of_several_forms_decide_together(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    half = slice(ROWS, None)
    z = [None] * 20 + Z[half].tolist()[20:]
    pq.write_table(pa.table({"x": X[half], "z": pa.array(z, pa.float64()), "y": Y[half]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"x": X[half], "z": ["a", "b"] * (ROWS // 2), "y": Y[half]}), tmp_path / "b.parquet")
    empty = written(tmp_path / "c.csv", "x,z,y", [f"{x},,{y}" for x, y in zip(X[:ROWS], Y[:ROWS], strict=True)])
    a, b = str(tmp_path / "a.parquet"), str(tmp_path / "b.parquet")
    for paths, names, used in (
        ((a,), ["(Intercept)", "x", "z", "sigma"], 380), ((a, empty), ["(Intercept)", "x", "z", "sigma"], 380),
        ((empty, a), ["(Intercept)", "x", "z", "sigma"], 380), ((empty, b), ["(Intercept)", "x", "z=b", "sigma"], 400),
        ((b, empty), ["(Intercept)", "x", "z=b", "sigma"], 400),
    ):
        fit = fitted(capfd, *paths, "-t", "y", "-x", "x,z")
        assert [parameter["name"] for parameter in fit["parameters"]] == names
        assert fit["data"]["rows_used"] == used


def test_cells_that_are_no_numbers_are_refused_where_more_are(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = [f"{x},w{row}" for row, x in enumerate(X[:100])]
    numbers = [f"{x},{y}" for x, y in zip(X[100:], Y[100:], strict=True)]
    path = written(tmp_path / "a.csv", "x,y", words + numbers)
    assert main(["fit", path]) == 3
    assert capfd.readouterr().err.splitlines()[0] == (
        f'mlefit: {path}: 100 cells in column "y" are not numbers: row 1 (line 2) "w0", row 2 (line 3) "w1", '
        'row 3 (line 4) "w2", row 4 (line 5) "w3", row 5 (line 6) "w4" and 95 more.'
    )


@pytest.mark.parametrize(("cells", "message"), [
    (["0", "1", "2"] * 100 + ["3", "4", "5"], 'column "y": bernoulli needs two distinct values, found 6: 0, 1, 2, 3, 4, 5'),
    (["0", "1"] * 150 + ["2"], 'column "y": bernoulli needs two distinct values, found 3: 0, 1, 2'),
])
def test_a_refusal_tells_what_all_rows_hold(
    cells: list[str], message: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path / "a.csv", "x,y", [f"{X[row]},{cell}" for row, cell in enumerate(cells)])
    assert main(["fit", path, "-m", "bernoulli"]) == 3
    assert capfd.readouterr().err.splitlines()[0] == f"mlefit: {message}"


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The columns of each time that a text is gone through."""
    seen: list[tuple[str, ...]] = []
    blocks = TextPart.blocks

    def counted(self: TextPart, columns: tuple[str, ...] = ()) -> Any:
        seen.append(tuple(columns))
        return blocks(self, columns)

    monkeypatch.setattr(TextPart, "blocks", counted)
    return seen


@pytest.mark.parametrize(("header", "row", "argv", "columns", "most"), [
    ("x,y", "{x},{y}", [], "xy", 1),
    ("x,d,y", "{x},2020-01-01,{y}", [], "xyd", 1),              # dates are looked at, and left out
    ("x,d,y", "{x},2020-01-01,{y}", ["-x", "x"], "xy", 1),
    ("x,d,y", "{x},2020-01-01,{y}", ["-f", "y ~ log(x**2 + 1)"], "xy", 1),
    ("x,g,y", "{x},{g},{y}", [], "xyg", 2),                     # levels are learnt in a pass of their own
])
def test_what_the_first_rows_tell_is_confirmed_without_another_pass(
    header: str, row: str, argv: list[str], columns: str, most: int, passes: list[tuple[str, ...]], tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    rows = [row.format(x=x, y=y, g="abc"[at % 3]) for at, (x, y) in enumerate(zip(X, Y, strict=True))]
    fitted(capfd, written(tmp_path / "a.csv", header, rows), *argv)
    assert {frozenset(read) for read in passes} == {frozenset(columns)}
    assert len(passes) <= most


@pytest.mark.parametrize("argv", [["-t", "typo"], ["-m", "nonsense"], ["-f", "y ~ log(x) + ("], ["-x", "y", "-t", "y"]])
def test_what_all_rows_cannot_change_is_refused_without_reading_them(
    argv: list[str], passes: list[tuple[str, ...]], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = [f"{x},{y}" for x, y in zip(X, Y, strict=True)]
    assert main(["fit", written(tmp_path / "a.csv", "x,y", rows), *argv]) == 2
    assert passes == []
