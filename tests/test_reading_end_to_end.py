"""From a file to the end of the run: large and hostile inputs end in a fit or a refusal, never in a hang or a crash."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from fuzz_cases import case, run_in_process

from mlefit.cli import main
from mlefit.source import columnar, cutting
from mlefit.source.stored import Stored

PATIENCE = 2.0      # seconds in which Ctrl-C must be answered
HOSTILE = ("[red]x", "\x1b[31mescape", "new\nline", "\u202ertl", "=1+1", "a,b")


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "BLOCK", 2000)


def table(rows: int, first: str = "0.5") -> str:
    rng = np.random.default_rng(rows)
    cells = "".join(f"{a:.6f},{b:.6f}\n" for a, b in rng.normal(size=(rows, 2)))
    return f"x,y\n{first},1\n{cells}"


@pytest.mark.usefixtures("small_blocks")
def test_a_bad_cell_in_the_first_of_many_blocks_is_told_and_nobody_waits(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(table(2000, first="oops"))
    assert main(["fit", str(path), "--threads", "2"]) == 3
    assert capfd.readouterr().err.splitlines()[0] == (
        f'mlefit: {path}: 1 cell in column "x" is not a number: row 1 (line 2) "oops".'
    )


@pytest.mark.usefixtures("small_blocks")
def test_a_first_block_of_missing_cells_teaches_nothing_wrong(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "NA,1\n" * 1000 + table(2000).partition("\n")[2])
    assert main(["fit", str(path), "-x", "x", "-o", "json", "--draws", "0"]) == 0
    data = json.loads(capfd.readouterr().out)["data"]
    assert (data["rows_read"], data["rows_used"], data["dropped"]) == (3001, 2001, {"x": 1000})


def test_a_row_group_read_in_pieces_gives_the_same_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(4)
    x, noise = rng.normal(size=(2, 5000))
    level = np.array(["a", "b", "c"])[rng.integers(0, 3, 5000)]
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"x": x, "g": level, "y": x + noise}), path)
    fits = []
    for cells in (columnar.CELLS, 100):
        monkeypatch.setattr(columnar, "CELLS", cells)
        monkeypatch.setattr(columnar, "ROWS", columnar.ROWS if cells > 100 else 512)
        assert main(["fit", str(path), "-t", "y", "-o", "json", "--draws", "0"]) == 0
        fits.append(json.loads(capfd.readouterr().out))
    first, second = ([p["estimate"] for p in fit["parameters"]] for fit in fits)
    assert first == pytest.approx(second, rel=1e-12)
    assert fits[0]["data"] == fits[1]["data"]


def test_an_arrow_file_with_offsets_that_point_elsewhere_is_refused(tmp_path: Path) -> None:
    ran = run_in_process(case(10001552), tmp_path)      # the seed that once ended the interpreter
    assert ran.code == 3
    assert "the Arrow file is damaged" in ran.err


def test_a_body_of_nothing_but_a_byte_order_mark_is_no_row(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"x,y\n\xef\xbb\xbf")
    assert main(["fit", str(path)]) == 3
    assert capfd.readouterr().err == (
        f"mlefit: {path}: expected rows of data, found column names only: no data rows.\nCheck the file.\n"
    )


@pytest.mark.parametrize("format_", ["table", "json", "csv", "markdown"])
def test_hostile_names_are_harmless_in_every_format(
    tmp_path: Path, format_: str, capfd: pytest.CaptureFixture[str]
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(5)
    columns = {name: rng.normal(size=60) for name in HOSTILE}
    levels = np.array(["[b]p", "\x1b[2Jq", "=r\n"])[rng.integers(0, 3, 60)]
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({**columns, "level\x1b": levels, "\u2066y": rng.normal(size=60)}), path)
    assert main(["fit", str(path), "-o", format_, "--draws", "0"]) == 0
    out, err = capfd.readouterr()
    for stream in (out, err):
        assert not set(stream) & set("\x1b\u202e\u2066\r")
    assert "'=1+1" in out if format_ == "csv" else "=1+1" in out
    if format_ == "json":
        assert [p["name"] for p in json.loads(out)["parameters"]][1:7] == list(HOSTILE)


@pytest.mark.parametrize(("arguments", "message"), [
    (["-t", "new\nlin"], 'mlefit: there is no column "new\\nlin"'),
    (["-t", "y", "-x", "\x1b[31mq"], 'mlefit: there is no column "\\x1b[31mq"'),
    (["-t", "y", "--weights", "new\nline"],
     'mlefit: column "new\\nline", row 1: a frequency weight must be a whole number >= 0, found 0.5'),
    (["-t", "y", "-x", "new\nline", "--reference", "new\nline=\u202e"],
     'mlefit: --reference new\\nline=\\u202e: column "new\\nline" has no level "\\u202e"'),
])
def test_hostile_names_are_escaped_in_messages(
    tmp_path: Path, arguments: list[str], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "t.csv"
    path.write_text('"new\nline",y\n0.5,1\n1,3\n2,2\n3,7\n')
    assert main(["fit", str(path), *arguments]) == 2 + ("--weights" in arguments)
    said = (line for line in capfd.readouterr().err.splitlines() if not line.startswith("note: "))
    assert next(said) == message


def test_ctrl_c_on_a_slow_input_ends_at_once_and_leaves_no_file(tmp_path: Path) -> None:
    fifo, out = tmp_path / "slow", tmp_path / "r.json"
    os.mkfifo(fifo)
    command = [sys.executable, "-m", "mlefit", "fit", str(fifo), "--out", str(out)]
    with (
        subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as running,
        open(fifo, "wb") as writer,
    ):
        writer.write(b"x,y\n1,2\n")     # opening waited for the reader, and the rest never comes
        writer.flush()
        time.sleep(0.2)
        began = time.monotonic()
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=10)
    assert time.monotonic() - began < PATIENCE
    assert (running.returncode, err.decode()) == (130, "mlefit: interrupted\n")
    assert [path.name for path in tmp_path.iterdir()] == ["slow"]


@pytest.mark.parametrize(("command", "hashed"), [
    ("fit", 0), ("fit -o csv", 0), ("fit -o markdown", 0), ("fit -o json", 1), ("prove -o json", 0),
])
def test_a_file_is_hashed_for_the_format_that_says_so(
    command: str, hashed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, done, digest = tmp_path / "a.csv", 0, Stored.digest
    path.write_text("x,y\n" + "".join(f"{i},{i * i % 17}\n" for i in range(40)))

    def counted(self: Stored) -> str:
        nonlocal done
        done += 1
        return digest(self)

    monkeypatch.setattr(Stored, "digest", counted)
    verb, *options = command.split()
    assert main([verb, str(path), *options]) == 0
    assert (hashlib.sha256(path.read_bytes()).hexdigest() in capsys.readouterr().out) == bool(hashed)
    assert done == hashed


def test_the_index_of_an_export_is_left_out_by_name(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.csv"
    rows = [(at, at * 7 % 5, (at * 13 % 11) / 4) for at in range(20)]
    path.write_text("Unnamed: 0,x,y,index\n" + "".join(f"{at},{x},{y},{at}\n" for at, x, y in rows))
    for arguments in (["-t", "y"], ["-f", "y ~ ."]):
        assert main(["fit", str(path), *arguments, "-o", "json", "--draws", "0"]) == 0
        out, err = capfd.readouterr()
        assert [p["name"] for p in json.loads(out)["parameters"]] == ["(Intercept)", "x", "sigma"]
        if "-t" in arguments:
            assert ("note: left out as predictors: Unnamed: 0 (an index: it counts the rows), index (an index: it counts the "
                    "rows); -x takes them.\n") in err
    path.write_text("x,z,index\n" + "".join(f"{x},{y},{at}\n" for at, x, y in rows))
    assert main(["fit", str(path), "-o", "json", "--draws", "0"]) == 0
    assert json.loads(capfd.readouterr().out)["data"]["target"] == "z"


@pytest.mark.parametrize(("name", "left_out"), [
    ("id", True), ("ID", True), ("patient_id", True), ("Site ID", True), ("userId", True), ("orderID", True), ("x.id", True),
    ("grid", False), ("paid", False), ("acid", False), ("ideal", False), ("HYBRID", False),
])
def test_numbers_named_as_ids_are_no_predictors_unless_named(
    name: str, left_out: bool, tmp_path: Path, capfd: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"{name},x,y\n" + "".join(f"{at * 37 % 101},{at * 7 % 5},{(at * 13 % 11) / 4}\n" for at in range(20)))
    assert main(["fit", str(path), "-o", "json", "--draws", "0"]) == 0
    out, err = capfd.readouterr()
    assert (name not in json.loads(out)["data"]["features"]) is left_out
    assert (f"left out as predictors: {name} (named as an id); -x takes them." in err) is left_out
    assert main(["fit", str(path), "-o", "json", "--draws", "0", "-x", f"{name},x"]) == 0
    assert name in json.loads(capfd.readouterr().out)["data"]["features"]
