"""Simulated rows that are some of all: what a fit of the levels takes from residuals is taken from them, too."""

from typing import Any

import numpy as np
import pytest

from mlefit.api import request_of
from mlefit.arrays import Array, Index
from mlefit.noise.gaussian import Gaussian
from mlefit.noise.poisson import Poisson
from mlefit.picture.partly import Partly
from mlefit.pipeline import pictured as made
from mlefit.pipeline.pictured import pictured

SIGMA = 1.7


def of_gaussian(level: Index, sizes: Array) -> Partly:
    """Rows of a normal law with SIGMA whose levels have so many rows in all."""
    noise, n = Gaussian(), level.size
    free = np.array([np.log(SIGMA)])
    return Partly.of(noise, np.zeros(n), np.zeros((n, 1)), free, level, (sizes / SIGMA**2)[:, None, None])


def test_where_all_rows_are_drawn_it_is_the_fit_of_the_levels() -> None:
    rng = np.random.default_rng(1)
    level = rng.integers(0, 7, 60)
    y = SIGMA * rng.standard_normal(60)
    eta = of_gaussian(level, np.bincount(level).astype(float)).refitted(y, rng)
    means = np.bincount(level, y) / np.bincount(level)
    assert np.allclose(eta[:, 0], means[level], atol=1e-12)


def test_where_few_are_drawn_residuals_have_the_variance_that_all_rows_leave() -> None:
    rng, drawn, sizes = np.random.default_rng(2), 4_000, np.array([2.0, 3.0, 10.0, 50.0])
    rows = of_gaussian(np.arange(4 * drawn), np.tile(sizes, drawn))
    y = SIGMA * rng.standard_normal(4 * drawn)
    left = (y - rows.refitted(y, rng)[:, 0]) / SIGMA
    found = np.square(left).reshape(drawn, 4).mean(axis=0)
    assert np.allclose(found, 1.0 - 1.0 / sizes, atol=4.0 * np.sqrt(2.0 / drawn))


def test_shapes_move_as_far_as_a_fit_of_all_rows_moves_them() -> None:
    rng, sizes = np.random.default_rng(3), np.full(5_000, 4.0)
    rows = of_gaussian(np.arange(5_000), sizes)
    sets = (SIGMA * rng.standard_normal(5_000) for _ in range(30))
    assert np.exp(rows.shapes(sets, rng)[0]) == pytest.approx(SIGMA * np.sqrt(1.0 - 1.0 / 4.0), rel=0.01)


def test_counts_are_fitted_as_far_as_their_rows_and_the_others_say() -> None:
    """Against the maximum of the same sum by bisection."""
    noise, rng = Poisson(), np.random.default_rng(4)
    level = np.sort(rng.integers(0, 40, 200))
    eta, none = np.full((200, 1), 0.3), np.empty(0)
    y = rng.poisson(np.exp(0.3), 200).astype(float)
    whole = np.exp(0.3) * (np.bincount(level, minlength=40) + 5.0)
    rows = Partly.of(noise, y, eta, none, level, whole[:, None, None])
    found = rows.refitted(y, np.random.default_rng(5))[:, 0] - 0.3
    unseen = np.sqrt(5.0 * np.exp(0.3)) * np.random.default_rng(5).standard_normal(40)
    for g in range(40):
        mine = y[level == g]
        low, high = -8.0, 8.0
        for _ in range(60):
            at = 0.5 * (low + high)
            slope = mine.size * np.exp(0.3 + at) - mine.sum() + unseen[g] + 5.0 * np.exp(0.3) * at
            low, high = (low, at) if slope > 0.0 else (at, high)
        assert found[level == g][0] == pytest.approx(low, abs=0.02)


def table(seed: int) -> dict[str, Any]:
    """True models of levels with 30 rows and with one or two."""
    rng, n, levels = np.random.default_rng(seed), 6_000, 900
    g = (levels * rng.random(n) ** 3).astype(int)
    x, effect = rng.standard_normal(n), 0.5 * rng.standard_normal(levels)
    return {"x": x, "g": [f"g{level:04d}" for level in g], "y": effect[g] + 0.4 * x + rng.standard_normal(n)}


def counts(seed: int) -> dict[str, Any]:
    """True models of levels with five rows each, none of them without a count."""
    rng, n, levels = np.random.default_rng(seed), 6_000, 1_200
    g = np.arange(n) % levels
    x, effect = rng.standard_normal(n), 0.3 * rng.standard_normal(levels)
    return {"x": x, "g": [f"g{level:04d}" for level in g], "y": rng.poisson(np.exp(1.0 + effect[g] + 0.4 * x))}


@pytest.mark.slow
@pytest.mark.parametrize(("make", "model", "panels"), [
    (table, "gaussian", ("predictor:g", "fitted", "qq", "density")), (counts, "poisson", ("rootogram", "meanvar", "fitted")),
])
def test_levels_of_few_rows_are_no_misfit(make: Any, model: str, panels: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Their residuals are small because they are fitted, and so are those of simulated rows: nothing is said of it."""
    monkeypatch.setattr(made, "MOST", 2_000)
    for seed in (1, 2, 3):
        found = pictured(request_of("fit", make(seed), None, None, {"kl": False, "formula": "y ~ x + g", "model": model}), panels)
        assert found.sheet.foot.startswith("drawn from a random 2,000 of 6,000 rows;")
        assert not any(panel.mark for panel in found.sheet.panels)
        assert min(panel.p or 0.0 for panel in found.sheet.panels) > 0.05


def unequal_counts(seed: int) -> dict[str, Any]:
    """True models of levels of which many have few rows, each with counts."""
    rng, n, levels = np.random.default_rng(seed), 4_000, 450
    g = (levels * rng.random(n) ** 3).astype(int)
    x, effect = rng.standard_normal(n), 0.3 * rng.standard_normal(levels)
    return {"x": x, "g": [f"g{level:04d}" for level in g], "y": rng.poisson(np.exp(2.5 + effect[g] + 0.3 * x))}


@pytest.mark.slow
def test_counts_in_levels_of_few_rows_are_no_spread_that_changes_where_all_are_drawn() -> None:
    """Sets of more than a thousand rows are not mapped back, and were not refitted: five of six true models were told of a spread."""
    for seed in (0, 2, 4):
        found = pictured(request_of("fit", unequal_counts(seed), None, None, {
            "kl": False, "formula": "y ~ x + g", "model": "poisson"}), ("predictor:g", "fitted"))
        assert found.sheet.foot.startswith("4,000 rows;")
        assert min(panel.p or 0.0 for panel in found.sheet.panels) > 0.05
