"""Extents: the least and the largest value tell what a look at each cell would, and nothing that it would not."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlefit.source import ReadOptions, open_source
from mlefit.source.batch import Batch, Extent, Place

cells = st.lists(st.floats(width=64), max_size=30)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(cells=cells)
def test_an_extent_is_finite_exactly_where_every_cell_is(cells: list[float]) -> None:
    values = np.array(cells)
    extent = Extent.of(values)
    assert extent.finite == (values.size > 0 and bool(np.isfinite(values).all()))
    assert math.isnan(extent.low) == (values.size == 0 or bool(np.isnan(values).any()))
    if extent.finite:
        assert extent.magnitude == np.abs(values).max()


def test_a_batch_looks_once() -> None:
    batch = Batch(Place(0, 0), 2, {"x": np.array([1.0, -3.0])})
    assert batch.extent("x") == (-3.0, 1.0)
    assert batch.extents == {"x": (-3.0, 1.0)}
    assert batch.extent("x") is batch.extent("x")


@pytest.mark.parametrize(("text", "options", "expected"), [
    ("x\n1\n-2.5\n", ReadOptions(), (-2.5, 1.0)),
    ("x\n1\nNA\n", ReadOptions(), None),
    ("x\n1\n-999\n7\n", ReadOptions(na=("-999",)), None),
    ("x\n1\n+3\n", ReadOptions(), (1.0, 3.0)),
])
def test_a_batch_from_a_file_knows_its_extents(
    tmp_path: Path, text: str, options: ReadOptions, expected: tuple[float, float] | None
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    with open_source((str(path),), options) as source:
        (extent,) = source.map(["x"], [], lambda batch: batch.extent("x"), 1)
    assert math.isnan(extent.low) if expected is None else extent == expected
