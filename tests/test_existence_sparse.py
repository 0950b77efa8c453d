"""Programmes by the columns of the design say what those in coordinates do."""

import numpy as np
import pytest
import test_existence_signs
from refusing import parameters, refused

from mlefit.existence import sparse
from mlefit.mean import Coordinates, LinearMean
from mlefit.sums.triangle import Triangle


@pytest.mark.slow
def test_random_samples_are_judged_alike_by_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sparse, "NARROW", 0)
    test_existence_signs.test_a_sign_is_said_where_it_is_that_of_every_direction_and_only_there(3)


@pytest.mark.parametrize("m", [1, 2])
def test_a_programme_by_columns_has_the_directions_of_the_other(m: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of constraints with one solution but for its length."""
    rng = np.random.default_rng(m)
    x = np.column_stack([np.ones(60), rng.integers(0, 2, (60, 3)), rng.normal(size=60)])
    triangle = Triangle.of(x).r / np.sqrt(60)
    mean = LinearMean(Coordinates(triangle, tuple(range(5))), m)
    way = rng.normal(size=5 * m)
    way /= np.abs(way).max()
    working = np.concatenate([np.eye(5 * m) - np.outer(way, way) / (way @ way), np.outer(way, way) - np.eye(5 * m) * (way @ way)])
    found = []
    for narrow in (0, 64):
        monkeypatch.setattr(sparse, "NARROW", narrow)
        found.append(sparse.least(-way, working, mean))
    for one in found:
        assert one is not None
        assert one[0] == pytest.approx(way, abs=1e-7)


def test_an_ordinal_factor_of_a_hundred_levels_is_judged_by_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Levels that have one outcome, and some with two rows that pull apart."""
    rng = np.random.default_rng(2)
    g, x = rng.integers(0, 100, 250), rng.normal(size=250)
    y = np.digitize(rng.normal(0.0, 0.7, 100)[g] + 0.5 * x + rng.logistic(size=250), [-1.0, 0.0, 1.0])
    data, told = {"g": [f"g{k:02d}" for k in g], "x": x, "y": y}, []
    for narrow in (64, 10**6):
        monkeypatch.setattr(sparse, "NARROW", narrow)
        error = refused(data, "ordinal", features=["x", "g"])
        told.append((error.message, {key: (one.state, one.limit) for key, one in parameters(error).items()}))
    assert told[0] == told[1]
