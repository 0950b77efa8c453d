"""`mlefit predict` in other forms than CSV, from pipes that are slow, and from Python."""

import csv
import io
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from saved_models import Fitted, fitted_in, predicted

import mlefit
from mlefit.cli import main
from mlefit.errors import UsageError
from mlefit.prediction.objects import token

SAMPLES = Path(__file__).parents[1] / "sample_data"
TABLE = 'x1,x2,site,code,"odd ""name"""\n1.50,2,a,007,"two\nlines"\n,2,b,1.0,\n1e400,3,c,x,é\n99,1,d,-0,"\x1b[1m"\n'


@pytest.fixture
def fitted(tmp_path: Path) -> Fitted:
    return fitted_in(tmp_path)


def out_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert main(["predict", *arguments, "-q"]) == 0
    return capsys.readouterr().out


def test_objects_hold_cells_as_they_are_and_predictions_as_numbers(
    tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]
) -> None:
    model = fitted(SAMPLES / "measurements.csv", "--no-kl")
    (tmp_path / "new.csv").write_text(TABLE, encoding="utf-8")
    place = str(tmp_path / "new.csv")
    text = out_of(capsys, model, place, "-o", "jsonl")
    assert text.splitlines()[0].startswith('{"x1": 1.50, "x2": 2, "site": "a", "code": "007", "odd \\"name\\"": "two\\nlines", "mean": ')
    assert "\x1b" not in text
    rows = [json.loads(line) for line in text.splitlines()]
    assert rows == json.loads(out_of(capsys, model, place, "-o", "json"))
    flat = list(csv.DictReader(io.StringIO(out_of(capsys, model, place))))
    assert len(flat) == len(rows)
    for row, other in zip(rows, flat, strict=True):
        for name in ("mean", "mean_low", "mean_high", "new_low", "new_high"):
            assert (row[name] is None) == (other[name] == "")
            assert row[name] is None or row[name] == float(other[name])
        assert (row["flag"] or "") == other["flag"]
    assert [rows[1]["x1"], rows[2]["x1"], rows[3]["code"], rows[1]['odd "name"']] == [None, "1e400", 0, None]
    only = [json.loads(line) for line in out_of(
        capsys, model, place, "-o", "jsonl", "--only", "--id", "code", "--prefix", "m_", "--digits", "3").splitlines()]
    assert list(only[0]) == ["code", "m_mean", "m_mean_low", "m_mean_high", "m_new_low", "m_new_high", "m_flag"]
    assert json.dumps(only[0]["m_mean"]) == f"{only[0]['m_mean']:.3g}"


@pytest.mark.slow     # two million rows
def test_objects_of_levels_and_of_many_blocks(tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]) -> None:
    model = fitted(SAMPLES / "species.csv", "--no-kl")
    assert {row["class"] for row in json.loads(out_of(capsys, model, str(SAMPLES / "species.csv"), "-o", "json"))} == {
        "alder", "birch", "cedar"}
    model = fitted(SAMPLES / "waiting.csv", "-x", "none", "--no-kl")
    table = tmp_path / "long.csv"
    table.write_text("minutes\n" + "12.5\n" * 2_000_000)
    target = tmp_path / "out.json"
    assert main(["predict", model, str(table), "--interval", "none", "--out", str(target), "-q", "--only", "--threads", "2"]) == 0
    text = target.read_text()
    assert text.startswith('[\n{"mean": ')
    assert text.endswith('"flag": null}\n]\n')
    assert text.count("\n") == 2_000_002
    assert text.count("},\n") == 1_999_999
    target = tmp_path / "out.jsonl"
    assert main(["predict", model, str(SAMPLES / "waiting.csv"), "--out", str(target), "-q"]) == 0
    assert json.loads(target.read_text().splitlines()[0])["flag"] is None


def test_parquet_has_numbers_and_texts_of_many_blocks(tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]) -> None:
    from pyarrow import parquet

    model = fitted(SAMPLES / "measurements.csv", "--no-kl")
    new, out = tmp_path / "new.csv", tmp_path / "p.parquet"
    new.write_text("x1,x2,site,code\n" + "1.5,2,a,007x\n,2,b,y\ntwo,2,b,y\n1,1,d,\n" * 10_000, encoding="utf-8")
    assert out_of(capsys, str(model), str(new), "--out", str(out)) == ""
    assert out_of(capsys, str(model), str(new), "-o", "parquet", "--out", str(tmp_path / "same")) == ""
    assert (tmp_path / "same").read_bytes() == out.read_bytes()
    table, theirs = parquet.read_table(out), pd.read_csv(io.StringIO(out_of(capsys, str(model), str(new))), dtype={"code": str})
    assert [str(kind) for kind in table.schema.types] == ["double"] * 2 + ["string"] * 2 + ["double"] * 5 + ["string"]
    assert table.column("code")[:4].to_pylist() == ["007x", "y", "y", None]
    assert table.column("x1")[:4].to_pylist() == [1.5, None, None, 1.0]
    assert table.column("flag")[:4].to_pylist() == [None, "missing:x1", "not-a-number:x1", "new-level:site=d"]
    assert table.column("mean").to_pandas().equals(theirs["mean"])
    assert table.num_rows == 40_000


def test_parquet_is_nothing_for_a_terminal(fitted: Fitted, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    model = fitted(SAMPLES / "measurements.csv", "--no-kl")
    monkeypatch.setattr("mlefit.cli.predict.is_terminal", lambda _: True)
    assert main(["predict", str(model), str(SAMPLES / "measurements.csv"), "-o", "parquet"]) == 2
    assert capsys.readouterr().err == "mlefit: -o parquet is no text for a terminal\nuse --out FILE.parquet, or a pipe\n"


def test_a_number_that_json_cannot_read_is_a_text() -> None:
    cases = {"1.50": "1.50", "-0.0": "-0.0", "1e5": "1e5", "007": '"007"', "+1": '"+1"', ".5": '".5"', "1.": '"1."', "1e999": '"1e999"'}
    assert {text: token(text, number=True) for text in cases} == cases
    assert token("1", number=False) == '"1"'


def test_conformal_intervals_tell_both_tails(tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=4000)
    table = tmp_path / "t.csv"
    table.write_text("x,y\n" + "".join(f"{a},{a + e}\n" for a, e in zip(x, rng.exponential(size=4000), strict=True)))
    model = fitted(table, "--holdout", "0.5", "--no-kl")
    _, err = predicted(capsys, model, str(table), "--score", "--interval", "conformal", "--level", "0.9")
    told = err.splitlines()[-1]
    inside, below, above = (float(told.partition(word)[2].partition(" %")[0].split()[-1]) for word in (
        "rows fitted; ", "their interval, ", "below it and "))
    assert inside == pytest.approx(90.0, abs=2.0)
    assert (below, above) == (0.0, pytest.approx(10.0, abs=2.0))       # the errors are skewed, the interval is not


def test_rows_of_a_slow_pipe_come_out_as_they_arrive(fitted: Fitted) -> None:
    """Before the pipe is closed, and although far less than a block has arrived."""
    model = fitted(SAMPLES / "measurements.csv", "--no-kl")
    command = [sys.executable, "-m", "mlefit", "predict", model, "-", "-q", "--interval", "none"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("x1,x2,site\n1,2,a\n")
        process.stdin.flush()
        assert process.stdout.readline() == "x1,x2,site,mean,flag\n"
        assert process.stdout.readline().startswith("1,2,a,")
        for text, whole in (("2,", None), ("3,b\n", "2,3,b,"), ('3,1,"c"\n1,', '3,1,"c",'), ("1,a", None)):
            process.stdin.write(text)
            process.stdin.flush()
            if whole is not None:
                assert process.stdout.readline().startswith(whole)
            else:
                time.sleep(0.05)
        process.stdin.close()
        assert process.stdout.readline().startswith("1,1,a,")
        assert process.stdout.read() == ""
        assert process.wait() == 0


@pytest.mark.slow     # three processes
def test_a_pipe_gives_the_bytes_of_a_file(tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]) -> None:
    model = fitted(SAMPLES / "measurements.csv", "--no-kl")
    table = tmp_path / "new.csv"
    table.write_text('x1;x2;site\r\n' + "".join(f'{k % 7},5;"{k % 5}";{"abc"[k % 3]}\r\n' for k in range(60_000)), encoding="utf-8-sig")
    command = [sys.executable, "-m", "mlefit", "predict", model, "-", "-q"]
    piped = subprocess.run(command, input=table.read_bytes(), capture_output=True, check=True).stdout
    assert piped == out_of(capsys, model, str(table)).encode()
    broken = subprocess.run(command, input=b'x1,x2,site\n1,2,a\n1,2,"a\n', capture_output=True, check=False)
    assert broken.returncode == 3
    assert b"a double quote opens a cell here and none closes it" in broken.stderr


def test_a_model_simulates_from_python() -> None:
    data = pd.read_csv(SAMPLES / "measurements.csv").dropna()
    model = mlefit.fit(data, target="y", kl=False, draws=0).model
    drawn = model.simulate(data, copies=2, seed=5)
    assert list(drawn) == ["y_1", "y_2"]
    assert drawn.index.equals(data.index)
    assert (drawn["y_1"] - model.predict(data, interval="none")["mean"]).std() == pytest.approx(0.488, rel=0.1)
    pd.testing.assert_frame_equal(model.simulate(data.head(20), copies=2, seed=5), drawn.head(20))
    assert list(model.predict(str(SAMPLES / "measurements.csv")).index) == list(range(503))
    classes = mlefit.fit(str(SAMPLES / "species.csv"), kl=False).model.simulate(str(SAMPLES / "species.csv"))
    assert set(classes["species"].dropna()) == {"alder", "birch", "cedar"}
    alone = mlefit.fit({"y": [1.0, 2.0, 5.0, 3.0] * 10}, kl=False).model
    assert len(alone.simulate(rows=3)) == 3
    for options, message in (({"rows": 3, "data": {"y": [1.0]}}, "rows is for a model without predictors, and stands in place of data"),
                             ({}, "simulate needs data, or rows of a model without predictors")):
        with pytest.raises(UsageError) as refused:
            alone.simulate(**options)
        assert refused.value.message == message


def test_a_model_of_many_rows_from_python_knows_what_is_far() -> None:
    rng = np.random.default_rng(3)
    a = rng.uniform(-1, 1, 60_000)
    frame = pd.DataFrame({"a": a, "b": a + 0.01 * rng.normal(size=a.size), "y": a + rng.normal(size=a.size)})
    model = mlefit.fit(frame, target="y", kl=False, draws=0).model
    assert model.saved.training.leverage_max is not None
    flags = model.predict(pd.DataFrame({"a": [0.5, 0.9], "b": [0.5, -0.9]}))["flag"]
    assert list(flags) == ["", "far"]
