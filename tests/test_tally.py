"""Tally and tree_sum: a commutative monoid whose sums have one order."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlefit.execution.threads import in_order
from mlefit.sums.curvature import Dense
from mlefit.sums.nodes import Nodes
from mlefit.sums.tally import Tally, tree_sum

whole = st.integers(-1_000_000, 1_000_000).map(float)    # sums of these are exact, so the laws hold to the bit


@st.composite
def tallies(draw: st.DrawFn) -> Tally:
    def array(*shape: int) -> np.ndarray:
        size = int(np.prod(shape))
        return np.array(draw(st.lists(whole, min_size=size, max_size=size))).reshape(shape)

    return Tally(draw(whole), draw(whole), array(2), Dense(array(2, 2)), array(2, 2))


def _matrix(tally: Tally) -> np.ndarray | None:
    return None if tally.curvature is None else tally.curvature.whole()


def equal(a: Tally, b: Tally) -> bool:
    arrays = ((a.gradient, b.gradient), (_matrix(a), _matrix(b)), (a.outer, b.outer))
    same = all(x is y if x is None or y is None else np.array_equal(x, y) for x, y in arrays)
    return (a.weight, a.value) == (b.weight, b.value) and same


@given(tallies(), tallies(), tallies())
def test_addition_is_associative_and_commutative(a: Tally, b: Tally, c: Tally) -> None:
    assert equal((a + b) + c, a + (b + c))
    assert equal(a + b, b + a)


@given(tallies())
def test_a_tally_of_zeros_changes_nothing(a: Tally) -> None:
    zero = Tally(0.0, 0.0, np.zeros(2), Dense(np.zeros((2, 2))), np.zeros((2, 2)))
    assert equal(a + zero, a)


def test_what_one_pass_was_not_asked_for_is_missing_from_the_sum() -> None:
    full = Tally(1.0, 2.0, np.ones(2), Dense(np.ones((2, 2))), np.ones((2, 2)))
    total = full + replace(full, curvature=None, outer=None)
    assert (total.weight, total.value, total.curvature, total.outer) == (2.0, 4.0, None, None)
    assert total.gradient is not None
    assert total.gradient.tolist() == [2.0, 2.0]


def halves(items: list[float]) -> float:
    """The tree for 2^k items: the sum of its two halves."""
    if len(items) == 1:
        return items[0]
    middle = len(items) // 2
    return halves(items[:middle]) + halves(items[middle:])


@pytest.mark.parametrize("n", [1, 2, 64, 1024])
def test_a_tree_of_a_power_of_two_is_the_sum_of_its_halves(n: int) -> None:
    items = (10.0 ** np.random.default_rng(1).uniform(-8, 8, n)).tolist()
    assert tree_sum(items) == halves(items)


@pytest.mark.parametrize("n", [1, 3, 7, 100, 999])
@pytest.mark.parametrize("stream", [
    iter, lambda items: (item for item in items), lambda items: in_order(lambda item: item, items, 3),
], ids=["iterator", "generator", "threads"])
def test_the_same_bits_whatever_the_stream(n: int, stream: Callable[[list[float]], Iterator[float]]) -> None:
    items = (np.random.default_rng(2).standard_normal(n) * 1e8).tolist()
    assert tree_sum(stream(items)) == tree_sum(items)


def test_every_item_counts_once_and_in_order() -> None:
    for n in range(1, 40):
        assert tree_sum(chr(97 + i) for i in range(n)) == "".join(chr(97 + i) for i in range(n))


def test_rounding_grows_slower_than_in_a_running_sum() -> None:
    items = [0.1] * 2**20
    assert tree_sum(items) == 0.1 * 2**20
    running = 0.0
    for item in items:
        running += item
    assert running != 0.1 * 2**20


def test_nothing_has_no_sum() -> None:
    with pytest.raises(ValueError, match=r"^no rows to add up$"):
        tree_sum([])


@given(st.integers(1, 70), st.data())
def test_whoever_adds_up_which_neighbours_the_tree_is_the_same(n: int, data: st.DataObject) -> None:
    """Leaves cut anywhere into runs, the nodes of the runs added up in any grouping: the same bits as one after the other."""
    items = (10.0 ** np.random.default_rng(n).uniform(-8, 8, n) * np.random.default_rng(n).choice([-1.0, 1.0], n)).tolist()
    cuts = sorted(data.draw(st.sets(st.integers(1, n), max_size=9)) | {0, n})
    runs = [Nodes.of(items[start:stop], start) for start, stop in pairwise(cuts)]
    for run in runs:
        assert len(run.nodes) <= 2 * max(1, n.bit_length())
    while len(runs) > 1:
        at = data.draw(st.integers(0, len(runs) - 2))
        runs[at : at + 2] = [runs[at] + runs[at + 1]]
    assert runs[0].total() == tree_sum(items)


def test_other_groupings_have_other_bits() -> None:
    """Or the test above could not fail."""
    items = [0.1] * 7
    assert sum(items) != tree_sum(items)
