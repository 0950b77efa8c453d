"""Batches: the same rows in the same order, however the text is cut and whoever parses it."""

import csv
import gzip
import hashlib
import io
import os
import pickle
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from source_reading import columns, read

from mlefit.errors import DataError, InBlockError, MlefitError
from mlefit.source import ReadOptions, cutting, open_source, text
from mlefit.source.batch import Batch, Place


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a few lines, so that a small file has many cuts."""
    monkeypatch.setattr(cutting, "BLOCK", 128)
    monkeypatch.setattr(text, "SAMPLE", 512)


def table(path: Path, rows: int = 600) -> dict[str, list[object]]:
    rng = np.random.default_rng(3)
    x, g = rng.normal(size=rows), rng.choice(["a", "b", 'say "hi"', "two\nlines", "c,d", 'x"\n'], size=rows)
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(["x", "g"])
    writer.writerows(zip(x.tolist(), g.tolist(), strict=True))
    path.write_bytes(stream.getvalue().encode())
    return {"x": x.tolist(), "g": [word.strip() for word in g.tolist()]}


@pytest.mark.slow
@pytest.mark.usefixtures("small_blocks")
def test_cuts_compression_and_threads_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    expected = table(path)
    packed = tmp_path / "a.csv.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    for file in (path, packed):
        with open_source((str(file),), ReadOptions()) as source:
            sizes = [list(source.map(["x"], [], lambda batch: batch.rows, threads)) for threads in (1, 2, 5)]
            assert len(sizes[0]) > 50
            assert sizes[0] == sizes[1] == sizes[2]
            for threads in (1, 2, 5):
                assert columns(source, threads) == expected
            assert source.bytes_read == source.size


@pytest.mark.usefixtures("small_blocks")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(
    st.sampled_from(["a", '"b\nc"', '5" pipe', '"d ""e"" f"', '""', 'g"h"', '"i"j', '"k\n\n""l,"']), min_size=30,
    max_size=120,
))
def test_quotes_anywhere_are_cut_as_they_are_parsed(tmp_path: Path, cells: list[str]) -> None:
    content = "k,g\n" + "".join(f"{at},{cell}\n" for at, cell in enumerate(["start", *cells]))
    path = tmp_path / "a.csv"
    path.write_text(content)
    expected = [row[1].strip() or None for row in csv.reader(io.StringIO(content, newline="")) if row][1:]
    found = read(path)
    assert found["k"] == [float(at) for at in range(len(cells) + 1)]
    assert found["g"] == expected


@pytest.mark.usefixtures("small_blocks")
def test_problems_of_the_whole_pass_come_in_one_message(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    lines = [f"{row},{row}" for row in range(1, 1001)]
    lines[499], lines[899] = "500,oops", "900,1e999"
    lines[949] = "950"
    path.write_text("x,y\n" + "\n".join(lines) + "\n")
    for threads in (1, 3):
        with open_source((str(path),), ReadOptions()) as source, pytest.raises(DataError) as caught:
            list(source.map(["x", "y"], [], lambda batch: None, threads))
        assert caught.value.message.replace(f"{tmp_path}/", "") == (
            'a.csv: 1 cell in column "y" is not a number: row 500 (line 501) "oops"; '
            '1 cell in column "y" is too large for a double: row 900 (line 901) "1e999"; '
            "1 line does not have as many fields as the first line: line 951 has 1 field, not 2."
        )


@pytest.mark.usefixtures("small_blocks")
def test_the_consumer_may_stop_early(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    table(path)
    seen: list[int] = []
    with open_source((str(path),), ReadOptions()) as source:
        results = source.map(["x"], [], lambda batch: seen.append(batch.place.block), 2)
        next(results)
        results.close()
    assert len(seen) <= 4      # the one taken and threads + 1 under way
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("mlefit-read")]


@pytest.mark.usefixtures("small_blocks")
def test_an_error_of_the_task_reaches_the_consumer(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    table(path)

    def task(batch: object) -> None:
        raise DataError("no", code="test")

    with open_source((str(path),), ReadOptions()) as source, pytest.raises(DataError, match=r"^no$"):
        list(source.map(["x"], [], task, 3))


def refused_row(row: int, first_row: int) -> MlefitError:
    return DataError(f"row {first_row + row + 1} is bad", code="test", rows=[first_row + row + 1])


def refuse_above(limit: float, batch: Batch) -> None:
    if (above := np.flatnonzero(batch.numbers["x"] > limit)).size:
        raise InBlockError(partial(refused_row, int(above[0])))


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("rows", [20, 2_000])
def test_a_row_refused_by_its_place_in_a_block_is_told_by_its_place_in_all_files(tmp_path: Path, rows: int) -> None:
    for name, first in (("a.csv", 0), ("b.csv", rows)):
        (tmp_path / name).write_text("x\n" + "".join(f"{row}\n" for row in range(first, first + rows)))
    for paths, limit in ((("a.csv",), rows // 2), (("a.csv", "b.csv"), rows // 2), (("a.csv", "b.csv"), rows * 3 // 2)):
        for threads in (1, 3):
            with open_source(tuple(str(tmp_path / path) for path in paths), ReadOptions()) as source, \
                    pytest.raises(DataError) as caught:
                list(source.map(["x"], [], partial(refuse_above, limit), threads))
            assert caught.value.message == f"row {limit + 2} is bad"
            assert caught.value.rows == (limit + 2,)


def test_a_refusal_that_knows_its_block_travels_between_processes() -> None:
    travelled = pickle.loads(pickle.dumps(InBlockError(partial(refused_row, 4))))     # noqa: S301 - made here
    assert str(travelled.told(100)) == "row 105 is bad"


@pytest.mark.usefixtures("small_blocks")
def test_places_number_the_blocks_of_each_file(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        table(tmp_path / name)
    paths = (str(tmp_path / "a.csv"), str(tmp_path / "b.csv"))
    with open_source(paths, ReadOptions()) as source:
        places = [list(source.map(["x"], [], lambda batch: batch.place, threads)) for threads in (1, 3)]
    assert places[0] == places[1]
    blocks = len(places[0]) // 2
    assert blocks > 50
    assert places[0] == [Place(file, block) for file in (0, 1) for block in range(blocks)]


def test_integers_first_and_fractions_later_are_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x,y\n" + "1,2\n" * 600_000 + "1.5,2\n")
    with open_source((str(path),), ReadOptions()) as source:
        assert not source.complete
        assert sum(source.map(["x"], [], lambda batch: float(batch.numbers["x"].sum()), 2)) == 600_001.5


def test_several_files_are_one_table(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    (tmp_path / "b.csv").write_text("y;x\n4;3\n")
    with open_source((str(tmp_path / "*.csv"),), ReadOptions()) as source:
        assert columns(source) == {"x": [1.0, 3.0], "y": [2.0, 4.0]}
        assert [Path(label).name for label in source.labels] == ["a.csv", "b.csv"]
        assert source.digests() == tuple(
            hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in ("a.csv", "b.csv")
        )


@pytest.mark.parametrize("digest", [False, True])
def test_a_pipe_is_read_once_and_kept(digest: bool, tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    content = b"x,y\n" + b"1,2\n" * 10
    writer = threading.Thread(target=lambda: path.write_bytes(content))
    writer.start()
    with open_source((str(path),), ReadOptions(digest=digest)) as source:
        writer.join()
        assert columns(source) == columns(source) == {"x": [1.0] * 10, "y": [2.0] * 10}
        assert source.digests() == (hashlib.sha256(content).hexdigest(),)


def test_reading_text_loads_neither_pandas_nor_scipy(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x,y,g\n1,2,a\n NA ,3,NA\n+5, ,b\n")
    program = (
        "import sys\nfrom mlefit.source import open_source, ReadOptions\n"
        f"source = open_source(({str(path)!r},), ReadOptions())\n"
        "batch, = source.map(['x', 'y'], ['g', 'y'], lambda batch: batch, 2)\nassert batch.rows == 3\n"
        "print(sorted({'pandas', 'scipy', 'formulaic', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
