"""Gather: a sum over rows, the same for any cut into blocks and steps, any grouping, and whoever does which part."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import TypeVar

import numpy as np
import pytest
from design_tables import batch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlefit.design import encode
from mlefit.design.encode import Columns, scaling_of
from mlefit.design.expression import Expression
from mlefit.design.formula import parse_offset
from mlefit.design.predictors import Predictors
from mlefit.design.response import Observed
from mlefit.design.scaling import Scaling
from mlefit.design.terms import Term
from mlefit.errors import DataError
from mlefit.execution import Store
from mlefit.expression.tree import Column
from mlefit.noise import responses
from mlefit.problem.gather import Gathered, Keeping, Told, gather, of_batch
from mlefit.problem.split import Split
from mlefit.rows.chunk import Chunk, join
from mlefit.rows.piece import Ranks
from mlefit.rows.reservoir import Threshold
from mlefit.source import ReadOptions, cutting, open_source, text
from mlefit.source.batch import Batch, Place
from mlefit.source.source import Source

T = TypeVar("T")
ROWS = 90


class Blocks(Source):
    """Batches that are there already."""

    def __init__(self, batches: Sequence[Batch]) -> None:
        self.batches = batches

    def map(self, numbers: Sequence[str], categories: Sequence[str], task: Callable[[Batch], T], threads: int) -> Iterator[T]:
        return map(task, self.batches)

    def head(self, numbers: Sequence[str], categories: Sequence[str]) -> Batch:
        return self.batches[0]

    def stands(self, threads: int, *, closely: bool = False) -> bool:
        return True

    def digests(self) -> tuple[str, ...]:
        return ()


def term(name: str) -> Term:
    return Term((Expression(name, Column(name)),))


LEVELS = Columns(
    Predictors((term("x"), term("z")), True),
    Observed("y", "law", responses.LEVELS, located=False, scaled=False, compresses=False, weights="w", cluster="c"),
)
SCALING = Scaling(np.zeros(3), np.ones(3))


def blocks(seed: int, cuts: Sequence[int]) -> list[Batch]:
    """A table with missing cells everywhere, in blocks that end at `cuts`."""
    rng = np.random.default_rng(seed)

    def numbers(values: np.ndarray) -> np.ndarray:
        return np.where(rng.random(ROWS) < 0.05, np.nan, values)

    def texts(values: str) -> list[str | None]:
        return [None if rng.random() < 0.05 else str(value) for value in rng.choice(list(values), ROWS)]

    columns = {"x": numbers(np.arange(float(ROWS))), "z": numbers(rng.normal(size=ROWS)), "w": rng.integers(0, 3, ROWS)}
    coded = {"y": texts("dacb"), "c": texts("vu")}
    edges = sorted({0, ROWS, *cuts})
    parts = [batch(columns, coded, start, stop) for start, stop in pairwise(edges)]
    return [replace(part, place=Place(0, at), start=0) for at, part in enumerate(parts)]


def rows_of(store: Store) -> Chunk:
    return join([part.load() for part in store.parts])


def same(one: Chunk, other: Chunk) -> None:
    for mine, theirs in ((one.y, other.y), (one.x, other.x), (one.weight, other.weight), (one.cluster, other.cluster)):
        assert (mine is None) == (theirs is None)
        assert mine is None or np.array_equal(mine, theirs)


cuts = st.lists(st.integers(1, ROWS - 1), max_size=6)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 1000), cuts=cuts)
def test_levels_and_the_account_of_rows_do_not_depend_on_the_blocks(seed: int, cuts: list[int]) -> None:
    told = Told(LEVELS, SCALING, Split(0), 20)
    one, many = (gather(Blocks(blocks(seed, at)), told, Keeping(), 1)[0] for at in ((), cuts))
    assert (many.ledger, many.levels, many.clusters) == (one.ledger, one.levels, one.clusters)
    for name, count in one.ledger.dropped.items():
        table = blocks(seed, ())[0]
        missing = np.isnan(table.numbers[name]) if name in table.numbers else table.categories[name].codes < 0
        assert count == missing.sum()
        found = [row for row, column in one.ledger.first if column == name]
        assert found == (np.flatnonzero(missing) + 1).tolist()[: len(found)]
    assert one.moments is not None
    assert many.moments is not None
    assert many.moments.weight == one.moments.weight == sum(one.levels.values())
    assert np.abs(many.moments.triangle.r - one.moments.triangle.r).max() <= 1e-12 * np.abs(one.moments.triangle.r).max()


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1000), cuts=cuts, random=st.randoms(use_true_random=False), cells=st.integers(1, 60))
def test_who_does_which_part_when_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, seed: int, cuts: list[int], random: Random, cells: int
) -> None:
    """Blocks one by one, in steps, in any order, added up in any grouping: levels, sample, hold-out and rows are the same."""
    table, told = blocks(seed, cuts), Told(LEVELS, SCALING, Split(seed, 0.3), 20)
    expected, whole = gather(Blocks(table), told, Keeping(), 1)
    monkeypatch.setattr(encode, "CELLS", cells)
    apart, parts = Keeping().begun(), dict[int, Gathered]()
    for at in random.sample(range(len(table)), len(table)):
        parts[at] = of_batch(told, apart, Threshold(20), table[at])
    monkeypatch.undo()
    sums = [parts[at] for at in range(len(table))]
    while len(sums) > 1:
        at = random.randrange(len(sums) - 1)
        sums[at : at + 2] = [sums[at] + sums[at + 1]]
    (found,) = sums
    assert (found.ledger, found.levels, found.clusters) == (expected.ledger, expected.levels, expected.clusters)
    ranks = Ranks({level: rank for rank, level in enumerate("abcd")}, {"u": 0, "v": 1})
    same(found.reservoir.sample(ranks), expected.reservoir.sample(ranks))
    for mine, theirs in zip(apart, whole, strict=True):
        assert mine.rows == theirs.rows
        if mine.rows:
            same(rows_of(mine.store(ranks)), rows_of(theirs.store(ranks)))


def test_numbers_that_are_not_located_stay_as_they_are() -> None:
    """A count has no other unit and an offset of its own: y is untouched, and the triangle is that of the design alone."""
    rng = np.random.default_rng(1)
    numbers = {"x": 1e6 + rng.normal(size=50), "y": rng.poisson(3.0, 50).astype(float), "t": rng.uniform(1.0, 2.0, 50)}
    predictors = Predictors((term("x"),), True, parse_offset("log(t)", ["x", "y", "t"]))
    columns = Columns(predictors, Observed("y", "law", responses.NUMBERS, located=False, scaled=False, compresses=False))
    table = batch(numbers)
    scaling = scaling_of(columns, table)
    assert (scaling.y_centre, scaling.y_scale) == (0.0, 1.0)
    assert scaling.centre[1] == np.sort(numbers["x"])[24]
    found, everything = gather(Blocks([table]), Told(columns, scaling, Split(0), 50), Keeping(), 1)
    rows = rows_of(everything.fitted.store())
    assert rows.offset is not None
    assert np.array_equal(rows.y, numbers["y"])
    assert np.array_equal(rows.offset, np.log(numbers["t"]))
    moments = found.moments
    assert moments is not None
    assert moments.response is not None
    assert moments.triangle.r.shape == (2, 2)
    assert moments.y_magnitude == 0.0
    mean, square = moments.response.r[0, 1] / np.sqrt(50), (moments.response.r[:, 1] ** 2).sum()
    assert (mean, square) == pytest.approx((numbers["y"].mean(), (numbers["y"] ** 2).sum()), rel=1e-14)


def small(path: Path, monkeypatch: pytest.MonkeyPatch, content: str) -> Source:
    """A file in blocks of some lines and steps of some rows."""
    monkeypatch.setattr(cutting, "BLOCK", 256)
    monkeypatch.setattr(text, "SAMPLE", 128)
    monkeypatch.setattr(encode, "CELLS", 20)
    path.write_text(content)
    return open_source((str(path),), ReadOptions())


NUMBERS = Columns(Predictors((term("x"),), True), Observed("y", "law", responses.NUMBERS, located=True, scaled=True, compresses=True))


@pytest.mark.parametrize("row", [1, 20, 77, 400])
def test_a_row_refused_in_a_step_of_a_block_is_named_by_its_place_in_all(
    row: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"{k},{k}" for k in range(1, 401)]
    lines[row - 1] = f"inf,{row}"
    with small(tmp_path / "t.csv", monkeypatch, "x,y\n" + "\n".join(lines) + "\n") as source:
        scaling = scaling_of(NUMBERS, source.head(("x", "y"), ()))
        with pytest.raises(DataError) as refused:
            gather(source, Told(NUMBERS, scaling, Split(0), 10), Keeping(), 2)
    assert refused.value.message == f'column "x", row {row}: expected a finite number, found inf'
    assert refused.value.rows == (row,)


def test_the_head_alone_decides_the_scaling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"{k},{-3 * k}" for k in range(1, 401)]
    with small(tmp_path / "t.csv", monkeypatch, "x,y\n" + "\n".join(lines) + "\n") as source:
        head = source.head(("x", "y"), ())
        found = scaling_of(NUMBERS, head)
    rows = min(head.rows, 20 // 2)
    assert head.numbers["x"].tolist() == list(range(1, head.rows + 1))
    assert head.rows < 30
    assert found.centre.tolist() == [0.0, (rows + 1) // 2]
    assert (found.y_centre, found.y_scale) == (-3.0 * ((rows + 2) // 2), 16.0)


@pytest.mark.parametrize("cell", ["inf", "oops", "1e999"])
def test_a_head_that_cannot_be_read_decides_nothing(cell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"{k},{k}" for k in range(1, 401)]
    lines[2] = f"{cell},3"
    with small(tmp_path / "t.csv", monkeypatch, "x,y\n" + "\n".join(lines) + "\n") as source:
        found = scaling_of(NUMBERS, source.head(("x", "y"), ()))
    assert (found.centre.tolist(), found.scale.tolist()) == ([0.0, 0.0], [1.0, 1.0])
    assert (found.y_centre, found.y_scale) == (0.0, 1.0)
