"""The least count at a probability: exact where counts are doubles, and an end to the search where they are not."""

import numpy as np
import pytest

from mlefit.noise.least_count import least_count
from mlefit.prediction.intervals import _whole


def test_counts_beyond_the_whole_doubles_end_at_a_neighbour() -> None:
    wanted = 2.0**60
    found = least_count(lambda y: np.log(np.where(y < wanted, 0.1, 0.9)), np.array([0.5, 0.5]), np.array([wanted, 1.3 * wanted]))
    assert found == pytest.approx(wanted)


def test_small_counts_are_exact() -> None:
    found = least_count(lambda y: np.log(np.where(y < 0.0, 0.0, np.where(y < 7.0, 0.1, 0.9)) + 1e-300), np.array([0.5]), np.array([90.0]))
    assert found[0] == 7.0


def test_intervals_of_counts_beyond_the_whole_doubles_end() -> None:
    wanted = 2.0**60
    found = _whole(lambda y: np.where(y < wanted, 0.1, 0.9), 0.5, np.array([0.5 * wanted]), np.array([2.0 * wanted]))
    assert found == pytest.approx(wanted)
