"""Runs: blocks of a file that are read without those before them are the blocks of the whole file."""

import pickle
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import ipc, parquet

from mlefit.errors import DataError, InBlockError
from mlefit.source import ReadOptions, columnar, cutting, open_source
from mlefit.source.batch import Batch
from mlefit.source.passing import Heard
from mlefit.source.reader import Reader
from mlefit.source.run import Run, shared_out

CELL = "a\nb"
Write = Callable[[Path, int], str]


def plain(path: Path, rows: int) -> str:
    path.write_text("x,y\n" + "".join(f"{row},{row % 7}\n" for row in range(rows)))
    return str(path)


def quoted(path: Path, rows: int) -> str:
    """Cells with line ends, so many that some range of the text begins in one."""
    path.write_text("x,y\n" + "".join(f'{row},"{CELL * (row % 40)}"\n' for row in range(rows)))
    return str(path)


def long_lines(path: Path, rows: int) -> str:
    """Lines longer than two blocks, the last of them without an end."""
    path.write_text("x,y\n" + "\n".join(f"{row},{'z' * (700 if row % 9 == 8 else 1)}" for row in range(rows)))
    return str(path)


def groups(path: Path, rows: int) -> str:
    table = pa.table({"x": np.arange(float(rows)), "y": [str(row % 7) for row in range(rows)]})
    parquet.write_table(table, path, row_group_size=70)
    return str(path)


def batches(path: Path, rows: int) -> str:
    table = pa.table({"x": np.arange(float(rows)), "y": [str(row % 7) for row in range(rows)]})
    with ipc.new_file(path, table.schema) as file:
        file.write_table(table, max_chunksize=30)
    return str(path)


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "BLOCK", 256)
    monkeypatch.setattr(columnar, "CELLS", 100)
    monkeypatch.setattr(columnar, "ROWS", 20)


def told(batch: Batch) -> tuple[object, ...]:
    """A batch as what can be compared."""
    codes, levels = batch.categories["y"]
    return batch.place, batch.rows, batch.numbers["x"].tobytes(), tuple(None if code < 0 else levels[code] for code in codes)


def opened(paths: Sequence[str]) -> Reader:
    source = open_source(tuple(paths), ReadOptions(types=(("y", "text"),)))
    assert isinstance(source, Reader)
    return source


def read(source: Reader, size: int) -> tuple[list[tuple[object, ...]], list[Heard]]:
    """All batches, run after run, each as another process would read it; a wrong guess of a start is mended as it is there."""
    wanted, found, heard = source.wanted(("x",), ("y",)), [], list[Heard]()
    for partition in shared_out(source.parts, wanted.columns, size):
        for run in pickle.loads(pickle.dumps(partition)):      # noqa: S301 - our own
            results, one = run.visited(wanted, told, 2)
            if heard and not one.follows(heard[-1]):
                results, one = Run(run.file, run.part, run.span._replace(start=heard[-1].end)).visited(wanted, told, 2)
            assert not heard or one.follows(heard[-1])
            found += results
            heard.append(one)
    return found, heard


@pytest.mark.parametrize("size", [1, 512, 768, 1 << 20])
@pytest.mark.parametrize("write", [plain, quoted, long_lines, groups, batches])
def test_runs_have_the_blocks_of_the_files(write: Write, size: int, tmp_path: Path) -> None:
    with opened([write(tmp_path / "a", 300), write(tmp_path / "b", 201)]) as source:
        whole = list(source.map(("x",), ("y",), told, 1))
        found, heard = read(source, size)
    assert found == whole
    assert len({place for place, *_ in whole}) == len(whole) > 8
    assert sum(one.done.rows for one in heard) == 501
    assert len(heard) == 2 if size == 1 << 20 else len(heard) > 4


def test_a_start_in_quotes_is_guessed_wrong_and_seen(tmp_path: Path) -> None:
    with opened([quoted(tmp_path / "a", 300)]) as source:
        wanted = source.wanted(("x",), ("y",))
        runs = [run for partition in shared_out(source.parts, wanted.columns, 1) for run in partition]
        heard = [run.visited(wanted, told, 1)[1] for run in runs]
    assert sum(not one.follows(before) for before, one in pairwise(heard)) > 3


def test_small_files_come_together(tmp_path: Path) -> None:
    with opened([plain(tmp_path / name, 10) for name in "abcdefg"]) as source:
        sizes = [len(partition) for partition in shared_out(source.parts, ("x", "y"), 140)]
    assert sizes == [3, 3, 1]       # 40 bytes each


def test_what_is_wrong_is_counted_from_the_start_of_a_run(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("x,y\n" + "".join(f"{'bad' if row in (150, 151, 290) else row},1\n" for row in range(300)))
    with opened([str(path)]) as source:
        wanted = source.wanted(("x",), ("y",))
        runs = [run for partition in shared_out(source.parts, wanted.columns, 512) for run in partition]
        heard = [run.visited(wanted, told, 1)[1] for run in runs]
        with pytest.raises(DataError) as expected:
            list(source.map(("x",), ("y",), told, 1))
    rows, lines, found = 0, 0, []
    for one in heard:
        found += [(rows + case.row, lines + case.line) for finding in one.done.findings for case in finding.cases]
        rows, lines = rows + one.done.rows, lines + one.lines
    assert found == [(150, 151), (151, 152), (290, 291)]
    assert "row 151 (line 152)" in expected.value.message
    assert (rows, lines) == (300, 301)


def test_the_first_error_of_a_task_is_kept_with_the_rows_before_its_block(tmp_path: Path) -> None:
    def fails(batch: Batch) -> None:
        if batch.numbers["x"].max() >= 120.0:
            raise InBlockError(lambda rows: DataError(f"after {rows} rows", code="test"))

    with opened([plain(tmp_path / "a", 300)]) as source:
        (partition,) = shared_out(source.parts, ("x", "y"), 1 << 20)
        results, heard = partition[0].visited(source.wanted(("x",), ("y",)), fails, 2)
        with pytest.raises(DataError) as expected:
            list(source.map(("x",), ("y",), fails, 1))
    error = heard.done.error
    assert isinstance(error, InBlockError)
    assert error.told(heard.done.before).message == expected.value.message
    assert len(results) > 1


def test_damage_is_told_and_what_comes_before_it_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("x,y\n" + "1,2\n" * 200 + '1,"2\n' + "1,2\n" * 5)
    with opened([str(path)]) as source:
        (partition,) = shared_out(source.parts, ("x", "y"), 1 << 20)
        _, heard = partition[0].visited(source.wanted(("x",), ("y",)), told, 1)
        with pytest.raises(DataError) as expected:
            list(source.map(("x",), ("y",), told, 1))
    assert heard.broken is not None
    assert heard.broken.message == expected.value.message
    assert heard.done.rows > 100


@pytest.mark.parametrize("error", [
    DataError("expected \x1b[31m", "do \n that", code="x", columns=["a"], rows=[3]),
])
def test_an_error_comes_from_another_process_as_it_is(error: DataError) -> None:
    found = pickle.loads(pickle.dumps(error))       # noqa: S301 - our own
    assert type(found) is DataError
    assert (found.message, found.remedy, found.code, found.columns, found.rows, str(found)) == (
        error.message, error.remedy, error.code, error.columns, error.rows, str(error))


def test_a_part_that_travels_leaves_what_is_known_of_its_head_behind(tmp_path: Path) -> None:
    with opened([plain(tmp_path / "a", 300)]) as source:
        light = source.parts[0].light()
    assert light.profiles == {}
    assert source.parts[0].profiles
    assert len(pickle.dumps(light)) < 3000
