"""Ties: rounding is found and named, atoms and copies are refused, null data is rounded like the data."""

from collections.abc import Callable

import numpy as np
import pytest
from information_cases import gaussian

from mlefit.arrays import Array
from mlefit.information.resolution import Grid, lattice_step, resolve


@pytest.mark.parametrize("step", [0.01, 0.1, 0.5, 1.0, 2.54, 1 / 3])
@pytest.mark.parametrize("shift", [0.0, 1e4, -273.15])
def test_lattice_step_is_recovered(step: float, shift: float) -> None:
    whole = np.unique(np.rint(np.random.default_rng(0).normal(0, 300, 2000)))
    assert lattice_step(whole * step + shift) == pytest.approx(step, rel=1e-9)


def test_full_precision_numbers_have_no_step() -> None:
    assert lattice_step(np.sort(np.random.default_rng(1).normal(size=5000))) is None


def test_kinds_of_resolution() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=4000)

    def kind(values: np.ndarray) -> str:
        return resolve(np.sort(values), 1.0).kind

    assert kind(x) == "smooth"
    assert kind(np.round(x, 1)) == "cells"
    assert kind(np.round(x, 2)) == "jitter"
    assert kind(x.astype(np.float32).astype(float)) in {"smooth", "jitter"}
    assert kind(np.append(x, x[:5])) == "smooth"          # a few accidental copies do not matter
    assert kind(np.tile(x, 2)) == "none"


@pytest.mark.parametrize(("change", "reason"), [
    (lambda x: np.where(np.arange(x.size) < 300, 0.0, x),
     "the value 0 holds 300 of 1000 rows (an atom), and no density has one"),
    (lambda x: np.where(np.arange(x.size) < 30, 999.0, np.round(x, 2)),
     "the value 999 holds 30 of 1000 rows (an atom), and no density has one"),
    (lambda x: np.tile(x, 2), "2000 of 2000 rows repeat a value to full precision (copied rows)"),
    (lambda x: x[:5], "5 rows are too few (at least 20)"),
    (lambda x: np.round(x / 8) * 8 + np.where(np.arange(x.size) % 50, 0.0, 8.0),
     "the resolution 8 is coarser than 2 standard deviations"),
])
def test_what_cannot_be_compared_is_refused(change: Callable[[Array], Array], reason: str) -> None:
    found = gaussian(change(np.random.default_rng(3).normal(size=1000)))
    assert found.kl.reason == reason
    assert found.kl.verdict == f"not identifiable: {reason}"
    assert found.kl.bound == "none"
    assert found.kl.raw is None
    assert found.entropy is None
    assert np.isfinite(found.cross_entropy)


def test_constant_column_is_refused() -> None:
    assert resolve(np.ones(50), 1.0).reason == "the column is constant"


@pytest.mark.parametrize("step", [0.01, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("n", [100, 1000, 10_000])
def test_rounding_is_not_a_misfit(step: float, n: int) -> None:
    p = []
    for seed in range(6):
        y = np.round(np.random.default_rng([seed, n]).normal(size=n) / step) * step
        found = gaussian(y, draws=39)
        assert np.isfinite(found.kl.raw)
        assert found.kl.resolution == pytest.approx(step, rel=1e-9) or found.kl.resolution is None
        assert found.kl.bound == "estimate"
        p.append(found.kl.verdict_p_value)
    assert max(p) > 0.1
    assert min(p) > 1 / 40 or sorted(p)[1] > 1 / 40


def test_jitter_has_the_width_of_a_cell_and_rounding_returns() -> None:
    rng = np.random.default_rng(4)
    grid = Grid(0.5, np.linspace(0, 0.4, 1000))
    points = grid.round(rng.normal(size=1000))
    jittered = grid.jitter(points, rng)
    assert np.abs(jittered - points).max() <= 0.25
    assert (jittered - points).std() == pytest.approx(0.5 / np.sqrt(12), rel=0.05)
    assert np.allclose(grid.round(jittered), points, atol=1e-12)


@pytest.mark.parametrize(("step", "decimals", "sd"), [(0.45359237, 6, 8.0), (0.45359237, 2, 8.0), (2.54, 1, 30.0)])
def test_a_lattice_in_another_unit_is_found_through_the_decimals_it_is_written_with(
    step: float, decimals: int, sd: float
) -> None:
    y = np.sort(np.round(step * np.round(np.random.default_rng(11).normal(160.0, sd / step, 300)), decimals))
    found = resolve(y, float(y.std()))
    assert found.kind == "jitter"
    assert found.step == pytest.approx(step, rel=1e-3)
    seen = gaussian(y)
    assert seen.kl.verdict == "no misfit detected"


def test_copied_rows_in_decimals_are_no_lattice() -> None:
    y = np.round(np.random.default_rng(6).normal(70.0, 8.0, 60), 4)
    found = resolve(np.sort(np.tile(y, 5)), 8.0)
    assert found.kind == "none"
    assert found.reason == "300 of 300 rows repeat a value to full precision (copied rows)"
