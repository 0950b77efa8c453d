"""Tables in a store: the same bytes as from a file, from whatever forms they have there."""

import gzip
import json
import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from object_store import Store, running
from source_reading import columns, read

from mlefit.cli import main
from mlefit.source import ReadOptions, open_source

SAMPLES = Path(__file__).parents[1] / "sample_data"


@pytest.fixture(scope="module")
def server() -> Iterator[Store]:
    with running() as store:
        yield store


@pytest.fixture
def store(server: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Store:
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "anyone")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing-secret")
    monkeypatch.chdir(tmp_path)
    return server


def answer(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = main(arguments)
    out, err = capfd.readouterr()
    return code, out, err


def plain(text: str) -> str:
    """A table whose title is not set as wide as its source is long."""
    title, line, rest = text.partition("\n")
    return re.sub(" +", " ", title) + line + rest


def table(rows: int = 400) -> pa.Table:
    rng = np.random.default_rng(7)
    x, g = rng.normal(size=rows), np.array(["a", "b", "c"])[rng.integers(0, 3, rows)]
    return pa.table({"y": 1.0 + 2.0 * x + (g == "b") + rng.normal(size=rows), "x": x, "g": g})


def as_csv(found: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    from pyarrow import csv

    csv.write_csv(found, sink)
    return sink.getvalue().to_pybytes()


def as_parquet(found: pa.Table, rows: int = 1 << 20) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(found, sink, row_group_size=rows)
    return sink.getvalue().to_pybytes()


FORMS = {
    "t.csv": as_csv(table()), "t.csv.gz": gzip.compress(as_csv(table())), "t.parquet": as_parquet(table()),
    "groups.parquet": as_parquet(table(), 90),
    "t.jsonl": "".join(json.dumps(row) + "\n" for row in table().to_pylist()).encode(),
}


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_the_answer_has_the_bytes_of_that_from_a_file(
    name: str, form: str, store: Store, capfd: pytest.CaptureFixture[str]
) -> None:
    address = store.put(name, FORMS[name])
    Path(name).write_bytes(FORMS[name])
    options = ["-t", "y", "-x", "x,g", "--seed", "3", "-o", form]
    code, there, told = answer(["fit", address, *options], capfd)
    assert code == 0
    _, here, also = answer(["fit", name, *options], capfd)
    assert told.replace(address, name) == also
    if form == "json":
        found, expected = json.loads(there), json.loads(here)
        tag = store.client.head_object(Bucket="tables", Key=name)["ETag"].strip('"')
        size = len(FORMS[name])
        data = found["data"]
        assert (data["source"], data["sha256"], data["etag"], data["size"]) == ([address], [None], [tag], [size])
        assert (expected["data"]["etag"], expected["data"]["size"]) == ([None], [None])
        for one in (found, expected):
            del one["run"]["machine"]
            for key in ("source", "sha256", "etag", "size"):
                del one["data"][key]
        assert json.dumps(found) == json.dumps(expected)
    else:
        assert plain(there.replace(address, name)) == plain(here)


def test_a_text_of_many_ranges_is_read_as_the_file_is(
    store: Store, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = as_csv(table(60_000))
    monkeypatch.setattr("mlefit.source.cutting.BLOCK", 100_001)
    monkeypatch.setattr("mlefit.source.ranges.MOST", 70_000)
    assert len(text) > 2 << 20
    address = store.put("long.csv", text)
    Path("long.csv").write_bytes(text)
    assert answer(["fit", address, "-q", "-o", "csv"], capfd) == answer(["fit", "long.csv", "-q", "-o", "csv"], capfd)


@pytest.mark.parametrize("pattern", ["many/*.csv", "many/part-?.csv", "many/part-[ab].csv", "many/part-[!c].csv", "**/part-*.csv",
                                     "m*/*"])
def test_a_pattern_finds_what_it_finds_in_a_folder(pattern: str, store: Store) -> None:
    for name in ("part-a.csv", "part-b.csv", ".part-x.csv"):
        store.put(f"many/{name}", f"y,x\n1,{len(name)}\n2,3\n".encode())
        Path("many").mkdir(exist_ok=True)
        Path(f"many/{name}").write_text(f"y,x\n1,{len(name)}\n2,3\n")
    with open_source((f"s3://tables/{pattern}",), ReadOptions()) as there, open_source((pattern,), ReadOptions()) as here:
        assert [label.removeprefix("s3://tables/") for label in there.labels] == list(here.labels)
        assert there.labels == ("s3://tables/many/part-a.csv", "s3://tables/many/part-b.csv")
        assert columns(there) == columns(here)


def test_an_object_whose_name_has_the_signs_of_a_pattern_is_that_object(store: Store) -> None:
    assert read(store.put("odd/a[1]*?.csv", b"y,x\n1,2\n3,4\n")) == {"y": [1.0, 3.0], "x": [2.0, 4.0]}


@pytest.mark.parametrize("typed", ["hive/k=*/*.parquet", "hive/*/*.parquet", "hive", "hive/"])
def test_keys_of_folders_are_columns(typed: str, store: Store) -> None:
    for key, rows in (("a", 3), ("b", 4), ("__HIVE_DEFAULT_PARTITION__", 2)):
        content = as_parquet(table(rows))
        store.put(f"hive/k={key}/part-0.parquet", content)
        store.put(f"hive/k={key}/_SUCCESS", b"")
        folder = Path(f"hive/k={key}")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "part-0.parquet").write_bytes(content)
    found = read(f"s3://tables/{typed}")
    assert sorted(map(str, found["k"])) == ["None"] * 2 + ["a"] * 3 + ["b"] * 4
    assert found == read(typed)


def test_a_source_can_be_pickled_and_has_no_secret_in_it(store: Store) -> None:
    with open_source((store.put("t.csv", FORMS["t.csv"]), store.put("t.parquet", FORMS["t.parquet"])), ReadOptions()) as source:
        expected = columns(source)
        parts = pickle.dumps(source.parts)
        assert b"nothing-secret" not in parts
        assert len(parts) < 20_000
        source.parts = pickle.loads(parts)      # noqa: S301 - those of this test
        assert columns(source) == expected


def test_a_fit_is_saved_and_its_rows_are_known_again(store: Store, capfd: pytest.CaptureFixture[str]) -> None:
    address = store.put("t.csv", FORMS["t.csv"])
    assert answer(["fit", address, "-t", "y", "-q", "--save", "m.json"], capfd)[0] == 0
    code, _, told = answer(["check", "m.json", address], capfd)
    assert "note: these are the rows of the fit; they cannot tell whether it holds on others." in told
    assert code == 0
    code, out, told = answer(["predict", "m.json", address], capfd)
    assert (code, out.count("\n")) == (0, 401)
    assert "note: these are the rows of the fit; their errors flatter the model." in told
    store.put("t.csv", FORMS["t.csv"].replace(b"1", b"2"))
    assert "rows of the fit" not in answer(["check", "m.json", address], capfd)[2]
