"""The cells of a sample as they stand in the file, with their rows, whatever was dropped, held out, cut into steps or left out."""

from pathlib import Path

import numpy as np
import pytest

from mlefit.design import encode
from mlefit.problem.stated import stated
from mlefit.request import Request


def table(folder: Path, rows: int) -> str:
    """`x` is the number of the row, but missing in every seventh; `y` follows from it, and so does the level `g`."""
    lines = [f"{i if i % 7 else ''},{'abc'[i % 3]},{2 * i + i * 7919 % 11}" for i in range(1, rows + 1)]
    path = folder / "rows.csv"
    path.write_text("\n".join(["x,g,y", *lines, ""]))
    return str(path)


@pytest.mark.parametrize("cells", [encode.CELLS, 1000])
@pytest.mark.parametrize("holdout", [None, 0.2])
@pytest.mark.parametrize("rows", [300, 30_000])
def test_cells_and_rows_are_those_of_the_file(
    tmp_path: Path, rows: int, holdout: float | None, cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encode, "CELLS", cells)
    with stated(Request((table(tmp_path, rows),), holdout=holdout), seen=True) as problem:
        seen, sample = problem.prepared.seen, problem.prepared.sample
        assert seen is not None
        assert seen.row.size == sample.rows > 0.6 * min(rows, 20_000)
        np.testing.assert_array_equal(seen.row, seen.numbers["x"])
        np.testing.assert_array_equal(seen.numbers["y"], 2 * seen.row + seen.row * 7919 % 11)
        levels = np.array(seen.levels["g"])[seen.codes["g"]]
        assert [*levels] == ["abc"[int(row) % 3] for row in seen.row]
        scaling = problem.prepared.scaling
        np.testing.assert_allclose(sample.y * scaling.y_scale + scaling.y_centre, seen.numbers["y"], rtol=1e-12)


def test_they_are_kept_where_they_are_asked_for(tmp_path: Path) -> None:
    with stated(Request((table(tmp_path, 50),))) as problem:
        assert problem.prepared.seen is None
