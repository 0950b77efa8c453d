"""Tables with types: Parquet, Arrow files and tables in memory."""

import datetime
import decimal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from source_reading import columns, levels

from mlefit.errors import DataError
from mlefit.source import ReadOptions, open_source
from mlefit.source.source import Kind

DAY = datetime.date(2020, 1, 2)


def example(rows: int = 6) -> pa.Table:
    return pa.table({
        "f": pa.array([0.5, None, float("nan"), 2.0, 3.0, 1e300][:rows]),
        "i": pa.array([1, 2, None, 2**53 + 1, 5, 6][:rows], pa.int64()),
        "m": pa.array([decimal.Decimal("1.25")] * rows, pa.decimal128(5, 2)),
        "b": pa.array([True, False, None, True, True, False][:rows]),
        "s": pa.array(["NA", "a", None, " a ", "", "b"][:rows]),
        "c": pa.array(["u", "v", None, "u", "u", "w"][:rows]).dictionary_encode(),
        "d": pa.array([DAY] * rows),
        "e": pa.nulls(rows),
    })


EXPECTED = {
    "f": [0.5, None, None, 2.0, 3.0, 1e300], "i": [1.0, 2.0, None, 2.0**53, 5.0, 6.0], "m": [1.25] * 6,
    "b": ["true", "false", None, "true", "true", "false"], "s": ["NA", "a", None, "a", None, "b"],
    "c": ["u", "v", None, "u", "u", "w"], "d": ["2020-01-02"] * 6, "e": [None] * 6,
}


def test_every_form_of_a_typed_table_reads_the_same(tmp_path: Path) -> None:
    path = tmp_path / "named.csv"
    for write in (
        lambda table: pq.write_table(table, path), lambda table: pq.write_table(table, path, row_group_size=2),
        lambda table: pyarrow.feather.write_feather(table, path),
        lambda table: pyarrow.feather.write_feather(table, path, chunksize=2),
    ):
        write(example())
        with open_source((str(path),), ReadOptions()) as source:
            assert columns(source) == EXPECTED
            assert columns(source, 1) == EXPECTED
            assert [kind.name for kind in source.kinds.values()] == [
                "NUMBER", "NUMBER", "NUMBER", "BOOLEAN", "TEXT", "TEXT", "DATE", "EMPTY",
            ]
    with open_source(example(), ReadOptions()) as source:
        assert columns(source) == EXPECTED
        assert source.distinct["b"] == ("true", "false")
        assert source.labels == ("<Table>",)


def test_frames_and_dicts_of_arrays() -> None:
    frame = pd.DataFrame({
        "x": [1, 2, 3], "g": ["a", None, "b"], "k": pd.Categorical(["u", "u", "v"]), 7: [True, False, True],
    })
    with open_source(frame, ReadOptions()) as source:
        assert columns(source) == {
            "x": [1.0, 2.0, 3.0], "g": ["a", None, "b"], "k": ["u", "u", "v"], "7": ["true", "false", "true"],
        }
        first = source.digests()
    with open_source(frame.copy(), ReadOptions()) as source:
        assert source.digests() == first
    with open_source({"x": np.arange(3), "y": [1.5, 2.5, None]}, ReadOptions()) as source:
        assert columns(source) == {"x": [0.0, 1.0, 2.0], "y": [1.5, 2.5, None]}


def test_numbers_as_categories() -> None:
    with open_source(pa.table({"x": [1.0, 2.5, float("nan"), None, 1.0]}), ReadOptions()) as source:
        (batch,) = source.map([], ["x"], lambda batch: batch, 1)
        assert levels(batch, "x") == ["1", "2.5", None, None, "1"]


def test_long_frames_come_in_batches() -> None:
    with open_source({"x": np.arange(200_000)}, ReadOptions()) as source:
        starts = list(source.map(["x"], [], lambda batch: (batch.place, batch.numbers["x"][0]), 3))
        assert starts == [((0, block), 65_536.0 * block) for block in range(4)]
        assert not source.complete


def test_the_kinds_of_types_hold_and_those_of_empty_columns_and_text_are_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlefit.source.frame.SAMPLE_ROWS", 2)
    table = pa.table({
        "x": [1.0, 2.0, 3.0], "late": [None, None, 4.0], "never": pa.array([None] * 3, pa.float64()),
        "g": ["1 kg", "2 kg", "word"], "list": [[1], [2], [3]], "day": [DAY] * 3, "b": [True, False, None],
    })
    with open_source(table, ReadOptions()) as source:
        guessed = {name: kind.name for name, kind in source.kinds.items()}
        assert not source.stands(2)
        assert {name: kind.name for name, kind in source.kinds.items()} == {
            "x": "NUMBER", "late": "NUMBER", "never": "EMPTY", "g": "NUMBER", "list": "TEXT", "day": "DATE", "b": "BOOLEAN",
        } == guessed | {"late": "NUMBER"}
        assert source.warnings == ()        # not every cell has the unit that the first ones have
        assert source.stands(2)


@pytest.mark.parametrize(("data", "numbers", "message"), [
    ({"x": pa.array([[1], [2]])}, ["x"], '<dict>: column "x" has the type list<item: int64>, which is neither numbers '
     "nor categories.\nLeave the column out by naming the others with -x."),
    ({"x": ["1", "two", "3"]}, ["x"], '<dict>: 1 cell in column "x" is not a number: row 2 "two".\n'
     'Correct the cells, declare a missing value with --na "two", or use the column as categories.'),
    ({"x": pa.array([datetime.time(1, 2)])}, ["x"], '<dict>: 1 cell in column "x" is not a date: row 1 "01:02:00.000000".\n'
     'Correct the cells, or declare a missing value with --na "01:02:00.000000".'),
    ({"x": np.empty(0)}, ["x"], "<dict>: expected rows of data, found none: no data rows.\nCheck the data."),
    ({"x": [1, 2], "y": [1]}, ["x"], "<dict>: expected columns of one length, found 1, 2 rows.\n"
     "Give columns with the same number of rows."),
    ({"x": [1, "a", object()]}, ["x"], '<dict>: expected cells of one type in column "x", found a mixture that is no '
     "column.\nConvert the column to numbers or to text."),
    (17, ["x"], "expected a path or a table, found int.\n"
     "Give a path, a pandas DataFrame, an Arrow table or a dict of arrays."),
    (pa.table([[1], [2]], names=["x", "x"]), ["x"], '<Table>: expected different column names, found more than once: '
     '"x".\nRename the columns.'),
])
def test_unusable_tables(data: object, numbers: list[str], message: str) -> None:
    with pytest.raises(DataError) as caught, open_source(data, ReadOptions()) as source:
        list(source.map(numbers, [], lambda batch: batch, 1))
    assert str(caught.value) == message


def test_an_unusable_column_may_be_left_alone() -> None:
    with open_source({"x": pa.array([[1], [2]]), "y": [1, 2]}, ReadOptions()) as source:
        assert "x" not in source.distinct
        (batch,) = source.map(["y"], [], lambda batch: batch, 1)
        assert batch.numbers["y"].tolist() == [1.0, 2.0]
        assert source.kinds["y"] is Kind.NUMBER


def test_reading_parquet_does_not_load_pandas(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(example().drop_columns(["d"]), path)
    program = (
        "import sys\nfrom mlefit.source import open_source, ReadOptions\n"
        f"source = open_source(({str(path)!r},), ReadOptions())\n"
        "batch, = source.map(['f', 'i', 'm', 'b'], ['b', 's', 'c', 'i'], lambda batch: batch, 2)\n"
        "assert batch.rows == 6\n"
        "print(sorted({'pandas', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
