"""More doors: JSON, SQLite, workbooks, Arrow streams and folders key=value give what the same table gives as CSV."""

import csv
import datetime
import gzip
import hashlib
import io
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.ipc as pa_ipc
import pyarrow.parquet as pq
import pytest
import workbook
from source_reading import columns, read

import mlefit
from mlefit.cli import main
from mlefit.errors import MlefitError
from mlefit.source import ReadOptions, open_source, options

SAMPLE = Path(__file__).parents[1] / "sample_data" / "measurements.csv"
NAMES, *CELLS = list(csv.reader(SAMPLE.read_text().splitlines()))
PLAIN = mlefit.fit(str(SAMPLE), "y", draws=0, kl=False)


def value(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text or None


ROWS = [[value(text) for text in row] for row in CELLS]
OBJECTS = [dict(zip(NAMES, row, strict=True)) for row in ROWS]


def as_lines(path: Path) -> Path:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in OBJECTS))
    return path


def as_array(path: Path) -> Path:
    path.write_text(json.dumps(OBJECTS, indent=1))
    return path


def as_gzip(path: Path) -> Path:
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, OBJECTS)).encode()))
    return path


def as_database(path: Path) -> Path:
    with sqlite3.connect(path) as database:
        database.execute(f"CREATE TABLE t ({', '.join(NAMES)})")
        database.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(NAMES))})", ROWS)    # noqa: S608 - names of ours
    database.close()
    return path


def as_sheet(path: Path) -> Path:
    return workbook.write(path, {"data": [NAMES, *ROWS]})


def as_stream(path: Path) -> Path:
    table = pa_csv.read_csv(SAMPLE)
    with pa_ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table)
    return path


DOORS = {"lines": as_lines, "array": as_array, "gzip": as_gzip, "sqlite": as_database, "workbook": as_sheet, "stream": as_stream}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
@pytest.mark.parametrize("piped", [False, True])
def test_every_door_gives_the_same_digits(
    door: Callable[[Path], Path], piped: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = door(tmp_path / "t")
    if piped:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(path.read_bytes())))
    found = mlefit.fit("-" if piped else str(path), "y", draws=0, kl=False)
    assert found.to_dict()["parameters"] == PLAIN.to_dict()["parameters"]
    assert found.to_dict()["data"]["dropped"] == {"x2": 3}
    assert found.to_dict()["data"]["sha256"] == [hashlib.sha256(path.read_bytes()).hexdigest()]


def test_json_with_other_keys_in_other_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('\ufeff\n{"x": 1.10, "g": {"name": "a", "code": "007"}, "l": [1, 2]}\n\n{"b": true, "x": null}\n'
                    '{"x": 12345678901234567890, "g": {"name": "ü"}, "b": false}\n')
    assert read(path) == {
        "x": [1.1, None, 12345678901234567890.0], "g.name": ["a", None, "ü"], "g.code": [7.0, None, None],
        "l": ["[\"1\", \"2\"]", None, None], "b": [None, "true", "false"],
    }


@pytest.mark.parametrize(("content", "message"), [
    ('{"x": 1}\n{"x": \n', "a.jsonl, line 2: expected JSON, found what is none: Expecting value: line 2 column 1 (char 7).\nCheck the file."),
    ('{"x": 1}\n[1]\n', "a.jsonl, line 2: expected an object, found a list.\nWrite one object a row."),
    ('[{"x": 1}, 2]\n', "a.jsonl, object 2: expected an object, found a value.\nWrite one object a row."),
    ('{"x": 1}\n{"x": "oops"}\n{"x": 3}\n', 'a.jsonl: 1 cell in column "x" is not a number: row 2 "oops".\n'
     'Correct the cells, declare a missing value with --na "oops", or use the column as categories.'),
])
def test_json_that_is_none_is_refused_with_its_line(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(content)
    with pytest.raises(MlefitError) as refused:
        read(path)
    assert str(refused.value).replace(f"{tmp_path}/", "") == message


def test_a_csv_that_begins_with_a_brace_is_a_csv(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("{x},[y]\n1,2\n")
    assert read(path) == {"{x}": [1.0], "[y]": [2.0]}


def test_a_query_names_its_columns_and_a_view_is_a_table(tmp_path: Path) -> None:
    path = as_database(tmp_path / "a b.db")
    with sqlite3.connect(path) as database:
        database.execute('CREATE VIEW "odd ""name" AS SELECT y, x1 FROM t WHERE x1 > 0')
    database.close()
    asked = read(path, query="SELECT x1 * 2 AS double, upper(site) AS s FROM t WHERE site = 'a' LIMIT 3")
    assert asked["double"] == [2 * row[NAMES.index("x1")] for row in ROWS if row[NAMES.index("site")] == "a"][:3]
    assert asked["s"] == ["A"] * 3
    assert list(read(path, table='odd "name')) == ["y", "x1"]


def doors(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = main(["fit", *arguments])
    return code, capfd.readouterr().err


REFUSED = [
    ("two.db", [], 2, "two.db: the database has 2 tables, and none is named", "--table NAME: a, t"),
    ("two.db", ["--table", "b"], 2, 'two.db: the database has no table "b"', "--table NAME: a, t"),
    ("two.db", ["--table", "t", "--query", "SELECT 1"], 2, "--table and --query both say what is read of the database", "give one of them"),
    ("two.db", ["--query", "DELETE FROM t"], 2, "--query: SQLite refuses it: not authorized", "write one SELECT that only reads"),
    ("two.db", ["--query", "ATTACH 'new.db' AS n"], 2, "--query: SQLite refuses it: not authorized", "write one SELECT that only reads"),
    ("two.db", ["--query", "SELECT 1; DROP TABLE t"], 2, "--query: SQLite refuses it: You can only execute one statement at a time.",
     "write one SELECT that only reads"),
    ("two.db", ["--query", "-- nothing"], 2, "--query: expected a SELECT, found a statement without an answer", "write SELECT ..."),
    ("two.db", ["--query", "SELECT x'00ff' AS b, 1 AS y"], 3, 'two.db: row 1: expected numbers or text in column "b", found bytes.',
     "Leave the column out with --query."),
    ("empty.db", [], 3, "empty.db: expected a database with a table, found none.", "Check the file."),
    ("broken.db", [], 3, "broken.db: the SQLite database cannot be read: file is not a database.", "Check the file."),
    ("a.csv", ["--table", "t"], 2, "--table: a.csv is no SQLite database", "leave it out"),
    ("a.csv", ["--query", "SELECT 1"], 2, "--query: a.csv is no SQLite database", "leave it out"),
    ("a.csv", ["--sheet", "1"], 2, "--sheet: a.csv is no workbook", "leave it out"),
    ("b.xlsx", ["--sheet", "third"], 2, 'b.xlsx: the workbook has no sheet "third"', "--sheet NAME: first, second"),
    ("b.xlsx", ["--sheet", "3"], 2, 'b.xlsx: the workbook has no sheet "3"', "--sheet NAME: first, second"),
    ("cut.arrows", [], 3, "cut.arrows: the Arrow stream is damaged or of an unknown version: ", "Write it again."),
    ("zip.xlsx", [], 3, "zip.xlsx: the workbook is damaged or locked: ", "Save it again, without a password."),
]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    as_database(tmp_path / "two.db")
    with sqlite3.connect("two.db") as database:
        database.execute("CREATE TABLE a (b)")
    database.close()
    with sqlite3.connect("empty.db") as database:
        database.execute("CREATE TABLE a (b)")
        database.execute("DROP TABLE a")
    database.close()
    Path("broken.db").write_bytes(b"SQLite format 3\0" + b"x" * 2000)
    Path("a.csv").write_text("x,y\n1,2\n")
    day = datetime.datetime(2024, 2, 29)
    workbook.write(tmp_path / "b.xlsx", {
        "first": [["title"], [None], ["d", "x", "flag", "y"], [day, 1, True, 0.5], [], [day + datetime.timedelta(hours=36), 2.5, False, -1e-3]],
        "second": [["a"], ["007"]],
    })
    Path("cut.arrows").write_bytes(as_stream(tmp_path / "whole.arrows").read_bytes()[:600])
    Path("zip.xlsx").write_bytes(b"PK\x03\x04" + b"\0" * 100)
    yield tmp_path
    assert not Path("new.db").exists()
    with sqlite3.connect("two.db") as database:
        assert database.execute("SELECT count(*) FROM t").fetchone() == (len(ROWS),)
    database.close()


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(("file", "arguments", "code", "message", "remedy"), REFUSED, ids=[" ".join([case[0], *case[1]]) for case in REFUSED])
def test_what_a_door_refuses(
    file: str, arguments: list[str], code: int, message: str, remedy: str, capfd: pytest.CaptureFixture[str]
) -> None:
    found, said = doors([file, *arguments], capfd)
    first, second = said.splitlines()
    assert (found, second) == (code, remedy)
    assert first.startswith(f"mlefit: {message}")
    assert message.endswith(": ") or first == f"mlefit: {message}"


@pytest.mark.usefixtures("files")
def test_a_sheet_is_chosen_by_name_or_number_and_cells_keep_their_types() -> None:
    with open_source(("b.xlsx",), ReadOptions(skip=2)) as source:
        assert source.notes == ["b.xlsx: sheet first, the first of 2; --sheet names another"]
        assert columns(source) == {
            "d": ["2024-02-29", "2024-03-01 12:00:00"], "x": [1.0, 2.5], "flag": ["true", "false"], "y": [0.5, -0.001],
        }
    assert read("b.xlsx", sheet="second") == read("b.xlsx", sheet="2") == {"a": [7.0]}
    assert read("b.xlsx", sheet="second", types=(("a", "text"),)) == {"a": ["007"]}
    assert read("b.xlsx", sheet="2", header=False, types=(("c1", "text"),)) == {"c1": ["a", "007"]}


@pytest.mark.usefixtures("files")
def test_without_the_extra_a_workbook_is_told_what_reads_it(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    assert doors(["b.xlsx"], capfd) == (3, (
        "mlefit: b.xlsx: expected a table, found a workbook, and what reads it is not installed.\n"
        "pip install 'mlefit[excel]', or export the sheet as CSV.\n"))


def hive(folder: Path, values: dict[str, list[int]], suffix: str) -> Path:
    for name, places in values.items():
        (folder / name).mkdir(parents=True)
        table = pa.table({"y": [ROWS[at][0] for at in places], "x1": [ROWS[at][1] for at in places]})
        if suffix == "csv":
            pa_csv.write_csv(table, folder / name / "part.csv")
        else:
            pq.write_table(table, folder / name / "part.parquet")
    (folder / "_SUCCESS").write_text("")
    return folder


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_folders_give_their_keys_as_columns(suffix: str, tmp_path: Path) -> None:
    values = {"g=a%20b/k=1": [0, 1], "g=c/k=2": [2], "g=__HIVE_DEFAULT_PARTITION__/k=10": [3]}
    folder = hive(tmp_path / "h", values, suffix)
    found = read(folder)
    assert found["k"] == [10.0, 1.0, 1.0, 2.0]
    assert found["g"] == [None, "a b", "a b", "c"]
    assert found["y"] == [ROWS[at][0] for at in (3, 0, 1, 2)]
    assert read(f"{folder}/*/*/*.{suffix}") == found
    with open_source((str(folder),), ReadOptions()) as source:
        (low,) = {len(batch.numbers["k"]) for batch in source.map(["k"], ["g"], lambda batch: batch, 1) if batch.place.file == 1}
        assert low == 2


def test_a_key_that_is_no_column_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    hive(Path("h"), {"run=1/x1=5": [0, 1], "run=1/x1=6": [2, 3]}, "csv")
    with open_source(("h",), ReadOptions()) as source:
        assert source.names == ("y", "x1")
        assert source.notes == [
            "the folders' key run is no column: it is the same everywhere",
            "the folders' key x1 is no column: the files have a column of that name",
        ]


def test_a_file_outside_the_folders_has_no_value_of_the_key(tmp_path: Path) -> None:
    folder = hive(tmp_path / "h", {"k=1": [0], "k=2": [1]}, "csv")
    (tmp_path / "c.csv").write_text("y,x1\n0.5,0.25\n")
    with open_source((str(folder / "k=1/part.csv"), str(folder / "k=2/part.csv"), str(tmp_path / "c.csv")), ReadOptions()) as source:
        assert columns(source)["k"] == [1.0, 2.0, None]


def test_the_plain_door_loads_none_of_the_others() -> None:
    code = ("import sys; from mlefit.cli import main; main(['fit', sys.argv[1], '-q', '--draws', '0', '--out', '/dev/null']); "
            "print([name for name in sys.modules if name in ('sqlite3', 'json.decoder', 'python_calamine', 'pyarrow.json') or "
            "name.startswith('mlefit.source.') and name.rpartition('.')[2] in ('sqlite', 'workbook', 'jsonlines', 'hive', 'converted', "
            "'dates', 'writing', 'nearby')])")
    done = subprocess.run([sys.executable, "-c", code, str(SAMPLE)], capture_output=True, text=True, check=True, env={**os.environ})
    assert done.stdout in ("[]\n", "['json.decoder']\n")


def test_types_are_pairs_of_a_column_and_a_kind() -> None:
    assert options.column_types("--as", ["a=b=text", "c=date"]) == (("a=b", "text"), ("c", "date"))
