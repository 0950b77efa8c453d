"""Reservoir: a fair sample that depends on the data and the seed, not on the order in which batches arrive."""

import numpy as np
import pytest
from scipy.stats import chisquare

from mlefit.rows.chunk import Chunk
from mlefit.rows.reservoir import Reservoir, choose, join


def batches(n: int, rows: int = 50, weighted: bool = False) -> list[Chunk]:
    """Row i has y = i, x = (1, i), and weight and offset that tell i as well."""
    y = np.arange(float(n))
    x = np.stack([np.ones(n), y]).T
    whole = Chunk(y, x, y + 1.0 if weighted else None, -y if weighted else None)
    return [whole.part(start, min(start + rows, n)) for start in range(0, n, rows)]


def sampled(chunks: list[Chunk], capacity: int, seed: int = 0) -> Chunk:
    reservoir = Reservoir(capacity, seed)
    for chunk in chunks:
        reservoir.offer(chunk)
    assert reservoir.offered == sum(chunk.rows for chunk in chunks)
    return reservoir.sample()


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


def test_the_order_of_the_batches_does_not_matter() -> None:
    chunks = batches(3_000)
    shuffled = [chunks[i] for i in np.random.default_rng(1).permutation(len(chunks))]
    assert set(sampled(chunks, 100).y) == set(sampled(shuffled, 100).y)


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
    reservoir = Reservoir(100, 0)
    for chunk in batches(20_000):
        reservoir.offer(chunk)
        assert sum(keys.size for keys in reservoir._keys) <= 2 * 100 + 50


def test_a_sample_does_not_share_memory_with_the_data() -> None:
    chunk = batches(50)[0]
    reservoir = Reservoir(100, 0)
    reservoir.offer(chunk)
    chunk.y[:] = -1.0
    assert reservoir.sample().y.tolist() == list(range(50))


def test_classes_are_relabelled() -> None:
    reservoir = Reservoir(100, 0)
    for chunk in batches(90, rows=30):
        reservoir.offer(Chunk(chunk.y % 3, chunk.x))
    reservoir.relabel(np.array([2.0, 0.0, 1.0]))
    assert reservoir.sample().y.tolist() == [2.0, 0.0, 1.0] * 30


def test_parts_join_to_the_whole_and_rows_are_chosen_by_index() -> None:
    chunks = batches(120, weighted=True)
    whole = join(chunks)
    assert whole.y.tolist() == list(range(120))
    assert whole.first_row == 0
    some = choose(whole, np.array([3, 77]))
    assert (some.y.tolist(), some.x[:, 1].tolist()) == ([3.0, 77.0], [3.0, 77.0])
    assert some.weight is not None
    assert some.weight.tolist() == [4.0, 78.0]
