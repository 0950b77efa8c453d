"""Store and Engine: where parts are kept and who visits them changes no bit."""

import tempfile
from typing import Any, NamedTuple, NoReturn

import numpy as np
import pytest

from mlefit.errors import DataError
from mlefit.execution import Engine, Intake, Store
from mlefit.execution.engine import PART_ROWS, parts
from mlefit.execution.threads import ENOUGH, run_length
from mlefit.rows.chunk import Chunk, choose
from mlefit.rows.piece import NOWHERE, Piece, Ranks
from mlefit.sums.tally import Tally


def chunk(rows: int, weighted: bool = False, shifted: bool = False) -> Chunk:
    rng = np.random.default_rng(rows)
    return Chunk(
        rng.integers(0, 3, rows).astype(float), rng.normal(0.0, 1.0, (3, rows)).T,
        rng.integers(0, 5, rows).astype(float) if weighted else None, rng.normal(0.0, 1.0, rows) if shifted else None,
    )


def stored(*chunks: Chunk, budget: int | None) -> Store:
    intake = Intake(budget)
    for place, one in enumerate(chunks):
        intake.keep((place,), Piece(one))
    assert intake.rows == sum(one.rows for one in chunks)
    return intake.store()


def same(a: Chunk, b: Chunk) -> None:
    assert a.first_row == b.first_row
    for mine, theirs in ((a.y, b.y), (a.x, b.x), (a.weight, b.weight), (a.offset, b.offset)):
        assert (mine is None) == (theirs is None)
        assert mine is None or mine.tobytes() == theirs.tobytes()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shifted", [False, True])
def test_spilled_parts_come_back_bit_for_bit(weighted: bool, shifted: bool) -> None:
    chunks = [chunk(2 * PART_ROWS + 5, weighted, shifted), chunk(100, weighted, shifted)]
    memory, disk = stored(*chunks, budget=None), stored(*chunks, budget=0)
    assert (memory.spilled, disk.spilled) == (False, True)
    assert memory.rows == disk.rows == 2 * PART_ROWS + 105
    assert len(memory.parts) == len(disk.parts) == 4
    for mine, theirs in zip(memory.parts, disk.parts, strict=True):
        same(mine.load(), theirs.load())
        same(theirs.load(), theirs.load())
        assert mine.load().x.strides == theirs.load().x.strides     # or else BLAS sums in another order
    disk.close()


def test_numbers_at_the_edge_of_float64_survive_the_disk() -> None:
    values = np.array([0.0, -0.0, 5e-324, -1.7976931348623157e308, np.inf, np.nan])
    disk = stored(Chunk(values, values[:, None]), budget=0)
    assert disk.parts[0].load().x[:, 0].tobytes() == values.tobytes()
    disk.close()


def test_a_budget_fills_memory_first_and_keeps_the_order() -> None:
    chunks = [chunk(100) for _ in range(5)]
    size = chunks[0].y.nbytes + chunks[0].x.nbytes
    store = stored(*chunks, budget=2 * size)
    assert [type(part).__name__ for part in store.parts] == ["Held", "Held", "Spilled", "Spilled", "Spilled"]
    assert [part.load().first_row for part in store.parts] == [0, 100, 200, 300, 400]
    store.close()
    store.close()


@pytest.mark.parametrize("budget", [None, 0])
@pytest.mark.parametrize("seed", range(5))
def test_pieces_with_codes_of_their_own_make_one_store_whatever_the_order_of_arrival(budget: int | None, seed: int) -> None:
    """Every piece knows some of the levels a .. e, in an order of its own; the store has their ranks, in order of place."""
    rng = np.random.default_rng(seed)
    ranks = Ranks({"a": 2, "b": 0, "c": 1}, {"u": 1, "v": 0})
    pieces, y, cluster, x = [], [], [], []
    for _ in range(6):
        levels, clusters = tuple(rng.permutation(list("abcde"))), tuple(rng.permutation(["u", "v"]))
        codes, groups = rng.integers(0, 5, 50), rng.integers(0, 2, 50)
        pieces.append(Piece(Chunk(codes.astype(float), rng.normal(size=(2, 50)).T, cluster=groups.astype(float)), levels, clusters))
        y += [float(ranks.levels.get(levels[code], NOWHERE)) for code in codes]
        cluster += [float(ranks.clusters[clusters[code]]) for code in groups]
        x.append(pieces[-1].chunk.x)
    before = [piece.chunk.y.copy() for piece in pieces]
    intake = Intake(budget)
    for place in rng.permutation(6):
        intake.keep((0, int(place)), pieces[place])
    intake.keep((0, 6), Piece(choose(pieces[0].chunk, np.empty(0, np.intp)), ("z",), ("w",)))      # no rows, no part
    store = intake.store(ranks)
    loaded = [part.load() for part in store.parts]
    assert np.concatenate([part.y for part in loaded]).tolist() == y
    assert np.concatenate([part.cluster for part in loaded if part.cluster is not None]).tolist() == cluster
    assert np.array_equal(np.concatenate([part.x for part in loaded]), np.concatenate(x))
    assert [part.first_row for part in loaded] == [0, 50, 100, 150, 200, 250]
    assert all(np.array_equal(piece.chunk.y, mine) for piece, mine in zip(pieces, before, strict=True))
    store.close()


def moments(part: Chunk) -> Tally:
    return Tally(float(part.rows), float(part.y.sum()), part.x.T @ part.y, None, part.x.T @ part.x)


@pytest.mark.parametrize("budget", [None, 0])
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_a_sum_has_the_same_bits_for_any_threads_and_store(budget: int | None, threads: int) -> None:
    chunks = [chunk(3 * PART_ROWS + 17), chunk(40), chunk(PART_ROWS)]
    one = Engine.of(*chunks).sum(moments)
    store = stored(*chunks, budget=budget)
    other = Engine(store, threads).sum(moments)
    store.close()
    assert (one.weight, one.value) == (other.weight, other.value)
    for mine, theirs in ((one.gradient, other.gradient), (one.outer, other.outer)):
        assert mine is not None
        assert theirs is not None
        assert mine.tobytes() == theirs.tobytes()


class Part(NamedTuple):
    """A part of so many numbers."""

    numbers: int

    def load(self) -> Chunk:
        raise NotImplementedError


@pytest.mark.parametrize("count", [1, 7, 8, 64, 101, 300])
def test_parts_handed_over_in_runs_add_up_to_the_same_bits(count: int) -> None:
    chunks = [chunk(10 + place % 3) for place in range(count)]
    one = Engine.of(*chunks).sum(moments)
    for threads in (2, 3, 5):
        engine = Engine.of(*chunks, threads=threads)
        run = run_length([Part(60)] * count, threads)
        assert run & (run - 1) == 0                         # a power of two
        assert 1 <= run <= max(1, count // threads)         # every thread has work
        other = engine.sum(moments)
        assert (one.weight, one.value) == (other.weight, other.value)
        assert one.outer is not None
        assert other.outer is not None
        assert one.outer.tobytes() == other.outer.tobytes()


def test_large_parts_are_handed_over_one_by_one() -> None:
    """An interrupt waits for what is handed over, so a run is never many seconds of work."""
    assert run_length([Part(ENOUGH // 2)] * 40, 2) == 2
    assert run_length([Part(2 * ENOUGH)] * 20, 2) == 1


def test_parts_are_views_that_cover_every_row_once() -> None:
    whole = chunk(2 * PART_ROWS + 1, weighted=True, shifted=True)
    found = parts(whole)
    assert [part.rows for part in found] == [PART_ROWS, PART_ROWS, 1]
    assert [part.first_row for part in found] == [0, PART_ROWS, 2 * PART_ROWS]
    assert np.array_equal(np.concatenate([part.y for part in found]), whole.y)
    assert all(np.shares_memory(part.x, whole.x) for part in found)


def test_an_error_in_a_task_reaches_the_caller() -> None:
    def fail(part: Chunk) -> NoReturn:
        raise ZeroDivisionError(part.first_row)

    with pytest.raises(ZeroDivisionError):
        Engine.of(chunk(5 * PART_ROWS), threads=2).sum(fail)


def test_a_full_disk_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: Any) -> NoReturn:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    monkeypatch.setattr(tempfile, "gettempdir", lambda: "/scratch")
    with pytest.raises(DataError) as raised:
        stored(chunk(10), budget=0)
    assert raised.value.code == "disk-full"
    assert raised.value.message == "the temporary file in /scratch could not be written: No space left on device"
    assert raised.value.remedy == "free disk space, set TMPDIR to a larger disk, or allow more with --memory"


@pytest.mark.parametrize(("y", "x", "weight", "message"), [
    (3, (2, 1), None, "design (2, 1) does not belong to a response (3,)"),
    (3, (3,), None, "design (3,) does not belong to a response (3,)"),
    (3, (3, 1), 2, "weight (2,) does not belong to a response (3,)"),
])
def test_shapes_that_do_not_belong_together_are_refused(
    y: int, x: tuple[int, ...], weight: int | None, message: str
) -> None:
    with pytest.raises(ValueError, match="does not belong") as raised:
        Chunk(np.zeros(y), np.zeros(x), None if weight is None else np.zeros(weight))
    assert str(raised.value) == message


def test_an_engine_tells_who_waits_the_number_of_each_pass() -> None:
    told: list[int] = []
    engine = Engine.of(Chunk(np.zeros(3), np.ones((3, 1))))
    engine.watch = told.append
    for _ in range(3):
        engine.sum(lambda chunk: Tally(float(chunk.rows), 0.0))
    assert told == [1, 2, 3]
