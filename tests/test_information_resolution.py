"""Ties: lattices, heaps and atoms are found and named, and never keep the rest from being judged."""

from collections.abc import Callable

import numpy as np
import pytest
from information_cases import gaussian

from mlefit.arrays import Array
from mlefit.information.cells import log_mass
from mlefit.information.lattice import lattice_step, step_of
from mlefit.information.resolution import resolve
from mlefit.noise.gaussian import Gaussian

Column = Callable[[np.random.Generator], Array]
ROWS = 800


@pytest.mark.parametrize("step", [0.01, 0.1, 0.5, 1.0, 2.54, 1 / 3])
@pytest.mark.parametrize("shift", [0.0, 1e4, -273.15])
def test_lattice_step_is_recovered(step: float, shift: float) -> None:
    whole = np.unique(np.rint(np.random.default_rng(0).normal(0, 300, 2000)))
    assert lattice_step(whole * step + shift) == pytest.approx(step, rel=1e-9)


def test_full_precision_numbers_have_no_step() -> None:
    assert step_of(np.sort(np.random.default_rng(1).normal(size=5000))) is None


def zeros(rng: np.random.Generator) -> Array:
    return np.where(rng.random(ROWS) < 0.24, 0.0, np.round(rng.gamma(2, 2, ROWS), 2))


def topped(rng: np.random.Generator) -> Array:
    return np.minimum(np.round(32 + 9 * rng.normal(size=ROWS), 1), 50.0)


def prices(rng: np.random.Generator) -> Array:
    price = rng.lognormal(12, 0.3, ROWS)
    return np.where(rng.random(ROWS) < 0.7, np.round(price, -3), np.round(price))


def ages(rng: np.random.Generator) -> Array:
    age = rng.normal(45, 12, ROWS)
    return np.where(rng.random(ROWS) < 0.3, 5 * np.rint(age / 5), np.rint(age))


TEN: dict[str, tuple[Column, float | None]] = {     # ten columns like real ones, and the step of their cells
    "zeros in 24 %": (zeros, 0.01),
    "a top code of 50": (topped, 0.1),
    "prices in thousands": (prices, 1000.0),
    "tenths in single precision": (lambda rng: np.round(rng.normal(50, 5, ROWS), 1).astype(np.float32).astype(float), 0.1),
    "minutes in hours, to three decimals": (lambda rng: np.round(np.rint(rng.normal(4, 1, ROWS) * 60) / 60, 3), 1 / 60),
    "pounds in kilograms": (lambda rng: np.round(np.rint(rng.normal(160, 30, ROWS)) * 0.45359237, 1), 0.45359237),
    "ages heaped at five": (ages, 5.0),
    "waiting times with zeros": (lambda rng: np.where(rng.random(ROWS) < 0.03, 0.0, np.round(rng.gamma(3, 2, ROWS), 1)), 0.1),
    "wages cut at 99": (lambda rng: np.minimum(np.round(rng.lognormal(3.2, 0.8, ROWS), 2), 99.0), 0.01),
    "a sum of two lattices": (
        lambda rng: np.rint(rng.normal(20, 6, ROWS)) * np.sqrt(3) + np.rint(rng.normal(10, 4, ROWS)) * np.sqrt(2), None),
}


@pytest.mark.parametrize("name", TEN)
def test_columns_like_real_ones_are_judged(name: str) -> None:
    make, step = TEN[name]
    rng = np.random.default_rng([2, len(name)])
    y, x = make(rng), rng.normal(size=(ROWS, 1))
    for found in (gaussian(y), gaussian(y, x)):
        assert found.kl.reason is None
        assert found.kl.verdict_p_value is not None
        assert "copied" not in str(found.kl)
        assert step is None or found.kl.resolution == pytest.approx(step, rel=1e-3)
        assert abs(found.entropy + found.kl.raw - found.cross_entropy) < 1e-9


@pytest.mark.parametrize(("name", "place", "flag"), [
    ("zeros in 24 %", "zero", "{rows} of 800 rows are exactly 0: -m hurdle:gamma fits whether a row is 0, and the other rows, apart"),
    ("a top code of 50", "highest", "{rows} of 800 rows are at the maximum 50: top-coded?"),
    ("waiting times with zeros", "zero", "{rows} of 800 rows are exactly 0: -m hurdle:gamma fits whether a row is 0, and the other rows, apart"),
    ("wages cut at 99", "highest", "{rows} of 800 rows are at the maximum 99: top-coded?"),
])
def test_values_that_no_density_holds_are_named(name: str, place: str, flag: str) -> None:
    y = TEN[name][0](np.random.default_rng([2, len(name)]))
    found = gaussian(y)
    (atom,) = found.kl.atoms
    assert atom.place == place
    assert atom.rows == np.sum(y == atom.value)
    assert flag.format(rows=atom.rows) in (found.kl.flags if found.kl.verdict_code == "none" else found.kl.advice[:1])


def test_zeros_among_negative_values_have_no_model() -> None:
    y = np.random.default_rng(4).normal(0.5, 1.0, 500)
    y[:60] = 0.0
    assert gaussian(y).kl.advice[0] == "60 of 500 rows are exactly 0: fit whether a row is 0, and the other rows, apart"


def test_an_atom_that_is_no_end_is_named_too() -> None:
    y = np.random.default_rng(3).normal(0, 300, 500)
    y[:40] = 100.0
    found = gaussian(y)
    assert found.kl.advice[0] == "40 of 500 rows are exactly 100: a code, or a default?"
    y[:40] = -2000.0
    assert gaussian(y).kl.advice[0] == "40 of 500 rows are at the minimum -2000: censored?"


def test_a_step_is_never_widened_to_hide_a_value() -> None:
    rng = np.random.default_rng(4)
    y = np.round(rng.normal(5, 1, 1000), 2)
    y[:100] = 5.0
    assert resolve(y, 1.0).step == pytest.approx(0.01)
    assert resolve(y, 1.0).atoms[0].rows >= 100


def test_steps_coarser_than_the_law_leave_the_mean_and_the_spread() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(600, 1))
    y = np.rint(0.3 * x[:, 0] + 0.5 * rng.normal(size=600))
    alone, found = gaussian(y), gaussian(y, x)
    assert alone.kl.reason == f"values come in steps of 1, coarser than a standard deviation of {np.std(y) * SIXTEENTH:.3g}"
    assert list(found.kl.part_p_values) == ["structure", "spread"]
    assert found.kl.flags[-1].startswith("the shape is not looked at: values come in steps of 1, coarser than")
    assert found.kl.verdict == "no misfit detected"


SIXTEENTH = 0.994457883209753       # half the width of the middle 68 % of a normal law, in standard deviations


def test_constant_columns_have_no_resolution() -> None:
    assert resolve(np.ones(50), 1.0).reason == "the column is constant"
    for spread in (0.0, np.inf):
        assert resolve(np.arange(50.0) % 7, spread).reason == f"the fitted law has a standard deviation of {spread:g}"
    nearly = np.append(np.ones(60), 2.0)
    assert resolve(nearly, 1.0).reason == "nearly all rows have one value"


@pytest.mark.parametrize("step", [0.01, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("n", [100, 1000, 10_000])
def test_rounding_is_not_a_misfit(step: float, n: int) -> None:
    p = []
    for seed in range(6):
        y = np.round(np.random.default_rng([seed, n]).normal(size=n) / step) * step
        found = gaussian(y)
        if found.kl.reason is not None:         # a standard deviation just below the step
            assert step == 1.0
            continue
        assert np.isfinite(found.kl.raw)
        assert found.kl.resolution == pytest.approx(step, rel=1e-9) or found.kl.resolution is None
        assert found.kl.bound == "estimate"
        p.append(found.kl.verdict_p_value)
    assert len(p) >= 2
    assert max(p) > 0.1
    assert min(p) > 1 / 40 or sorted(p)[1] > 1 / 40


def test_masses_of_cells_are_those_of_the_law() -> None:
    edges = np.linspace(-8, 8, 33)
    mass = np.exp(log_mass(Gaussian(), edges[:-1], edges[1:], np.zeros((32, 1)), np.zeros(1)))
    assert mass.sum() == pytest.approx(1.0, abs=1e-14)
    far = log_mass(Gaussian(), np.array([-1e9]), np.array([-1e9 + 1]), np.zeros((1, 1)), np.zeros(1))
    assert np.isneginf(far) or far < -1e17
