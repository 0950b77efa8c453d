"""Reservoir: a fair sample that depends on the data and the seed, not on the order in which batches arrive."""

import pickle
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from mlefit.rows.chunk import Chunk, choose, join
from mlefit.rows.keys import Stream, keys
from mlefit.rows.piece import Piece, Ranks
from mlefit.rows.reservoir import Reservoir, Threshold
from mlefit.sums.tally import tree_sum


def batches(n: int, rows: int = 50, weighted: bool = False) -> list[Chunk]:
    """Row i has y = i, x = (1, i), and weight and offset that tell i as well."""
    y = np.arange(float(n))
    x = np.stack([np.ones(n), y]).T
    whole = Chunk(y, x, y + 1.0 if weighted else None, -y if weighted else None)
    return [whole.part(start, min(start + rows, n)) for start in range(0, n, rows)]


def reservoirs(chunks: list[Chunk], capacity: int, seed: int = 0) -> list[Reservoir]:
    """Those of the chunks, each a block of its own."""
    bar = Threshold(capacity)
    return [
        Reservoir.of(Piece(chunk), keys(seed, Stream.SAMPLE, (0, block), 0, chunk.rows), bar)
        for block, chunk in enumerate(chunks)
    ]


def sampled(chunks: list[Chunk], capacity: int, seed: int = 0) -> Chunk:
    return tree_sum(reservoirs(chunks, capacity, seed)).sample(Ranks())


@pytest.mark.parametrize("n", [1, 49, 99, 100])
def test_few_rows_are_all_kept_in_order(n: int) -> None:
    assert sampled(batches(n), 100).y.tolist() == list(range(n))


@pytest.mark.parametrize("n", [101, 200, 201, 5_000])
def test_many_rows_give_as_many_as_asked_for_each_once_in_order(n: int) -> None:
    y = sampled(batches(n), 100).y
    assert y.size == 100
    assert (np.diff(y) > 0.0).all()


def test_a_row_stays_together() -> None:
    sample = sampled(batches(3_000, weighted=True), 100)
    assert sample.weight is not None
    assert sample.offset is not None
    assert np.array_equal(sample.x, np.stack([np.ones(100), sample.y]).T)
    assert np.array_equal(sample.weight, sample.y + 1.0)
    assert np.array_equal(sample.offset, -sample.y)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.randoms(use_true_random=False))
def test_samples_of_parts_add_up_to_that_of_the_whole_in_any_grouping(random: Random) -> None:
    chunks = batches(1_000)
    parts = reservoirs(chunks, 100)
    while len(parts) > 1:
        at = random.randrange(len(parts) - 1)
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    chance = np.concatenate([keys(0, Stream.SAMPLE, (0, block), 0, 50) for block in range(20)])
    assert parts[0].sample(Ranks()).y.tolist() == sorted(np.argsort(chance)[:100])


def test_who_met_which_rows_first_does_not_matter() -> None:
    """The bar that workers share depends on who was first; the sample does not."""
    chunks, bar = batches(3_000), Threshold(100)
    shuffled = np.random.default_rng(1).permutation(len(chunks)).tolist()
    met = {
        block: Reservoir.of(Piece(chunks[block]), keys(0, Stream.SAMPLE, (0, block), 0, 50), bar) for block in shuffled
    }
    assert sampled(chunks, 100).y.tolist() == tree_sum(met[block] for block in range(60)).sample(Ranks()).y.tolist()
    assert sum(one.held for one in met.values()) < 1_000


def test_the_seed_decides() -> None:
    chunks = batches(3_000)
    assert np.array_equal(sampled(chunks, 100, seed=7).y, sampled(chunks, 100, seed=7).y)
    assert not np.array_equal(sampled(chunks, 100, seed=7).y, sampled(chunks, 100, seed=8).y)


def test_every_row_has_the_same_chance() -> None:
    """Ten groups of 100 rows, a fifth of which is drawn 200 times: each group expects 4,000."""
    chunks = batches(1_000)
    drawn = np.concatenate([sampled(chunks, 200, seed=seed).y for seed in range(200)])
    counts = np.bincount((drawn // 100).astype(int), minlength=10)
    assert chisquare(counts).pvalue > 1e-3
    assert np.bincount(drawn.astype(int), minlength=1_000).min() > 0


def test_memory_does_not_grow_with_the_rows() -> None:
    total = Reservoir(100)
    for one in reservoirs(batches(20_000), 100):
        total += one
        assert total.held == sum(piece.chunk.rows for piece in total.pieces) <= 200


def test_what_is_sent_elsewhere_is_the_sample_alone() -> None:
    total = Reservoir(100)
    for one in reservoirs(batches(2_000), 100):
        total += one
    assert total.held > 100
    sent = pickle.loads(pickle.dumps(total))      # noqa: S301 - our own
    assert sent.held == 100
    assert np.array_equal(sent.sample(Ranks()).y, total.sample(Ranks()).y)
    assert np.array_equal((sent + sent).sample(Ranks()).y, (total + total).sample(Ranks()).y)


def test_a_sample_does_not_share_memory_with_the_data() -> None:
    chunk = batches(50)[0]
    one = reservoirs([chunk], 100)[0]
    chunk.y[:] = -1.0
    assert one.sample(Ranks()).y.tolist() == list(range(50))


def test_levels_are_ranked_when_all_are_known() -> None:
    """Three pieces with levels in orders of their own."""
    names = ("abc", "cab", "bca")
    pieces = [Piece(chunk, tuple(levels)) for levels, chunk in zip(names, (Chunk(y.y % 3, y.x) for y in batches(90, 30)), strict=True)]
    bar = Threshold(100)
    total = tree_sum(Reservoir.of(piece, keys(0, Stream.SAMPLE, (0, k), 0, 30), bar) for k, piece in enumerate(pieces))
    ranks = {"a": 0, "b": 1, "c": 2}
    expected = [float(ranks[levels[k % 3]]) for levels in names for k in range(30)]
    assert total.sample(Ranks(ranks)).y.tolist() == expected


def test_keys_depend_on_the_place_alone() -> None:
    whole = keys(3, Stream.SAMPLE, (1, 2), 0, 100)
    assert np.array_equal(np.concatenate([keys(3, Stream.SAMPLE, (1, 2), 0, 33), keys(3, Stream.SAMPLE, (1, 2), 33, 100)]), whole)
    others = [keys(3, Stream.SAMPLE, place, 0, 100) for place in ((0, 2), (1, 0), (2, 1))]
    others += [keys(3, stream, (1, 2), 0, 100) for stream in (Stream.HOLDOUT, Stream.QUANTILES)]
    others += [keys(4, Stream.SAMPLE, (1, 2), 0, 100)]
    assert not any(np.isin(other, whole).any() for other in others)


def test_parts_join_to_the_whole_and_rows_are_chosen_by_index() -> None:
    chunks = batches(120, weighted=True)
    whole = join(chunks)
    assert whole.y.tolist() == list(range(120))
    assert whole.first_row == 0
    some = choose(whole, np.array([3, 77]))
    assert (some.y.tolist(), some.x[:, 1].tolist()) == ([3.0, 77.0], [3.0, 77.0])
    assert some.weight is not None
    assert some.weight.tolist() == [4.0, 78.0]


def test_numbers_simulated_from_the_seed_of_the_sample_do_not_choose_it() -> None:
    column = np.random.default_rng(0).random(1000)
    assert abs(np.corrcoef(column, keys(0, Stream.SAMPLE, (0, 0), 0, 1000))[0, 1]) < 0.15
    assert all(stream.value for stream in Stream)
