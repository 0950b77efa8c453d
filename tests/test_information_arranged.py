"""Rows by a number: one sort, and all that is asked of it."""

import numpy as np
import pytest

from mlefit.information.arranged import Arranged


@pytest.mark.parametrize("ties", [False, True])
def test_the_order_of_rows_is_that_of_a_stable_sort_of_any_order(ties: bool) -> None:
    rng = np.random.default_rng(5)
    values = rng.normal(size=2_000)
    if ties:
        values = np.round(values, 1)
    found = Arranged.of(values)
    known, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
    assert found.distinct == known.size
    assert np.array_equal(found.counts, counts)
    assert np.array_equal(found.by_row(known), values)
    assert np.array_equal(found.by_row(np.arange(known.size)), codes)
    order = rng.permutation(2_000)
    assert np.array_equal(found.within(order), order[np.argsort(values[order], kind="stable")])


def test_one_row_is_in_order() -> None:
    found = Arranged.of(np.array([3.0]))
    assert (found.distinct, found.counts.tolist(), found.within(np.array([0])).tolist()) == (1, [1], [0])
